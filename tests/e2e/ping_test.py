#!/usr/bin/python3
"""raftctl ping against real nodes: the table, the files for raftsim, and a node that is down."""

import json
import pathlib
import subprocess
import tempfile
import unittest

import harness
from harness import BIN, FOLDER

COUNT = 20
NAMES = ('n0', 'n1', 'n2')


def times_under_way(trace):
    """{(from, to): how many ns the messages of a simulated run took}"""
    sent, took = {}, {}
    for line in trace.read_text(encoding='utf-8').splitlines()[1:-1]:
        event = json.loads(line)
        if event['event'] == 'sent':
            sent[event['id']] = event['t']
        elif event['event'] == 'delivered':
            took.setdefault((event['from'], event['to']), set()).add(
                event['t'] - sent[event['cause']])
    return took


class PingTest(unittest.TestCase):

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=FOLDER))

    def ctl(self, cluster, *words):
        return subprocess.run([BIN / 'raftctl', *words, '--config', cluster.config], text=True,
                              capture_output=True, check=False, timeout=300)

    def ping(self, cluster, *words):
        return self.ctl(cluster, 'ping', '--count', str(COUNT), *words)

    def raftsim(self, *words):
        return subprocess.run([BIN / 'raftsim', *words], text=True, capture_output=True,
                              check=False, timeout=300)

    def test_each_pair_is_measured_and_raftsim_runs_on_that_network(self):
        cluster = harness.Cluster.running(self, 3)
        scenario, network = self.folder / 'mine.json', self.folder / 'network.json'
        result = self.ping(cluster, '--output', 'json', '--scenario', scenario,
                           '--network', network)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        pairs = json.loads(result.stdout)['pairs']
        self.assertEqual([(pair['from'], pair['to']) for pair in pairs],
                         [(a, b) for a in NAMES for b in NAMES if a != b])
        for pair in pairs:
            self.assertEqual((pair['asked'], pair['lost']), (COUNT, 0))
            self.assertLessEqual(pair['min_ns'], pair['median_ns'])
            self.assertLessEqual(pair['median_ns'], pair['p99_ns'])
        written = json.loads(scenario.read_text(encoding='utf-8'))
        self.assertEqual(written['network'], json.loads(network.read_text(encoding='utf-8')))
        rows = written['network']['latency']['rows']
        for pair in pairs:
            one_way = rows[int(pair['from'][1:])][int(pair['to'][1:])]
            self.assertAlmostEqual(one_way, pair['median_ns'] // 2 / 1000)
        run = self.raftsim('run', scenario)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assert_simulated_as_measured(network, pairs)

    def assert_simulated_as_measured(self, network, pairs):
        """In a scenario in which each node leads, so that all speak to each other."""
        scenario, trace = self.folder / 'own.json', self.folder / 'run.jsonl'
        scenario.write_text(json.dumps({
            'version': 1, 'name': 'own', 'seed': 1, 'nodes': len(NAMES), 'until': '5s',
            'network': json.loads(network.read_text(encoding='utf-8')),
            'events': [{'at': f'{number + 2}s', 'do': 'transfer_leader', 'to': name}
                       for number, name in enumerate(NAMES)]}), encoding='utf-8')
        run = self.raftsim('run', scenario, '--trace', trace)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        simulated = times_under_way(trace)
        self.assertEqual({way: min(took) for way, took in simulated.items()},
                         {(pair['from'], pair['to']): pair['median_ns'] // 2 for pair in pairs})
        # Of two that leave at once for one node, the second arrives a nanosecond later.
        self.assertTrue(all(max(took) < min(took) + 1000 for took in simulated.values()), simulated)

    def test_a_node_that_is_down_is_named_and_no_file_pretends_to_know_it(self):
        cluster = harness.Cluster.running(self, 3)
        cluster.kill('n2')
        scenario = self.folder / 'mine.json'
        result = self.ping(cluster, '--scenario', scenario)
        self.assertEqual(result.returncode, 1, result)
        self.assertRegex(result.stderr, 'not all was measured: n2 cannot be reached: ')
        self.assertRegex(result.stderr, 'n0 to n2: ')
        self.assertRegex(result.stderr, 'mine.json is not written: nothing is known of the way '
                                        'between n0 and n2')
        lines = {tuple(line.split()[:2]): line for line in result.stdout.splitlines()}
        self.assertRegex(lines['n0', 'n1'], rf'n0 +n1 +{COUNT} +0 +[0-9.]+us ')
        self.assertRegex(lines['n1', 'n2'], r'n1 +n2 +[0-9]+ +[0-9]+ +- +- +- +\S')
        self.assertRegex(lines['n2', '-'], 'cannot be reached')
        self.assertFalse(scenario.exists())
        cluster.start('n2')
        harness.wait_until(lambda: self.ping(cluster, '--scenario', scenario).returncode == 0,
                           'n2 should be measured once it is back')
        self.assertEqual(self.raftsim('check', scenario).returncode, 0)

    def test_a_suspended_node_is_as_far_as_before(self):
        cluster = harness.Cluster.running(self, 3, flags=['--enable-suspend'])
        follower = next(name for name in NAMES if name != cluster.leader())
        self.assertEqual(self.ctl(cluster, 'suspend', follower, '--for', '600s').returncode, 0)
        result = self.ping(cluster)
        self.assertEqual((result.returncode, result.stderr), (0, ''))

    def test_a_number_of_calls_out_of_bounds_is_refused(self):
        cluster = harness.Cluster.running(self, 1)
        for count in ('0', '1001', 'many'):
            self.assertEqual(self.ctl(cluster, 'ping', '--count', count).returncode, 2)
        result = self.ping(cluster)
        self.assertEqual((result.returncode, result.stderr), (0, ''))


class TimingsTest(unittest.TestCase):

    def test_the_leader_tells_of_each_entry_and_each_node_of_its_elections(self):
        cluster = harness.Cluster.running(self, 3)
        leader = cluster.leader()
        put = subprocess.run([BIN / 'raftctl', 'put', 'a', 'b', '--config', cluster.config,
                              '--output', 'json'], capture_output=True, check=True, timeout=300)
        place = json.loads(put.stdout)

        def proposal():
            told = subprocess.run([BIN / 'raftctl', 'timings', '--config', cluster.config,
                                   '--output', 'json'], capture_output=True, check=True,
                                  timeout=300)
            nodes = {node['node']: node for node in json.loads(told.stdout)['nodes']}
            for each in nodes[leader]['proposals']:
                if (each['term'], each['index']) == (place['term'], place['index']):
                    return (nodes, each) if 'known_ns' in each else None
            return None

        nodes, each = harness.wait_until(proposal, 'all should know of the commitment')
        self.assertLessEqual(each['commit_ns'], each['known_ns'])
        self.assertLessEqual(each['durable_ns'], each['everywhere_ns'])
        self.assertLessEqual(each['everywhere_ns'], each['known_ns'])
        self.assertEqual(nodes[leader]['elections'][-1]['ended'], 'election_won')
        self.assertEqual(set(nodes), set(NAMES))


if __name__ == '__main__':
    harness.main()
