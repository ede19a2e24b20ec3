#!/usr/bin/python3
"""`raftsim view` as somebody at a terminal meets it."""

import json
import os
import unittest

from raftsim_test import HELD, RaftsimTest, raftsim


class ViewTest(RaftsimTest):

    def trace(self, name='run.jsonl'):
        raftsim('run', self.scenario(), '--trace', self.path(name))
        return self.path(name)

    def real(self, node, events='', cluster='demo', start=1795430000000000000):
        header = {'trace': 1, 'cluster': cluster, 'node': node, 'unix_ns': start}
        return self.write(f'{node}.jsonl', json.dumps(header) + '\n' + events)

    def test_the_page_stands_beside_the_trace(self):
        trace = self.trace()
        result = raftsim('view', trace)
        self.assertEqual((result.returncode, result.stdout),
                         (HELD, f'Open {self.path("run.html")} in a browser.\n'))
        with open(self.path('run.html'), encoding='utf-8') as page:
            self.assertIn('<script id="run"', page.read())

    def test_traces_of_real_nodes_make_one_page(self):
        result = raftsim('view', self.real('n0'), self.real('n1'))
        self.assertEqual((result.returncode, result.stdout),
                         (HELD, f'Open {self.path("cluster.html")} in a browser.\n'))
        self.assertTrue(os.path.getsize(self.path('cluster.html')))

    def test_a_diagram_goes_to_the_output(self):
        event = json.dumps({'id': 1, 't': 5, 'node': 'n0', 'event': 'role_changed',
                            'role': 'leader'}) + '\n'
        result = raftsim('view', self.real('n0', event), self.real('n1'), '--mermaid', '-')
        self.assertEqual(result.returncode, HELD, result)
        self.assertIn('n0 role changed, role leader', result.stdout)
        self.assertIn('Note over n1: 0.000 ms n1 trace ended', result.stdout)

    def test_what_is_no_trace_or_not_all_of_one_is_refused(self):
        trace = self.trace()
        with open(trace, encoding='utf-8') as file:
            text = file.read()
        self.assert_one_line(raftsim('view', self.write('half.jsonl', text[:len(text) // 2])),
                             'half.jsonl', 'cut')
        self.assert_one_line(raftsim('view', self.write('foreign.jsonl', '{"a": 1}\n')),
                             'foreign.jsonl: line 1: this is no trace')
        self.assert_one_line(raftsim('view', self.path('none.jsonl')), 'none.jsonl')
        self.assertFalse(os.path.exists(self.path('half.html')))

    def test_traces_that_do_not_belong_together_are_refused(self):
        one = self.real('n0')
        self.assert_one_line(raftsim('view', one, one), 'of the same process of n0')
        self.assert_one_line(raftsim('view', one, self.real('n1', cluster='other')),
                             'n1.jsonl: it is of cluster "other"')
        self.assert_one_line(raftsim('view', one, self.trace()), 'a simulated run')


if __name__ == '__main__':
    unittest.main()
