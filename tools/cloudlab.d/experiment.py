"""The machines of an experiment: read from CloudLab's manifest or from a list, and remembered."""

import dataclasses
import getpass
import ipaddress
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ET

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))
from cluster import cluster_file, write_json  # pylint: disable=wrong-import-position

HOME = '/var/lib/drydock'
LIST_EXAMPLE = 'node0 alice@pc1.example.org 10.10.1.1'


class CloudError(Exception):
    """What went wrong, and what to do, in a sentence for a person."""


@dataclasses.dataclass
class Machine:
    """One of them. `host` is for ssh only; `address` is on the LAN, "" until it is known."""

    name: str  # node0
    node: str  # n0, as raftd calls it
    host: str
    address: str = ''
    user: str = ''
    port: int = 22


# --- From CloudLab's manifest -------------------------------------------------------------------

def elements(parent, tag):
    """All below `parent`, whatever their namespace: the manifest has several."""
    return [one for one in parent.iter() if one.tag.rpartition('}')[2] == tag]


def choose_login(node, user):
    """That of the user who was named, else of who runs this, else the first."""
    logins = elements(node, 'login')
    for wanted in (user, getpass.getuser()):
        for login in logins:
            if wanted and login.get('username') == wanted:
                return login
    if user or not logins:
        known = ', '.join(login.get('username', '') for login in logins) or 'nobody'
        raise CloudError(f'{node.get("client_id")} has no login of {user or "anybody"}; the '
                         f'manifest knows {known}. Is the experiment ready?')
    return logins[0]


def machine_of_manifest(node, number, user):
    login = choose_login(node, user)
    name = node.get('client_id')
    found = [ip.get('address') for one in elements(node, 'interface') for ip in elements(one, 'ip')]
    if not found:
        raise CloudError(f'{name} has no address on a LAN in the manifest; was it made by the '
                         'profile of this repository (profile.py)?')
    control = {host.get('ipv4') for host in elements(node, 'host')}
    if found[0] in control:
        raise CloudError(f'{name}: {found[0]} is its address on the control network, which must '
                         'not carry traffic of an experiment')
    return Machine(name, f'n{number}', login.get('hostname'), found[0], login.get('username'),
                   int(login.get('port') or 22))


def read_manifest(text, user):
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise CloudError(f'the manifest is no whole XML: {error}. Save all of it again') from error
    nodes = elements(root, 'node')
    return [machine_of_manifest(node, number, user) for number, node in enumerate(nodes)]


# --- From a list --------------------------------------------------------------------------------

def machine_of_line(line, number, place, user):
    words = line.split()
    match = re.fullmatch(r'(?:([^@\s]+)@)?([^@:\s]+)(?::(\d+))?', (words + [''])[1])
    if match is None or len(words) > 3:
        raise CloudError(f'{place}: "{line}" is no machine; write NAME [USER@]HOST[:PORT] '
                         f'[ADDRESS-ON-THE-LAN], such as: {LIST_EXAMPLE}')
    address = words[2] if len(words) == 3 else ''
    try:
        address = address and str(ipaddress.ip_address(address))
    except ValueError as error:
        raise CloudError(f'{place}: "{address}" is no IP address. Names are not taken: a fully '
                         'qualified one means the control network') from error
    return Machine(words[0], f'n{number}', match[2], address, user or match[1] or '',
                   int(match[3] or 22))


def read_list(text, file, user):
    machines = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.partition('#')[0].strip()
        if line:
            machines.append(machine_of_line(line, len(machines), f'{file}, line {number}', user))
    return machines


# --- All of them --------------------------------------------------------------------------------

def check(machines, file):
    if not 1 <= len(machines) <= 31:
        raise CloudError(f'{file} names {len(machines)} machines; a cluster has 1 to 31')
    for what in ('name', 'address'):
        seen = set()
        for machine in machines:
            value = getattr(machine, what)
            if value and value in seen:
                raise CloudError(f'{file}: two machines have the {what} {value}')
            seen.add(value)


def read(file, user=''):
    """The machines of a manifest or a list."""
    text = pathlib.Path(file).read_text(encoding='utf-8')
    if text.lstrip().startswith('<'):
        machines = read_manifest(text, user)
    else:
        machines = read_list(text, file, user)
    check(machines, file)
    return machines


class Experiment:
    """The machines that tools/cloudlab works on, remembered in `folder`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.file = self.folder / 'experiment.json'
        self.machines, self.home, self.port, self.config = [], HOME, 7000, {}
        self.tls = False

    def load(self):
        try:
            content = json.loads(self.file.read_text(encoding='utf-8'))
            self.machines = [Machine(**one) for one in content['machines']]
            self.home, self.port = content['home'], content['port']
            self.config, self.tls = content['config'], content.get('tls', False)
        except FileNotFoundError:
            raise CloudError('no machines are known. Name them: tools/cloudlab use FILE, with '
                             "CloudLab's manifest or a list of machines") from None
        except (ValueError, KeyError, TypeError) as error:
            raise CloudError(f'{self.file} is damaged ({error}); make it anew: tools/cloudlab use '
                             'FILE') from error
        return self

    def save(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.file, {'home': self.home, 'port': self.port, 'config': self.config,
                               'tls': self.tls,
                               'machines': [dataclasses.asdict(one) for one in self.machines]})

    def choose(self, names):
        """Those of these names ("node2", "n2" or "2"); all if none is named."""
        return [self._machine(name) for name in names] if names else list(self.machines)

    def _machine(self, name):
        for machine in self.machines:
            if name in (machine.name, machine.node, machine.node[1:]):
                return machine
        raise CloudError(f'there is no machine {name}; there are '
                         f'{", ".join(machine.name for machine in self.machines)}')

    def cluster(self):
        """The content of the cluster's file."""
        return cluster_file('drydock', [self._place(machine) for machine in self.machines],
                            self.config)

    def _place(self, machine):
        place = {'address': f'{machine.address}:{self.port}',
                 'metrics': f'{machine.address}:{self.port + 1}'}
        # With TLS nodes have a port of their own.
        return {**place, 'peer_port': self.port + 2} if self.tls else place
