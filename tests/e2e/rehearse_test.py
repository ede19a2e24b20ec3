#!/usr/bin/python3
"""Scenarios of the simulator on real raftd processes: the paper's test cases, a nemesis, and how
rehearse behaves at a terminal.

The binary is named by REHEARSE, or is build/release/bin/rehearse; raftd is next to it, or in the
folder that REHEARSE_BIN names. REHEARSE_STRETCH is how many times slower the paper's cases play, so
that a busy machine does not decide them.
"""

import concurrent.futures
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REHEARSE = os.path.abspath(
    os.environ.get('REHEARSE') or os.path.join(ROOT, 'build', 'release', 'bin', 'rehearse'))
BIN = os.path.abspath(os.environ.get('REHEARSE_BIN') or os.path.dirname(REHEARSE))
STRETCH = os.environ.get('REHEARSE_STRETCH', '4')
PAPER = ['1-election-and-put-get', '2-leader-crash', '3a-majority-down',
         '3b-majority-down-leader-lost', '4-suspend-write-resume']
HELD, BROKEN, BAD_INPUT, NOT_POSSIBLE, INTERRUPTED = 0, 1, 2, 4, 130


def rehearse(*arguments, limit=600):
    return subprocess.run([REHEARSE, '--bin', BIN, *arguments], cwd=ROOT, capture_output=True,
                          timeout=limit, encoding='utf-8', errors='replace', check=False)


def nodes_in(folder):
    """The processes whose command line names the folder, apart from rehearse itself."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/cmdline', 'rb') as file:
                words = file.read().decode(errors='replace').split('\0')
        except OSError:
            continue  # it has just ended
        if words[0].endswith('raftd') and any(folder in word for word in words):
            found.append(int(pid))
    return found


def wait_for(condition, limit=60):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class RehearseTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.scenarios = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def scenario(self, **changes):
        """The path of a small valid scenario, changed."""
        text = {'version': 1, 'name': 'small', 'nodes': 3, 'until': '3s', 'seed': 1,
                'config': {'election_timeout': ['500ms', '1s'], 'heartbeat_interval': '100ms'},
                **changes}
        self.scenarios += 1
        path = self.path(f'scenario{self.scenarios}.json')
        with open(path, 'w', encoding='utf-8') as file:
            json.dump(text, file)
        return path

    def begin(self, *arguments):
        """Starts rehearse with a folder for its nodes, and waits until they all listen."""
        run = subprocess.Popen(
            [REHEARSE, '--bin', BIN, '--dir', self.path('nodes'), *arguments], cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8')
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        self.addCleanup(run.stdout.close)
        self.addCleanup(run.stderr.close)
        for line in run.stdout:
            if 'all nodes listen' in line:
                return run
        self.fail(run.stderr.read())

    def assert_all_held(self, result):
        self.assertEqual(result.returncode, HELD, result.stdout[-6000:] + result.stderr)

    def test_the_papers_test_cases_hold_on_real_nodes(self):
        def play(name):
            return name, rehearse(f'scenarios/paper/{name}.json', '--stretch', STRETCH, '--json')

        with concurrent.futures.ThreadPoolExecutor(len(PAPER)) as pool:
            for name, result in pool.map(play, PAPER):
                with self.subTest(name):
                    self.assert_all_held(result)
                    told = json.loads(result.stdout)
                    self.assertEqual(told['judgement'], 'linearizable')
                    self.assertEqual(told['problems'], [])
                    if name.startswith('2'):
                        self.tell_takeover(told)

    def tell_takeover(self, told):
        first = told['takeovers'][0]
        self.assertEqual(first['how'], 'killed')
        self.assertNotEqual(first['old'], first['new'])
        print(f"case 2: {first['new']} led {first['new_leader_after_ns'] / 1e6:.0f} ms after "
              f"{first['old']} was killed, with timeouts of {STRETCH} x 150-300 ms")

    def test_a_nemesis_of_every_fault_loses_nothing(self):
        history = self.path('history')
        result = rehearse('scenarios/live/nemesis.json', '--json', '--history', history)
        if result.returncode == NOT_POSSIBLE:
            self.skipTest(result.stderr.strip())
        self.assert_all_held(result)
        told = json.loads(result.stdout)
        self.assertGreater(told['calls']['done'], 2000)
        self.assertGreaterEqual(told['keys_read_at_end'], 40)
        with open(history, encoding='utf-8') as file:
            self.assertEqual(sum(1 for _ in file), told['calls']['operations'])

    def test_what_does_not_hold_is_told_and_leaves_the_logs(self):
        scenario = self.scenario(expect=[{'that': 'no_leader', 'at': 'end'}])
        result = rehearse(scenario, '--dir', self.path('nodes'))
        self.assertEqual(result.returncode, BROKEN, result)
        self.assertIn('BROKEN  no leader', result.stdout)
        self.assertIn('FAILED: 1 of 1 expectations broken', result.stdout)
        for name in ('cluster.json', 'n0.log', 'n1.log', 'n2.log'):
            self.assertTrue(os.path.getsize(os.path.join(self.path('nodes'), name)) > 0, name)

    def test_a_node_that_dies_by_itself_is_a_problem(self):
        run = self.begin(self.scenario())
        os.kill(nodes_in(self.path('nodes'))[0], signal.SIGABRT)
        output = run.stdout.read()
        self.assertEqual(run.wait(60), BROKEN)
        self.assertIn('was killed by signal 6 (Aborted), which nobody sent it', output)

    def test_no_process_is_left_behind(self):
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(how.name):
                self.setUp()
                run = self.begin(self.scenario(until='60s'))
                self.assertEqual(len(nodes_in(self.path('nodes'))), 3)
                run.send_signal(how)
                code = run.wait(60)
                self.assertEqual(code, -how if how == signal.SIGKILL else INTERRUPTED)
                self.assertTrue(wait_for(lambda: not nodes_in(self.path('nodes'))))

    def test_a_trace_has_the_calls_and_what_was_done(self):
        scenario = self.scenario(until='6s', events=[
            {'at': '3s', 'do': 'crash', 'node': 'n0', 'for': '1s'},
            {'at': '4s', 'do': 'put', 'key': 'k', 'value': 'v', 'expect': 'ok', 'within': '30s'}])
        result = rehearse(scenario, '--trace', self.path('trace'))
        self.assert_all_held(result)
        with open(self.path('trace'), encoding='utf-8') as file:
            lines = [json.loads(line) for line in file]
        self.assertEqual(lines[0]['nodes'], 3)
        events = {line['event'] for line in lines[1:]}
        self.assertLessEqual({'started', 'crashed', 'fault', 'called', 'answered', 'role_changed'},
                             events)
        times = [line['t'] for line in lines[1:]]
        self.assertEqual(times, sorted(times))

    def test_nodes_are_told_to_take_a_snapshot(self):
        scenario = self.scenario(until='6s', events=[
            {'at': '2s', 'do': 'put', 'key': 'k', 'value': 'v', 'expect': 'ok', 'within': '30s'},
            {'at': '4s', 'do': 'snapshot', 'node': 'all'}])
        self.assert_all_held(rehearse(scenario, '--dir', self.path('nodes')))
        for name in ('n0', 'n1', 'n2'):
            with open(os.path.join(self.path('nodes'), f'{name}.log'), encoding='utf-8') as log:
                self.assertIn('"event":"snapshot_saved"', log.read(), name)

    def test_what_real_nodes_cannot_do_is_said_at_once(self):
        scenario = self.scenario(
            network={'loss': 0.1},
            events=[{'at': '1s', 'do': 'set_clock', 'node': 'n0', 'jump': '1s'},
                    {'at': '1s', 'do': 'disk', 'node': 'n0', 'sync_lies': 1},
                    {'at': '1s', 'do': 'crash', 'node': 'n0', 'lose': 'everything'}])
        result = rehearse(scenario)
        self.assertEqual(result.returncode, NOT_POSSIBLE, result)
        self.assertEqual(result.stdout, '')
        for part in ('network:', 'events/0:', 'events/1:', 'events/2:'):
            self.assertIn(part, result.stderr)

    def test_links_are_not_cut_on_the_loopback_network(self):
        scenario = self.scenario(
            events=[{'at': '1s', 'do': 'partition', 'groups': ['leader', 'followers']}])
        result = rehearse(scenario, '--network', 'loopback')
        self.assertEqual(result.returncode, NOT_POSSIBLE, result)
        self.assertIn('--network namespaces', result.stderr)

    def test_bad_input_is_one_line(self):
        os.mkdir(self.path('used'))
        with open(self.path('used/file'), 'w', encoding='utf-8'):
            pass
        for arguments, part in (
                ([self.path('none.json')], 'none.json: cannot be read'),
                ([self.folder], 'is a folder'),
                ([self.scenario(nodes=99)], '/nodes'),
                ([self.scenario(), '--bin', self.folder], 'raftd: cannot be run'),
                ([self.scenario(), '--dir', self.path('used')], 'is not empty'),
                ([self.scenario(), '--trace', self.path('none/trace')], 'cannot be written'),
                ([self.scenario(), '--stretch', '0.5'], '--stretch'),
                ([self.scenario(), '--wrong'], '--wrong')):
            with self.subTest(part):
                result = subprocess.run([REHEARSE, *arguments], cwd=ROOT, capture_output=True,
                                        timeout=60, encoding='utf-8', check=False)
                if '--bin' not in arguments and BIN != os.path.dirname(REHEARSE):
                    result = rehearse(*arguments, limit=60)
                self.assertEqual(result.returncode, BAD_INPUT, result)
                self.assertIn(part, result.stderr)
                self.assertEqual(result.stderr.count('\n'), 1, result.stderr)


if __name__ == '__main__':
    unittest.main()
