"""Clusters of real raftd processes for the end-to-end tests.

A test file ends with `harness.main()`. It may be run by itself, or by tests/e2e/run.py, which also
says where raftd is (DRYDOCK_BIN) and how long tests may take (DRYDOCK_E2E_LENGTH).

Tests assert states and wait for conditions; nothing may hang on how fast a machine is.
"""

import atexit
import contextlib
import importlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

# All this before gRPC is loaded. Processes are started here all the time, and no child uses gRPC.
os.environ['GRPC_ENABLE_FORK_SUPPORT'] = '0'
# How often connections are looked at while no call is under way. By default every 5 s: that long a
# client whose calls fail at once would not see that its node is back.
os.environ['GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS'] = '20'
import grpc  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools' / 'lib'))
from cluster import (ClusterError, Node, PATIENCE, cluster_file, free_addresses,  # noqa: E402
                     wait_until, write_json)

BIN = pathlib.Path(os.environ.get('DRYDOCK_BIN') or ROOT / 'build' / 'release' / 'bin').resolve()
RAFTD = BIN / 'raftd'
LENGTH = os.environ.get('DRYDOCK_E2E_LENGTH', 'normal')

# Elections that no stall of a busy machine decides.
CALM = {'election_timeout': ['1s', '2s'], 'heartbeat_interval': '100ms'}
# For tests with many elections, where a needless one does no harm.
BRISK = {'election_timeout': ['300ms', '600ms'], 'heartbeat_interval': '50ms'}
# Small segments: a node's data is 64 MiB otherwise, and a test wants to see the log roll over.
SMALL = {'segment_bytes': 1 << 20}

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix='drydock-e2e-'))
_clusters = []
_figures = []


def by_length(quick, normal, long):
    """How much of something to do."""
    return {'quick': quick, 'normal': normal, 'long': long}[LENGTH]


def figure(text):
    """A number worth knowing, told at the end; nothing hangs on it."""
    _figures.append(text)


def say(text):
    print(text, file=sys.stderr, flush=True)


# --- Messages -----------------------------------------------------------------------------------

def generate(folder, *protos):
    """Python modules of .proto files below `folder`; they can be imported from then on."""
    out = FOLDER / 'generated'
    out.mkdir(exist_ok=True)
    subprocess.run(['protoc', f'--python_out={out}', f'-I{folder}', *protos], check=True)
    if str(out) not in sys.path:
        sys.path.insert(0, str(out))
    importlib.invalidate_caches()


generate(ROOT / 'proto', 'drydock/v1/drydock.proto')
v1 = importlib.import_module('drydock.v1.drydock_pb2')


def raft_messages():
    """The Raft service's. Only on demand: a process cannot have the report's own beside them."""
    generate(ROOT / 'proto', 'raft.proto')
    return importlib.import_module('raft_pb2')


_CHANNEL_OPTIONS = [
    # The minimum is what one attempt may take: much, on a busy machine.
    ('grpc.initial_reconnect_backoff_ms', 50), ('grpc.min_reconnect_backoff_ms', 10000),
    ('grpc.max_reconnect_backoff_ms', 300), ('grpc.use_local_subchannel_pool', 1),
    ('grpc.enable_retries', 0), ('grpc.max_receive_message_length', -1),
    ('grpc.max_send_message_length', -1)]


def open_channel(address):
    return grpc.insecure_channel(address, options=_CHANNEL_OPTIONS)


def unary(channel, path, response):
    """A method by its path; what it is called with serializes itself."""
    return channel.unary_unary(path, request_serializer=lambda message: message.SerializeToString(),
                               response_deserializer=response.FromString)


class Stub:
    """What the tests ask of one node, over one channel."""

    def __init__(self, address, channel=None):
        self.channel = channel or open_channel(address)
        self.execute = unary(self.channel, '/drydock.v1.KeyValueService/Execute',
                             v1.ExecuteResponse)
        self.status = unary(self.channel, '/drydock.v1.AdminService/GetStatus',
                            v1.GetStatusResponse)
        self.resume = unary(self.channel, '/drydock.v1.AdminService/Resume', v1.ResumeResponse)
        self.stream = self.channel.stream_stream(
            '/drydock.v1.KeyValueService/ExecuteStream',
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=v1.ExecuteStreamResponse.FromString)


def put_operation(key, value):
    return v1.Operation(put=v1.PutOperation(key=key, value=value))


def get_operation(key):
    return v1.Operation(get=v1.GetOperation(key=key))


# --- Clusters -----------------------------------------------------------------------------------

class Cluster:
    """Nodes n0, n1, ... in a folder of their own. Stopped with the test or class that owns it."""

    def __init__(self, count, config=None, limits=None, flags=(), name='test', environment=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='cluster-', dir=FOLDER))
        self.config = self.folder / 'cluster.json'
        self.flags = list(flags)
        self.environment = environment or {}
        self.name = name
        content = cluster_file(name, self.places(count), {**CALM, **SMALL, **(config or {})},
                               limits)
        write_json(self.config, content)
        self.nodes = {node: Node(node, self.folder / node, RAFTD, self.config, place)
                      for node, place in content['nodes'].items()}
        self._stubs = {}
        _clusters.append(self)

    # What a secure cluster does in another way (secure_cluster.py).

    def places(self, count):
        return free_addresses(count)

    def flags_of(self, _name):
        return self.flags

    def connect(self, name):
        return open_channel(self.nodes[name].address)

    @classmethod
    def running(cls, owner, count, **more):
        """One that takes calls; `owner` (a test or a test class) ends it."""
        cluster = cls(count, **more)
        add_cleanup = getattr(owner, 'addClassCleanup' if isinstance(owner, type) else
                              'addCleanup')
        add_cleanup(cluster.close)
        cluster.start_all()
        return cluster

    def close(self):
        for node in self.nodes.values():
            node.signal(signal.SIGKILL)
        for node in self.nodes.values():
            node.wait_gone()
        for stub in self._stubs.values():
            stub.channel.close()
        self._stubs.clear()

    # --- Processes ---

    def start(self, name, *more, environment=None):
        """Starts a node and waits until it listens."""
        node = self.nodes[name]
        node.start(*self.flags_of(name), *more,
                   environment={**self.environment, **(environment or {})}, detached=False)
        node.wait_listening()
        return node

    def join(self, name, place=None):
        """Starts a node that waits to be added. Its file knows the founders and itself only."""
        place = place or free_addresses(1)[0]
        content = json.loads(self.config.read_text(encoding='utf-8'))
        content['nodes'][name] = place
        config = self.folder / f'{name}.json'
        write_json(config, content)
        node = Node(name, self.folder / name, RAFTD, config, place)
        self.nodes[name] = node
        node.start('--join', *self.flags_of(name), bootstrap=False, detached=False)
        node.wait_listening()
        return node

    def start_all(self, names=None):
        for name in names or self.nodes:
            node = self.nodes[name]
            node.start(*self.flags_of(name), environment=self.environment, detached=False)
        for name in names or self.nodes:
            self.nodes[name].wait_listening()
        self.leader()

    def kill(self, name):
        self.nodes[name].kill()

    def stop(self, name):
        return self.nodes[name].stop()

    def running_names(self):
        return [name for name, node in self.nodes.items() if node.pid() is not None]

    def pids(self):
        return {name: node.pid() for name, node in self.nodes.items()}

    # --- Questions to one node ---

    def stub(self, name):
        if name not in self._stubs:
            self._stubs[name] = Stub(self.nodes[name].address, self.connect(name))
        return self._stubs[name]

    def status(self, name, timeout=5, **more):
        """None when the node does not answer."""
        try:
            return self.stub(name).status(v1.GetStatusRequest(**more), timeout=timeout)
        except grpc.RpcError:
            return None

    def told(self, name, **more):
        """The status of a node that runs; waits for it."""
        return wait_until(lambda: self.status(name, **more),
                          lambda: f'{name} should answer. {self.nodes[name].last_words()}')

    def execute(self, name, operation, timeout=5):
        return self.stub(name).execute(v1.ExecuteRequest(operation=operation),
                                       timeout=timeout).answer

    # --- Questions to the cluster ---

    def leader_now(self):
        """The node that a quorum of all nodes follows, itself among them; None if there is none."""
        told = {name: self.status(name, timeout=2) for name in self.running_names()}
        told = {name: status for name, status in told.items() if status and not status.suspended}
        leaders = [(status.term, name) for name, status in told.items()
                   if status.role == v1.ROLE_LEADER and status.ready]
        if not leaders:
            return None
        term, leader = max(leaders)
        followers = [name for name, status in told.items()
                     if status.term == term and status.HasField('leader')
                     and f'n{status.leader}' == leader]
        return leader if len({leader, *followers}) > len(self.nodes) // 2 else None

    def leader(self, limit=PATIENCE, but=()):
        """Waits for a leader, another one than those of `but`."""
        def found():
            name = self.leader_now()
            return name if name not in but else None
        return wait_until(found, lambda: f'a quorum should follow a leader. {self.describe()}',
                          limit, pause=0.02)

    def describe(self):
        lines = []
        for name, node in self.nodes.items():
            status = self.status(name, timeout=2)
            said = ' '.join(str(status).split()) if status else 'no answer'
            lines.append(f'{name} (process {node.pid()}): {said}')
        return '\n' + '\n'.join(lines)

    def decided(self, operation, limit=PATIENCE):
        """Asks until some node has done it. What is asked may be done twice."""
        deadline = time.monotonic() + limit
        last, hint = None, None
        while time.monotonic() < deadline:
            for name in ([hint] if hint else self.running_names()):
                hint = None
                try:
                    answer = self.execute(name, operation)
                except grpc.RpcError as error:
                    last = f'{name}: {error.code()} {error.details()}'
                    continue
                if answer.outcome in (v1.OUTCOME_OK, v1.OUTCOME_NOT_FOUND,
                                      v1.OUTCOME_COMPARE_FAILED):
                    return answer
                last = f'{name}: {v1.Outcome.Name(answer.outcome)}'
                if answer.HasField('leader') and f'n{answer.leader}' != name:
                    hint = f'n{answer.leader}'
                    break
            time.sleep(0.01)
        raise ClusterError(f'nothing was decided in {limit:.0f} s; last: {last}. '
                           f'{self.describe()}')

    def put(self, key, value, limit=PATIENCE):
        self.decided(put_operation(key, value), limit)

    def get(self, key, limit=PATIENCE):
        answer = self.decided(get_operation(key), limit)
        return answer.value if answer.found else None

    def get_all(self, keys, limit=PATIENCE):
        """{key: value, or None}, read linearizably in batches from the leader."""
        found = {}
        keys = list(dict.fromkeys(keys))

        def rest():
            # A stream ends with its leader: then go on with the next one, where this one ended.
            wanted = [key for key in keys if key not in found]
            with contextlib.suppress(grpc.RpcError):
                self._get_some(wanted, found)
            return len(found) == len(keys)

        wait_until(rest, lambda: f'{len(keys)} keys should be read. {self.describe()}', limit)
        return found

    def _get_some(self, keys, found):
        batches = [v1.ExecuteStreamRequest(operations=[
            v1.NumberedOperation(number=i, operation=get_operation(keys[i]))
            for i in range(at, min(at + 500, len(keys)))]) for at in range(0, len(keys), 500)]
        for batch in batches:
            stream = self.stub(self.leader()).stream(iter([batch]), timeout=PATIENCE)
            for response in stream:
                for told in response.answers:
                    if told.answer.outcome in (v1.OUTCOME_OK, v1.OUTCOME_NOT_FOUND):
                        found[keys[told.number]] = (told.answer.value if told.answer.found
                                                    else None)

    def wait_even(self, limit=PATIENCE):
        """Waits until every running node has applied all that the leader has."""
        def even():
            told = [self.status(name) for name in self.running_names()]
            return all(told) and len({(status.last_index, status.last_term, status.applied)
                                      for status in told}) == 1 and (
                                          told[0].applied == told[0].last_index)
        wait_until(even, lambda: f'all logs should be equal. {self.describe()}', limit, 0.02)


# --- Running a file -----------------------------------------------------------------------------

def close_all():
    for cluster in _clusters:
        cluster.close()


def show_logs():
    say(f'\nThe nodes\' files are kept in {FOLDER}')
    for cluster in _clusters[-3:]:
        for node in cluster.nodes.values():
            if node.log.exists():
                say(f'{node.name}: {node.last_words(8)}')


def main():
    if not os.access(RAFTD, os.X_OK):
        sys.exit(f'There is no {RAFTD}: build it, or name its folder in DRYDOCK_BIN.')
    atexit.register(close_all)
    program = unittest.main(module='__main__', exit=False, verbosity=2)
    close_all()
    for text in _figures:
        say(f'figure: {text}')
    if program.result.wasSuccessful():
        shutil.rmtree(FOLDER, ignore_errors=True)
        sys.exit(0)
    show_logs()
    sys.exit(1)
