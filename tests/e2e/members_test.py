#!/usr/bin/python3
"""Members are added, removed and replaced between processes, under load, with nothing lost."""

import json
import shutil
import subprocess
import unittest

import harness
from harness import figure, wait_until
from writers import Writers

RAFTCTL = harness.RAFTD.parent / 'raftctl'


class MembersTest(unittest.TestCase):

    def run_raftctl(self, cluster, *arguments):
        endpoints = ','.join(cluster.nodes[name].address for name in cluster.running_names())
        return subprocess.run([RAFTCTL, *arguments, '--endpoints', endpoints, '--timeout', '120s',
                               '--output', 'json'], text=True, capture_output=True, check=False,
                              timeout=180)

    def raftctl(self, cluster, *arguments):
        result = self.run_raftctl(cluster, *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ''), cluster.describe())
        return json.loads(result.stdout)

    def members(self, cluster):
        """{name: what is told of it}, once no change is under way."""
        def told():
            listed = self.raftctl(cluster, 'members')
            return None if listed['changing'] else listed['members']
        listed = wait_until(told, lambda: f'the change should end. {cluster.describe()}')
        return {each['node']: each for each in listed}

    def leave(self, cluster, name):
        self.assertEqual(cluster.stop(name), 0, cluster.nodes[name].last_words())
        del cluster.nodes[name]

    def test_every_node_is_replaced_one_by_one_under_load(self):
        count = harness.by_length(3, 5, 5)
        cluster = harness.Cluster.running(self, count)
        founders = [*cluster.nodes]
        with Writers(cluster, count=harness.by_length(2, 4, 8)) as writers:
            for i, old in enumerate(founders):
                new = f'n{count + i}'
                node = cluster.join(new)
                writers.wait_more(20)
                self.raftctl(cluster, 'members', 'replace', f'{old}={new}@{node.address}')
                members = self.members(cluster)
                self.assertNotIn(old, members)
                self.assertEqual((members[new]['role'], members[new]['address']),
                                 ('voter', node.address))
                self.assertEqual(len(members), count)
                self.leave(cluster, old)
                cluster.leader()
                writers.wait_more(20)
        self.assertEqual(sorted(self.members(cluster)), sorted(cluster.nodes))
        figure(f'{writers.check(self)} writes were acknowledged while {count} nodes were replaced; '
               'none was lost')
        # Nobody's file tells where the others are; what each of them holds does.
        for name in cluster.nodes:
            cluster.kill(name)
        cluster.start_all()
        cluster.wait_even()
        writers.check(self)

    def test_a_wiped_node_is_removed_and_added_again_under_a_new_store(self):
        cluster = harness.Cluster.running(self, 3)
        leader = cluster.leader()
        wiped = next(name for name in cluster.nodes if name != leader)
        before = self.members(cluster)[wiped]
        with Writers(cluster) as writers:
            writers.wait_more(20)
            cluster.kill(wiped)
            shutil.rmtree(cluster.nodes[wiped].data)
            place = {'address': cluster.nodes[wiped].address}
            node = cluster.join(wiped, place)
            wait_until(lambda: any(each.get('why') == 'wrong_store' for name in cluster.nodes
                                   for each in cluster.nodes[name].events()),
                       lambda: f'the new store should be refused. {cluster.describe()}')
            self.raftctl(cluster, 'members', 'remove', wiped)
            self.assertNotIn(wiped, self.members(cluster))
            self.raftctl(cluster, 'members', 'add', f'{wiped}={node.address}')
            after = self.members(cluster)[wiped]
            self.assertEqual(after['role'], 'voter')
            self.assertNotEqual(after['store'], before['store'])
            writers.wait_more(20)
        writers.check(self)
        cluster.wait_even()
        # It counts: with it, and without another one, there is a quorum.
        other = next(name for name in cluster.nodes if name != wiped)
        cluster.kill(other)
        cluster.leader()
        cluster.put(b'with', b'it')

    def test_a_node_that_waits_to_be_added_founds_nothing_after_a_restart_either(self):
        cluster = harness.Cluster.running(self, 3)
        node = cluster.join('n3')
        cluster.kill('n3')
        node.start(detached=False, bootstrap=False)
        node.wait_listening()
        told = cluster.told('n3')
        self.assertEqual((len(told.members), told.last_index, told.ready), (0, 0, False))
        result = self.run_raftctl(cluster, 'members', 'promote', 'n3')
        self.assertEqual(result.returncode, 5, result)
        self.assertIn('n3 is not a member', result.stderr)
        self.raftctl(cluster, 'members', 'add', f'n3={node.address}')
        cluster.wait_even()
        self.assertEqual(sorted(self.members(cluster)), ['n0', 'n1', 'n2', 'n3'])


if __name__ == '__main__':
    harness.main()
