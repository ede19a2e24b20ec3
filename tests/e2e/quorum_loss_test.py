#!/usr/bin/python3
"""After the loss of a quorum one node's store becomes the beginning of a new cluster."""

import shutil
import subprocess
import unittest

import harness
from writers import Writers

RAFTCTL = harness.RAFTD.parent / 'raftctl'


class QuorumLossTest(unittest.TestCase):

    def refound(self, cluster, name, into, *more):
        return subprocess.run([harness.RAFTD, '--config', cluster.config, '--id', name, '--data',
                               cluster.nodes[name].data, '--refound-into', into, *more],
                              text=True, capture_output=True, check=False, timeout=120)

    def add(self, cluster, node):
        result = subprocess.run([RAFTCTL, 'members', 'add', f'{node.name}={node.address}',
                                 '--config', cluster.config, '--timeout', '120s'],
                                text=True, capture_output=True, check=False, timeout=180)
        self.assertEqual((result.returncode, result.stderr), (0, ''), cluster.describe())

    def test_what_one_node_holds_goes_on_as_a_new_cluster(self):
        cluster = harness.Cluster.running(self, 3)
        with Writers(cluster) as writers:
            writers.wait_more(50)
        cluster.wait_even()
        survivor, *lost = cluster.nodes
        old = cluster.nodes[survivor].data
        running = self.refound(cluster, survivor, cluster.folder / 'early')
        self.assertEqual((running.returncode, running.stdout), (1, ''))
        self.assertIn('process', running.stderr)
        for name in cluster.nodes:
            cluster.kill(name)
        for name in lost:
            shutil.rmtree(cluster.nodes[name].data)
            del cluster.nodes[name]

        new = cluster.folder / 'new'
        told = self.refound(cluster, survivor, new)
        self.assertEqual((told.returncode, told.stderr), (0, ''))
        self.assertIn('n0, n1, n2 vote', told.stdout)
        self.assertIn('Nothing was written', told.stdout)
        self.assertFalse(new.exists())
        before = {path: path.read_bytes() for path in (old / 'wal').iterdir()}
        done = self.refound(cluster, survivor, new, '--accept-loss')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertEqual({path: path.read_bytes() for path in (old / 'wal').iterdir()}, before)
        again = self.refound(cluster, survivor, new, '--accept-loss')
        self.assertEqual(again.returncode, 1, again)
        self.assertIn('give an empty one', again.stderr)

        cluster.nodes[survivor].data = new
        cluster.start(survivor)
        self.assertEqual(cluster.leader(), survivor)
        writers.check(self)
        for name in ('n3', 'n4'):
            self.add(cluster, cluster.join(name))
        cluster.wait_even()
        cluster.kill(survivor)
        cluster.leader(but=(survivor,))
        writers.check(self)
        cluster.put(b'with', b'two of three')

    def test_a_directory_without_a_cluster_is_refused(self):
        cluster = harness.Cluster(3)
        self.addCleanup(cluster.close)
        empty = self.refound(cluster, 'n0', cluster.folder / 'new', '--accept-loss')
        self.assertEqual(empty.returncode, 1, empty)
        cluster.nodes['n0'].start(detached=False)
        cluster.nodes['n0'].wait_listening()
        cluster.kill('n0')
        unfounded = self.refound(cluster, 'n0', cluster.folder / 'new', '--accept-loss')
        self.assertEqual(unfounded.returncode, 1, unfounded)
        self.assertIn('knows of no cluster', unfounded.stderr)


if __name__ == '__main__':
    harness.main()
