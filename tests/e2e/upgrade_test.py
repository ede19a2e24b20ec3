#!/usr/bin/python3
"""A rolling upgrade under load, to a really different raftd, as docs/operations.md says."""

import hashlib
import json
import pathlib
import struct
import subprocess
import time
import unittest

import harness
import next_release
from harness import by_length, figure, v1, wait_until
from history import History
from writers import Writers

RAFTCTL = harness.BIN / 'raftctl'
LITTLE = 1000  # entries that a node may be behind before the next one is stopped


def digest(folder):
    """Of all files of a directory: their names, sizes and bytes."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob('*')):
        if path.is_file():
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


class UpgradeTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        began = time.monotonic()
        cls.releases = next_release.build(next=next_release.NEXT, rash=next_release.RASH)
        figure(f'two later versions of raftd built in {time.monotonic() - began:.1f} s')

    @classmethod
    def tearDownClass(cls):
        for path in cls.releases.values():
            path.unlink()

    def event(self, node, name):
        return next((each for each in node.events() if each.get('event') == name), None)

    def version_of(self, raftd):
        return subprocess.run([raftd, '--version'], text=True, capture_output=True, check=True,
                              timeout=60).stdout.strip()

    def upgrade(self, cluster, name, release):
        """Stops a node as an operator does, and starts it with the other raftd."""
        node = cluster.nodes[name]
        self.assertEqual(cluster.stop(name), 0, node.last_words())
        node.raftd = str(self.releases[release])
        cluster.start(name)

    def wait_healthy(self, cluster, name):
        """What docs/operations.md has one wait for before the next node."""
        node = cluster.nodes[name]

        def healthy():
            leader = cluster.leader_now()
            if leader is None or not node.is_ready():
                return False
            if leader == name:
                return True
            told = cluster.told(leader)
            match = next((each.match for each in told.followers if f'n{each.node}' == name), 0)
            return told.last_index - match < LITTLE
        wait_until(healthy, lambda: f'{name} should be healthy. {cluster.describe()}')

    def status(self, cluster):
        result = subprocess.run([RAFTCTL, 'status', '--config', cluster.config, '--output', 'json'],
                                text=True, capture_output=True, check=False, timeout=60)
        return {node['node']: node for node in json.loads(result.stdout)['nodes']}

    def test_five_nodes_one_at_a_time_under_load(self):
        # A node that waits long for a processor calls an election; handing over waits for no timeout.
        cluster = harness.Cluster.running(self, 5, config={
            'election_timeout': ['3s', '6s'], 'snapshot_log_bytes': 1 << 20,
            'snapshot_margin_bytes': 1 << 18})
        term = cluster.told(cluster.leader()).term
        handovers = 0
        with Writers(cluster) as writers, History(cluster) as history:
            writers.wait_more(by_length(200, 1000, 10000))
            for name in cluster.nodes:
                self.upgrade(cluster, name, 'next')
                handovers += self.handed_over(cluster, name)
                self.wait_healthy(cluster, name)
                self.assert_raised(cluster, name)
                # Mixed or not, it serves.
                writers.wait_more(by_length(50, 200, 1000))
        self.assertLessEqual(cluster.told(cluster.leader()).term - term, handovers,
                             'an election more than handing over costs')
        figure(f'{writers.check(self)} acknowledged writes and a linearizable history of '
               f'{history.check(self)} calls over an upgrade with {handovers} leaders stopped')
        told = self.status(cluster)
        self.assertEqual({(node['version'][:2], node['data_format']) for node in told.values()},
                         {('9.', 2)})
        cluster.wait_even()
        self.assert_old_one_is_refused(cluster)

    def handed_over(self, cluster, name):
        """How many leaders were stopped: 1 or 0."""
        return cluster.nodes[name].log_text(whole=True).count('"event":"handed_over"')

    def assert_raised(self, cluster, name):
        node = cluster.nodes[name]
        raised = self.event(node, 'data_format_raised')
        self.assertEqual((raised['from'], raised['to']), (1, 2))
        self.assertEqual(struct.unpack('<8sI', (node.data / 'format').read_bytes()[:12]),
                         (b'drydockf', 2))

    def assert_old_one_is_refused(self, cluster):
        name = next(name for name in cluster.nodes if name != cluster.leader())
        node = cluster.nodes[name]
        self.assertEqual(cluster.stop(name), 0)
        before = digest(node.data)
        node.raftd = str(harness.RAFTD)
        node.start(detached=False)
        self.assertEqual(node.wait_gone(), 1, node.last_words())
        why = self.event(node, 'refused_to_start')['why']
        self.assertIn(f'{node.data}/format: the store is of data format 2, and this program reads '
                      'formats up to 1', why)
        self.assertIn('start the node with the version that wrote it', why)
        self.assertEqual(digest(node.data), before)
        node.raftd = str(self.releases['next'])
        cluster.start(name)
        self.assertIsNone(self.event(node, 'data_format_raised'))
        cluster.wait_even()

    def test_both_versions_serve_together_whoever_leads(self):
        cluster = harness.Cluster.running(self, 3)
        self.upgrade(cluster, 'n0', 'next')
        self.wait_healthy(cluster, 'n0')
        for leader in cluster.nodes:
            if cluster.leader() != leader:
                subprocess.run([RAFTCTL, 'transfer', leader, '--config', cluster.config,
                                '--timeout', '30s'], check=True, capture_output=True, timeout=60)
            cluster.put(leader.encode(), b'led')
            self.assertEqual(cluster.get(leader.encode()), b'led')
            cluster.wait_even()
        told = self.status(cluster)
        self.assertTrue(told['n0']['version'].startswith('9.'), told)
        self.assertEqual({told[name]['version'] for name in ('n1', 'n2')},
                         {self.version_of(harness.RAFTD).split()[1].rstrip(',')})

    def test_a_backup_of_the_next_release_is_refused_with_the_reason(self):
        cluster = harness.Cluster(1)
        self.addCleanup(cluster.close)
        cluster.nodes['n0'].raftd = str(self.releases['next'])
        cluster.start_all()
        cluster.put(b'city', b'Logan')
        path = cluster.folder / 'one.backup'
        subprocess.run([RAFTCTL, 'backup', path, '--config', cluster.config], check=True,
                       capture_output=True, timeout=60)
        checked = subprocess.run([RAFTCTL, 'backup', '--check', path], text=True,
                                 capture_output=True, check=False, timeout=60)
        self.assertEqual(checked.returncode, 1)
        self.assertIn('a backup of data format 2, and this program reads formats up to 1',
                      checked.stderr)

    def test_what_a_rash_leader_writes_stops_older_nodes_until_they_are_upgraded(self):
        cluster = harness.Cluster.running(self, 3)
        cluster.put(b'city', b'Logan')
        cluster.wait_even()
        self.upgrade(cluster, 'n0', 'rash')
        self.wait_healthy(cluster, 'n0')
        if cluster.leader() != 'n0':
            subprocess.run([RAFTCTL, 'transfer', 'n0', '--config', cluster.config, '--timeout',
                            '30s'], check=True, capture_output=True, timeout=60)
        cluster.stub('n0').execute.future(v1.ExecuteRequest(
            operation=harness.put_operation(b'city', b'Moab')), timeout=60)
        older = [cluster.nodes[name] for name in ('n1', 'n2')]
        for node in older:
            self.assertEqual(node.wait_gone(), 1, node.last_words())
            self.assertIn('is a command of format 2, and this program reads format 1',
                          self.event(node, 'halted')['why'])
            # Again, for as long as it is not upgraded: nothing is passed over.
            self.assertIsNone(self.event(node, 'check_failed'))
        for node in older:
            node.raftd = str(self.releases['rash'])
            cluster.start(node.name)
        self.assertIn(cluster.get(b'city'), (b'Logan', b'Moab'))
        cluster.put(b'city', b'Provo')
        cluster.wait_even()
        for name in cluster.nodes:
            told = cluster.told(name, key=b'city')
            self.assertEqual(told.value, b'Provo')


if __name__ == '__main__':
    harness.main()
