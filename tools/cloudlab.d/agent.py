"""What tools/cloudlab does on each machine; it is sent there with every call.

  agent.py COMMAND PARAMETERS    the parameters are JSON, and so is the answer on standard output

Everything is in one folder, `home`: the source in src/, and in run/ the cluster's file and a folder
for each node that ran here (see Node in tools/lib/cluster.py). Exit code 1, and why on standard
error, if it did not work.
"""

import contextlib
import fcntl
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'lib'))
# pylint: disable=wrong-import-position
import checks
import control
from cluster import ClusterError, Node, wait_until, write_json

SETUP_LOG = pathlib.Path('/var/log/drydock-setup.log')
STOP_PATIENCE = 30.0  # s: what a node may take to drain


class Here:
    """This machine's part of the cluster."""

    def __init__(self, parameters):
        self.home = pathlib.Path(parameters['home'])
        self.name = parameters['node']
        self.run = self.home / 'run'
        self.bin = self.home / 'src' / 'build' / 'release' / 'bin'
        self.config = self.run / 'cluster.json'
        self.certs = self.run / 'certs'

    def content(self):
        try:
            return json.loads(self.config.read_text(encoding='utf-8'))
        except FileNotFoundError:
            raise ClusterError('no cluster was started here yet: tools/cloudlab start') from None

    def node(self, content=None, name=None):
        """This machine's node, or another one that it once was."""
        name = name or self.name
        place = (content or self.content())['nodes'].get(name)
        if place is None:
            raise ClusterError(f'the cluster of {self.config} has no {name}. Begin anew, without '
                               'its data: tools/cloudlab start --fresh')
        return Node(name, self.run / name, self.bin / 'raftd', self.config, place)

    @contextlib.contextmanager
    def locked(self):
        """One at a time changes what runs."""
        self.run.mkdir(parents=True, exist_ok=True)
        with open(self.run / 'lock', 'w', encoding='ascii') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


# --- Where is this machine on the LAN? ------------------------------------------------------------

def address(parameters):
    """By its short name, in what CloudLab writes: the host map, then /etc/hosts."""
    for file in ('/var/emulab/boot/hostmap', '/etc/hosts'):
        found = address_in(file, parameters['name'])
        if found:
            return found
    raise ClusterError(f'its address on the LAN is not known: no line of /etc/hosts names '
                       f'{parameters["name"]}. Write the address into the list of machines')


def address_in(file, name):
    try:
        lines = pathlib.Path(file).read_text(encoding='utf-8', errors='replace').splitlines()
    except OSError:
        return None
    for line in lines:
        words = re.split(r'[\s:,]+', line.partition('#')[0])
        found = [word for word in words if re.fullmatch(r'\d+(\.\d+){3}', word)]
        if name in words and found and not found[0].startswith('127.'):
            return found[0]
    return None


# --- Start and stop -------------------------------------------------------------------------------

def check_places(content, name):
    for node, place in content['nodes'].items():
        why = control.why_not(place['address'].rpartition(':')[0])
        if why:
            raise ClusterError(f'{node}: {why}')
    own = content['nodes'][name]['address'].rpartition(':')[0]
    with socket.socket() as probe:
        try:
            probe.bind((own, 0))
        except OSError:
            raise ClusterError(f'{own} is no address of this machine. Is its LAN up (ip addr), and '
                               'are the machines those of the experiment?') from None


def check_same_cluster(here, content):
    """A cluster with data keeps its members: changing the file would not change them."""
    if here.config.exists() and here.content()['nodes'] != content['nodes']:
        raise ClusterError('an earlier cluster with other nodes has its data here. Begin anew, '
                           'without it: tools/cloudlab start --fresh')


def check_here(here, content):
    """An error if nothing can be started here."""
    if not (here.bin / 'raftd').exists():
        raise ClusterError(f'there is no raftd in {here.bin}. Build it: tools/cloudlab build '
                           f'(at the first boot, see {SETUP_LOG})')
    check_places(content, here.name)


def check(parameters):
    check_here(Here(parameters), parameters['cluster'])


def start(parameters):
    here, content = Here(parameters), parameters['cluster']
    check_here(here, content)
    with here.locked():
        check_same_cluster(here, content)
        node = here.node(content)
        if node.pid() is not None:
            return {'pid': node.pid(), 'began': False}
        write_json(here.config, content)
        begin(node, parameters, security(here, parameters['tls']))
        return {'pid': node.pid(), 'began': True}


def security(here, tls):
    """The flags for what the nodes and their clients say to each other, on a LAN that only the
    experiment's machines are on."""
    if not tls:
        return ['--insecure-plaintext']
    take_certificates(here)
    flags = ['--client-cert-auth', '--insecure-metrics']
    for prefix, name, ca in (('', 'node', 'ca'), ('peer-', 'peer', 'peer-ca')):
        flags += [f'--{prefix}cert-file', str(here.certs / f'{name}.pem'),
                  f'--{prefix}key-file', str(here.certs / f'{name}.key'),
                  f'--{prefix}trusted-ca-file', str(here.certs / f'{ca}.pem')]
    return flags


def take_certificates(here):
    """Those that were sent along; only root reads them."""
    here.certs.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in (HERE.parents[1] / 'certs').iterdir():
        shutil.copy(file, here.certs)


def begin(node, parameters, more):
    taken = node.port_taken()
    if taken:
        raise ClusterError(f'another process listens at {taken}: tools/cloudlab doctor tells which')
    flags = [*parameters['flags'], *more]
    if not node.is_founded():
        flags.append(parameters['founding'])
    if parameters['trace']:
        node.folder.mkdir(parents=True, exist_ok=True)
        flags += ['--trace', str(node.folder / f'trace-{time.time():.0f}.jsonl')]
    node.start(*flags, bootstrap=False)
    node.wait_listening()


def wipe(parameters):
    here = Here(parameters)
    with here.locked():
        remove_all(here)


def remove_all(here):
    """Ends what runs and removes its data; the machine may have been another node before."""
    if here.config.exists():
        content = here.content()
        for name in content['nodes']:
            here.node(content, name).kill()
    for folder in [*here.run.glob('n*'), *here.run.glob('certs')]:
        shutil.rmtree(folder)
    here.config.unlink(missing_ok=True)


def run_to_end(words):
    """An error, with what it says, if it fails."""
    done = subprocess.run([str(word) for word in words], text=True, stdin=subprocess.DEVNULL,
                          capture_output=True, check=False)
    if done.returncode:
        raise ClusterError(done.stderr.strip() or f'{words[0]} ended with {done.returncode}')


def check_backup(parameters):
    here = Here(parameters)
    run_to_end([here.bin / 'raftctl', 'backup', '--check', parameters['backup']])


def restore(parameters):
    """Makes this node's store of the backup; the node does not run yet."""
    here, content = Here(parameters), parameters['cluster']
    with here.locked():
        write_json(here.config, content)
        node = here.node(content)
        node.folder.mkdir(parents=True, exist_ok=True)
        # Whatever the cluster was called where the backup was taken.
        run_to_end(node.command('--restore', parameters['backup'], '--rename-cluster',
                                bootstrap=False))
        (node.folder / 'founded').touch()


def stop(parameters):
    here = Here(parameters)
    with here.locked():
        node = here.node()
        if not node.signal(15):
            return {'was': None}
        try:
            node.wait_gone(STOP_PATIENCE)
        except ClusterError:
            node.kill()
            raise ClusterError(f'it had not ended {STOP_PATIENCE:.0f} s after SIGTERM and was '
                               f'killed. {node.last_words()}') from None
        return {'was': 'running'}


def kill(parameters):
    here = Here(parameters)
    with here.locked():
        node = here.node()
        pid = node.pid()
        node.kill()
        return {'pid': pid}


def wait_ready(parameters):
    """Until it takes calls, which takes a leader that a quorum follows."""
    node = Here(parameters).node()

    def ready():
        if node.pid() is None:
            raise ClusterError(f'it has ended. {node.last_words()}')
        return node.is_ready()

    wait_until(ready, lambda: f'it should take calls, which takes a majority. {node.last_words()}',
               parameters['limit'], 0.05)
    return True


# --- Questions ------------------------------------------------------------------------------------

def doctor(parameters):
    here = Here(parameters)
    node = here.node(parameters['cluster'])
    return checks.all_of(here, node, parameters, SETUP_LOG)


def metrics_of(node):
    try:
        with urllib.request.urlopen(f'http://{node.metrics}/metrics', timeout=5) as answer:
            return answer.read()
    except OSError as error:
        return f'# not to be had: {error}\n'.encode()


def collect(parameters):
    """A tar on standard output, in place of an answer."""
    here = Here(parameters)
    files = [SETUP_LOG, here.config, here.home / 'src' / '.source-id',
             *here.run.glob('n*/raftd.log'), *here.run.glob('n*/trace-*.jsonl')]
    with tarfile.open(fileobj=sys.stdout.buffer, mode='w|gz') as tar:
        if here.config.exists():
            metrics = here.run / 'metrics.txt'
            metrics.write_bytes(metrics_of(here.node()))
            files.append(metrics)
        for file in files:
            if file.exists():
                tar.add(file, file.name, filter=None)


COMMANDS = {command.__name__: command for command in
            (address, check, wipe, check_backup, restore, start, stop, kill, wait_ready, doctor,
             collect)}


def main(words):
    command, parameters = COMMANDS[words[0]], json.loads(words[1])
    try:
        answer = command(parameters)
    except (ClusterError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if command is not collect:
        print(json.dumps(answer))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
