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
TRIES = 5


class LargeValueTest(unittest.TestCase):

    def setUp(self):
        self.cluster = harness.Cluster(3)
        self.addCleanup(self.cluster.close)
        for name, node in self.cluster.nodes.items():
            node.start('--trace', str(self.trace(name)), detached=False)
        self.cluster.leader()

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

    def seen(self):
        """Who leads, the terms, and all changes of roles."""
        return (self.cluster.leader(),
                {name: (self.cluster.told(name).term, self.traced(name))
                 for name in self.cluster.nodes})

    # A machine that does nothing for seconds has elections whatever is written. One that comes
    # because of the value comes each time.
    def test_a_value_of_64_mib_is_written_and_read_without_an_election(self):
        path = self.written(LARGEST)
        for _ in range(TRIES):
            self.cluster.put(b'first', b'of all')
            self.cluster.wait_even()
            before = self.seen()
            self.write_and_read(path)
            self.cluster.wait_even()
            after = self.seen()
            if before == after:
                break
        self.assertEqual(after, before)
        figure(f'{LARGEST} bytes were written and read without an election')

    def write_and_read(self, path):
        put = self.raftctl('put', 'large', f'@{path}')
        self.assertEqual((put.returncode, put.stderr), (0, b''), self.cluster.describe())
        got = self.raftctl('get', 'large')
        self.assertEqual((got.returncode, got.stderr), (0, b''), self.cluster.describe())
        self.assertEqual(hashlib.sha256(got.stdout.removesuffix(b'\n')).digest(),
                         hashlib.sha256(path.read_bytes().removesuffix(b'\n')).digest())

    def test_a_larger_one_is_refused_with_the_limit_named(self):
        put = self.raftctl('put', 'larger', f'@{self.written(LARGEST + 1)}')
        self.assertEqual(put.returncode, 5, put.stderr)
        self.assertIn(str(LARGEST).encode(), put.stderr)
        self.assertEqual(self.raftctl('get', 'larger').returncode, 1)


if __name__ == '__main__':
    harness.main()
