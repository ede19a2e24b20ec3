#!/usr/bin/python3
"""The largest value that is allowed is written and read, and no heartbeat is late because of it."""

import hashlib
import os
import subprocess
import unittest

import harness
from harness import figure, wait_until

RAFTCTL = harness.RAFTD.parent / 'raftctl'
LARGEST = 64 << 20


class LargeValueTest(unittest.TestCase):

    def setUp(self):
        self.cluster = harness.Cluster(3)
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

    def test_a_value_of_64_mib_is_written_and_read_without_an_election(self):
        self.cluster.put(b'first', b'of all')
        self.cluster.wait_even()
        term = self.cluster.told(self.leader).term
        before = {name: self.traced(name) for name in self.cluster.nodes}
        path = self.written(LARGEST)
        put = self.raftctl('put', 'large', f'@{path}')
        self.assertEqual((put.returncode, put.stderr), (0, b''), self.cluster.describe())
        got = self.raftctl('get', 'large')
        self.assertEqual((got.returncode, got.stderr), (0, b''), self.cluster.describe())
        self.assertEqual(hashlib.sha256(got.stdout.removesuffix(b'\n')).digest(),
                         hashlib.sha256(path.read_bytes().removesuffix(b'\n')).digest())
        self.cluster.wait_even()
        for name in self.cluster.nodes:
            self.assertEqual(self.cluster.told(name).term, term)
            self.assertEqual(self.traced(name), before[name])
        self.assertEqual(self.cluster.leader(), self.leader)
        figure(f'{LARGEST} bytes were written and read in term {term}, without an election')

    def test_a_larger_one_is_refused_with_the_limit_named(self):
        put = self.raftctl('put', 'larger', f'@{self.written(LARGEST + 1)}')
        self.assertEqual(put.returncode, 5, put.stderr)
        self.assertIn(str(LARGEST).encode(), put.stderr)
        self.assertEqual(self.raftctl('get', 'larger').returncode, 1)


if __name__ == '__main__':
    harness.main()
