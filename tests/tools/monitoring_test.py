#!/usr/bin/python3
"""The alert rules and the dashboard: well-formed, explained to operators, firing when they should.

Prometheus' own tool judges them; PROMTOOL says where it is, else it must be on the path."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import yaml

import monitoring_files as files

PROMTOOL = os.environ.get('PROMTOOL', 'promtool')
MANUAL = (files.ROOT / 'docs/operations.md').read_text(encoding='utf-8')


def promtool(*arguments):
    return subprocess.run([PROMTOOL, *map(str, arguments)], text=True, check=False,
                          capture_output=True, cwd=files.ROOT)


class AlertsTest(unittest.TestCase):

    def test_the_rules_are_well_formed(self):
        result = promtool('check', 'rules', files.ALERTS)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_each_alert_fires_when_it_should_and_only_then(self):
        result = promtool('test', 'rules', 'tests/tools/alerts_test.yml')
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        text = (files.ROOT / 'tests/tools/alerts_test.yml').read_text(encoding='utf-8')
        tried = [alert for test in yaml.safe_load(text)['tests']
                 for alert in test['alert_rule_test']]
        for rule in files.rules():
            fired = {bool(alert['exp_alerts']) for alert in tried
                     if alert['alertname'] == rule['alert']}
            self.assertEqual(fired, {True, False}, rule['alert'])

    def test_the_manual_explains_each_alert_and_none_beside(self):
        explained = re.findall(r'^\| `(Drydock\w+)` \| .+ \| .+ \|$', MANUAL, re.MULTILINE)
        self.assertEqual(explained, [rule['alert'] for rule in files.rules()])


class DashboardTest(unittest.TestCase):

    def test_expressions_are_well_formed(self):
        rules = [{'record': f'a{number}', 'expr': text}
                 for number, (_, text) in enumerate(files.expressions())]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / 'rules.yml'
            path.write_text(yaml.safe_dump({'groups': [{'name': 'all', 'rules': rules}]}))
            result = promtool('check', 'rules', path)
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_panels_lie_beside_each_other_and_each_says_what_it_shows(self):
        taken = set()
        for panel in files.panels():
            place = panel['gridPos']
            cells = {(x, y) for x in range(place['x'], place['x'] + place['w'])
                     for y in range(place['y'], place['y'] + place['h'])}
            self.assertFalse(cells & taken, panel['title'])
            taken |= cells
            self.assertTrue(panel['description'] and panel['targets'], panel['title'])
            self.assertLessEqual(place['x'] + place['w'], 24)


if __name__ == '__main__':
    unittest.main()
