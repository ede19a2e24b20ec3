#!/usr/bin/python3
"""What the alert rules and the dashboard ask for is what running nodes export."""

import re
import shutil
import sys
import unittest
import urllib.request

import harness
from harness import wait_until

sys.path.insert(0, str(harness.ROOT / 'tests' / 'tools'))
import monitoring_files  # noqa: E402

SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$', re.MULTILINE)


class ExportedMetricsTest(unittest.TestCase):

    def setUp(self):
        self.cluster = harness.Cluster.running(self, 3)

    def scrape(self, name):
        with urllib.request.urlopen(f'http://{self.cluster.nodes[name].metrics}/metrics',
                                    timeout=harness.PATIENCE) as answer:
            return SAMPLE.findall(answer.read().decode())

    def exported(self):
        """({metric}, {label: its values}) of all nodes together"""
        metrics, labels = set(), {}
        for name in self.cluster.nodes:
            for metric, pairs, _ in self.scrape(name):
                metrics.add(metric)
                for label, value in re.findall(r'(\w+)="([^"]*)"', pairs):
                    labels.setdefault(label, set()).add(value)
        return metrics, labels

    def come_back_with_another_store(self, name):
        """What an alert is for; until it happens nobody exports it."""
        self.cluster.kill(name)
        shutil.rmtree(self.cluster.nodes[name].data)
        self.cluster.start(name, '--bootstrap')
        wait_until(lambda: 'wrong_store' in self.exported()[1].get('reason', ()),
                   'the new store should be refused')

    def test_each_metric_and_label_of_an_expression_is_exported(self):
        self.cluster.put(b'city', b'Logan')
        follower = next(name for name in self.cluster.nodes if name != self.cluster.leader())
        self.come_back_with_another_store(follower)
        # Some figures are a second old: of a leader's followers, say.
        wait_until(lambda: not list(self.missing()),
                   lambda: f'nobody exports {list(self.missing())}')

    def missing(self):
        """What the expressions ask for and no node exports now."""
        metrics, labels = self.exported()
        for where, expression in monitoring_files.expressions():
            asked, named = monitoring_files.parts(expression)
            self.assertTrue(asked, where)
            yield from asked - metrics - monitoring_files.OF_PROMETHEUS
            for label, value in named.items():
                known = labels.get(label, set())
                if label in monitoring_files.LABELS_OF_PROMETHEUS or value in known:
                    continue
                if value is not None or not known:
                    yield f'{label}={value} ({where})'


if __name__ == '__main__':
    harness.main()
