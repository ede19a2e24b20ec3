#!/usr/bin/python3
"""tools/figures --quick against real nodes: all is measured, and what cannot be is said."""

import collections
import csv
import pathlib
import re
import subprocess
import tempfile
import unittest

import harness
from harness import BIN, BRISK, FOLDER, ROOT

SAMPLES = 3  # of --quick
NAMES = ('n0', 'n1', 'n2')


class FiguresTest(unittest.TestCase):

    def setUp(self):
        self.out = pathlib.Path(tempfile.mkdtemp(dir=FOLDER))

    def figures(self, *words):
        return subprocess.run([ROOT / 'tools' / 'figures', '--no-build', '--bin', BIN, '--quick',
                               '--out', self.out, *words], text=True, capture_output=True,
                              check=False)

    def points(self, figure):
        """{(series, x): how many samples}"""
        with open(self.out / f'figure-{figure}.csv', encoding='utf-8', newline='') as file:
            rows = list(csv.DictReader(file))
        self.assertTrue(all(float(row['ms']) >= 0 for row in rows), rows)
        return collections.Counter((row['series'], row['x']) for row in rows)

    def test_all_figures_of_a_cluster_that_runs(self):
        cluster = harness.Cluster.running(self, 3, config=BRISK, flags=['--enable-suspend'])
        result = self.figures('--config', cluster.config)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.points(4), {(series, name): SAMPLES for name in NAMES
                                          for series in ('local commit', 'remote commit')})
        self.assertEqual(self.points(5), {('commit on all nodes', size): SAMPLES
                                          for size in ('1', '4096', '1048576')})
        elections = self.points(6)
        for name in NAMES:
            self.assertEqual(elections['won after transfer', name], SAMPLES)
        self.assertTrue(any(series == 'won' for series, _ in elections), elections)
        for figure in (4, 5, 6):
            for kind in ('png', 'svg'):
                self.assertGreater((self.out / f'figure-{figure}.{kind}').stat().st_size, 1000)
        self.assertIn('| local commit | n0 |', result.stdout)
        self.assertEqual(set(cluster.running_names()), set(NAMES))

    def test_without_suspension_elections_are_won_by_transfer_and_the_rest_is_said(self):
        cluster = harness.Cluster.running(self, 3)
        result = self.figures('--config', cluster.config, '--figures', '6')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn('no leader was stopped', result.stderr)
        self.assertIn('n0 lost 0 of 3 elections', result.stderr)
        self.assertEqual(self.points(6)['won after transfer', 'n0'], SAMPLES)

    def test_nodes_of_its_own_are_gone_afterwards(self):
        result = self.figures('--local', '3', '--figures', '4')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sum(self.points(4).values()), 2 * 3 * SAMPLES)
        folder = re.search(r'^3 nodes in (/.*/figures-\S+)$', result.stderr, re.MULTILINE)[1]
        self.assertFalse(pathlib.Path(folder).exists())
        self.assertEqual([path for path in pathlib.Path('/proc').glob('[0-9]*/cmdline')
                          if folder in self.read(path)], [])

    @staticmethod
    def read(path):
        try:
            return path.read_bytes().decode(errors='replace')
        except OSError:
            return ''

    def test_a_node_that_is_down_is_named_and_nothing_is_written(self):
        cluster = harness.Cluster.running(self, 3)
        cluster.kill('n1')
        result = self.figures('--config', cluster.config, '--figures', '4')
        self.assertEqual(result.returncode, 1)
        self.assertIn('every node must run, and n1 cannot be reached', result.stderr)
        self.assertEqual(list(self.out.iterdir()), [])


if __name__ == '__main__':
    harness.main()
