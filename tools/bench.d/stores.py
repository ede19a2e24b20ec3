"""The stores that are measured, each as three processes on this machine."""

import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))
import cluster  # pylint: disable=wrong-import-position
from cluster import ClusterError  # pylint: disable=unused-import,wrong-import-position

NODES = 3
# As etcd by default, so that a busy machine holds as few elections in the one as in the other.
CALM = {'drydock': {'election_timeout': ['1s', '2s'], 'heartbeat_interval': '100ms'},
        'etcd': ['--heartbeat-interval', '100', '--election-timeout', '1000']}
# Elections after 150 to 300 ms in both.
QUICK = {'drydock': {'election_timeout': ['150ms', '300ms'], 'heartbeat_interval': '50ms'},
         'etcd': ['--heartbeat-interval', '30', '--election-timeout', '150']}


class BenchError(Exception):
    """What could not be measured, and why."""


class Store:
    """Three processes. Used as a context manager: all have ended when it is left, however it is."""

    name = None  # how storebench speaks to it
    leader_is_first = False

    def __init__(self, programs, folder):
        self.programs = programs  # where raftd, storebench and etcd are
        self.folder = pathlib.Path(folder)
        self.addresses = [f'{cluster.HOST}:{port}' for port in cluster.free_ports(NODES)]
        self.processes = [None] * NODES

    def command(self, node):
        raise NotImplementedError

    def prepare(self):
        """Before the first start."""

    def __enter__(self):
        self.folder.mkdir(parents=True)
        self.prepare()
        try:
            # The probe's leader wants its followers to be there.
            for node in reversed(range(NODES)):
                self.start(node)
            self.leader()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for node in range(NODES):
            self.kill(node)
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- One node ---

    def log(self, node):
        return self.folder / f'{node}.log'

    def start(self, node):
        """Does not wait for anything."""
        # A session of its own: Ctrl-C is for this script, which then ends it.
        with open(self.log(node), 'wb') as log:
            self.processes[node] = subprocess.Popen(
                [str(word) for word in self.command(node)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True)

    def kill(self, node):
        """kill -9, and waits until it is gone."""
        process = self.processes[node]
        if process is not None:
            process.kill()
            process.wait()
            self.processes[node] = None

    # --- All of them ---

    def pids(self):
        return [process.pid for process in self.processes if process is not None]

    def endpoints(self):
        return ','.join(self.addresses)

    def ask(self, *words, limit=60):
        """What storebench prints about this store: (exit code, standard output)."""
        try:
            result = subprocess.run(
                [str(self.programs['storebench']), *words, '--store', self.name, '--endpoints',
                 self.endpoints()],
                text=True, capture_output=True, timeout=limit, check=False)
        except subprocess.TimeoutExpired:
            raise BenchError(f'storebench {words[0]} did not end in {limit} s') from None
        if result.returncode not in (0, 1) or not result.stdout:
            raise BenchError(f'{self.name}: {result.stderr.strip()[-2000:]}\n{self.last_words()}')
        return result.returncode, result.stdout

    def leader(self):
        """The number of the node that leads; waits for one."""
        return self.addresses.index(self.ask('leader')[1].strip())

    def memory(self):
        """Resident memory of the largest node, in bytes."""
        return max(cluster.memory_of(pid) for pid in self.pids())

    def last_words(self):
        texts = []
        for node in range(NODES):
            if self.log(node).exists():
                text = self.log(node).read_text(encoding='utf-8', errors='replace')
                texts += [f'node {node}: {line}' for line in text.splitlines()[-4:]]
        return '\n'.join(texts)


class Drydock(Store):
    """Three raftd."""

    name = 'drydock'

    def __init__(self, programs, folder, timing=CALM):
        super().__init__(programs, folder)
        self.settings = timing['drydock']
        self.founded = set()

    def prepare(self):
        content = cluster.cluster_file('bench', [{'address': each} for each in self.addresses],
                                       self.settings)
        cluster.write_json(self.folder / 'cluster.json', content)

    def command(self, node):
        # Only the first start may found a store.
        first = [] if node in self.founded else ['--bootstrap']
        self.founded.add(node)
        return [self.programs['raftd'], '--config', self.folder / 'cluster.json', '--id',
                f'n{node}', '--data', self.folder / f'n{node}', *first]

    def wait_listening(self, node, limit=30):
        """Gives the moment at which the node was seen to listen, on the monotonic clock in ns."""
        deadline = time.monotonic() + limit
        while b'"listening"' not in self.log(node).read_bytes():
            if time.monotonic() > deadline or self.processes[node].poll() is not None:
                raise BenchError(f'node {node} does not listen\n{self.last_words()}')
            time.sleep(0.0005)
        return time.monotonic_ns()


class Etcd(Store):
    """Three etcd, each write on disk before it is answered (its default)."""

    name = 'etcd'

    def __init__(self, programs, folder, timing=CALM):
        super().__init__(programs, folder)
        self.peers = [f'http://{cluster.HOST}:{port}' for port in cluster.free_ports(NODES)]
        self.flags = timing['etcd']

    def command(self, node):
        client = f'http://{self.addresses[node]}'
        members = ','.join(f'e{i}={peer}' for i, peer in enumerate(self.peers))
        return [self.programs['etcd'], '--name', f'e{node}', '--data-dir',
                self.folder / f'e{node}', '--listen-client-urls', client,
                '--advertise-client-urls', client, '--listen-peer-urls', self.peers[node],
                '--initial-advertise-peer-urls', self.peers[node], '--initial-cluster', members,
                '--log-level', 'error', *self.flags]

    def start(self, node):
        os.makedirs(self.folder / f'e{node}', mode=0o700, exist_ok=True)
        super().start(node)


class Probe(Store):
    """The bare probe: the same calls, no Raft. Its first node leads."""

    name = 'drydock'

    def command(self, node):
        return [self.programs['storebench'], 'probe-server', '--id', node, '--nodes',
                self.endpoints(), '--data', self.folder / f'p{node}']


STORES = {'drydock': Drydock, 'etcd': Etcd, 'probe': Probe}
