"""Clusters with TLS, and what strangers can try at their ports.

Certificates are made anew for each cluster (tools/lib/certificates.py), in its folder `certs`.
"""

import hashlib
import json
import pathlib
import subprocess

import grpc

import harness
from certificates import Authority, host_name, make_client, make_nodes, node_uri
from cluster import PATIENCE, free_ports
from harness import BIN, Cluster, free_addresses, v1, wait_until

EXPIRED = ('-days', '-1')


def sha256(token):
    return hashlib.sha256(token.encode()).hexdigest()


class SecureCluster(Cluster):
    """Nodes with TLS at both ports. Clients need a certificate unless `client_cert_auth` is False;
    `clients`, if given, is the content of the file of permissions."""

    def __init__(self, count, clients=None, client_cert_auth=True, **more):
        self.clients = clients
        self.client_cert_auth = client_cert_auth
        super().__init__(count, **more)
        self.certs = self.folder / 'certs'
        make_nodes(self.config, self.certs)
        make_client('operator', self.certs)
        if clients is not None:
            self.write_clients(clients)

    def write_clients(self, clients):
        """A new file in the place of the old one, as an editor does it."""
        fresh = self.folder / 'clients.json.new'
        fresh.write_text(json.dumps(clients), encoding='utf-8')
        fresh.rename(self.folder / 'clients.json')

    def places(self, count):
        return [{**place, 'peer_port': port}
                for place, port in zip(free_addresses(count), free_ports(count))]

    def join(self, name, place=None):
        place = place or self.places(1)[0]
        content = json.loads(self.config.read_text(encoding='utf-8'))
        content['nodes'] = {name: place}
        single = self.folder / f'{name}-alone.json'
        single.write_text(json.dumps(content), encoding='utf-8')
        make_nodes(single, self.certs)
        return super().join(name, place)

    def path(self, name):
        return str(self.certs / name)

    def flags_of(self, name):
        flags = [*self.flags, '--cert-file', self.path(f'{name}.pem'), '--key-file',
                 self.path(f'{name}.key'), '--trusted-ca-file', self.path('ca.pem'),
                 '--peer-cert-file', self.path(f'{name}-peer.pem'), '--peer-key-file',
                 self.path(f'{name}-peer.key'), '--peer-trusted-ca-file',
                 self.path('peer-ca.pem'), '--peer-client-cert-auth']
        if self.client_cert_auth:
            flags.append('--client-cert-auth')
        if self.clients is not None:
            flags += ['--clients-file', str(self.folder / 'clients.json')]
        return flags

    def connect(self, name):
        return self.channel(self.nodes[name].address, 'operator')

    def peer_address(self, name):
        content = json.loads(pathlib.Path(self.nodes[name].config).read_text(encoding='utf-8'))
        return f'127.0.0.1:{content["nodes"][name]["peer_port"]}'

    # --- Strangers, clients, and others ---

    def channel(self, address, shown=None, ca='ca', host=None):
        """Over TLS, believing the CA; shows the certificate of that name, or none."""
        def read(name):
            return (self.certs / name).read_bytes()
        credentials = grpc.ssl_channel_credentials(
            read(f'{ca}.pem'), read(f'{shown}.key') if shown else None,
            read(f'{shown}.pem') if shown else None)
        options = list(harness._CHANNEL_OPTIONS)  # pylint: disable=protected-access
        if host:
            options.append(('grpc.ssl_target_name_override', host))
        return grpc.secure_channel(address, credentials, options=options)

    def authority(self, name):
        return Authority(self.certs, name)

    def make_node_certificate(self, name, node, ca='peer-ca', cluster=None, period=('-days', '30')):
        """NAME.pem, which says that it is of that node."""
        self.authority(ca).sign(name, node, [node_uri(cluster or self.name, node),
                                             host_name('127.0.0.1:1')], period)

    def raftctl(self, *words, shown='operator', token=None, ca='ca', timeout='60s'):
        """Runs it; gives what subprocess.run does."""
        flags = ['--cacert', self.path(f'{ca}.pem')] if ca else []
        if shown:
            flags += ['--cert', self.path(f'{shown}.pem'), '--key', self.path(f'{shown}.key')]
        environment = {'DRYDOCK_TOKEN': token} if token is not None else {}
        return subprocess.run(
            [str(BIN / 'raftctl'), '--config', str(self.config), '--timeout', timeout, *flags,
             *words], capture_output=True, text=True, check=False, timeout=600, env=environment)

    def wait_event(self, name, event, **fields):
        """Waits for a line of a node's log; gives the newest of these."""
        def found():
            lines = [line for line in self.nodes[name].events() if line.get('event') == event
                     and all(wanted in str(line.get(key)) for key, wanted in fields.items())]
            return lines[-1] if lines else None
        return wait_until(found, lambda: f'{name} should tell {event} {fields}. '
                          f'{self.nodes[name].last_words()}')


def refusal(method, request, metadata=None, timeout=PATIENCE):
    """The code and the text that a call is refused with. What cannot be connected to is
    UNAVAILABLE."""
    try:
        answer = method(request, timeout=timeout, metadata=metadata)
    except grpc.RpcError as error:
        return error.code(), error.details()
    raise AssertionError(f'the call should be refused; its answer is {answer}')


def code_of(method, request, metadata=None):
    return refusal(method, request, metadata)[0]


def bearer(token):
    return (('authorization', f'Bearer {token}'),)


def execute_on(channel):
    return harness.unary(channel, '/drydock.v1.KeyValueService/Execute', v1.ExecuteResponse)
