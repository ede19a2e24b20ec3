#!/usr/bin/python3
"""tools/cluster as somebody at a terminal meets it."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import unittest

import grpc

import harness
from harness import BIN, FOLDER, ROOT, v1, wait_until

DONE, FAILED, USAGE = 0, 1, 2


class ClusterCommandTest(unittest.TestCase):

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='command-', dir=FOLDER)) / 'cluster'
        self.addCleanup(self.clear_away)
        self.endpoints = []

    def clear_away(self):
        self.run_command('down')
        for pid in self.processes().values():
            os.kill(pid, signal.SIGKILL)

    def run_command(self, *arguments, limit=120):
        return subprocess.run([ROOT / 'tools' / 'cluster', *arguments, '--dir', self.directory],
                              capture_output=True, text=True, timeout=limit, check=False)

    def good(self, *arguments):
        result = self.run_command(*arguments)
        self.assertEqual(result.returncode, DONE, result.stderr)
        return result

    def up(self, *arguments):
        result = self.good('up', *arguments, '--bin', BIN)
        self.assertRegex(result.stdout, r'^export DRYDOCK_ENDPOINTS=[0-9.:,]+\n$')
        self.endpoints = result.stdout.strip().partition('=')[2].split(',')
        return result

    def assert_fails(self, result, *parts):
        self.assertEqual(result.returncode, FAILED, result.stderr)
        self.assertEqual(result.stdout, '')
        for part in parts:
            self.assertIn(part, result.stderr)

    def processes(self):
        found = {}
        for path in pathlib.Path('/proc').glob('[0-9]*'):
            try:
                words = (path / 'cmdline').read_bytes().decode(errors='replace').split('\0')
            except OSError:
                continue
            if any(word.startswith(f'{self.directory}/n') for word in words):
                found[words[words.index('--id') + 1]] = int(path.name)
        return found

    def put_at_once(self, key, value):
        """True if a node takes the write: the first, or whom it names as the leader."""
        target = self.endpoints[0]
        for _ in range(3):
            stub = harness.Stub(target)
            try:
                answer = stub.execute(v1.ExecuteRequest(
                    operation=harness.put_operation(key, value)), timeout=30).answer
            except grpc.RpcError:
                return False
            finally:
                stub.channel.close()
            if answer.outcome == v1.OUTCOME_OK:
                return True
            target = answer.leader_address or target
        return False

    def put(self, key, value):
        wait_until(lambda: self.put_at_once(key, value), 'a write should be taken')

    def value(self, endpoint, key):
        """In that node's own map."""
        stub = harness.Stub(endpoint)
        status = stub.status(v1.GetStatusRequest(key=key), timeout=30)
        stub.channel.close()
        return status.value

    def test_up_gives_a_cluster_that_takes_writes(self):
        result = self.up('5')
        self.assertEqual(len(self.endpoints), 5)
        self.assertIn(str(self.directory), result.stderr)
        self.assertTrue(self.put_at_once(b'key', b'value'))
        self.assertEqual(sorted(self.processes()), ['n0', 'n1', 'n2', 'n3', 'n4'])

    def test_up_twice_says_that_it_runs(self):
        first = self.up('3')
        before = self.processes()
        second = self.up('3')
        self.assertIn('Running already', second.stderr)
        self.assertEqual(second.stdout, first.stdout)
        self.assertEqual(self.processes(), before)

    def test_data_stays_until_fresh(self):
        self.up('3')
        self.put(b'kept', b'yes')
        self.good('down')
        self.assertEqual(self.processes(), {})
        self.up()
        self.assertEqual(len(self.endpoints), 3)
        wait_until(lambda: self.value(self.endpoints[0], b'kept') == b'yes', 'it should be there')
        self.up('--fresh', '1')
        self.assertEqual(len(self.endpoints), 1)
        self.assertEqual(self.value(self.endpoints[0], b'kept'), b'')

    def test_another_number_of_nodes_needs_fresh(self):
        self.up('1')
        self.assert_fails(self.run_command('up', '3', '--bin', BIN), 'has 1 nodes', '--fresh')

    def test_kill_and_start(self):
        self.up('3')
        before = self.processes()
        self.good('kill', 'n1')
        self.assertNotIn('n1', self.processes())
        self.assert_fails(self.run_command('kill', 'n1'), 'start n1')
        self.put(b'without', b'n1')
        self.good('start', 'n1')
        wait_until(lambda: self.value(self.endpoints[1], b'without') == b'n1', 'it catches up')
        after = self.processes()
        self.assertNotEqual(after.pop('n1'), before.pop('n1'))
        self.assertEqual(after, before)
        self.assertIn('runs already', self.good('start', '1').stderr)
        self.good('kill', 'n2')
        self.assertIn('Started n2', self.up().stderr)

    def test_a_node_that_is_not_there(self):
        self.up('1')
        self.assert_fails(self.run_command('kill', 'n5'), 'n5', 'n0')

    def test_without_a_cluster_the_next_step_is_told(self):
        for command in (['down'], ['status'], ['kill', 'n0'], ['start', 'n0'], ['logs']):
            self.assert_fails(self.run_command(*command), 'up 5')

    def test_bad_usage(self):
        for arguments in (['up', 'many'], ['kill'], ['fly'], ['up', '3', '--fast']):
            result = subprocess.run([ROOT / 'tools' / 'cluster', *arguments, '--bin', BIN],
                                    capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(result.returncode, USAGE, result.stderr)
            self.assertIn('usage', result.stderr)
        self.assert_fails(self.run_command('up', '99', '--bin', BIN), '31')
        self.assert_fails(self.run_command('up', '3', '--bin', '/nonexistent'), 'raftd')
        self.assert_fails(self.run_command('up', '3', '--election-timeout', 'soon', '--bin', BIN),
                          '150ms')

    def test_a_folder_of_somebody_else_is_left_alone(self):
        self.directory.mkdir()
        (self.directory / 'thesis.txt').write_text('years of work', encoding='ascii')
        for flags in ([], ['--fresh']):
            self.assert_fails(self.run_command('up', '1', *flags, '--bin', BIN), 'thesis.txt')
        self.assertEqual(os.listdir(self.directory).count('thesis.txt'), 1)

    def test_logs_of_all_nodes_in_the_order_of_time(self):
        self.up('3')
        lines = self.good('logs').stdout.splitlines()
        times = [re.match(r'\{"time":"([^"]+)"', line)[1] for line in lines]
        self.assertEqual(times, sorted(times))
        self.assertEqual({re.search(r'"node":"(n\d)"', line)[1] for line in lines},
                         {'n0', 'n1', 'n2'})
        for line in self.good('logs', 'n2').stdout.splitlines():
            self.assertIn('"node":"n2"', line)

    def test_logs_that_are_followed(self):
        self.up('1')
        command = [ROOT / 'tools' / 'cluster', 'logs', '-f', '--dir', self.directory]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
            self.assertIn('"node":"n0"', follower.stdout.readline())
            self.good('down')
            for line in follower.stdout:
                if '"stopped"' in line:
                    break
            follower.terminate()

    def test_election_timeout_and_suspend_reach_the_nodes(self):
        self.up('1', '--election-timeout', '20ms-40ms', '--enable-suspend')
        config = (self.directory / 'cluster.json').read_text(encoding='ascii')
        self.assertRegex(config, r'"20ms",\s+"40ms"')
        stub = harness.Stub(self.endpoints[0])
        stub.channel.unary_unary('/Raft/suspend')(b'', timeout=30)
        self.assertTrue(stub.status(v1.GetStatusRequest(), timeout=30).suspended)
        stub.channel.close()

    def test_a_node_that_does_not_come_up_is_shown(self):
        self.up('3')
        self.good('down')
        identity = self.directory / 'n1' / 'data' / 'identity'
        identity.write_bytes(b'damaged')
        self.assert_fails(self.run_command('up', '--bin', BIN), 'n1 has ended', 'exit code 1',
                          'identity')

    def test_ports_that_somebody_has_taken_meanwhile(self):
        self.up('1')
        self.put(b'kept', b'yes')
        self.good('down')
        host, _, port = self.endpoints[0].rpartition(':')
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind((host, int(port)))
            taken.listen()
            before = self.endpoints
            self.assertIn('moves', self.up().stderr)
            self.assertNotEqual(self.endpoints, before)
            self.assertEqual(self.value(self.endpoints[0], b'kept'), b'yes')

    def test_a_process_that_is_not_ours_is_not_touched(self):
        self.up('1')
        self.good('kill', 'n0')
        # Somebody else has the number now.
        with subprocess.Popen(['sleep', '1000']) as stranger:
            (self.directory / 'n0' / 'pid').write_text(f'{stranger.pid}\n', encoding='ascii')
            self.assert_fails(self.run_command('kill', 'n0'), 'does not run')
            self.assertIn('Nothing runs', self.good('down').stderr)
            self.assertIsNone(stranger.poll())
            stranger.kill()

    @unittest.skipUnless((BIN / 'raftctl').exists(), 'raftctl is not built')
    def test_status_is_that_of_raftctl(self):
        self.up('3')
        told = self.good('status').stdout
        for name in ('n0', 'n1', 'n2'):
            self.assertIn(name, told)
        line = subprocess.run(
            f'eval "$({ROOT}/tools/cluster up --bin {BIN} --dir {self.directory})" && '
            f'{BIN}/raftctl put greeting hello && {BIN}/raftctl get greeting', shell=True,
            capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual((line.returncode, line.stdout.split()), (0, ['ok', 'hello']), line.stderr)


if __name__ == '__main__':
    harness.main()
