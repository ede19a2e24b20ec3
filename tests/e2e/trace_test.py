#!/usr/bin/python3
"""The traces of real nodes, looked at together: `raftsim view` of all of them."""

import re
import subprocess
import unittest

import harness
from harness import BRISK

RAFTSIM = harness.BIN / 'raftsim'


class TraceTest(unittest.TestCase):

    def setUp(self):
        self.cluster = harness.Cluster(3, config=BRISK)
        self.addCleanup(self.cluster.close)

    def start(self, name, trace):
        self.cluster.start(name, '--trace', str(self.cluster.folder / trace))

    def view(self, *arguments):
        result = subprocess.run([RAFTSIM, 'view', *sorted(self.cluster.folder.glob('*.jsonl')),
                                 *arguments], text=True, capture_output=True, check=False,
                                timeout=60)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        return result.stdout

    def test_they_tell_why_the_leader_changed(self):
        for name in self.cluster.nodes:
            self.start(name, f'{name}.jsonl')
        first = self.cluster.leader()
        self.cluster.put(b'city', b'Logan')
        self.cluster.kill(first)
        self.cluster.put(b'city', b'Moab')
        self.start(first, f'{first}-again.jsonl')
        self.cluster.wait_even()
        for name in self.cluster.nodes:
            self.cluster.stop(name)
        told = self.view('--mermaid', '-', '--last', '100')
        led = re.findall(r'(n\d) role changed.* role leader', told)
        self.assertEqual(led[0], first)
        self.assertNotEqual(led[1], first)
        # What the leader did up to the kill is there, before the next election.
        self.assertRegex(told, rf'(?s){first} role changed.* role leader.*{first} trace ended.*'
                               rf'{led[1]} role changed.* role leader.*{first} started')
        self.assertEqual(told.count('trace ended'), 4)


if __name__ == '__main__':
    harness.main()
