#!/usr/bin/python3
"""Nodes that are too far behind catch up from a snapshot, under load and through kill -9."""

import contextlib
import json
import os
import shutil
import subprocess
import time
import unittest

import harness
from harness import figure, wait_until
from writers import Writers

RAFTCTL = harness.RAFTD.parent / 'raftctl'
MIB = 1 << 20

# Little of the log stays behind a snapshot, and there is one soon.
COMPACTING = {'snapshot_log_bytes': 4 * MIB, 'snapshot_margin_bytes': MIB}
# So many chunks that a node can be killed between two of them.
SLOW = {'snapshot_chunk_bytes': 16 << 10}


class SnapshotTest(unittest.TestCase):

    def run_raftctl(self, cluster, *arguments):
        return subprocess.run([RAFTCTL, *arguments, '--config', cluster.config, '--output',
                               'json'], text=True, capture_output=True, check=False, timeout=900)

    def raftctl(self, cluster, *arguments):
        result = self.run_raftctl(cluster, *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ''), cluster.describe())
        return json.loads(result.stdout)

    def fill(self, cluster, megabytes, seed=1):
        """Puts a thousand values of 1000 bytes for each megabyte, under as many keys."""
        self.raftctl(cluster, 'bench', '--stream', '--clients', '64', '--keys',
                     str(1000 * megabytes), '--value-size', '1000', '--reads', '100',
                     '--operations', '1', '--warm-up', '1ms', '--seed', str(seed))

    def snapshot(self, cluster, name):
        """One of all that the node has applied, after one that it may be writing by itself."""
        def done():
            result = self.run_raftctl(cluster, 'snapshot', name, '--timeout', '600s')
            if result.returncode == 5 and 'already' in result.stderr:
                return None
            self.assertEqual((result.returncode, result.stderr), (0, ''), cluster.describe())
            return json.loads(result.stdout)
        return wait_until(done, lambda: f'{name} should be idle. {cluster.describe()}', limit=600)

    def events_of(self, cluster, name, event):
        return [each for each in cluster.nodes[name].events() if each.get('event') == event]

    def assert_equal_states(self, cluster):
        """Snapshots of one index are equal to the byte, and their checksums are told."""
        cluster.put(b'last', os.urandom(8))
        cluster.wait_even()
        told = {}
        for name in cluster.running_names():
            index = self.snapshot(cluster, name)['index']
            saved = self.events_of(cluster, name, 'snapshot_saved')[-1]
            told[name] = (index, saved['bytes'], saved['crc32c'])
            self.assertEqual(saved['index'], index)
        self.assertEqual(len(set(told.values())), 1, told)

    def leave_behind(self, cluster, name, megabytes):
        """Kills the node and fills the store until the leader's log no longer goes back to it."""
        last = cluster.told(name).last_index
        cluster.kill(name)
        self.fill(cluster, megabytes)
        leader = cluster.leader()
        saved = self.snapshot(cluster, leader)
        self.assertGreater(saved['bytes'], megabytes * 1000 * 1000)
        wait_until(lambda: cluster.told(leader).log_base > last,
                   lambda: f'the log should be compacted. {cluster.describe()}')
        return leader

    def follower_of(self, cluster):
        leader = cluster.leader()
        return next(name for name in cluster.nodes if name != leader)

    def wait_installed(self, cluster, name):
        return wait_until(lambda: self.events_of(cluster, name, 'snapshot_installed'),
                          lambda: f'{name} should install a snapshot. {cluster.describe()}',
                          limit=600)[-1]

    def await_part(self, cluster, name, size):
        """Waits until so much of a snapshot has arrived, and not all; gives the open file."""
        path = cluster.nodes[name].data / 'snapshots' / 'incoming'

        def arrived():
            with contextlib.suppress(FileNotFoundError):
                return path.stat().st_size > size
            return False
        wait_until(arrived, lambda: f'{name} should receive. {cluster.describe()}', pause=0.001)
        return open(path, 'rb')

    def test_a_node_far_behind_catches_up_while_clients_write(self):
        megabytes = harness.by_length(20, 20, 200)
        cluster = harness.Cluster.running(self, 3, config=COMPACTING)
        late = self.follower_of(cluster)
        began = time.monotonic()
        leader = self.leave_behind(cluster, late, megabytes)
        figure(f'{megabytes} MB written in {time.monotonic() - began:.1f} s')
        began = time.monotonic()
        before = cluster.told(leader)
        with Writers(cluster) as writers:
            writers.wait_more(20)
            cluster.start(late)
            installed = self.wait_installed(cluster, late)
            wait_until(lambda: cluster.told(late).applied > before.applied,
                       lambda: f'{late} should go on. {cluster.describe()}')
            figure(f'a snapshot of {installed["bytes"]} bytes installed and the log followed '
                   f'{time.monotonic() - began:.1f} s after the start')
            writers.wait_more(20)
        self.assertGreaterEqual(installed['bytes'], megabytes * 1000 * 1000)
        offered = [each['peer'] for each in self.events_of(cluster, leader, 'snapshot_offered')]
        self.assertIn(late, offered)
        # Nobody was kept from the leader by it.
        for name in cluster.nodes:
            self.assertEqual(cluster.told(name).term, before.term, cluster.describe())
        self.assertEqual(cluster.leader(), leader)
        figure(f'{writers.check(self)} writes were acknowledged meanwhile; none was lost')
        self.assert_equal_states(cluster)
        # A start reads the snapshot and the log behind it, and nothing else is left of the log.
        cluster.kill(late)
        cluster.start(late)
        started = self.events_of(cluster, late, 'started')[-1]
        self.assertGreaterEqual(started['snapshot'], installed['index'])
        segments = len(os.listdir(cluster.nodes[late].data / 'wal'))
        self.assertLess(segments, megabytes)
        self.assert_equal_states(cluster)

    def test_a_wiped_node_is_added_again_and_gets_everything_while_clients_write(self):
        megabytes = harness.by_length(6, 20, 200)
        cluster = harness.Cluster.running(self, 3, config=COMPACTING)
        wiped = self.follower_of(cluster)
        leader = self.leave_behind(cluster, wiped, megabytes)
        term = cluster.told(leader).term
        node = cluster.nodes[wiped]
        shutil.rmtree(node.data)
        with Writers(cluster) as writers:
            writers.wait_more(20)
            node.start('--join', bootstrap=False, detached=False)
            node.wait_listening()
            self.raftctl(cluster, 'members', 'remove', wiped)
            began = time.monotonic()
            self.raftctl(cluster, 'members', 'add', f'{wiped}={node.address}', '--timeout', '600s')
            figure(f'a node without a disk was a voter again after {time.monotonic() - began:.1f} s')
            writers.wait_more(20)
        installed = self.events_of(cluster, wiped, 'snapshot_installed')[-1]
        self.assertGreaterEqual(installed['bytes'], megabytes * 1000 * 1000)
        self.assertEqual((cluster.leader(), cluster.told(leader).term), (leader, term))
        figure(f'{writers.check(self)} writes were acknowledged meanwhile, and a snapshot of '
               f'{installed["bytes"]} bytes was installed; none was lost')
        # It counts again: without another one there is a quorum.
        self.assert_equal_states(cluster)
        cluster.kill(next(name for name in cluster.nodes if name not in (leader, wiped)))
        cluster.put(b'with', b'two of three')

    def test_a_follower_that_is_killed_or_stopped_in_the_middle_goes_on_where_it_was(self):
        megabytes = harness.by_length(6, 20, 50)
        cluster = harness.Cluster.running(self, 3, config={**COMPACTING, **SLOW})
        late = self.follower_of(cluster)
        self.leave_behind(cluster, late, megabytes)
        cluster.nodes[late].start(detached=False)
        with self.await_part(cluster, late, megabytes * MIB // 4) as incoming:
            cluster.kill(late)
            self.assertEqual(self.events_of(cluster, late, 'snapshot_installed'), [])
            cluster.nodes[late].start(detached=False)
            self.await_part(cluster, late, megabytes * MIB // 2).close()
            self.assertEqual(cluster.stop(late), 0, cluster.nodes[late].last_words())
            self.assertEqual(self.events_of(cluster, late, 'snapshot_installed'), [])
            cluster.start(late)
            index = self.wait_installed(cluster, late)['index']
            final = cluster.nodes[late].data / 'snapshots' / f'{index:020}'
            # The very file that was begun before: it was not sent anew.
            self.assertEqual(final.stat().st_ino, os.fstat(incoming.fileno()).st_ino)
        self.assert_equal_states(cluster)

    def test_a_leader_that_is_killed_or_stopped_in_the_middle_is_taken_over_from(self):
        megabytes = harness.by_length(6, 20, 50)
        cluster = harness.Cluster.running(self, 3, config={**COMPACTING, **SLOW})
        late = self.follower_of(cluster)
        leader = self.leave_behind(cluster, late, megabytes)
        other = next(name for name in cluster.nodes if name not in (leader, late))
        cluster.wait_even()
        self.assertEqual(self.snapshot(cluster, other)['index'],
                         cluster.told(leader).snapshot_index)
        cluster.nodes[late].start(detached=False)
        with self.await_part(cluster, late, megabytes * MIB // 4) as incoming:
            cluster.kill(leader)
            self.assertEqual(self.events_of(cluster, late, 'snapshot_installed'), [])
            cluster.leader(but=(leader,))
            self.await_part(cluster, late, megabytes * MIB // 2).close()
            self.assertEqual(cluster.stop(other), 0, cluster.nodes[other].last_words())
            self.assertEqual(self.events_of(cluster, late, 'snapshot_installed'), [])
            cluster.start(other)
            index = self.wait_installed(cluster, late)['index']
            final = cluster.nodes[late].data / 'snapshots' / f'{index:020}'
            # The next leader had the same snapshot, and sent the rest of it.
            self.assertEqual(final.stat().st_ino, os.fstat(incoming.fileno()).st_ino)
        cluster.start(leader)
        self.assert_equal_states(cluster)


if __name__ == '__main__':
    harness.main()
