"""The certificates of a cluster with TLS: made here, in the folder of the experiment, and sent to
the machines. The keys of the two CAs stay here."""

import shutil

from experiment import CloudError  # which says where tools/lib is
from certificates import make_client, make_nodes
from cluster import write_json

OPERATOR = 'operator'  # the client that raftctl is on the machines


def make(experiment, machines):
    """{machine's name: [(file's name, text)]}. New ones each time, of CAs that stay."""
    if shutil.which('openssl') is None:
        raise CloudError('openssl, which makes certificates, is not here: install it, or start '
                         'without TLS: --no-tls')
    folder = experiment.folder / 'certs'
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / 'cluster.json'
    write_json(config, experiment.cluster())
    make_nodes(config, folder, [machine.node for machine in machines])
    make_client(OPERATOR, folder)
    return {machine.name: files_of(folder, machine.node) for machine in machines}


def files_of(folder, node):
    """What its machine is given; there the names are the same for all nodes."""
    names = {'ca.pem': 'ca.pem', 'peer-ca.pem': 'peer-ca.pem'}
    for source, target in ((node, 'node'), (f'{node}-peer', 'peer'), (OPERATOR, OPERATOR)):
        for kind in ('pem', 'key'):
            names[f'{source}.{kind}'] = f'{target}.{kind}'
    return [(f'certs/{target}', (folder / source).read_text(encoding='ascii'))
            for source, target in names.items()]


def variables_of_raftctl(folder):
    """For who asks a cluster from one of its machines, where `folder` has the files."""
    return {'DRYDOCK_CACERT': f'{folder}/ca.pem', 'DRYDOCK_CERT': f'{folder}/{OPERATOR}.pem',
            'DRYDOCK_KEY': f'{folder}/{OPERATOR}.key'}
