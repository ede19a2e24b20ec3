#!/usr/bin/python3
"""The way back from the loss of a quorum, with the very commands of docs/operations.md."""

import os
import re
import shlex
import shutil
import subprocess
import unittest

import harness

MANUAL = harness.ROOT / 'docs' / 'operations.md'


def commands():
    """Those of the section, in order: ask, start, join, add."""
    text = MANUAL.read_text(encoding='utf-8')
    section = re.search(r'## The loss of a quorum\n(.*?)\n## ', text, re.DOTALL).group(1)
    return re.findall(r'^ {7}(raft(?:d|ctl) .+)$', section, re.MULTILINE)


class RunbookTest(unittest.TestCase):

    def setUp(self):
        self.cluster = harness.Cluster.running(self, 5)
        ask, start, join, add = commands()
        self.ask, self.start, self.join, self.add = ask, start, join, add

    def words(self, command, name):
        """A command of the manual with this cluster's places, for one of its nodes."""
        node = self.cluster.nodes[name]
        places = {'cluster.json': str(self.cluster.config), 'n3': name,
                  '/var/lib/drydock/node': str(node.folder / 'data'),
                  '/var/lib/drydock/new': str(node.folder / 'new')}
        words = [places.get(word, word) for word in shlex.split(command)]
        return [str(harness.BIN / words[0]), *words[1:]]

    def run_command(self, words, **more):
        result = subprocess.run(words, text=True, capture_output=True, check=False, timeout=180,
                                **more)
        self.assertEqual((result.returncode, result.stderr), (0, ''), words)
        return result.stdout

    def start_node(self, command, name):
        """Runs what the manual starts a node with; the harness would use flags of its own."""
        node = self.cluster.nodes[name]
        words = self.words(command, name)
        node.data = node.folder / 'new'
        node.command = lambda *_, **__: words
        node.start(detached=False)
        node.wait_listening()

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
            self.start_node(self.join.replace('n0', name), name)
        self.run_command(self.add_words(others), env=endpoints)
        self.cluster.wait_even()
        self.cluster.kill('n3')
        self.assertIn(self.cluster.leader(but=('n3',)), others)
        self.assertEqual(self.cluster.get_all([b'city', b'river', b'alone']),
                         {b'city': b'Logan', b'river': b'Colorado', b'alone': b'yes'})

    def add_words(self, names):
        """The manual adds two nodes, by example; here it is all of these."""
        words = shlex.split(self.add)
        examples = [word for word in words if '=' in word]
        self.assertEqual([word.partition('=')[0] for word in examples], ['n0', 'n1'])
        at = words.index(examples[0])
        places = [f'{name}={self.cluster.nodes[name].address}' for name in names]
        return [str(harness.BIN / words[0]), *words[1:at], *places, *words[at + len(examples):]]


if __name__ == '__main__':
    harness.main()
