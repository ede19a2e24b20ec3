#!/usr/bin/python3
"""raftctl as somebody at a terminal or a script meets it, against a cluster of real processes."""

import base64
import concurrent.futures
import json
import os
import pty
import random
import socket
import subprocess
import tempfile
import unittest

import grpc

from raftd_cluster import PATIENCE, ROOT, Cluster, binary, free_ports, raftctl, wait_for

DONE, NO, USAGE, NO_LEADER, UNKNOWN, REFUSED = range(6)
ANY_BYTES = bytes(range(256))


class WithCluster(unittest.TestCase):
    """One cluster for all tests of a class; they leave it as they found it."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.cluster = Cluster(folder.name)
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.start_all()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_it(self, *arguments, **more):
        return raftctl(*arguments, endpoints=self.cluster.endpoints, **more)

    def check(self, code, *arguments, **more):
        """Runs it, expects the exit code, and gives what it printed."""
        result = self.run_it(*arguments, **more)
        self.assertEqual(result.returncode, code, result)
        if code == DONE:
            self.assertEqual(result.stderr, '')
        else:
            self.assertTrue(result.stderr.startswith('raftctl: '), result.stderr)
            self.assertEqual(result.stderr.count('\n'), 1, result.stderr)
        return result.stdout

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, 'wb') as file:
            file.write(data)
        return path


class KeyValueTest(WithCluster):

    def test_what_was_put_is_got_and_nothing_else_is_printed(self):
        self.assertEqual(self.check(DONE, 'put', 'color', 'blue'), b'ok\n')
        self.assertEqual(self.check(DONE, 'get', 'color'), b'blue')
        self.assertEqual(self.check(DONE, 'put', 'color', 'red'), b'ok\n')
        self.assertEqual(self.check(DONE, 'get', 'color'), b'red')

    def test_a_missing_key_prints_nothing_and_exits_with_1(self):
        self.assertEqual(self.check(NO, 'get', 'missing'), b'')
        told = json.loads(self.check(NO, 'get', 'missing', '--output', 'json'))
        self.assertEqual((told['outcome'], told['found']), ('not_found', False))

    def test_del_tells_whether_there_was_a_key(self):
        self.check(DONE, 'put', 'gone', 'soon')
        self.assertEqual(self.check(DONE, 'del', 'gone'), b'ok\n')
        self.assertEqual(self.check(NO, 'del', 'gone'), b'')
        self.assertEqual(self.check(NO, 'get', 'gone'), b'')

    def test_cas(self):
        self.assertEqual(self.check(DONE, 'cas', 'lock', '--absent', 'me'), b'ok\n')
        self.assertEqual(self.check(NO, 'cas', 'lock', '--absent', 'you'), b'')
        self.assertEqual(self.check(NO, 'cas', 'lock', 'you', 'us'), b'')
        self.assertEqual(self.check(DONE, 'cas', 'lock', 'me', ''), b'ok\n')
        self.assertEqual(self.check(DONE, 'cas', 'lock', '', 'us'), b'ok\n')
        failed = self.run_it('cas', 'lock', 'me', 'x', '--output', 'json')
        told = json.loads(failed.stdout)
        self.assertEqual((failed.returncode, told['outcome'], told['value']),
                         (NO, 'compare_failed', 'us'))
        self.assertIn('"lock" holds "us"', failed.stderr)
        self.assertIn('is missing', self.run_it('cas', 'no-lock', 'a', 'b').stderr)

    def test_any_bytes_from_the_input_and_from_files(self):
        self.check(DONE, 'put', 'bytes', '-', data=ANY_BYTES)
        self.assertEqual(self.check(DONE, 'get', 'bytes'), ANY_BYTES)
        path = self.write('value', ANY_BYTES[::-1] + b'\n')
        self.check(DONE, 'put', 'file', '@' + path)
        self.assertEqual(self.check(DONE, 'get', 'file'), ANY_BYTES[::-1] + b'\n')
        key = self.write('key', ANY_BYTES)
        self.check(DONE, 'put', '@' + key, 'found')
        self.assertEqual(self.check(DONE, 'get', '-', data=ANY_BYTES), b'found')

    def test_empty_keys_and_values(self):
        self.check(DONE, 'put', '', '')
        self.assertEqual(self.check(DONE, 'get', ''), b'')
        self.check(DONE, 'put', 'empty', '-', data=b'')
        told = json.loads(self.check(DONE, 'get', 'empty', '--output', 'json'))
        self.assertEqual((told['found'], told['value']), (True, ''))
        self.check(DONE, 'del', '')

    def test_words_that_could_be_something_else(self):
        for word in ('get', '@@at', '-', '--', '-5', '--timeout', '[a,b]', 'a b', '"x"', '\u00e9'):
            with self.subTest(word):
                literal = word[1:] if word.startswith('@@') else word
                if word == '-':
                    self.check(DONE, 'put', '--', 'word', word, data=literal.encode())
                else:
                    self.check(DONE, 'put', '--', 'word', word)
                self.assertEqual(self.check(DONE, 'get', 'word'), literal.encode())
        self.check(DONE, 'put', 'get', 'put')
        self.assertEqual(self.check(DONE, 'get', 'get'), b'put')

    def test_large_values(self):
        value = random.Random(1).randbytes(4 << 20)
        self.check(DONE, 'put', 'large', '@' + self.write('large', value), '--timeout', '60s')
        self.assertEqual(self.check(DONE, 'get', 'large', '--timeout', '60s'), value)
        too_large = self.run_it('put', 'large', '-', '--timeout', '60s', data=value + b'x')
        self.assertEqual(too_large.returncode, REFUSED, too_large)
        self.assertIn('max_value_bytes', too_large.stderr)
        self.check(DONE, 'del', 'large')

    def test_json_holds_any_bytes(self):
        self.check(DONE, 'put', 'json', 'gr\u00fcn "\n')
        told = json.loads(self.check(DONE, 'get', 'json', '--output', 'json'))
        self.assertEqual((told['outcome'], told['key'], told['value']),
                         ('ok', 'json', 'gr\u00fcn "\n'))
        for size in range(4):
            with self.subTest(size):
                value = b'\xff' + ANY_BYTES[:size]
                self.check(DONE, 'put', 'json', '-', data=value)
                told = json.loads(self.check(DONE, '--output', 'json', 'get', 'json'))
                self.assertNotIn('value', told)
                self.assertEqual(base64.b64decode(told['value_base64'], validate=True), value)
        put = json.loads(self.check(DONE, 'put', 'json', 'x', '--output', 'json'))
        self.assertGreater(put['index'], 0)
        self.assertGreater(put['term'], 0)

    def test_a_stale_read_asks_the_first_endpoint(self):
        self.check(DONE, 'put', 'stale', 'value')
        for address in self.cluster.addresses:
            def arrived(endpoint=address):
                result = raftctl('get', 'stale', '--stale', '--endpoints', endpoint)
                return result.stdout == b'value' and result.returncode == DONE
            wait_for(arrived, 'the value at ' + address)

    def test_a_read_of_any_node_is_answered_by_the_first_endpoint(self):
        for i, address in enumerate(self.cluster.addresses):
            self.check(DONE, 'put', 'any', str(i))
            result = raftctl('get', 'any', '--any-node', '--endpoints', address)
            self.assertEqual((result.returncode, result.stdout), (DONE, str(i).encode()))

    def test_how_consistent_a_read_must_be(self):
        self.check(DONE, 'put', 'mode', 'value')
        for mode in ('linearizable', 'lease', 'stale'):
            wait_for(lambda mode=mode: self.check(DONE, 'get', 'mode', '--consistency', mode)
                     == b'value', 'the value, ' + mode)
        for flags in (['--consistency', 'fresh'], ['--stale', '--consistency', 'lease'],
                      ['--any-node', '--consistency', 'stale']):
            self.assertEqual(self.run_it('get', 'mode', *flags).returncode, USAGE, flags)

    def test_each_node_alone_leads_to_the_leader(self):
        for i, address in enumerate(self.cluster.addresses):
            result = raftctl('put', 'via', str(i), '--endpoints', address)
            self.assertEqual((result.returncode, result.stderr), (DONE, ''))
            self.assertEqual(self.check(DONE, 'get', 'via'), str(i).encode())

    def test_a_terminal_gets_a_newline_after_the_value(self):
        self.check(DONE, 'put', 'shown', 'value')
        outside, inside = pty.openpty()
        with subprocess.Popen([binary('raftctl'), 'get', 'shown', '--config', self.cluster.config],
                              stdin=subprocess.DEVNULL, stdout=inside) as process:
            os.close(inside)
            with os.fdopen(outside, 'rb', buffering=0) as terminal:
                shown = terminal.read(100)
            self.assertEqual(process.wait(PATIENCE), DONE)
        self.assertEqual(shown, b'value\r\n')

    @unittest.skipUnless(os.path.exists('/dev/full'), 'no /dev/full here')
    def test_an_output_that_takes_nothing_is_told(self):
        self.check(DONE, 'put', 'full', 'value')
        with open('/dev/full', 'wb') as full:
            result = subprocess.run(
                [binary('raftctl'), 'get', 'full', '--config', self.cluster.config], stdout=full,
                stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
        self.assertEqual(result.returncode, 74)
        self.assertIn(b'cannot write the result', result.stderr)

    def test_the_flag_beats_the_file_and_the_file_the_environment(self):
        dead = '127.0.0.1:%d' % free_ports(1)[0]
        self.check(DONE, 'put', 'order', 'x')
        for arguments, environment, code in (
                (['--endpoints', self.cluster.endpoints], dead, DONE),
                (['--config', self.cluster.config], dead, DONE),
                (['--endpoints', dead, '--config', self.cluster.config, '--timeout', '300ms'],
                 self.cluster.endpoints, NO_LEADER)):
            result = raftctl(*arguments, 'get', 'order', endpoints=environment)
            self.assertEqual(result.returncode, code, result)


class StatusTest(WithCluster):

    def test_a_line_for_each_node(self):
        leader = self.cluster.await_leader()
        lines = self.check(DONE, 'status').decode().splitlines()
        self.assertEqual(lines[0].split(), ['NODE', 'ADDRESS', 'ROLE', 'TERM', 'COMMIT', 'APPLIED',
                                            'SNAPSHOT', 'SILENT', 'BEHIND', 'VERSION'])
        self.assertEqual(len(lines), 4)
        for i, line in enumerate(lines[1:]):
            words = line.split()
            self.assertEqual(words[:3],
                             ['n%d' % i, self.cluster.addresses[i], 'L' if i == leader else 'F'])
            self.assertRegex(words[6], r'^(-|\d+)$')
            self.assertRegex(words[7], '^-$' if i == leader else r'^\d+ms$')
            self.assertRegex(words[8], r'^\d+$')

    def test_json_tells_the_same(self):
        leader = self.cluster.await_leader()
        told = self.cluster.status()
        self.assertEqual(told['leader'], 'n%d' % leader)
        self.assertEqual([each['node'] for each in told['nodes']], ['n0', 'n1', 'n2'])
        self.assertEqual([each['address'] for each in told['nodes']], self.cluster.addresses)
        for each in told['nodes']:
            self.assertIs(each['reachable'], True)
            self.assertEqual(each['cluster'], 'raftctl-test')
            self.assertEqual(each['term'], told['term'])

    def test_suspend_and_resume(self):
        leader = self.cluster.await_leader()
        follower = (leader + 1) % 3
        told = self.check(DONE, 'suspend', 'n%d' % follower, '--for', '10m').decode()
        self.assertIn('n%d at %s is suspended' % (follower, self.cluster.addresses[follower]), told)
        line = self.check(DONE, 'status').decode().splitlines()[1 + follower]
        self.assertIn('suspended', line)
        self.assertIs(self.cluster.status()['nodes'][follower]['suspended'], True)
        told = self.check(DONE, 'resume', '--endpoint', self.cluster.addresses[follower]).decode()
        self.assertIn('takes part again', told)
        self.assertIn('was not suspended', self.check(
            DONE, '--config', self.cluster.config, 'resume', 'n%d' % follower).decode())
        self.cluster.await_leader()

    def test_a_suspended_leader_is_followed_by_another(self):
        leader = self.cluster.await_leader()
        self.check(DONE, 'suspend', 'leader', '--for', '10m', '--output', 'json')
        self.check(DONE, 'put', 'after', 'suspension', '--timeout', '60s')
        self.assertNotEqual(self.cluster.status()['leader'], 'n%d' % leader)
        self.check(DONE, 'resume', 'n%d' % leader)
        self.cluster.await_leader()

    def test_transfer_to_a_node_and_to_the_best(self):
        leader = self.cluster.await_leader()
        target = 'n%d' % ((leader + 1) % 3)
        self.assertIn('has handed leadership to %s' % target,
                      self.check(DONE, 'transfer', target).decode())
        self.assertEqual(self.cluster.status()['leader'], target)
        self.cluster.await_leader()
        told = json.loads(self.check(DONE, 'transfer', '--output', 'json'))
        self.assertEqual(told['outcome'], 'ok')
        self.assertNotEqual(self.cluster.status()['leader'], target)
        self.cluster.await_leader()

    def test_a_transfer_that_cannot_be(self):
        leader = self.cluster.await_leader()
        for target, reason in (('n%d' % leader, 'leads already'), ('n7', 'is no member')):
            result = self.run_it('transfer', target)
            self.assertEqual(result.returncode, REFUSED, result)
            self.assertIn('nothing happened', result.stderr)
            self.assertIn(reason, result.stderr)
        self.assertEqual(self.cluster.status()['leader'], 'n%d' % leader)

    def test_a_snapshot_is_saved_and_shown(self):
        leader = self.cluster.await_leader()
        self.check(DONE, 'put', 'kept', 'in a snapshot')
        told = json.loads(self.check(DONE, 'snapshot', 'leader', '--output', 'json'))
        self.assertEqual((told['outcome'], told['saved']), ('ok', True))
        self.assertGreater(told['bytes'], len('kept' 'in a snapshot'))
        node = self.cluster.status()['nodes'][leader]
        self.assertEqual((node['snapshot_index'], node['snapshot_bytes']),
                         (told['index'], told['bytes']))
        line = self.check(DONE, 'status').decode().splitlines()[1 + leader]
        self.assertEqual(line.split()[6], str(told['index']))
        again = self.check(DONE, 'snapshot', '--endpoint', self.cluster.addresses[leader]).decode()
        self.assertIn('has nothing new to save since index %d' % told['index'], again)

    def test_a_snapshot_of_a_suspended_node_is_refused_at_once(self):
        follower = (self.cluster.await_leader() + 1) % 3
        self.check(DONE, 'suspend', 'n%d' % follower, '--for', '10m')
        result = self.run_it('snapshot', 'n%d' % follower)
        self.assertEqual(result.returncode, REFUSED, result)
        self.assertIn('the node is suspended', result.stderr)
        self.check(DONE, 'resume', 'n%d' % follower)
        self.cluster.await_leader()

    def test_members_are_listed(self):
        leader = self.cluster.await_leader()
        lines = [line.split() for line in self.check(DONE, 'members').decode().splitlines()]
        self.assertEqual(lines[0], ['NODE', 'ROLE', 'ADDRESS', 'STORE', 'BEHIND'])
        for i, line in enumerate(lines[1:]):
            self.assertEqual(line[:3], ['n%d' % i, 'voter', self.cluster.addresses[i]])
            self.assertRegex(line[3], '^[0-9a-f]{16}$')
        told = json.loads(self.check(DONE, 'members', '--output', 'json'))
        self.assertEqual([each['node'] for each in told['members']], ['n0', 'n1', 'n2'])
        self.assertIs(told['changing'], False)
        self.assertEqual(told['members'][leader]['behind'], 0)

    def test_a_learner_is_added_found_and_removed(self):
        self.cluster.await_leader()
        port, = free_ports(1)
        address = '127.0.0.1:%d' % port
        config = json.loads(open(self.cluster.config, encoding='utf-8').read())
        config['nodes']['n7'] = {'address': address}
        path = self.write('wider.json', json.dumps(config).encode())
        data = os.path.join(self.folder, 'n7')
        with open(os.path.join(self.folder, 'n7.log'), 'wb') as log:
            node = subprocess.Popen([binary('raftd'), '--config', path, '--id', 'n7', '--data',
                                     data, '--join'], stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=log)
        try:
            said = self.check(DONE, 'members', 'add', '--learner', 'n7=' + address).decode()
            self.assertIn('the members are changed', said)
            wait_for(lambda: self.in_status('n7', address), 'n7 in the status')
            listed = json.loads(self.check(DONE, 'members', '--output', 'json'))['members']
            self.assertEqual([(each['node'], each['role'], each['address'])
                              for each in listed][3:], [('n7', 'learner', address)])
            self.check(DONE, 'put', 'seen', 'by all')
            wait_for(lambda: self.run_it('get', '--endpoints', address, '--stale', 'seen').stdout
                     == b'by all', 'the learner to follow')
            result = self.run_it('members', 'add', 'n7=' + address)
            self.assertEqual(result.returncode, REFUSED, result)
            self.assertIn('n7 is a member already', result.stderr)
        finally:
            self.check(DONE, 'members', 'remove', 'n7')
            node.kill()
            node.wait()
        listed = json.loads(self.check(DONE, 'members', '--output', 'json'))['members']
        self.assertEqual([each['node'] for each in listed], ['n0', 'n1', 'n2'])

    def in_status(self, name, address):
        return [each for each in self.cluster.status()['nodes']
                if each.get('node') == name and each['address'] == address and each['reachable']]

    def test_a_change_of_members_that_cannot_be(self):
        self.cluster.await_leader()
        for words, reason in ((['remove', 'n7'], 'n7 is not a member'),
                              (['promote', 'n1'], 'n1 cannot be promoted: it is no learner'),
                              (['remove', 'n0', 'n1', 'n2'], 'would leave no voter'),
                              (['add', 'n7=nowhere'], 'the address of n7'),
                              (['replace', 'n0=n1@127.0.0.1:1'], 'n1 is a member already')):
            with self.subTest(words):
                result = self.run_it('members', *words)
                self.assertEqual(result.returncode, REFUSED, result)
                self.assertIn('nothing happened', result.stderr)
                self.assertIn(reason, result.stderr)

    def test_nodes_that_there_are_not(self):
        result = self.run_it('suspend', 'n7')
        self.assertEqual(result.returncode, NO_LEADER, result)
        self.assertIn('none of the endpoints answers as n7', result.stderr)
        result = raftctl('suspend', 'n7', '--config', self.cluster.config)
        self.assertEqual(result.returncode, USAGE, result)
        self.assertIn('n7', result.stderr)


class FakeNode:
    """Opens a session, and then loses every write. Gives its endpoint."""

    REGISTER = bytes.fromhex('0a022a00')  # an ExecuteRequest: a RegisterOperation
    OPENED = bytes.fromhex('0a0408013005')  # an ExecuteResponse: OUTCOME_OK, session 5

    def __enter__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(2)
        self.server = grpc.server(self.pool)
        methods = {'Execute': grpc.unary_unary_rpc_method_handler(self.execute)}
        self.server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(
            'drydock.v1.KeyValueService', methods)])
        port = self.server.add_insecure_port('127.0.0.1:0')
        self.server.start()
        return '127.0.0.1:%d' % port

    def __exit__(self, *_):
        self.server.stop(None).wait()
        self.pool.shutdown()

    def execute(self, request, context):
        if request == self.REGISTER:
            return self.OPENED
        return context.abort(grpc.StatusCode.UNAVAILABLE, 'the cable was cut')


class OutageTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cluster = Cluster(folder.name)
        self.addCleanup(self.cluster.stop)

    def run_it(self, *arguments):
        return raftctl(*arguments, endpoints=self.cluster.endpoints)

    def test_puts_go_on_when_the_leader_is_killed(self):
        self.cluster.start_all()
        leader = self.cluster.await_leader()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            puts = [pool.submit(self.run_it, 'put', 'k%d' % i, 'v%d' % i, '--timeout', '60s')
                    for i in range(40)]
            puts[5].result()
            self.cluster.kill(leader)
        self.assertEqual([each.result().returncode for each in puts], [DONE] * len(puts))
        for i in (0, 6, 39):
            self.assertEqual(self.run_it('get', 'k%d' % i).stdout, b'v%d' % i)
        status = self.run_it('status')
        self.assertEqual(status.returncode, DONE, status)
        self.assertIn('Connection refused', status.stdout.decode().splitlines()[1 + leader])
        node = json.loads(self.run_it('status', '--output', 'json').stdout)['nodes'][leader]
        self.assertIs(node['reachable'], False)
        self.assertIn('Connection refused', node['reason'])

    def test_without_a_majority(self):
        self.cluster.start_all()
        self.run_it('put', 'k', 'v')
        leader = self.cluster.await_leader()
        for node in range(3):
            if node != leader:
                self.cluster.kill(node)
        wait_for(lambda: self.cluster.status()['leader'] is None, 'the leader to step down')
        for command in (['put', 'k', 'w'], ['get', 'k'], ['del', 'k'], ['cas', 'k', 'v', 'w']):
            result = self.run_it(*command, '--timeout', '500ms')
            self.assertEqual((result.returncode, result.stdout), (NO_LEADER, b''), result)
            self.assertIn('nothing happened', result.stderr)
            self.assertIn('Connection refused', result.stderr)
        self.assertEqual(raftctl('get', 'k', '--stale', '--config', self.cluster.config).stdout,
                         b'v')
        status = self.run_it('status')
        self.assertEqual(status.returncode, NO_LEADER, status)
        self.assertEqual(len(status.stdout.splitlines()), 4)
        self.assertIn('1 of 3 endpoints answer', status.stderr)

    def test_a_write_that_was_sent_and_never_answered_is_unknown(self):
        with FakeNode() as endpoint:
            for command in (['put', 'k', 'v'], ['del', 'k'], ['cas', 'k', '--absent', 'v']):
                result = raftctl(*command, '--timeout', '2s', '--endpoints', endpoint)
                self.assertEqual((result.returncode, result.stdout), (UNKNOWN, b''), result)
                for part in ('may have happened', endpoint, 'the cable was cut'):
                    self.assertIn(part, result.stderr)

    def test_nobody_there(self):
        for command in (['put', 'k', 'v'], ['get', 'k'], ['status'], ['suspend', 'n0'], ['transfer'],
                        ['resume', '--endpoint', self.cluster.addresses[0]]):
            result = self.run_it(*command, '--timeout', '300ms')
            self.assertEqual(result.returncode, NO_LEADER, result)
        result = self.run_it('get', 'k', '--timeout', '300ms')
        for part in ('no node could be reached', 'Connection refused', 'check the endpoints',
                     *self.cluster.addresses):
            self.assertIn(part, result.stderr)

    def test_something_else_than_a_node_listens_there(self):
        with socket.socket() as mute:
            mute.bind(('127.0.0.1', 0))
            mute.listen()
            endpoint = '127.0.0.1:%d' % mute.getsockname()[1]
            result = raftctl('get', 'k', '--endpoints', endpoint, '--timeout', '1s')
            self.assertEqual(result.returncode, NO_LEADER, result)
            self.assertIn(endpoint + ' cannot be reached', result.stderr)

    def test_suspend_is_off_unless_the_node_allows_it(self):
        self.cluster.start(0)
        endpoint = self.cluster.addresses[0]
        wait_for(lambda: self.cluster.status()['nodes'][0]['reachable'], 'the node')
        result = raftctl('suspend', '--endpoint', endpoint)
        self.assertEqual(result.returncode, REFUSED, result)
        self.assertIn('--enable-suspend', result.stderr)

    def test_a_cluster_of_which_too_few_were_started(self):
        self.cluster.start(0)
        self.cluster.start(1)
        wait_for(lambda: self.cluster.status()['leader'], 'a leader')
        result = self.run_it('put', 'k', 'v', '--timeout', '1s')
        self.assertEqual(result.returncode, NO_LEADER, result)
        self.assertIn('not enough of the nodes have been started', result.stderr)
        self.assertIn('waits until more nodes have been started',
                      self.run_it('status').stdout.decode())


class CommandLineTest(unittest.TestCase):

    def assert_usage_error(self, *arguments, part='', data=b''):
        result = raftctl(*arguments, data=data)
        self.assertEqual((result.returncode, result.stdout), (USAGE, b''), result)
        self.assertTrue(result.stderr.startswith('raftctl: '), result.stderr)
        self.assertEqual(result.stderr.count('\n'), 1, result.stderr)
        self.assertIn(part, result.stderr)

    def test_unknown_words_and_flags(self):
        for arguments in ([], ['frobnicate'], ['--frobnicate'], ['put'], ['put', 'k'],
                          ['put', 'k', 'v', 'w'], ['get'], ['get', 'k', 'v'], ['del'], ['cas', 'k'],
                          ['cas', 'k', 'v'], ['cas', 'k', '--absent'],
                          ['cas', 'k', '--absent', 'v', 'w'], ['suspend'], ['resume'],
                          ['suspend', 'n0', '--endpoint', 'a:1'], ['status', 'n0'],
                          ['get', 'k', '--output', 'xml'], ['get', 'k', '--endpoints']):
            with self.subTest(arguments):
                self.assert_usage_error(*arguments)

    def test_bad_times(self):
        for text in ('0', '5', '-1s', '1h', 'abc', '', '1us', '99999999s'):
            with self.subTest(text):
                self.assert_usage_error('get', 'k', '--endpoints', 'a:1', '--timeout', text,
                                        part='--timeout')
                self.assert_usage_error('suspend', '--endpoint', 'a:1', '--for', text,
                                        part='--for')

    def test_no_cluster_or_a_bad_one(self):
        self.assert_usage_error('get', 'k', part='DRYDOCK_ENDPOINTS')
        self.assert_usage_error('status', part='--endpoints')
        self.assert_usage_error('get', 'k', '--endpoints', 'localhost', part='lacks its port')
        self.assert_usage_error('status', '--endpoints', 'a:1,,b:2', part='is empty')
        self.assert_usage_error('status', '--config', '/none.json', part='/none.json')
        self.assert_usage_error('suspend', 'node1', '--endpoints', 'a:1', part='is no node')
        for words in (['remove', 'node1'], ['remove'], ['add', 'n3'], ['replace', 'n0=n3'],
                      ['change', 'n0']):
            self.assert_usage_error('members', *words, '--endpoints', 'a:1')
        self.assert_usage_error('transfer', 'node1', '--endpoints', 'a:1', part='is no node')
        self.assert_usage_error('resume', '--endpoint', 'nonsense', part='nonsense')

    def test_values_that_cannot_be_read(self):
        for value in ('@/none', '@', '@/', '@' + ROOT):
            with self.subTest(value):
                self.assert_usage_error('put', 'k', value, '--endpoints', 'a:1')
        self.assert_usage_error('put', '-', '-', '--endpoints', 'a:1', part='only one')
        self.assert_usage_error('cas', 'k', '-', '-', '--endpoints', 'a:1', part='only one')

    def test_help(self):
        for flag in ('--help', '-h', '--help-all'):
            result = raftctl(flag)
            self.assertEqual((result.returncode, result.stderr), (DONE, ''))
            for command in ('put', 'get', 'del', 'cas', 'status', 'suspend', 'resume', 'transfer',
                            'snapshot', 'members', 'bench'):
                self.assertIn(command, result.stdout.decode())
        for command in ('put', 'get', 'del', 'cas', 'status', 'suspend', 'resume', 'transfer',
                        'snapshot', 'members'):
            with self.subTest(command):
                result = raftctl(command, '--help')
                self.assertEqual((result.returncode, result.stderr), (DONE, ''))
                self.assertRegex(result.stdout.decode(), r'Examples?:\n  raftctl ' + command)
        self.assertIn('@@text', raftctl('put', '--help').stdout.decode())


if __name__ == '__main__':
    unittest.main()
