#!/usr/bin/python3
"""Makes a CA for clients, one for nodes, and certificates of them: for trying TLS, and for tests.

  certificates.py nodes CLUSTER.json FOLDER [NODE...]   certificates for all its nodes, or for some
  certificates.py client NAME FOLDER                    one for a client called NAME

FOLDER gets ca.pem (clients believe nodes by it, and nodes believe clients), peer-ca.pem (nodes
believe each other by it), NODE.pem, NODE-peer.pem and NAME.pem, each with its .key. CAs that are
there are used again. Keep ca.key and peer-ca.key away from the nodes: whoever has them can make
anybody.
"""

import argparse
import ipaddress
import json
import os
import pathlib
import subprocess
import sys
import tempfile

DAYS = 365


def openssl(*words):
    done = subprocess.run(['openssl', *map(str, words)], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f'openssl {words[0]} failed:\n{done.stderr}')


def make_key(path):
    # Nobody else may read it, from the first byte on.
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', path)


class Authority:
    """NAME.pem and NAME.key in a folder; made if they are not there."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder)
        self.certificate = self.folder / f'{name}.pem'
        self.key = self.folder / f'{name}.key'
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.certificate.exists():
            make_key(self.key)
            openssl('req', '-x509', '-new', '-key', self.key, '-out', self.certificate, '-subj',
                    f'/CN=Drydock {name}', '-days', 10 * DAYS, '-addext',
                    'keyUsage=critical,keyCertSign,cRLSign')

    def sign(self, name, subject, alternatives=(), period=('-days', DAYS)):
        """NAME.pem and NAME.key; both appear whole, and the key is a new one each time. The
        alternatives are of OpenSSL: DNS:host, IP:10.0.0.1, URI:..."""
        with tempfile.TemporaryDirectory(dir=self.folder) as work:
            work = pathlib.Path(work)
            make_key(work / 'key')
            lines = ['basicConstraints=CA:FALSE', 'extendedKeyUsage=serverAuth,clientAuth']
            if alternatives:
                lines.append('subjectAltName=' + ','.join(alternatives))
            (work / 'extensions').write_text('\n'.join(lines) + '\n', encoding='ascii')
            openssl('req', '-new', '-key', work / 'key', '-out', work / 'request', '-subj',
                    f'/CN={subject}')
            self._issue(work, period)
            (work / 'key').rename(self.folder / f'{name}.key')
            (work / 'certificate').rename(self.folder / f'{name}.pem')

    def _issue(self, work, period):
        openssl('x509', '-req', '-in', work / 'request', '-CA', self.certificate, '-CAkey',
                self.key, '-set_serial', f'0x{os.urandom(16).hex()}', *period, '-extfile',
                work / 'extensions', '-out', work / 'certificate')


def host_name(address):
    """The host of "host:port" as an alternative name."""
    host = address.rpartition(':')[0].strip('[]')
    try:
        return f'IP:{ipaddress.ip_address(host)}'
    except ValueError:
        return f'DNS:{host}'


def node_uri(cluster, node):
    return f'URI:drydock://{cluster}/{node}'


def make_nodes(config, folder, only=()):
    """Certificates for the nodes of a cluster's file."""
    content = json.loads(pathlib.Path(config).read_text(encoding='utf-8'))
    clients, peers = Authority(folder, 'ca'), Authority(folder, 'peer-ca')
    for node in only or content['nodes']:
        host = host_name(content['nodes'][node]['address'])
        clients.sign(node, node, [host])
        peers.sign(f'{node}-peer', node, [node_uri(content['cluster'], node), host])


def make_client(name, folder):
    Authority(folder, 'ca').sign(name, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog='\n'.join(
        __doc__.splitlines()[2:]), formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)
    nodes = commands.add_parser('nodes', help='certificates for the nodes of a cluster')
    nodes.add_argument('config', metavar='CLUSTER.json')
    nodes.add_argument('folder', metavar='FOLDER')
    nodes.add_argument('only', nargs='*', metavar='NODE')
    client = commands.add_parser('client', help='a certificate for a client')
    client.add_argument('name', metavar='NAME')
    client.add_argument('folder', metavar='FOLDER')
    arguments = parser.parse_args()
    try:
        if arguments.command == 'nodes':
            make_nodes(arguments.config, arguments.folder, arguments.only)
        else:
            make_client(arguments.name, arguments.folder)
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f'certificates: {error}')


if __name__ == '__main__':
    main()
