#!/usr/bin/python3
"""What tools/figures makes of its samples: statistics, files, drawings. No cluster runs."""

import itertools
import json
import os
import pathlib
import re
import stat
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools' / 'figures.d'))
# pylint: disable=wrong-import-position
import ctl
import measure
import paper
import plots
import samples
from samples import Sample, SamplesError

NODES = ('n0', 'n1', 'n2')


def of_each(series, values):
    return [Sample(series, name, value) for name in NODES for value in values]


class WithFolder(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class StatisticsTest(unittest.TestCase):

    def test_the_median_lies_between_two_in_the_middle(self):
        self.assertEqual(samples.summarize([3, 1, 2]).median, 2)
        self.assertEqual(samples.summarize([4, 1, 2, 3]).median, 2.5)

    def test_a_tenth_lies_below_and_above_the_spread(self):
        told = samples.summarize(range(101))
        self.assertEqual((told.count, told.low, told.high, told.least, told.most),
                         (101, 10, 90, 0, 100))

    def test_one_sample_is_its_own_spread_and_none_is_an_error(self):
        self.assertEqual(samples.summarize([7])[1:], (7, 7, 7, 7, 7))
        with self.assertRaises(ValueError):
            samples.summarize([])

    def test_points_keep_the_order_in_which_they_were_measured(self):
        told = samples.by_point([Sample('b', '16', 1), Sample('b', '4', 2), Sample('a', '4', 3),
                                 Sample('b', '16', 3)])
        self.assertEqual(list(told), ['b', 'a'])
        self.assertEqual(list(told['b']), ['16', '4'])
        self.assertEqual(told['b']['16'].median, 2)

    def test_numbers_have_three_digits_that_count(self):
        self.assertEqual([samples.number(each) for each in (0.51234, 8.266, 613, 1560, 0.00012, 0)],
                         ['0.512', '8.27', '613', '1560', '0.0001', '0'])


class FilesTest(WithFolder):

    def test_what_is_written_is_read_again(self):
        written = [Sample('lost', 'n1', 0.25, 'term 3, election_timeout to "x", y'),
                   Sample('won', 'n0', 1.0)]
        samples.write_csv(self.folder / 'a.csv', 6, written)
        self.assertEqual(samples.read_csv(self.folder / 'a.csv'), written)

    def test_every_sample_has_a_line_and_a_number_within_its_point(self):
        samples.write_csv(self.folder / 'a.csv', 4, [Sample('x', 'n0', 1), Sample('x', 'n1', 2),
                                                     Sample('x', 'n0', 3)])
        self.assertEqual((self.folder / 'a.csv').read_text(encoding='utf-8').splitlines(), [
            'figure,series,x,sample,ms,detail', '4,x,n0,1,1.000000,', '4,x,n1,1,2.000000,',
            '4,x,n0,2,3.000000,'])

    def test_a_file_that_holds_no_samples_is_refused_with_its_place(self):
        path = self.folder / 'a.csv'
        path.write_text('a,b\n1,2\n', encoding='utf-8')
        with self.assertRaisesRegex(SamplesError, 'a.csv: no samples'):
            samples.read_csv(path)
        path.write_text(','.join(samples.FIELDS) + '\n4,x,n0,1,soon,\n', encoding='utf-8')
        with self.assertRaisesRegex(SamplesError, 'a.csv, line 2: "soon"'):
            samples.read_csv(path)

    def test_the_table_has_our_figures_and_the_reports(self):
        table = samples.markdown(of_each('won', [1, 2, 3]), {'won': paper.WON})
        self.assertIn('| won | n0 | 2 ms | 1.2 ms | 2.8 ms | 3 | 17 ms |', table)
        table = samples.markdown([Sample('won after transfer', 'n0', 1)], {'won': paper.WON})
        self.assertIn('| 1 |  |', table)


class PlotsTest(WithFolder):

    FIGURES = {4: of_each('local commit', [0.4, 0.5]) + of_each('remote commit', [0.8, 0.9, 1.0]),
               5: [Sample('commit on all nodes', str(size), 1 + size / 1e4)
                   for size in measure.SIZES for _ in range(2)],
               6: of_each('won', [2, 3]) + of_each('won after transfer', [1]) +
                  [Sample('lost', 'n1', 5)]}

    def test_each_figure_is_written_as_PNG_and_SVG_with_the_reports_numbers_beside(self):
        for figure, given in self.FIGURES.items():
            path = self.folder / f'figure-{figure}'
            canvas = plots.draw(figure, given, 'three nodes')
            words = ' '.join(text.get_text() for axis in canvas.axes
                             for text in axis.get_legend().get_texts())
            self.assertIn('the report', words)
            plots.write(canvas, path)
            self.assertTrue(path.with_suffix('.png').read_bytes().startswith(b'\x89PNG'))
            self.assertIn('</svg>', path.with_suffix('.svg').read_text(encoding='utf-8'))

    def test_axes_have_names_and_no_words_lie_on_each_other(self):
        for figure, given in self.FIGURES.items():
            canvas = plots.draw(figure, given, 'three nodes')
            axis = canvas.axes[0]
            self.assertEqual(axis.get_ylabel(), 'milliseconds')
            self.assertTrue(axis.get_xlabel())
            canvas.canvas.draw()
            below = [*axis.get_xticklabels(), axis.xaxis.label, axis.get_legend(), *canvas.texts]
            places = [word.get_window_extent() for word in below]
            for one, other in itertools.combinations(places, 2):
                self.assertFalse(one.overlaps(other), (figure, one, other))
            for place in places:
                self.assertTrue(canvas.bbox.x0 <= place.x0 and place.x1 <= canvas.bbox.x1, place)
            plots.pyplot.close(canvas)

    def test_a_median_of_0_stands_at_the_foot_of_its_bar(self):
        canvas = plots.draw(6, of_each('lost', [0, 0, 2]) + of_each('won', [1, 2]), 'x')
        canvas.canvas.draw()
        axis = canvas.axes[0]
        zeros = [text.get_window_extent() for text in axis.texts if text.get_text() == '0']
        self.assertEqual(len(zeros), len(NODES))
        for place in zeros:
            self.assertTrue(0 <= place.y0 - axis.bbox.y0 < 10, place)
        plots.pyplot.close(canvas)

    def test_the_same_samples_give_the_same_SVG(self):
        texts = []
        for name in ('a', 'b'):
            plots.write(plots.draw(6, self.FIGURES[6], 'x'), self.folder / name)
            texts.append((self.folder / f'{name}.svg').read_text(encoding='utf-8'))
        self.assertEqual(texts[0], texts[1])

    def test_sizes_are_written_as_people_do(self):
        self.assertEqual([plots.size_words(each) for each in (1, 4096, 1 << 20)],
                         ['1 B', '4 KB', '1 MB'])


# A raftctl that answers from files named after the command, and notes what it was asked.
STAND_IN = """#!/bin/sh
cd "$(dirname "$0")" || exit 70
echo "$@" >> asked
cat "$1.json"
exit "$(cat "$1.code" 2>/dev/null || echo 0)"
"""


class WithStandIn(WithFolder):

    def setUp(self):
        super().setUp()
        path = self.folder / 'raftctl'
        path.write_text(STAND_IN, encoding='utf-8')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        self.cluster = ctl.Cluster(path, ['--endpoints', 'a:1'])

    def answer(self, command, told, code=0):
        (self.folder / f'{command}.json').write_text(json.dumps(told), encoding='utf-8')
        (self.folder / f'{command}.code').write_text(str(code), encoding='utf-8')

    def asked(self):
        return (self.folder / 'asked').read_text(encoding='utf-8')


class MeasureTest(WithStandIn):

    def elections(self, *elections, incarnation=1):
        self.answer('timings', {'nodes': [
            {'node': 'n0', 'reachable': True, 'incarnation': incarnation, 'proposals': [],
             'elections': [{'number': number, 'term': 1, 'began': began, 'ended': ended,
                            'took_ns': 1500000} for number, began, ended in elections]}]})

    def test_elections_are_read_once_and_those_from_before_are_not_ours(self):
        self.elections((1, 'election_timeout', 'election_won'))
        read = measure.Elections(self.cluster)
        self.assertEqual(read.samples, [])
        self.elections((1, 'election_timeout', 'election_won'), (2, 'transfer', 'election_won'),
                       (3, 'election_timeout', 'leader_appeared'),
                       (4, 'election_timeout', 'no_votes_in_time'))
        read.read()
        read.read()
        self.assertEqual([(each.series, each.x, each.ms) for each in read.samples],
                         [('won after transfer', 'n0', 1.5), ('lost', 'n0', 1.5)])

    def test_a_node_that_was_restarted_counts_from_1_again(self):
        self.elections((5, 'election_timeout', 'election_won'))
        read = measure.Elections(self.cluster)
        self.elections((1, 'election_timeout', 'election_won'), incarnation=2)
        read.read()
        self.assertEqual(read.count('won', 'n0'), 1)

    def test_of_each_point_so_many_are_kept_as_were_asked_for(self):
        given = [Sample('lost', 'n10', 1), Sample('won', 'n2', 1), Sample('lost', 'n2', 2),
                 Sample('won', 'n2', 3), Sample('won', 'n2', 4)]
        self.assertEqual(measure.first_of_each(given, 2), [
            Sample('won', 'n2', 1), Sample('won', 'n2', 3), Sample('lost', 'n2', 2),
            Sample('lost', 'n10', 1)])

    def test_a_commit_that_some_member_may_not_know_of_has_no_times_yet(self):
        proposal = {'term': 2, 'index': 7, 'commit_ns': 1}
        node = {'node': 'n0', 'reachable': True, 'incarnation': 1, 'proposals': [proposal],
                'elections': []}
        self.answer('timings', {'nodes': [node]})
        self.assertIsNone(measure.known_times(self.cluster, {(2, 7)}))
        self.assertEqual(measure.known_times(self.cluster, {(1, 7)}), {})
        proposal['known_ns'] = 5
        self.answer('timings', {'nodes': [node]})
        self.assertEqual(measure.known_times(self.cluster, {(2, 7)}), {(2, 7): ('n0', proposal)})

    def test_a_node_that_is_down_is_named_and_nothing_is_measured(self):
        self.answer('status', {'leader': 'n0', 'nodes': [
            {'node': 'n0', 'address': 'a:1', 'reachable': True},
            {'node': 'n1', 'address': 'a:2', 'reachable': False, 'reason': 'is silent'}]})
        with self.assertRaisesRegex(ctl.FiguresError, 'n1 is silent'):
            self.cluster.names()

    def test_a_node_that_does_not_allow_to_be_stopped_is_no_node_that_was_not_reached(self):
        self.answer('suspend', {'text': 'a:1 refuses: start it with --enable-suspend'}, code=5)
        with self.assertRaises(ctl.FiguresError):
            self.cluster.suspend('n0', 1)
        self.answer('suspend', {'text': 'nothing happened: a:1 cannot be reached'}, code=5)
        self.assertFalse(self.cluster.suspend('n0', 1))
        self.answer('suspend', {'outcome': 'ok'})
        self.assertTrue(self.cluster.suspend('n0', 1))

    def test_a_put_is_known_by_its_place_in_the_log(self):
        self.answer('put', {'outcome': 'ok', 'term': 3, 'index': 9})
        self.assertEqual(self.cluster.put(b'123'), (3, 9))
        self.assertIn('put k - ', self.asked())
        self.answer('put', {'outcome': 'no_leader'}, code=3)
        self.assertIsNone(self.cluster.put(b'123'))


class CommandLineTest(WithFolder):

    def figures(self, *words):
        environment = {key: value for key, value in os.environ.items()
                       if key != 'DRYDOCK_ENDPOINTS'}
        return subprocess.run([ROOT / 'tools' / 'figures', '--no-build', *words], text=True,
                              capture_output=True, check=False, env=environment)

    def test_samples_are_drawn_again_without_a_cluster(self):
        samples.write_csv(self.folder / 'figure-4.csv', 4, PlotsTest.FIGURES[4])
        (self.folder / 'figure-4.txt').write_text('three nodes\n', encoding='utf-8')
        result = self.figures('--draw', '--out', str(self.folder))
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assertIn('| local commit | n0 |', result.stdout)
        self.assertTrue((self.folder / 'figure-4.svg').exists())
        self.assertFalse((self.folder / 'figure-5.svg').exists())

    def test_what_is_wrong_is_said_in_one_line(self):
        for words, code, text in ((('--draw', '--out', str(self.folder)), 1, 'no samples'),
                                  (('--figures', '7'), 2, 'is not some of 4,5,6'),
                                  (('--samples', '0'), 2, 'no number from 1 on'),
                                  (('--bin', str(self.folder), '--out', str(self.folder)), 1,
                                   'there is no')):
            result = self.figures(*words)
            self.assertEqual(result.returncode, code, result)
            self.assertTrue(re.search(f'tools/figures: .*{text}', result.stderr), result.stderr)


if __name__ == '__main__':
    unittest.main()
