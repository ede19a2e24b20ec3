#!/usr/bin/python3
"""A client that knows nothing of Drydock, made from the report's own message definitions, connects,
puts, gets and suspends."""

import importlib
import unittest

import grpc

import harness
from harness import ClusterError, v1, wait_until

# The report's file, as it was: strings for keys and values, 32-bit terms, none of our fields.
REPORT_PROTO = """
syntax = "proto3";

service Raft {
  rpc VoteRequest (vote_4_me) returns (voted_4_u) {}
  rpc AppendEntryRequest (appendEntry) returns (appendEntry_pending) {}
  rpc heartbeatUpdate (heartbeat) returns (heartbeat_response) {}
  rpc getVal (getVal_request) returns (getVal_response) {}
  rpc setVal (setVal_request) returns (setVal_response) {}
  rpc suspend (suspend_request) returns (suspend_response) {}
  rpc commitVal (commitVal_request) returns (commitVal_response) {}
}

message vote_4_me { int32 source_node = 1; int32 dst_node = 2; int32 term = 3; }
message voted_4_u { int32 source_node = 1; int32 dst_node = 2; int32 term = 3; bool outcome = 4; }
message appendEntry {
  int32 source_node = 1; int32 dst_node = 2; int32 term = 3; string key = 4; string value = 5;
}
message appendEntry_pending {
  int32 source_node = 1; int32 dst_node = 2; int32 term = 3; bool outcome = 4;
}
message heartbeat {
  int32 source_node = 1; int32 dst_node = 2; int32 term = 3;
  int32 lastDB_ID = 4; string lastDB_key = 5;
}
message heartbeat_response {
  int32 source_node = 1; int32 dst_node = 2; int32 term = 3; bool outcome = 4;
}
message commitVal_request {
  int32 source_node = 1; int32 dst_node = 2; int32 term = 3; string key = 4; string value = 5;
}
message commitVal_response {
  int32 source_node = 1; int32 dst_node = 2; int32 term = 3; bool outcome = 4;
}
message suspend_request { int32 temp = 1; }
message suspend_response { int32 temp = 1; }
message getVal_request { string key = 1; }
message getVal_response { string value = 1; bool outcome = 2; }
message setVal_request { string key = 1; string value = 2; }
message setVal_response { string value = 1; bool outcome = 2; }
"""

METHODS = {
    'VoteRequest': ('vote_4_me', 'voted_4_u'),
    'AppendEntryRequest': ('appendEntry', 'appendEntry_pending'),
    'heartbeatUpdate': ('heartbeat', 'heartbeat_response'),
    'getVal': ('getVal_request', 'getVal_response'),
    'setVal': ('setVal_request', 'setVal_response'),
    'suspend': ('suspend_request', 'suspend_response'),
    'commitVal': ('commitVal_request', 'commitVal_response'),
}

# s: how long a call to a node that ought to be silent waits for an answer that must not come.
SILENCE = 1.5


def load_report():
    folder = harness.FOLDER / 'report'
    folder.mkdir()
    (folder / 'report.proto').write_text(REPORT_PROTO, encoding='utf-8')
    harness.generate(folder, 'report.proto')
    return importlib.import_module('report_pb2')


report = load_report()


class Client:
    """The report's client for one node."""

    def __init__(self, address):
        self.channel = harness.open_channel(address)
        self.calls = {name: harness.unary(self.channel, f'/Raft/{name}', getattr(report, answer))
                      for name, (_, answer) in METHODS.items()}

    def call(self, name, timeout=30, **fields):
        return self.calls[name](getattr(report, METHODS[name][0])(**fields), timeout=timeout)

    def put(self, key, value, timeout=30):
        return self.call('setVal', timeout, key=key, value=value)

    def get(self, key, timeout=30):
        return self.call('getVal', timeout, key=key)

    def suspend(self):
        return self.call('suspend')


def is_silent(call):
    """True when the call gets no answer at all."""
    try:
        call()
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.DEADLINE_EXCEEDED:
            return True
        raise
    return False


class PaperClientTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.cluster = harness.Cluster.running(cls, 3, flags=['--enable-suspend'])
        cls.clients = {name: Client(node.address) for name, node in cls.cluster.nodes.items()}
        for client in cls.clients.values():
            cls.addClassCleanup(client.channel.close)

    def leader(self):
        return self.cluster.leader()

    def to_leader(self, ask):
        """ask(client of the leader), again when the leader has just changed."""
        def done():
            try:
                answer = ask(self.clients[self.leader()])
            except grpc.RpcError as error:
                if error.code() in (grpc.StatusCode.UNAVAILABLE,
                                    grpc.StatusCode.DEADLINE_EXCEEDED):
                    return None
                raise
            return answer if answer.outcome else None
        return wait_until(done, 'the leader should serve')

    def put(self, key, value):
        return self.to_leader(lambda client: client.put(key, value))

    def get(self, key):
        return self.to_leader(lambda client: client.get(key))

    def assert_refused(self, code, *parts, call):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        for part in parts:
            self.assertIn(part, caught.exception.details())

    # --- setVal and getVal ---

    def test_what_is_put_is_got(self):
        answer = self.put('key', 'value')
        self.assertEqual((answer.outcome, answer.value), (True, ''))
        answer = self.get('key')
        self.assertEqual((answer.outcome, answer.value), (True, 'value'))

    def test_the_last_put_counts(self):
        for value in ('one', 'two', ''):
            self.put('rewritten', value)
            self.assertEqual(self.get('rewritten').value, value)

    def test_a_missing_key_is_served_as_empty(self):
        answer = self.get('no such key')
        self.assertEqual((answer.outcome, answer.value), (True, ''))

    def test_keys_are_any_text(self):
        keys = ['ключ', '鍵', '🗝️', ' ', 'a/b?c#d', 'line\nbreak', 'nul\0inside', '\x7f\x01',
                'x' * 1000, '"quoted" \\ {json: 1}', '../../etc/passwd', '%s%n', '-1']
        for number, key in enumerate(keys):
            self.put(key, f'{number}: {key}')
        for number, key in enumerate(keys):
            self.assertEqual(self.get(key).value, f'{number}: {key}')

    def test_a_value_of_a_megabyte(self):
        value = 'drydock ' * (1 << 17)
        self.put('large', value)
        self.assertEqual(self.get('large').value, value)

    def test_our_own_client_sees_the_same(self):
        self.put('shared', 'from the report')
        self.assertEqual(self.cluster.get(b'shared'), b'from the report')
        self.cluster.put(b'shared back', 'from Drydock'.encode())
        self.assertEqual(self.get('shared back').value, 'from Drydock')

    def test_setVal_at_a_follower_names_the_leader(self):
        def told():
            leader = self.leader()
            followers = [name for name in self.clients if name != leader]
            answers = [self.clients[name].put('to a follower', 'x') for name in followers]
            # Only if nobody led in between can the answers be held against one leader.
            return (leader, answers) if self.cluster.leader_now() == leader else None
        leader, answers = wait_until(told, 'a leader should last for two calls')
        for answer in answers:
            self.assertEqual((answer.outcome, answer.value), (False, leader.removeprefix('n')))
        self.assertEqual(self.get('to a follower').value, '')

    def test_getVal_at_a_follower_is_an_error_that_names_the_leader(self):
        leader = self.leader()
        follower = next(name for name in self.clients if name != leader)
        self.assert_refused(grpc.StatusCode.UNAVAILABLE, 'lead',
                            self.cluster.nodes[leader].address,
                            call=lambda: self.clients[follower].get('key'))

    # --- Messages between the report's nodes ---

    def test_a_node_of_the_report_is_a_stranger(self):
        term = self.cluster.told(self.leader()).term
        fields = {'source_node': 1, 'dst_node': 0, 'term': 1000}
        calls = {'VoteRequest': {}, 'AppendEntryRequest': {'key': 'stolen', 'value': 'x'},
                 'heartbeatUpdate': {'lastDB_ID': 5, 'lastDB_key': 'k'},
                 'commitVal': {'key': 'stolen', 'value': 'x'}}
        for name, more in calls.items():
            for client in self.clients.values():
                with self.subTest(name):
                    self.assert_refused(grpc.StatusCode.FAILED_PRECONDITION, 'cluster',
                                        call=lambda c=client, n=name, m=more: c.call(
                                            n, **fields, **m))
        self.assertLess(self.cluster.told(self.leader()).term, 1000)
        self.assertGreaterEqual(self.cluster.told(self.leader()).term, term)
        self.assertEqual(self.get('stolen').value, '')

    # --- suspend ---

    def resume(self, name):
        return self.cluster.stub(name).resume(v1.ResumeRequest(), timeout=30).was_suspended

    def assert_silent(self, name):
        """To clients and to peers, while the admin service says why."""
        client = self.clients[name]
        self.assertTrue(is_silent(lambda: client.put('silent', 'x', timeout=SILENCE)))
        self.assertTrue(is_silent(lambda: client.get('silent', timeout=SILENCE)))
        self.assertTrue(self.cluster.told(name).suspended)

    def test_a_suspended_leader_is_silent_and_comes_back_as_a_follower(self):
        self.put('before', 'kept')
        old = self.leader()
        self.assertEqual(self.clients[old].suspend().temp, 0)
        self.assert_silent(old)
        new = self.cluster.leader(but=[old])
        self.put('meanwhile', 'without it')
        self.assertTrue(self.resume(old))
        wait_until(lambda: not self.cluster.told(old).suspended, 'it should be back')

        def caught_up():
            status = self.cluster.status(old, key=b'meanwhile')
            return status and status.role == v1.ROLE_FOLLOWER and (
                status.value == b'without it') and status.HasField('leader')
        wait_until(caught_up, 'it should follow and know what it missed')
        self.assertEqual(self.get('before').value, 'kept')
        self.assertNotEqual(new, old)
        self.assertFalse(self.resume(old))

    def test_a_suspended_follower_does_not_stop_the_others(self):
        leader = self.leader()
        follower = next(name for name in self.clients if name != leader)
        self.clients[follower].suspend()
        self.assert_silent(follower)
        self.put('without a follower', 'yes')
        self.assertEqual(self.get('without a follower').value, 'yes')
        self.resume(follower)
        wait_until(lambda: self.cluster.told(follower, key=b'without a follower').value,
                   'it should catch up')

    def test_a_suspension_ends_by_itself_and_the_node_is_a_follower_then(self):
        # The report's client cannot say how long: by our field, as bytes behind its own (10: 2000).
        old = self.leader()
        request = report.suspend_request.FromString(b'\x50\xd0\x0f')
        self.clients[old].calls['suspend'](request, timeout=30)
        self.assertTrue(self.cluster.told(old).suspended)
        wait_until(lambda: not self.cluster.told(old).suspended, 'its time should be over')
        self.cluster.leader()
        causes = [event.get('why') for event in self.cluster.nodes[old].events()
                 if event.get('event') == 'role_changed']
        self.assertIn('suspended', causes)
        self.put('afterwards', 'served')
        wait_until(lambda: self.cluster.told(old, key=b'afterwards').value == b'served',
                   'it should take part again')

    def test_a_suspended_node_can_be_killed_and_wakes_up_on_its_start(self):
        follower = next(name for name in self.clients if name != self.leader())
        self.clients[follower].suspend()
        self.cluster.kill(follower)
        self.put('while it is down', 'kept')
        self.cluster.start(follower)
        self.assertFalse(self.cluster.told(follower).suspended)
        wait_until(lambda: self.cluster.told(follower, key=b'while it is down').value == b'kept',
                   'it should catch up')


class NoSuspendTest(unittest.TestCase):

    def test_suspend_is_refused_where_it_was_not_enabled(self):
        cluster = harness.Cluster.running(self, 1)
        client = Client(cluster.nodes['n0'].address)
        self.addCleanup(client.channel.close)
        with self.assertRaises(grpc.RpcError) as caught:
            client.suspend()
        self.assertEqual(caught.exception.code(), grpc.StatusCode.PERMISSION_DENIED)
        self.assertIn('--enable-suspend', caught.exception.details())
        self.assertTrue(client.put('key', 'value').outcome)
        self.assertFalse(cluster.told('n0').suspended)


class NobodyLeadsTest(unittest.TestCase):

    def test_without_a_quorum_nothing_is_taken_as_done(self):
        cluster = harness.Cluster.running(self, 3)
        left = cluster.leader()
        for name in cluster.nodes:
            if name != left:
                cluster.kill(name)
        client = Client(cluster.nodes[left].address)
        self.addCleanup(client.channel.close)

        def gave_up():
            status = cluster.status(left)
            return status and status.role != v1.ROLE_LEADER
        wait_until(gave_up, 'a leader without followers should give up')
        answer = client.put('key', 'value')
        self.assertEqual((answer.outcome, answer.value), (False, ''))
        with self.assertRaises(grpc.RpcError) as caught:
            client.get('key')
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        with self.assertRaises(ClusterError):
            cluster.put(b'key', b'value', limit=1)


if __name__ == '__main__':
    harness.main()
