#!/usr/bin/python3
"""Leadership is handed over between processes, under load, with nothing lost."""

import json
import subprocess
import unittest

import harness
from harness import figure, v1, wait_until
from writers import Writers

RAFTCTL = harness.RAFTD.parent / 'raftctl'


class TransferTest(unittest.TestCase):

    def transfer(self, cluster, *arguments):
        return subprocess.run([RAFTCTL, 'transfer', *arguments, '--config', cluster.config],
                              text=True, capture_output=True, check=False, timeout=60)

    def events_of(self, cluster, name, event):
        return [each for each in cluster.nodes[name].events() if each.get('event') == event]

    def test_each_node_in_turn_is_handed_the_leadership_under_load(self):
        cluster = harness.Cluster.running(self, 3)
        done = 0
        with Writers(cluster) as writers:
            for name in [*cluster.nodes] * 2:
                leader = cluster.leader()
                if name == leader:
                    continue
                writers.wait_more(20)
                result = self.transfer(cluster, name)
                self.assertEqual((result.returncode, result.stderr), (0, ''), cluster.describe())
                self.assertIn(f'has handed leadership to {name}', result.stdout)
                self.assertEqual(cluster.leader(), name)
                ended = self.events_of(cluster, leader, 'transfer_ended')[-1]
                self.assertEqual((ended['outcome'], ended['leader']), ('done', name))
                done += 1
        figure(f'{writers.check(self)} writes were acknowledged during {done} transfers; none was lost')

    def test_SIGTERM_of_the_leader_hands_over_first(self):
        cluster = harness.Cluster.running(self, 3)
        with Writers(cluster) as writers:
            for _ in range(3):
                leader = cluster.leader()
                writers.wait_more(20)
                self.assertEqual(cluster.stop(leader), 0, cluster.nodes[leader].last_words())
                handed = self.events_of(cluster, leader, 'handed_over')
                self.assertEqual(len(handed), 1, cluster.nodes[leader].last_words())
                successor = handed[0]['leader']
                self.assertNotEqual(successor, leader)
                # It was bidden: it did not wait until the old leader was silent.
                became = [each['why'] for each in self.events_of(cluster, successor, 'role_changed')
                          if each['role'] == 'candidate']
                self.assertEqual(became[-1], 'transfer')
                cluster.start(leader)
                cluster.leader()
                wait_until(lambda: self.events_of(cluster, leader, 'listening'),  # pylint: disable=W0640
                           'it should be back')
        writers.check(self)

    def test_a_transfer_that_cannot_be_is_refused_with_its_reason(self):
        cluster = harness.Cluster.running(self, 3)
        leader = cluster.leader()
        result = self.transfer(cluster, leader, '--output', 'json')
        self.assertEqual(result.returncode, 5, result)
        self.assertIn('leads already', json.loads(result.stdout)['text'])
        result = self.transfer(cluster, 'n9')
        self.assertEqual(result.returncode, 5, result)
        self.assertIn('no member', result.stderr)
        self.assertEqual(cluster.told(leader).role, v1.ROLE_LEADER)


if __name__ == '__main__':
    harness.main()
