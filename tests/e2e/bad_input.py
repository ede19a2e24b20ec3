"""What the tests of bad input share: a cluster that must not mind it."""

import os
import random
import unittest

import harness
from cluster import memory_of

MAX_KEY, MAX_VALUE = 256, 4096
MEBIBYTE = 1 << 20
SEED = os.environ.get('DRYDOCK_E2E_SEED', '1')


class BadInputTest(unittest.TestCase):
    """One cluster for all of them: what one test leaves behind, the next one may stumble over."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = harness.Cluster.running(
            cls, 3, config={'max_key_bytes': MAX_KEY, 'max_value_bytes': MAX_VALUE},
            limits={'connection_memory': 64 * MEBIBYTE, 'concurrent_calls': 2000})
        cls.cluster.put(b'first', b'value')
        cls.pids = cls.cluster.pids()

    def setUp(self):
        self.dice = random.Random(f'{SEED} {self.id()}')
        self.term = self.cluster.told(self.cluster.leader()).term
        self.addCleanup(self.assert_goes_on)

    def assert_goes_on(self):
        value = self.dice.randbytes(100)
        self.cluster.put(b'goes on', value)
        self.assertEqual(self.cluster.get(b'goes on'), value)
        self.assertEqual(self.cluster.pids(), self.pids)
        for name, pid in self.pids.items():
            self.assertLess(memory_of(pid), 400 * MEBIBYTE, name)
        # Busy nodes may lose a leader; nobody may be lifted into a term that no election made.
        self.assertLess(self.cluster.told(self.cluster.leader()).term, self.term + 50)
        for name in self.pids:
            self.assertLess(self.cluster.told(name).term, self.term + 50)

    def addresses(self, of_metrics=False):
        return [node.metrics if of_metrics else node.address
                for node in self.cluster.nodes.values()]

    def on_leader(self, operation):
        return self.cluster.execute(self.cluster.leader(), operation, timeout=30)

    def channel(self, name='n0'):
        channel = harness.open_channel(self.cluster.nodes[name].address)
        self.addCleanup(channel.close)
        return channel

    def raw(self, channel, path):
        """A method that takes and gives bytes."""
        return channel.unary_unary(path)
