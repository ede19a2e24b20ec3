#!/usr/bin/python3
"""The largest value that is allowed is written and read, and no heartbeat is late because of it."""

import contextlib
import hashlib
import os
import pathlib
import subprocess
import threading
import time
import unittest

import harness
from harness import figure, say, wait_until

RAFTCTL = harness.RAFTD.parent / 'raftctl'
LARGEST = 64 << 20
# In seconds; the longest is twice as long. Only where a machine withholds its processors from the
# nodes, one that is longer is tried.
SHORTEST_TIMEOUTS = [1, 4, 16]


class ProcessorWatch:
    """Notes for how long the loops of some nodes were ready to run and did not get to."""

    def __init__(self, nodes):
        self.files = {name: pathlib.Path(f'/proc/{node.pid()}/schedstat')
                      for name, node in nodes.items()}
        self.samples = {name: [] for name in nodes}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def run(self):
        while not self.over.wait(0.02):
            for name, file in self.files.items():
                with contextlib.suppress(OSError):
                    waited = int(file.read_text(encoding='ascii').split()[1]) / 1e9
                    self.samples[name].append((time.monotonic(), waited))

    def longest_wait(self, window):
        """Within so many seconds, of the node that waited most."""
        return max((wait for samples in self.samples.values()
                    for wait in self.waits(samples, window)), default=0)

    @staticmethod
    def waits(samples, window):
        end = 0
        for begin, (since, before) in enumerate(samples):
            while end + 1 < len(samples) and samples[end + 1][0] <= since + window:
                end += 1
            # This watch may not have got to run for longer than the window.
            last = min(max(end, begin + 1), len(samples) - 1)
            yield samples[last][1] - before


class LargeValueTest(unittest.TestCase):

    def start(self, shortest_timeout):
        self.cluster = harness.Cluster(
            3, config={'election_timeout': [f'{shortest_timeout}s', f'{2 * shortest_timeout}s']})
        self.addCleanup(self.cluster.close)
        for name, node in self.cluster.nodes.items():
            node.start('--trace', str(self.trace(name)), detached=False)
        self.leader = self.cluster.leader()

    def trace(self, name):
        return self.cluster.folder / f'{name}.jsonl'

    def raftctl(self, *arguments):
        return subprocess.run([RAFTCTL, *arguments, '--config', self.cluster.config, '--timeout',
                               '300s'], capture_output=True, check=False, timeout=400)

    def written(self, size):
        path = self.cluster.folder / f'{size}.bin'
        path.write_bytes(os.urandom(size))
        return path

    def traced(self, name):
        """The role changes so far, once the trace goes as far as the node has applied."""
        applied = f'"event":"applied","index":{self.cluster.told(name).applied},'

        def changes():
            lines = self.trace(name).read_text(encoding='utf-8').splitlines()
            if not any(applied in line for line in lines):
                return None
            return [line for line in lines if '"event":"role_changed"' in line]
        wait_until(lambda: changes() is not None, lambda: f'the trace of {name} should go on')
        return changes()

    def write_and_read(self):
        path = self.written(LARGEST)
        put = self.raftctl('put', 'large', f'@{path}')
        self.assertEqual((put.returncode, put.stderr), (0, b''), self.cluster.describe())
        got = self.raftctl('get', 'large')
        self.assertEqual((got.returncode, got.stderr), (0, b''), self.cluster.describe())
        self.assertEqual(hashlib.sha256(got.stdout.removesuffix(b'\n')).digest(),
                         hashlib.sha256(path.read_bytes().removesuffix(b'\n')).digest())
        self.cluster.wait_even()

    def went_without_an_election(self):
        self.cluster.put(b'first', b'of all')
        self.cluster.wait_even()
        term = self.cluster.told(self.leader).term
        before = {name: self.traced(name) for name in self.cluster.nodes}
        self.write_and_read()
        if any(self.cluster.told(name).term != term or self.traced(name) != before[name]
               for name in self.cluster.nodes):
            return False
        self.assertEqual(self.cluster.leader(), self.leader)
        figure(f'{LARGEST} bytes were written and read in term {term}, without an election')
        return True

    def test_a_value_of_64_mib_is_written_and_read_without_an_election(self):
        for timeout in SHORTEST_TIMEOUTS:
            self.start(timeout)
            with ProcessorWatch(self.cluster.nodes) as watch:
                passed = self.went_without_an_election()
            if passed:
                return
            waited = watch.longest_wait(timeout)
            self.assertGreater(waited, timeout / 2, 'there was an election, and the machine is not '
                               f'to blame for it: {self.cluster.describe()}')
            say(f'An election; but a node waited for a processor for {waited:.1f} s of {timeout} s')
            self.cluster.close()
        self.fail('this machine gives the nodes no processors')

    def test_a_larger_one_is_refused_with_the_limit_named(self):
        self.start(SHORTEST_TIMEOUTS[0])
        put = self.raftctl('put', 'larger', f'@{self.written(LARGEST + 1)}')
        self.assertEqual(put.returncode, 5, put.stderr)
        self.assertIn(str(LARGEST).encode(), put.stderr)
        self.assertEqual(self.raftctl('get', 'larger').returncode, 1)


if __name__ == '__main__':
    harness.main()
