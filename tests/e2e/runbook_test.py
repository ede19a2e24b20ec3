#!/usr/bin/python3
"""The ways back, from the loss of a quorum and from a backup, with the very commands of
docs/operations.md."""

import os
import re
import shlex
import shutil
import subprocess
import unittest

import harness

MANUAL = harness.ROOT / 'docs' / 'operations.md'


def commands(section):
    """Those of a section, in order."""
    text = MANUAL.read_text(encoding='utf-8')
    content = re.search(rf'## {section}\n(.*?)\n## ', text, re.DOTALL).group(1)
    return re.findall(r'^ {4,7}(raft(?:d|ctl) .+)$', content, re.MULTILINE)


class Runbook(unittest.TestCase):
    NEW = 'new'  # the directories that the manual begins anew with

    def places(self, name):
        """What stands in the manual, and where it is for a node of this cluster."""
        node = self.cluster.nodes[name]
        return {'cluster.json': str(self.cluster.config),
                '/var/lib/drydock/node': str(node.folder / 'data'),
                f'/var/lib/drydock/{self.NEW}': str(node.folder / self.NEW)}

    def words(self, command, name):
        """A command of the manual with this cluster's places, for one of its nodes."""
        words = shlex.split(command)
        if '--id' in words:
            words[words.index('--id') + 1] = name
        places = self.places(name)
        return [str(harness.BIN / words[0]), *(places.get(word, word) for word in words[1:])]

    def run_command(self, words, **more):
        result = subprocess.run(words, text=True, capture_output=True, check=False, timeout=180,
                                **more)
        self.assertEqual((result.returncode, result.stderr), (0, ''), words)
        return result.stdout

    def start_node(self, command, name):
        """Runs what the manual starts a node with; the harness would use flags of its own."""
        node = self.cluster.nodes[name]
        words = self.words(command, name)
        node.data = node.folder / self.NEW
        node.command = lambda *_, **__: words
        node.start(detached=False)
        node.wait_listening()

    def add_words(self, command, names):
        """The manual adds two nodes, by example; here it is all of these."""
        words = shlex.split(command)
        examples = [word for word in words if '=' in word]
        self.assertEqual(len(examples), 2)
        at = words.index(examples[0])
        places = [f'{name}={self.cluster.nodes[name].address}' for name in names]
        return self.words(shlex.join([*words[:at], *places, *words[at + 2:]]), names[0])


class QuorumLossTest(Runbook):

    def setUp(self):
        self.cluster = harness.Cluster.running(self, 5)
        self.ask, self.start, self.join, self.add = commands('The loss of a quorum')

    def last_entry(self, name):
        told = self.run_command(self.words(self.ask, name))
        self.assertIn('Nothing was written', told)
        found = re.search(r'last entry +(\d+), of term (\d+)', told)
        return int(found[2]), int(found[1])

    def lose_a_quorum(self):
        """n4 has missed the last write; n0, n1 and n2 are gone with their disks."""
        self.cluster.put(b'city', b'Logan')
        self.cluster.wait_even()
        self.cluster.kill('n4')
        self.cluster.put(b'river', b'Colorado')
        self.cluster.wait_even()
        for name in ('n0', 'n1', 'n2'):
            self.cluster.kill(name)
            shutil.rmtree(self.cluster.nodes[name].data)

    def test_each_command_does_what_the_manual_says(self):
        self.lose_a_quorum()
        self.assertEqual(self.cluster.stop('n3'), 0)

        self.assertGreater(self.last_entry('n3'), self.last_entry('n4'))
        self.assertFalse((self.cluster.nodes['n3'].folder / 'new').exists())
        self.run_command(self.words(self.ask + ' --accept-loss', 'n3'))
        self.start_node(self.start, 'n3')
        endpoints = {**os.environ, 'DRYDOCK_ENDPOINTS': self.cluster.nodes['n3'].address}
        raftctl = str(harness.BIN / 'raftctl')
        told = self.run_command([raftctl, 'get', 'river'], env=endpoints)
        self.assertEqual(told, 'Colorado')
        self.run_command([raftctl, 'put', 'alone', 'yes'], env=endpoints)

        others = ('n0', 'n1', 'n2', 'n4')
        for name in others:
            self.start_node(self.join, name)
        self.run_command(self.add_words(self.add, others), env=endpoints)
        self.cluster.wait_even()
        self.cluster.kill('n3')
        self.assertIn(self.cluster.leader(but=('n3',)), others)
        self.assertEqual(self.cluster.get_all([b'city', b'river', b'alone']),
                         {b'city': b'Logan', b'river': b'Colorado', b'alone': b'yes'})


class RestoreTest(Runbook):
    NEW = 'restored'

    def setUp(self):
        self.cluster = harness.Cluster.running(self, 3)
        (self.backup, self.check, self.restore, self.start, self.join,
         self.add) = commands('Back up and restore')

    def places(self, name):
        return {**super().places(name), 'monday.backup': str(self.cluster.folder / 'monday.backup')}

    def test_each_command_does_what_the_manual_says(self):
        self.cluster.put(b'city', b'Logan')
        self.run_command(self.words(self.backup, 'n0'))
        self.cluster.put(b'city', b'Moab')
        self.assertIn('keys         1\n', self.run_command(self.words(self.check, 'n0')))
        for name in self.cluster.nodes:
            self.cluster.kill(name)

        self.run_command(self.words(self.restore, 'n0'))
        self.start_node(self.start, 'n0')
        self.assertEqual(self.cluster.get(b'city'), b'Logan')
        for name in ('n1', 'n2'):
            self.start_node(self.join, name)
        self.run_command(self.add_words(self.add, ('n1', 'n2')))
        self.cluster.put(b'river', b'Colorado')
        self.cluster.wait_even()
        self.cluster.kill('n0')
        self.assertEqual(self.cluster.get_all([b'city', b'river']),
                         {b'city': b'Logan', b'river': b'Colorado'})


if __name__ == '__main__':
    harness.main()
