#!/usr/bin/python3
"""Nodes that are killed at random moments under writes, and lose what a power cut may take: they
recover, or refuse with file and offset; no acknowledged write is lost."""

import os
import random
import time
import unittest

import harness
import wal
from harness import BRISK, ClusterError, by_length, figure
from writers import Writers

SEED = int(os.environ.get('DRYDOCK_E2E_SEED', '1'))


class PowerCutTest(unittest.TestCase):

    def setUp(self):
        self.dice = random.Random(f'{SEED} {self.id()}')
        self.runs = 0
        self.logs = {}  # node -> the write log of its newest start

    def noted(self, cluster, name, die_at_sync=None):
        """The environment for a start whose writes are noted."""
        self.runs += 1
        self.logs[name] = cluster.folder / f'{name}-writes-{self.runs}'
        return wal.environment(self.logs[name], die_at_sync)

    def cut(self, cluster, name):
        log = self.logs.pop(name)
        changed = wal.cut_power(cluster.nodes[name].data, log, self.dice)
        log.unlink()
        return changed

    def start_noted(self, cluster, name, may_die=False):
        """Starts a node; with may_die it may be gone before it listens (False then)."""
        die_at = self.dice.randint(1, 40) if may_die else None
        try:
            cluster.start(name, environment=self.noted(cluster, name, die_at))
        except ClusterError:
            if not may_die or cluster.nodes[name].child.returncode != -9:
                raise
            return False
        return True

    def restart_after_cut(self, cluster, name):
        """Cuts and starts until the start goes through: it may be cut off as well."""
        changed = self.cut(cluster, name)
        while not self.start_noted(cluster, name, may_die=self.dice.random() < 0.5):
            changed += self.cut(cluster, name)
        return changed

    # --- What must never be lost ---

    def test_a_node_alone_keeps_what_it_acknowledged(self):
        cluster = harness.Cluster(1, config=BRISK)
        self.addCleanup(cluster.close)
        while not self.start_noted(cluster, 'n0', may_die=True):
            self.cut(cluster, 'n0')
        damaged = 0
        with Writers(cluster, seed=SEED) as writers:
            for _ in range(by_length(4, 12, 150)):
                node = cluster.nodes['n0']
                wanted = writers.count() + self.dice.randint(1, 200)
                # It may be about to die by itself, in front of a sync.
                harness.wait_until(lambda: writers.count() >= wanted or node.pid() is None,
                                   'writes should be acknowledged')
                cluster.kill('n0')
                changed = self.restart_after_cut(cluster, 'n0')
                damaged += changed > 0
            self.go_on(cluster, writers, 10)
            writers.stop()
            self.revive(cluster)
            count = writers.check(self)
        figure(f'power cuts of a node alone: {damaged} did damage, {count} writes kept')

    def test_all_nodes_at_once_keep_what_they_acknowledged(self):
        cluster = harness.Cluster(3, config=BRISK)
        self.addCleanup(cluster.close)
        for name in cluster.nodes:
            self.start_noted(cluster, name)
        damaged = 0
        with Writers(cluster, seed=SEED + 1) as writers:
            for _ in range(by_length(2, 5, 60)):
                self.go_on(cluster, writers, self.dice.randint(20, 400))
                for name in self.dice.sample(sorted(cluster.nodes), 3):
                    cluster.nodes[name].signal(9)
                for name in cluster.nodes:
                    cluster.nodes[name].wait_gone()
                for name in cluster.nodes:
                    damaged += self.restart_after_cut(cluster, name) > 0
            self.go_on(cluster, writers, 10)
            writers.stop()
            self.revive(cluster)
            count = writers.check(self)
        cluster.wait_even()
        figure(f'power cuts of all three nodes: {damaged} did damage, {count} writes kept')

    def go_on(self, cluster, writers, count):
        """Until that many more writes were acknowledged."""
        target = writers.count() + count

        def enough():
            self.revive(cluster)
            return writers.count() >= target
        harness.wait_until(enough, lambda: f'writes should go on. {cluster.describe()}')

    def revive(self, cluster):
        """A node may have died at a sync since it listened."""
        for name, node in cluster.nodes.items():
            if node.pid() is None:
                self.cut(cluster, name)
                self.start_noted(cluster, name)

    def test_nodes_that_fall_one_after_the_other(self):
        cluster = harness.Cluster(3, config=BRISK)
        self.addCleanup(cluster.close)
        for name in cluster.nodes:
            self.start_noted(cluster, name)
        with Writers(cluster, seed=SEED + 2) as writers:
            for _ in range(by_length(3, 9, 150)):
                victim = self.dice.choice(sorted(cluster.nodes))
                time.sleep(self.dice.random() / 5)  # a random moment, nothing that is waited for
                cluster.kill(victim)
                self.restart_after_cut(cluster, victim)
                self.go_on(cluster, writers, 5)
            writers.stop()
            self.revive(cluster)
            writers.check(self)
        cluster.wait_even()

    # --- What is beyond the promise: damage to what was durable ---

    def tear(self, batch):
        """Cuts the batch somewhere, or changes some of it; gives what puts it right."""
        before = wal.read(batch.path, batch.offset, batch.size)
        torn = bytearray(before)
        at = self.dice.randrange(batch.size)
        kind = self.dice.choice(('cut', 'garbled', 'bit'))
        if kind == 'cut':
            at -= at % wal.SECTOR
            torn[at:] = bytes(batch.size - at)
        elif kind == 'garbled':
            torn[at:] = self.dice.randbytes(batch.size - at)
        else:
            torn[at] ^= 1 << self.dice.randrange(8)
        wal.overwrite(batch.path, batch.offset, torn)
        return lambda: wal.overwrite(batch.path, batch.offset, before)

    def assert_refused(self, cluster, name, place):
        with self.assertRaises(ClusterError):
            cluster.start(name)
        said = cluster.nodes[name].log_text()
        self.assertGreater(cluster.nodes[name].child.returncode, 0, said)
        self.assertIn(place, said)
        self.assertIn('check the disk', said)

    def test_a_node_whose_last_batch_is_torn_follows_or_refuses(self):
        cluster = harness.Cluster.running(self, 3, config=BRISK)
        followed = refused = 0
        with Writers(cluster, seed=SEED + 3) as writers:
            for _ in range(by_length(3, 8, 100)):
                victim = self.dice.choice(sorted(cluster.nodes))
                cluster.kill(victim)
                # Whatever it held is on the two others once they have gone on without it, so the
                # cluster as a whole has lost nothing.
                cluster.put(b'without', victim.encode())
                last = wal.batches(cluster.nodes[victim].data)[-1]
                mend = self.tear(last)
                try:
                    cluster.start(victim)
                    followed += 1
                except ClusterError:
                    # It knows that this was durable when it was last started.
                    self.assertIn(f'wal/{last.path.name} at byte ',
                                  cluster.nodes[victim].log_text())
                    mend()
                    cluster.start(victim)
                    refused += 1
                writers.wait_more(20)
            writers.stop()
            writers.check(self)
        cluster.wait_even()
        figure(f'torn last batches: {followed} nodes followed, {refused} refused')

    def test_damage_before_the_last_batch_is_refused_by_file_and_offset(self):
        cluster = harness.Cluster.running(self, 3, config=BRISK)
        with Writers(cluster, seed=SEED + 4) as writers:
            # Several segments.
            writers.wait_more(by_length(1500, 3000, 10000))
        for _ in range(by_length(4, 10, 60)):
            victim = self.dice.choice(sorted(cluster.nodes))
            cluster.kill(victim)
            batch = self.dice.choice(wal.batches(cluster.nodes[victim].data)[:-1])
            mend = self.tear(batch)
            self.assert_refused(cluster, victim, batch.name())
            mend()
            cluster.start(victim)
            cluster.put(b'goes on', victim.encode())
        writers.check(self)
        cluster.wait_even()


if __name__ == '__main__':
    harness.main()
