#!/usr/bin/python3
"""What strangers and careless clients ask of nodes that run: it is refused, and the store goes on
in the same processes, in the same term."""

import contextlib
import struct
import threading
import unittest

import grpc

import harness
from bad_input import MAX_KEY, MAX_VALUE, MEBIBYTE, BadInputTest
from harness import ClusterError, by_length, v1, wait_until

raft = harness.raft_messages()

MASK = (1 << 64) - 1


def mix(number):
    number = (number + 0x9e3779b97f4a7c15) & MASK
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9 & MASK
    number = (number ^ number >> 27) * 0x94d049bb133111eb & MASK
    return number ^ number >> 31


def fingerprint(name):
    """Of a cluster's name, as nodes put it into their messages (core/base/hasher.h): no secret."""
    state = 0x243f6a8885a308d3
    data = name.encode()
    words = [len(data), *(int.from_bytes(data[at:at + 8], 'little')
                          for at in range(0, len(data), 8))]
    for word in words:
        state = (state ^ word) * 0x9fb21c651e98df25 & MASK
        state ^= state >> 32
    return mix(state) or 1


class RequestTest(BadInputTest):

    def outcome(self, operation):
        """Of the leader; asked again when it has just ceased to lead."""
        def decided():
            outcome = self.on_leader(operation).outcome
            return outcome if outcome not in (v1.OUTCOME_NOT_LEADER, v1.OUTCOME_UNKNOWN) else None
        return wait_until(decided, 'the leader should decide')

    def test_empty_and_binary_keys_are_keys(self):
        pairs = {b'': b'empty key', b'\0': b'\0\0', bytes(range(256)): bytes(range(256)),
                 b'\xff' * MAX_KEY: b'', b'\xc3\x28 no UTF-8': b'\x80'}
        for key, value in pairs.items():
            self.cluster.put(key, value)
        for key, value in pairs.items():
            self.assertEqual(self.cluster.get(key), value)
        self.assertEqual(self.cluster.get_all(pairs), pairs)

    def test_what_is_at_the_limit_is_taken_and_what_is_over_it_refused(self):
        for key, value, good in ((b'k' * MAX_KEY, b'v', True), (b'k' * (MAX_KEY + 1), b'v', False),
                                 (b'limit', b'v' * MAX_VALUE, True),
                                 (b'limit', b'v' * (MAX_VALUE + 1), False)):
            with self.subTest(f'{len(key)} and {len(value)} bytes'):
                expected = v1.OUTCOME_OK if good else v1.OUTCOME_TOO_LARGE
                self.assertEqual(self.outcome(harness.put_operation(key, value)), expected)
                cas = v1.CompareAndSetOperation(key=key, value=value, expected=value)
                self.assertEqual(self.outcome(v1.Operation(compare_and_set=cas)),
                                 v1.OUTCOME_OK if good else v1.OUTCOME_TOO_LARGE)
        self.assertEqual(self.cluster.get(b'limit'), b'v' * MAX_VALUE)

    def test_the_report_s_interface_names_the_limit_as_an_error(self):
        def refused():
            call = harness.unary(self.cluster.stub(self.cluster.leader()).channel, '/Raft/setVal',
                                 raft.setVal_response)
            try:
                return call(raft.setVal_request(key=b'k', value=bytes(MAX_VALUE + 1)),
                            timeout=30) and None
            except grpc.RpcError as error:
                return error if error.code() != grpc.StatusCode.UNAVAILABLE else None
        error = wait_until(refused, 'the leader should refuse')
        self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn('limit', error.details())

    def test_a_message_far_over_the_limit_is_refused_by_its_size(self):
        for size in (3 * MEBIBYTE, 100 * MEBIBYTE):
            with self.assertRaises(grpc.RpcError) as caught:
                self.on_leader(harness.put_operation(b'huge', bytes(size)))
            self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertIsNone(self.cluster.get(b'huge'))

    def test_operations_that_make_no_sense(self):
        put = v1.PutOperation(key=b'k', value=b'v')
        for operation, outcomes in (
                (v1.Operation(), [v1.OUTCOME_BAD_REQUEST]),
                (v1.Operation(get=v1.GetOperation(key=b'k', mode=77)), [v1.OUTCOME_BAD_REQUEST]),
                (v1.Operation(put=put, session=MASK, sequence=1, first_unanswered=1),
                 [v1.OUTCOME_SESSION_UNKNOWN, v1.OUTCOME_BAD_REQUEST]),
                (v1.Operation(put=put, session=1 << 40, sequence=0),
                 [v1.OUTCOME_SESSION_UNKNOWN, v1.OUTCOME_BAD_REQUEST]),
                (v1.Operation(put=put, session=1 << 40, sequence=1, first_unanswered=MASK),
                 [v1.OUTCOME_SESSION_UNKNOWN, v1.OUTCOME_BAD_REQUEST])):
            with self.subTest(str(operation)):
                self.assertIn(self.outcome(operation), outcomes)

    def test_a_session_survives_its_own_nonsense(self):
        session = wait_until(lambda: self.on_leader(v1.Operation(
            register=v1.RegisterOperation())).session, 'a session should be opened')
        put = v1.PutOperation(key=b'session', value=b'good')
        self.assertEqual(self.outcome(v1.Operation(put=put, session=session, sequence=1,
                                                   first_unanswered=1)), v1.OUTCOME_OK)
        bad = v1.PutOperation(key=b'session', value=b'bad')
        for sequence, first in ((0, 0), (0, MASK), (5, 9), (1, 1)):
            self.outcome(v1.Operation(put=bad, session=session, sequence=sequence,
                                      first_unanswered=first))
            self.assertEqual(self.cluster.get(b'session'), b'good')

    def test_deadlines_that_are_over(self):
        stub = self.cluster.stub(self.cluster.leader())
        request = v1.ExecuteRequest(operation=harness.put_operation(b'late', b'x'))
        calls = [stub.execute.future(request, timeout=self.dice.choice((0, 1e-6, 1e-4, 1e-3)))
                 for _ in range(by_length(500, 2000, 20000))]
        codes = {call.code() for call in calls}
        self.assertIn(grpc.StatusCode.DEADLINE_EXCEEDED, codes)
        self.assertLessEqual(codes, {grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.OK})

    def test_calls_that_are_cancelled(self):
        stub = self.cluster.stub(self.cluster.leader())
        for i in range(by_length(500, 2000, 20000)):
            call = stub.execute.future(v1.ExecuteRequest(
                operation=harness.put_operation(b'cancelled', b'%d' % i)), timeout=30)
            if i % 3:
                call.cancel()

    def test_methods_that_there_are_not(self):
        for path in ('/Raft/delVal', '/nothing', '/', '/drydock.v2.KeyValueService/Execute'):
            with self.subTest(path), self.assertRaises(grpc.RpcError) as caught:
                self.raw(self.channel(), path)(b'', timeout=30)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.UNIMPLEMENTED)


class StreamTest(BadInputTest):

    def test_more_operations_at_once_than_may_be_undecided(self):
        count = by_length(20000, 100000, 300000)
        request = v1.ExecuteStreamRequest(operations=[
            v1.NumberedOperation(number=i, operation=harness.get_operation(b'first'))
            for i in range(count)])
        stub = self.cluster.stub(self.cluster.leader())
        outcomes, numbers = {}, set()
        with contextlib.suppress(grpc.RpcError):  # larger than a message may be, that is an answer
            for response in stub.stream(iter([request]), timeout=60):
                for told in response.answers:
                    numbers.add(told.number)
                    outcomes[told.answer.outcome] = outcomes.get(told.answer.outcome, 0) + 1
            self.assertEqual(len(numbers), count, outcomes)
            self.assertLessEqual(set(outcomes), {v1.OUTCOME_OK, v1.OUTCOME_BUSY,
                                                 v1.OUTCOME_NOT_LEADER})

    def test_a_client_that_asks_and_never_listens(self):
        stub = self.cluster.stub(self.cluster.leader())
        self.cluster.put(b'answer', bytes(MAX_VALUE))
        batch = v1.ExecuteStreamRequest(operations=[
            v1.NumberedOperation(number=i, operation=harness.get_operation(b'answer'))
            for i in range(500)])
        over = threading.Event()

        def requests():
            for _ in range(by_length(500, 2000, 20000)):
                yield batch
            over.wait(30)
        calls = [stub.stream(requests(), timeout=120) for _ in range(4)]
        self.assert_goes_on()
        over.set()
        for call in calls:
            call.cancel()

    def test_a_client_that_goes_in_the_middle(self):
        for _ in range(by_length(20, 100, 1000)):
            channel = harness.open_channel(self.cluster.nodes[self.cluster.leader()].address)
            stream = channel.stream_stream(
                '/drydock.v1.KeyValueService/ExecuteStream',
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=v1.ExecuteStreamResponse.FromString)
            batch = v1.ExecuteStreamRequest(operations=[v1.NumberedOperation(
                number=i, operation=harness.put_operation(b'gone %d' % i, b'x'))
                                                        for i in range(100)])
            call = stream(iter([batch] * 5), timeout=30)
            if self.dice.random() < 0.5:
                with contextlib.suppress(grpc.RpcError):
                    next(call)
            channel.close()


class StrangerTest(BadInputTest):
    """Messages between nodes, from others."""

    PEER_METHODS = {'VoteRequest': raft.vote_4_me, 'AppendEntryRequest': raft.appendEntry,
                    'heartbeatUpdate': raft.heartbeat, 'commitVal': raft.commitVal_request}

    def send(self, name, method, message):
        """The status code; None for an answer."""
        call = self.raw(self.cluster.stub(name).channel, f'/Raft/{method}')
        try:
            call(message.SerializeToString(), timeout=30)
        except grpc.RpcError as error:
            return error.code()
        return None

    def message(self, method, term, source, target, cluster, store=1):
        message = self.PEER_METHODS[method](source_node=source, dst_node=target, term=term)
        message.sender.cluster = cluster
        message.sender.store = store
        if method == 'VoteRequest':
            message.last_index, message.last_term = 1 << 60, max(0, term)
        elif method == 'AppendEntryRequest':
            message.probe, message.commit = True, 1 << 40
            message.entries.add(term=max(0, term), kind=1, payload=b'poison')
        elif method == 'heartbeatUpdate':
            message.lastDB_ID, message.round = 1 << 40, 1 << 40
        else:
            message.commit = 1 << 40
        return message

    def test_another_cluster_is_refused(self):
        for method in self.PEER_METHODS:
            for cluster in (0, 1, fingerprint('other')):
                for target, name in enumerate(self.cluster.nodes):
                    message = self.message(method, 1 << 62, (target + 1) % 3, target, cluster)
                    self.assertEqual(self.send(name, method, message),
                                     grpc.StatusCode.FAILED_PRECONDITION)

    def test_strangers_who_know_the_cluster_s_name_do_not_move_its_term(self):
        ours = fingerprint(self.cluster.name)
        for method in self.PEER_METHODS:
            for term in (self.term, self.term + 1, 1000, 1 << 31, 1 << 62, (1 << 63) - 1, -1):
                for target, name in enumerate(self.cluster.nodes):
                    for source in (0, 1, 2, 3, 77, -1, (1 << 31) - 1):
                        self.send(name, method, self.message(method, term, source, target, ours))
        self.assertEqual(self.cluster.get(b'first'), b'value')
        for name in self.cluster.nodes:
            self.assertLess(self.cluster.told(name).commit, 1 << 39)

    def test_a_known_node_with_another_store_is_refused_and_said_so(self):
        ours = fingerprint(self.cluster.name)
        message = self.message('VoteRequest', 1 << 40, 1, 0, ours, store=12345)
        self.assertEqual(self.send('n0', 'VoteRequest', message), grpc.StatusCode.ABORTED)
        wait_until(lambda: any(event.get('why') == 'wrong_store' and event.get('peer') == 'n1'
                               for event in self.cluster.nodes['n0'].events()),
                   'the log should tell')

    def test_hello_of_strangers(self):
        call = harness.unary(self.channel(), '/drydock.v1.PeerService/Hello', v1.HelloResponse)
        for cluster, node in (('other', 1), ('', 0), (self.cluster.name, 77), ('x' * 100000, 1),
                              (self.cluster.name, (1 << 32) - 1)):
            with self.subTest(f'{cluster[:10]} {node}'), self.assertRaises(grpc.RpcError) as caught:
                call(v1.HelloRequest(cluster=cluster, node=node), timeout=30)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.FAILED_PRECONDITION)

    def chunk_head(self, term, source, target, cluster, size, store=1):
        nodes = struct.pack('<IIII', 3, 0, 1, 2)
        members = struct.pack('<IIQIQIQ', 3, 0, 9, 1, 9, 2, 9)
        head = v1.SnapshotChunkHead(
            source_node=source, dst_node=target, term=term, index=1 << 40, index_term=1,
            configuration=b'\1\1' + nodes + bytes(8) + members, state_bytes=size,
            chunk_bytes=size)
        head.sender.cluster, head.sender.store = cluster, store
        return v1.InstallSnapshotRequest(head=head)

    def send_chunk(self, name, *parts):
        call = self.cluster.stub(name).channel.stream_unary(
            '/drydock.v1.PeerService/InstallSnapshot')
        try:
            call(iter([part.SerializeToString() for part in parts]), timeout=30)
        except grpc.RpcError as error:
            return error.code()
        return None

    def test_a_snapshot_of_strangers_takes_nobody_s_place(self):
        ours = fingerprint(self.cluster.name)
        piece = v1.InstallSnapshotRequest(piece=b'\1\5')  # a state that holds nothing
        for cluster, code in ((ours, grpc.StatusCode.ABORTED),
                              (ours + 1, grpc.StatusCode.FAILED_PRECONDITION)):
            for term in (self.term, self.term + 1, 1 << 62):
                for target, name in enumerate(self.cluster.nodes):
                    for source in ((target + 1) % 3, 77, 0):
                        head = self.chunk_head(term, source, target, cluster, 2)
                        self.assertEqual(self.send_chunk(name, head, piece), code)
        self.assertEqual(self.cluster.get(b'first'), b'value')
        for name in self.cluster.nodes:
            self.assertLess(self.cluster.told(name).snapshot_index, 1 << 39)

    def test_chunks_that_are_begun_and_never_end_take_little_memory(self):
        ours = fingerprint(self.cluster.name)
        over = threading.Event()
        piece = v1.InstallSnapshotRequest(piece=bytes(MEBIBYTE)).SerializeToString()

        def parts():
            yield self.chunk_head(self.term, 1, 0, ours, 16 * MEBIBYTE).SerializeToString()
            for _ in range(15):
                yield piece
            over.wait(60)
        calls = [self.channel().stream_unary('/drydock.v1.PeerService/InstallSnapshot').future(
            parts(), timeout=120) for _ in range(by_length(20, 40, 100))]
        wait_until(lambda: sum(call.done() for call in calls) >= len(calls) - 4,
                   'all but four should have given way')
        self.assert_goes_on()  # which looks at the memory
        over.set()
        for call in calls:
            call.cancel()

    def random_message(self, method, ours):
        """Of the right shape, with numbers that are mostly wrong."""
        dice = self.dice

        def number():
            return dice.choice((0, 1, 2, self.term, 5, 100, 1 << 31, 1 << 62, (1 << 63) - 1))
        message = self.message(method, dice.choice((-1, number())), dice.choice((0, 1, 2, 3, -1)),
                               dice.randrange(3), dice.choice((ours, ours, ours, 0)), number())
        for field in message.DESCRIPTOR.fields:
            if field.label == field.LABEL_REPEATED or field.type == field.TYPE_MESSAGE:
                continue
            if field.number >= 10 and dice.random() < 0.5:
                value = dice.random() < 0.5 if field.type == field.TYPE_BOOL else number()
                setattr(message, field.name, value)
        if method == 'AppendEntryRequest':
            for _ in range(dice.randrange(5)):
                message.entries.add(term=dice.choice((-1, number())), kind=dice.randrange(7),
                                    payload=dice.randbytes(dice.randrange(60)))
        return message

    def test_random_messages_of_the_right_shape(self):
        ours = fingerprint(self.cluster.name)
        channel = {name: self.cluster.stub(name).channel for name in self.cluster.nodes}
        for _ in range(by_length(20, 100, 1000)):
            calls = []
            for _ in range(50):
                method = self.dice.choice(sorted(self.PEER_METHODS))
                name = self.dice.choice(sorted(channel))
                calls.append(self.raw(channel[name], f'/Raft/{method}').future(
                    self.random_message(method, ours).SerializeToString(), timeout=30))
            for call in calls:
                call.exception()
        self.assertEqual(self.cluster.get(b'first'), b'value')


class UnfoundedTest(unittest.TestCase):

    def test_strangers_cannot_spoil_a_cluster_before_it_is_founded(self):
        cluster = harness.Cluster(3)
        self.addCleanup(cluster.close)
        cluster.start('n0')
        with self.assertRaises(ClusterError):
            cluster.put(b'too', b'early', limit=1)
        for term in (1000, 1 << 40, 1 << 62, (1 << 63) - 1):
            message = raft.vote_4_me(source_node=1, dst_node=0, term=term, last_index=9,
                                     last_term=9)
            message.sender.cluster, message.sender.store = fingerprint(cluster.name), 99
            with contextlib.suppress(grpc.RpcError):
                cluster.stub('n0').channel.unary_unary('/Raft/VoteRequest')(
                    message.SerializeToString(), timeout=30)
        cluster.start_all(['n1', 'n2'])
        cluster.put(b'founded', b'yes')
        self.assertEqual(cluster.get(b'founded'), b'yes')


def load_tests(loader, _tests, _pattern):
    """Without the base class, which has no tests but would start a cluster."""
    classes = (RequestTest, StreamTest, StrangerTest, UnfoundedTest)
    return unittest.TestSuite(loader.loadTestsFromTestCase(each) for each in classes)


if __name__ == '__main__':
    harness.main()
