#!/usr/bin/python3
"""raftsim as somebody at a terminal meets it: what it prints, where, and how it exits.

The binary is named by RAFTSIM, or is build/release/bin/raftsim.
"""

import filecmp
import json
import os
import pty
import random
import re
import shlex
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RAFTSIM = os.path.abspath(
    os.environ.get('RAFTSIM') or os.path.join(ROOT, 'build', 'release', 'bin', 'raftsim'))
LEADER_CRASH = 'scenarios/paper/2-leader-crash.json'
HISTORIES = 'tests/data/histories'
HELD, BROKEN, BAD_INPUT, UNDECIDED = 0, 1, 2, 3


def raftsim(*arguments, cwd=ROOT):
    """Runs raftsim; what it prints need not be text for the test to go on."""
    return subprocess.run([RAFTSIM, *arguments], cwd=cwd, capture_output=True, timeout=120,
                          encoding='utf-8', errors='replace', check=False)


class RaftsimTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        data = content.encode() if isinstance(content, str) else content
        with open(self.path(name), 'wb') as file:
            file.write(data)
        return self.path(name)

    def scenario(self, **changes):
        """The path of a small valid scenario, changed."""
        text = {'version': 1, 'name': 'small', 'nodes': 3, 'until': '3s', 'seed': 1, **changes}
        return self.write('scenario.json', json.dumps(text))

    def assert_one_line(self, result, *parts):
        """Exit code 2, and one line on stderr that holds the parts; nothing on stdout."""
        self.assertEqual(result.returncode, BAD_INPUT, result)
        self.assertEqual(result.stdout, '')
        self.assertEqual(result.stderr.count('\n'), 1, result.stderr[:500])
        self.assertTrue(result.stderr.endswith('\n'))
        self.assertLess(len(result.stderr), 1000)
        for part in parts:
            self.assertIn(part, result.stderr)

    def assert_refused(self, path, *parts):
        """Both run and check refuse the file with one and the same line that names it."""
        run = raftsim('run', path)
        self.assert_one_line(run, 'raftsim: ' + path, *parts)
        check = raftsim('check', path)
        self.assert_one_line(check)
        self.assertEqual(check.stderr, run.stderr)


class RunTest(RaftsimTest):

    def test_the_leader_crash_tells_who_led_and_why(self):
        result = raftsim('run', LEADER_CRASH)
        self.assertEqual(result.returncode, HELD, result.stderr)
        self.assertEqual(result.stderr, '')
        for pattern in (r'n\d has heard no leader for [\d.]+ms and asks for votes',
                        r'n\d LEADS term 1: a quorum voted for it',
                        r'n\d, the leader in term 1, is down',
                        r'n\d LEADS term 2: a quorum voted for it',
                        r'held +a leader other than \$old, by 3.5s',
                        r'because the election timeout is at most 300 ms',
                        r'seed 1, trace hash [0-9a-f]{16}',
                        r'PASSED'):
            self.assertRegex(result.stdout, pattern)
        self.assertNotRegex(result.stdout, r'(?i)broken +[a-z]')

    def test_the_new_leader_is_another_node(self):
        story = raftsim('run', LEADER_CRASH).stdout.splitlines()
        leaders = [line.split()[2] for line in story if ' LEADS term ' in line]
        self.assertEqual(len(leaders), 2)
        self.assertNotEqual(leaders[0], leaders[1])

    def test_json_is_json(self):
        result = raftsim('run', LEADER_CRASH, '--json')
        self.assertEqual(result.returncode, HELD)
        told = json.loads(result.stdout)
        self.assertRegex(told['hash'], r'^[0-9a-f]{16}$')
        self.assertEqual(told['seed'], 1)
        self.assertIs(told['passed'], True)
        self.assertGreater(told['invariant_checks'], 1000)
        self.assertTrue(all(each['held'] for each in told['expectations']))
        self.assertIn(told['hash'], raftsim('run', LEADER_CRASH).stdout)

    def test_the_seed_of_the_flag_wins(self):
        told = json.loads(raftsim('run', LEADER_CRASH, '--json', '--seed', '77').stdout)
        file_seed = json.loads(raftsim('run', LEADER_CRASH, '--json').stdout)
        self.assertEqual(told['seed'], 77)
        self.assertNotEqual(told['hash'], file_seed['hash'])

    def test_without_a_seed_one_is_drawn_and_told(self):
        path = self.write('seedless.json',
                          '{"version": 1, "name": "s", "nodes": 3, "until": "1s"}')
        drawn = json.loads(raftsim('run', path, '--json').stdout)
        again = json.loads(raftsim('run', path, '--json', '--seed', str(drawn['seed'])).stdout)
        self.assertEqual(again['hash'], drawn['hash'])

    def test_traces_of_two_runs_are_identical(self):
        for name in ('one.jsonl', 'two.jsonl'):
            self.assertEqual(
                raftsim('run', LEADER_CRASH, '--trace', self.path(name)).returncode, HELD)
        self.assertTrue(filecmp.cmp(self.path('one.jsonl'), self.path('two.jsonl'), shallow=False))
        with open(self.path('one.jsonl'), encoding='utf-8') as trace:
            lines = [json.loads(line) for line in trace]
        self.assertGreater(len(lines), 1000)

    def test_tracing_does_not_change_the_run(self):
        plain = json.loads(raftsim('run', LEADER_CRASH, '--json').stdout)
        traced = json.loads(
            raftsim('run', LEADER_CRASH, '--json', '--trace', self.path('t.jsonl')).stdout)
        self.assertEqual(plain['hash'], traced['hash'])

    def test_a_trace_that_cannot_be_written(self):
        for target in ('/nonexistent/trace.jsonl', self.folder):
            with self.subTest(target):
                self.assert_one_line(raftsim('run', LEADER_CRASH, '--trace', target), target)

    @unittest.skipUnless(os.path.exists('/dev/full'), 'no /dev/full here')
    def test_a_trace_on_a_full_disk(self):
        result = raftsim('run', LEADER_CRASH, '--trace', '/dev/full')
        self.assert_one_line(result, '/dev/full', 'disk full')

    def test_a_broken_expectation_exits_1_and_tells_how_to_replay(self):
        path = self.scenario(expect=[{'that': 'no_leader', 'by': '2s', 'because': 'a wish'}])
        result = raftsim('run', path, '--seed', '9')
        self.assertEqual(result.returncode, BROKEN, result.stderr)
        self.assertEqual(result.stderr, '')
        self.assertRegex(result.stdout, r'(?i)broken +no leader, by 2s')
        self.assertRegex(result.stdout, r'n\d leads')
        self.assertIn('a wish', result.stdout)
        replay = [line for line in result.stdout.splitlines() if 'raftsim run ' in line]
        self.assertEqual(len(replay), 1, result.stdout)
        words = shlex.split(replay[0][replay[0].index('raftsim run '):])
        self.assertEqual(words, ['raftsim', 'run', path, '--seed', '9'])
        again = raftsim(*words[1:])
        self.assertEqual(again.returncode, BROKEN)
        self.assertEqual(self.hash_in(again.stdout), self.hash_in(result.stdout))

    def test_a_broken_expectation_in_json(self):
        path = self.scenario(expect=[{'that': 'no_leader', 'by': '2s'},
                                     {'that': 'one_leader', 'by': '2s'}])
        result = raftsim('run', path, '--json')
        self.assertEqual(result.returncode, BROKEN)
        told = json.loads(result.stdout)
        self.assertIs(told['passed'], False)
        self.assertEqual([each['held'] for each in told['expectations']], [False, True])

    def hash_in(self, text):
        self.assertRegex(text, r'trace hash [0-9a-f]{16}')
        return text.split('trace hash ')[1][:16]


class BadInputTest(RaftsimTest):

    def test_no_such_file(self):
        self.assert_refused(self.path('missing.json'), 'No such file')

    def test_a_folder(self):
        self.assert_refused(self.folder, 'is a folder')

    def test_an_empty_file(self):
        self.assert_refused(self.write('empty.json', ''), ':1:1: ', 'not valid JSON')

    def test_json_that_breaks_off(self):
        self.assert_refused(self.write('broken.json', '{"version": 1,\n "name": '), ':2:',
                            'not valid JSON')

    def test_bytes_that_are_no_text(self):
        self.assert_refused(self.write('zero.json', b'\0\1\2\xff\xfe'))
        self.assert_refused(self.write('latin.json', b'{"name": "\xe9\xff"}'))
        with open(RAFTSIM, 'rb') as binary:
            self.assert_refused(self.write('program.json', binary.read(1 << 20)))

    def test_ten_megabytes_of_garbage(self):
        garbage = random.Random(1).randbytes(10 << 20)
        self.assert_refused(self.write('garbage.json', garbage), 'larger than')

    def test_garbage_of_all_sizes(self):
        draw = random.Random(2)
        for size in (1, 2, 3, 10, 100, 1000, 100000):
            with self.subTest(size):
                path = self.write('garbage.json', draw.randbytes(size))
                self.assert_one_line(raftsim('check', path), path)

    def test_every_beginning_of_a_scenario(self):
        with open(os.path.join(ROOT, LEADER_CRASH), 'rb') as file:
            whole = file.read().rstrip()
        for size in range(0, len(whole), 97):
            path = self.write('cut.json', whole[:size])
            self.assert_one_line(raftsim('check', path), path)

    def test_deep_nesting(self):
        for opening in ('[', '{"a":'):
            with self.subTest(opening):
                self.assert_refused(self.write('deep.json', opening * 200000), 'nested')

    def test_other_json_than_an_object(self):
        for text in ('[]', '7', 'null', '"scenario"', '{}'):
            with self.subTest(text):
                self.assert_refused(self.write('other.json', text))

    def test_an_unknown_key_with_a_hint(self):
        self.assert_refused(self.scenario(untl='3s'), 'untl', 'did you mean "until"')

    def test_a_key_twice(self):
        text = '{"version": 1, "name": "a", "nodes": 3, "nodes": 5, "until": "3s"}'
        self.assert_refused(self.write('twice.json', text), 'nodes')

    def test_a_negative_time(self):
        event = {'at': '-1s', 'do': 'crash', 'node': 'n0'}
        self.assert_refused(self.scenario(events=[event]), '/events/0/at')
        self.assert_refused(self.scenario(until='-3s'), '/until')

    def test_a_node_that_does_not_exist(self):
        event = {'at': '1s', 'do': 'crash', 'node': 'n7'}
        self.assert_refused(self.scenario(events=[event]), '/events/0/node', 'n7', 'n0 to n2')

    def test_an_event_after_the_end(self):
        event = {'at': '4s', 'do': 'crash', 'node': 'n0'}
        self.assert_refused(self.scenario(events=[event]), '/events/0/at', 'after "until" (3s)')

    def test_a_matrix_of_the_wrong_size(self):
        latency = {'model': 'matrix', 'kind': 'rtt', 'unit': 'ms', 'rows': [[None, 1], [1, None]]}
        self.assert_refused(self.scenario(network={'latency': latency}), '/network/latency')

    def test_a_partition_that_cuts_nothing(self):
        for groups in (['n0', 'n0'], ['all', 'n1'], ['n0']):
            with self.subTest(groups):
                event = {'at': '1s', 'do': 'partition', 'groups': groups}
                self.assert_refused(self.scenario(events=[event]), '/events/0/groups')

    def test_a_large_number_of_nodes(self):
        for nodes in (0, -1, 16, 10**30, 2.5, '3'):
            with self.subTest(nodes):
                self.assert_refused(self.scenario(nodes=nodes), '/nodes')


class CommandLineTest(RaftsimTest):

    def assert_usage_error(self, result):
        self.assert_one_line(result, 'raftsim: ')

    def test_unknown_words_and_flags(self):
        for arguments in ([], ['frobnicate'], ['--frobnicate'], ['run'], ['shrink'], ['check'],
                          ['linearize'],
                          ['run', LEADER_CRASH, '--frobnicate'], ['run', LEADER_CRASH, 'second'],
                          ['run', LEADER_CRASH, '--trace'],
                          ['linearize', HISTORIES + '/ok-two-keys.jsonl', '--format', 'other']):
            with self.subTest(arguments):
                self.assert_usage_error(raftsim(*arguments))

    def test_a_bad_seed(self):
        for seed in ('abc', '1.5', '7x', '-1', '', '0x10', str(2**64)):
            with self.subTest(seed):
                self.assert_usage_error(raftsim('run', LEADER_CRASH, '--seed', seed))

    def test_the_largest_seed(self):
        told = json.loads(raftsim('run', self.scenario(), '--json', '--seed', str(2**64 - 1)).stdout)
        self.assertEqual(told['seed'], 2**64 - 1)

    def test_help(self):
        for command in ('run', 'shrink', 'check', 'explore', 'linearize'):
            with self.subTest(command):
                result = raftsim(command, '--help')
                self.assertEqual(result.returncode, HELD)
                self.assertEqual(result.stderr, '')
                self.assertIn('Example:\n  raftsim ' + command, result.stdout)
        for flag in ('--help', '-h', '--help-all'):
            result = raftsim(flag)
            self.assertEqual(result.returncode, HELD)
            for command in ('run', 'shrink', 'check', 'bench', 'explore', 'linearize'):
                self.assertIn(command, result.stdout)


class ShrinkTest(RaftsimTest):
    """A put that nobody can serve, and much around it that does not matter."""

    def failing(self, **changes):
        return self.scenario(nodes=5, name='nobody-serves', events=[
            {'at': '312ms', 'do': 'put', 'key': 'k', 'value': 'v'},
            {'at': '517ms', 'do': 'pause', 'node': 'follower', 'for': '100ms'},
            {'at': '1034ms', 'do': 'crash', 'node': ['n0', 'n1', 'n2']},
            {'at': '1117ms', 'do': 'set_network', 'network': {'loss': 0.1}},
            {'at': '1234ms', 'do': 'put', 'key': 'k', 'value': 'v', 'expect': 'ok',
             'within': '1s'}], **changes)

    def test_the_result_fails_alike_and_is_small(self):
        result = raftsim('shrink', self.failing())
        self.assertEqual(result.returncode, HELD, result.stderr)
        self.assertEqual(result.stderr, '')
        small = json.loads(result.stdout)
        self.assertEqual([event['do'] for event in small['events']], ['crash', 'put'])
        self.assertEqual(small['seed'], 1)
        again = raftsim('run', self.write('small.json', result.stdout), '--json')
        self.assertEqual(again.returncode, BROKEN)
        self.assertEqual(raftsim('shrink', self.failing()).stdout, result.stdout)

    def test_out_names_the_file(self):
        out = self.path('out.json')
        result = raftsim('shrink', self.failing(), '--out', out)
        self.assertEqual(result.returncode, HELD, result.stderr)
        self.assertRegex(result.stdout, '^' + re.escape(out) + r': breaks expected answer; events '
                         r'5 -> 2, nodes 5 -> \d, 3s -> [\d.]+m?s, after \d+ runs\n$')
        with open(out, encoding='utf-8') as file:
            self.assertEqual(file.read(), raftsim('shrink', self.failing()).stdout)
        self.assertEqual(raftsim('check', out).returncode, HELD)

    def test_the_seed_of_the_flag_is_the_one_of_the_result(self):
        result = raftsim('shrink', self.failing(), '--seed', '3')
        self.assertIn('with seed 3 ', json.loads(result.stdout)['description'])

    def test_what_cannot_be_shrunk_is_told(self):
        self.assert_one_line(raftsim('shrink', self.scenario()),
                             'small passes with seed 1: there is nothing to shrink')
        self.assert_one_line(raftsim('shrink', self.path('nowhere.json')), 'cannot be read')
        self.assert_one_line(raftsim('shrink', self.failing(), '--seed', 'x'), 'a seed is a number')
        self.assert_one_line(
            raftsim('shrink', self.failing(), '--out', self.path('no/such/folder.json')),
            'cannot be written')
        seedless = self.write('seedless.json',
                              '{"version": 1, "name": "s", "nodes": 3, "until": "1s"}')
        self.assert_one_line(raftsim('shrink', seedless), 'has no "seed"', '--seed NUMBER')

    def test_a_terminal_sees_how_it_goes(self):
        outside, inside = pty.openpty()
        with subprocess.Popen([RAFTSIM, 'shrink', self.failing()], stdout=subprocess.DEVNULL,
                              stderr=inside) as process:
            os.close(inside)
            shown = b''
            with os.fdopen(outside, 'rb', buffering=0) as terminal:
                try:
                    while part := terminal.read(1000):
                        shown += part
                except OSError:  # nobody writes there any more
                    pass
            self.assertEqual(process.wait(60), HELD)
        self.assertRegex(shown, rb'shrinking: \d+ runs, \d+ events left, [\d.]+m?s of virtual time')


class CheckTest(RaftsimTest):

    def test_every_shipped_scenario_is_fine(self):
        files = []
        for folder in ('paper', 'faults', 'regressions'):
            path = os.path.join('scenarios', folder)
            files += [os.path.join(path, name) for name in sorted(os.listdir(
                os.path.join(ROOT, path))) if name.endswith('.json')]
        result = raftsim('check', *files)
        self.assertEqual(result.returncode, HELD, result.stderr)
        self.assertEqual(result.stdout.splitlines(), [file + ': fine' for file in files])

    def test_one_bad_file_among_good_ones(self):
        bad = self.write('bad.json', '{')
        result = raftsim('check', LEADER_CRASH, bad, LEADER_CRASH)
        self.assertEqual(result.returncode, BAD_INPUT)
        self.assertEqual(result.stdout, (LEADER_CRASH + ': fine\n') * 2)
        self.assertEqual(result.stderr.count('\n'), 1)
        self.assertIn(bad, result.stderr)


class ExploreTest(RaftsimTest):
    SMALL = ('explore', '--terms', '1', '--writes', '0', '--messages', '2')

    def test_small_bounds_are_exhausted(self):
        result = raftsim(*self.SMALL)
        self.assertEqual(result.returncode, HELD, result.stderr)
        self.assertEqual(result.stderr, '')
        for pattern in (r'a founded cluster at rest, nodes 3, terms 1, log 3, messages 2, writes 0',
                        r'exhausted: every state within these bounds was reached',
                        r'states +[\d,]+ distinct, [\d,]+ a second; up to \d+ steps deep',
                        r'successors +[\d,]+, [\d,]+ a second',
                        r'no violation'):
            self.assertRegex(result.stdout, pattern)

    def test_the_same_bounds_give_the_same_figures(self):
        def figures():
            told = json.loads(raftsim(*self.SMALL, '--crashes', '1', '--json').stdout)
            return {key: value for key, value in told.items() if 'second' not in key}
        first = figures()
        self.assertEqual(first, figures())
        self.assertIs(first['exhausted'], True)
        self.assertEqual(first['open'], 0)
        self.assertNotIn('violation', first)

    def test_a_limit_that_is_met_is_told(self):
        for limit in (('--states', '1000'), ('--memory', '1')):
            with self.subTest(limit):
                result = raftsim('explore', *limit)
                self.assertEqual(result.returncode, UNDECIDED, result.stderr)
                self.assertIn('not exhausted: the limit of ' + limit[0][2:], result.stdout)

    def test_a_number_of_steps_is_a_bound(self):
        told = json.loads(raftsim('explore', '--depth', '5', '--json').stdout)
        self.assertIs(told['exhausted'], True)
        self.assertEqual(told['depth'], 5)

    def test_bounds_that_cannot_be(self):
        for flags in (('--nodes', '6'), ('--nodes', '0'), ('--messages', '17'),
                      ('--terms', 'many')):
            with self.subTest(flags):
                self.assert_one_line(raftsim('explore', *flags), flags[0])


class FuzzTest(RaftsimTest):
    PROFILE = 'scenarios/fuzz/elections.json'

    def fuzz(self, *flags):
        path = self.path('summary.json')
        result = raftsim('fuzz', self.PROFILE, *flags, '--json', path)
        self.assertEqual(result.returncode, HELD, result)
        with open(path, encoding='utf-8') as file:
            return json.load(file)

    @staticmethod
    def verdicts(summary):
        return {key: summary[key] for key in ('hash', 'runs', 'events', 'failures', 'situations')}

    def test_verdicts_do_not_depend_on_jobs(self):
        one = self.fuzz('--seeds', '1:40')
        self.assertEqual(one['runs'], 40)
        self.assertEqual(self.verdicts(one), self.verdicts(self.fuzz('--seeds', '1:40', '--jobs', '3')))

    def test_guided_verdicts_do_not_depend_on_jobs(self):
        flags = ('--seeds', '1:150', '--guided')
        self.assertEqual(self.verdicts(self.fuzz(*flags)), self.verdicts(self.fuzz(*flags, '--jobs', '3')))

    def test_ends_with_the_run_that_takes_so_many_events(self):
        for how in ((), ('--guided',)):
            with self.subTest(how=how):
                ended = self.fuzz('--seeds', '1:150', '--events', '300000', *how)
                last = ended['seeds']['last']
                self.assertEqual(ended['runs'], last)
                self.assertGreaterEqual(ended['events'], 300000)
                self.assertLess(self.fuzz('--seeds', f'1:{last - 1}', *how)['events'], 300000)
                again = self.fuzz('--seeds', '1:150', '--events', '300000', '--jobs', '3', *how)
                self.assertEqual(self.verdicts(ended), self.verdicts(again))

    def test_shards_add_up_to_the_whole(self):
        whole = self.fuzz('--seeds', '1:40')
        files = []
        for number in (1, 2, 3):
            files.append(self.path(f'shard-{number}.json'))
            result = raftsim('fuzz', self.PROFILE, '--seeds', '1:40', '--shard', f'{number}/3',
                             '--json', files[-1])
            self.assertEqual(result.returncode, HELD, result)
        merged = raftsim('merge', *files, '--json', '-')
        self.assertEqual(merged.returncode, HELD, merged)
        self.assertEqual(self.verdicts(whole), self.verdicts(json.loads(merged.stdout)))

    def test_time_ends_a_run_between_two_seeds(self):
        summary = self.fuzz('--seeds', '1:1000000', '--for', '300ms')
        self.assertGreater(summary['runs'], 0)
        self.assertLess(summary['runs'], 1000000)
        self.assertEqual(summary['seeds']['last'], summary['runs'])

    def test_what_is_said_wrong(self):
        for flags in (('--seeds', '5'), ('--seeds', '5:1'), ('--shard', '3/2'), ('--shard', '0/2'),
                      ('--for', '10'), ('--jobs', '0')):
            with self.subTest(flags):
                self.assert_one_line(raftsim('fuzz', self.PROFILE, *flags), flags[0])
        self.assert_one_line(raftsim('fuzz', self.path('missing')), 'missing')
        self.assert_one_line(raftsim('fuzz', self.write('bad.json', '{"version": 1}')), 'bad.json')
        self.assert_one_line(raftsim('merge', self.write('sum.json', '{}')), 'sum.json')


class LinearizeTest(RaftsimTest):
    FORMATS = {'.jsonl': 'drydock', '.log': 'jepsen-log', '.edn': 'edn', '.txt': 'porcupine'}

    def test_good_and_bad_histories(self):
        names = sorted(os.listdir(os.path.join(ROOT, HISTORIES)))
        judged = 0
        for name in names:
            form = self.FORMATS.get(os.path.splitext(name)[1])
            wanted = HELD if name.startswith('ok-') else BROKEN
            if form is None or not name.startswith(('ok-', 'bad-')):
                continue
            with self.subTest(name):
                result = raftsim('linearize', HISTORIES + '/' + name, '--format', form)
                self.assertEqual(result.returncode, wanted, result)
                self.assertEqual(result.stderr, '')
                self.assertEqual('not linearizable' in result.stdout, wanted == BROKEN)
                judged += 1
        self.assertGreaterEqual(judged, 8)

    def test_garbage(self):
        draw = random.Random(3)
        for form in self.FORMATS.values():
            for content in (b'\0\1\2\xff', b'{' * 100000, draw.randbytes(1 << 20)):
                with self.subTest(form=form, size=len(content)):
                    path = self.write('garbage', content)
                    result = raftsim('linearize', path, '--format', form)
                    self.assert_one_line(result, path)

    def test_no_such_file(self):
        self.assert_one_line(raftsim('linearize', self.path('missing')), 'missing')
        self.assert_one_line(raftsim('linearize', self.folder), 'is a folder')


if __name__ == '__main__':
    unittest.main()
