#!/usr/bin/python3
"""Each door of a node, tried from outside by those who must not come in, and by those who may."""

import contextlib
import socket
import struct
import threading
import unittest

import grpc

import harness
from cluster import PATIENCE, port_of
from harness import get_operation, put_operation, unary, v1, wait_until
from secure_cluster import (EXPIRED, SecureCluster, bearer, code_of, execute_on, refusal, sha256)

raft = harness.raft_messages()
Code = grpc.StatusCode

PUT = v1.ExecuteRequest(operation=put_operation(b'color', b'blue'))
GET = v1.ExecuteRequest(operation=get_operation(b'color'))
SHUT = (Code.UNAVAILABLE,)  # the handshake ends it
STRANGE_TERM = 1000  # of the messages of strangers: whoever hears one of them has at least that


def status_on(channel):
    return unary(channel, '/drydock.v1.AdminService/GetStatus', v1.GetStatusResponse)


def admin(channel, method, response):
    return unary(channel, f'/drydock.v1.AdminService/{method}', response)


def vote_on(channel):
    return unary(channel, '/Raft/VoteRequest', raft.voted_4_u)


def a_vote(source, target):
    """As a node sends it, but for the stores, which a stranger does not know."""
    request = raft.vote_4_me(source_node=source, dst_node=target, term=STRANGE_TERM)
    request.sender.cluster = fingerprint('test')
    request.sender.store = 7
    return request


def fingerprint(name):
    from bad_input_test import fingerprint as of  # pylint: disable=import-outside-toplevel
    return of(name)


class SecureTest(unittest.TestCase):
    CLUSTER = {}

    @classmethod
    def setUpClass(cls):
        cls.cluster = SecureCluster.running(cls, 3, **cls.CLUSTER)

    @contextlib.contextmanager
    def channel(self, address, *shown, **more):
        channel = self.cluster.channel(address, *shown, **more)
        try:
            yield channel
        finally:
            channel.close()

    def clients_port(self, name='n0'):
        return self.cluster.nodes[name].address

    def peers_port(self, name='n0'):
        return self.cluster.peer_address(name)

    def assert_nothing_happened(self):
        """No stranger was heard: the term is none of theirs, and the cluster takes writes."""
        self.cluster.put(b'alive', b'yes')
        self.assertLess(self.cluster.told('n0').term, STRANGE_TERM)


class ClientsPortTest(SecureTest):
    """Clients must have a certificate here."""

    def code(self, *shown, **more):
        with self.channel(self.clients_port(), *shown, **more) as channel:
            return code_of(execute_on(channel), PUT)

    def test_who_has_a_certificate_of_the_ca_reads_writes_and_governs(self):
        self.cluster.put(b'color', b'green')
        self.assertEqual(self.cluster.get(b'color'), b'green')
        self.assertEqual(self.cluster.raftctl('get', 'color').stdout, 'green')
        self.assertEqual(self.cluster.raftctl('status').returncode, 0)
        self.assertEqual(self.cluster.raftctl('snapshot', 'leader').returncode, 0)

    def test_plaintext_is_refused(self):
        with contextlib.closing(harness.open_channel(self.clients_port())) as channel:
            self.assertIn(code_of(execute_on(channel), PUT), SHUT)
        with contextlib.closing(harness.open_channel(self.peers_port())) as channel:
            self.assertIn(code_of(vote_on(channel), a_vote(1, 0)), SHUT)
        done = self.cluster.raftctl('get', 'color', shown=None, ca=None, timeout='10s')
        self.assertEqual(done.returncode, 3, done)

    def test_no_certificate_is_refused(self):
        self.assertIn(self.code(), SHUT)
        done = self.cluster.raftctl('put', 'color', 'red', shown=None, timeout='10s')
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('does it ask for a certificate', done.stderr)

    def test_a_certificate_of_another_ca_is_refused(self):
        self.cluster.authority('stranger-ca').sign('stranger', 'operator')
        self.assertIn(self.code('stranger'), SHUT)

    def test_a_certificate_of_the_nodes_ca_is_refused(self):
        self.assertIn(self.code('n1-peer'), SHUT)

    def test_an_expired_certificate_is_refused(self):
        self.cluster.authority('ca').sign('expired', 'operator', period=EXPIRED)
        self.assertIn(self.code('expired'), SHUT)

    def test_a_client_refuses_a_node_of_another_ca(self):
        self.cluster.authority('other-ca')
        self.assertIn(self.code('operator', ca='other-ca'), SHUT)
        done = self.cluster.raftctl('get', 'color', ca='other-ca', timeout='10s')
        self.assertEqual(done.returncode, 3, done)
        self.assertIn('certificate', done.stderr)

    def test_a_client_refuses_a_node_of_another_name(self):
        self.assertIn(self.code('operator', host='elsewhere.example.org'), SHUT)

    def test_a_nodes_certificate_is_no_good_even_if_the_ca_of_clients_made_it(self):
        self.cluster.make_node_certificate('impostor', 'n1', ca='ca')
        with self.channel(self.clients_port(), 'impostor') as channel:
            for method, request in ((vote_on(channel), a_vote(1, 0)), (execute_on(channel), PUT)):
                code, text = refusal(method, request)
                self.assertEqual(code, Code.PERMISSION_DENIED)
                self.assertIn('port for clients', text)
        self.assert_nothing_happened()

    def test_a_client_cannot_speak_as_a_node(self):
        with self.channel(self.clients_port(), 'operator') as channel:
            for method, request in (*peer_calls(channel, 1, 0), ping(channel)):
                code, text = refusal(method, request)
                self.assertEqual(code, Code.UNAUTHENTICATED, text)
        self.assert_nothing_happened()


def ping(channel):
    """It does not tell who asks."""
    return (unary(channel, '/drydock.v1.PeerService/Ping', v1.PingResponse),
            v1.PingRequest(cluster='test', node=0, number=7))


def peer_calls(channel, source, target):
    """Each call that a node makes to another one, well formed."""
    fields = {'source_node': source, 'dst_node': target, 'term': STRANGE_TERM}
    service = '/drydock.v1.PeerService/'
    calls = [
        (vote_on(channel), a_vote(source, target)),
        (unary(channel, '/Raft/AppendEntryRequest', raft.appendEntry_pending),
         raft.appendEntry(**fields)),
        (unary(channel, '/Raft/heartbeatUpdate', raft.heartbeat_response),
         raft.heartbeat(**fields)),
        (unary(channel, '/Raft/commitVal', raft.commitVal_response),
         raft.commitVal_request(**fields)),
        (unary(channel, service + 'TimeoutNow', v1.TimeoutNowResponse),
         v1.TimeoutNowRequest(**fields)),
        (unary(channel, service + 'ReadIndex', v1.ReadIndexResponse),
         v1.ReadIndexRequest(**fields, asker_incarnation=1, number=1)),
        (unary(channel, service + 'Hello', v1.HelloResponse),
         v1.HelloRequest(cluster='test', node=source)),
    ]
    for _, request in calls:
        if hasattr(request, 'sender'):
            request.sender.cluster = fingerprint('test')
            request.sender.store = 7
    return calls


class PeersPortTest(SecureTest):

    def refused(self, shown, source, more_calls=lambda channel: [ping(channel)], **more):
        found = []
        with self.channel(self.peers_port(), shown, ca='peer-ca', **more) as channel:
            for method, request in (*peer_calls(channel, source, 0), *more_calls(channel)):
                found.append(refusal(method, request))
        self.assert_nothing_happened()
        return found

    def assert_shut(self, shown, source=1):
        for code, text in self.refused(shown, source):
            self.assertIn(code, SHUT, text)

    def test_no_certificate_is_refused(self):
        self.assert_shut(None)

    def test_a_clients_certificate_is_refused(self):
        self.assert_shut('operator')

    def test_a_clients_certificate_that_the_ca_of_the_nodes_made_is_refused(self):
        self.cluster.authority('peer-ca').sign('guest', 'guest')
        for code, text in self.refused('guest', 1):
            self.assertEqual(code, Code.PERMISSION_DENIED, text)
            self.assertIn('port for nodes', text)

    def test_a_nodes_certificate_of_another_ca_is_refused(self):
        self.cluster.make_node_certificate('foreign', 'n1', ca='foreign-ca')
        self.assert_shut('foreign')

    def test_an_expired_certificate_is_refused(self):
        self.cluster.make_node_certificate('late', 'n1', period=EXPIRED)
        self.assert_shut('late')

    def test_a_certificate_of_another_clusters_node_is_refused(self):
        self.cluster.make_node_certificate('elsewhere', 'n1', cluster='production')
        for code, text in self.refused('elsewhere', 1):
            self.assertEqual(code, Code.PERMISSION_DENIED, text)

    def test_a_node_cannot_speak_as_another_one(self):
        for code, text in self.refused('n1-peer', source=2, more_calls=lambda channel: []):
            self.assertEqual(code, Code.PERMISSION_DENIED)
            self.assertIn('drydock://test/n1', text)
            self.assertIn('drydock://test/n2', text)
        self.cluster.wait_event('n0', 'call_refused', why='drydock://test/n2')

    def test_who_is_no_member_is_not_heard(self):
        self.cluster.make_node_certificate('n9-peer', 'n9')
        for code, text in self.refused('n9-peer', source=9, more_calls=lambda channel: []):
            self.assertIn(code, (Code.ABORTED, Code.FAILED_PRECONDITION), text)
        self.cluster.wait_event('n0', 'refused', why='unknown_sender')

    def test_a_node_pings_another_one(self):
        with self.channel(self.peers_port(), 'n1-peer', ca='peer-ca') as channel:
            method, request = ping(channel)
            self.assertEqual(method(request, timeout=PATIENCE).number, 7)
        done = self.cluster.raftctl('ping', '--count', '3')
        self.assertEqual(done.returncode, 0, done)

    def test_a_node_is_no_client(self):
        with self.channel(self.peers_port(), 'n1-peer', ca='peer-ca') as channel:
            for method, request in ((execute_on(channel), PUT),
                                    (status_on(channel), v1.GetStatusRequest())):
                code, text = refusal(method, request)
                self.assertEqual(code, Code.PERMISSION_DENIED)
                self.assertIn('port for nodes', text)

    def test_a_snapshot_comes_from_nodes_only(self):
        # Version, founded, n0 votes, nobody else does, n0 has store 7 (Configuration::Encode).
        alone = struct.pack('<BBIIIIIIQ', 1, 1, 1, 0, 0, 0, 1, 0, 7)
        head = v1.SnapshotChunkHead(source_node=2, dst_node=0, term=STRANGE_TERM, index=9,
                                    index_term=9, configuration=alone)
        head.sender.cluster = fingerprint('test')
        head.sender.store = 7
        with self.channel(self.peers_port(), 'n1-peer', ca='peer-ca') as channel:
            stream = channel.stream_unary(
                '/drydock.v1.PeerService/InstallSnapshot',
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=v1.InstallSnapshotResponse.FromString)
            code, text = refusal(
                lambda request, **more: stream(iter([request]), **more),
                v1.InstallSnapshotRequest(head=head))
            self.assertEqual(code, Code.PERMISSION_DENIED, text)


class RemovedTest(SecureTest):

    @staticmethod
    def is_refused(method, request):
        try:
            method(request, timeout=PATIENCE)
        except grpc.RpcError as error:
            return error.code() == Code.FAILED_PRECONDITION
        return False

    def test_who_is_no_member_any_more_is_not_heard(self):
        leader = self.cluster.leader()
        gone, stays = [name for name in self.cluster.nodes if name != leader]
        number = int(gone[1:])
        target = int(stays[1:])
        with self.channel(self.peers_port(stays), f'{gone}-peer', ca='peer-ca') as channel:
            # While it is one, only the store of these messages is wrong.
            self.assertEqual(code_of(vote_on(channel), a_vote(number, target)), Code.ABORTED)
            self.cluster.wait_event(stays, 'refused', why='wrong_store')
            self.cluster.kill(gone)
            done = self.cluster.raftctl('members', 'remove', gone)
            self.assertEqual(done.returncode, 0, done)
            del self.cluster.nodes[gone]
            self.cluster.wait_even()
            # A greeting is answered as long as the node's links are those to the old members.
            *calls, hello = peer_calls(channel, number, target)
            for method, request in calls:
                self.assertEqual(code_of(method, request), Code.ABORTED)
            wait_until(lambda: self.is_refused(*hello), 'no greeting should be answered')
            self.cluster.wait_event(stays, 'refused', why='unknown_sender')
        self.cluster.put(b'alive', b'yes')
        self.assertLess(self.cluster.told(stays).term, STRANGE_TERM)


class Recorder:
    """Stands between somebody and a port, and keeps what was sent to the port."""

    def __init__(self, target):
        self.target = target
        self.sent = []  # of each connection
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.address = f'127.0.0.1:{self.socket.getsockname()[1]}'
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.socket.accept()
                far = socket.create_connection(('127.0.0.1', port_of(self.target)))
                record = bytearray()
                self.sent.append(record)
                for source, sink, kept in ((near, far, record), (far, near, bytearray())):
                    threading.Thread(target=self._copy, args=(source, sink, kept),
                                     daemon=True).start()

    @staticmethod
    def _copy(source, sink, kept):
        with contextlib.suppress(OSError):
            while block := source.recv(65536):
                kept += block
                sink.sendall(block)
            sink.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()


class ReplayTest(SecureTest):

    def test_a_recorded_connection_of_a_node_says_nothing_when_it_is_played_again(self):
        # A member of good standing is heard through the recorder, as a vote shows that is answered
        # or dropped by the core, and not at the door.
        with contextlib.closing(Recorder(self.peers_port())) as recorder:
            with self.channel(recorder.address, 'n1-peer', ca='peer-ca') as channel:
                code = code_of(vote_on(channel), a_vote(1, 0))
                self.assertEqual(code, Code.ABORTED)
            record = max(recorder.sent, key=len)
        self.assertGreater(len(record), 500)
        before = self.refusals()
        for cut in (len(record), len(record) // 2):
            self.play(bytes(record[:cut]))
        self.assertEqual(self.refusals(), before, 'nothing of it should reach the core')
        self.assert_nothing_happened()

    def play(self, record):
        """Sends it, and waits until the node has hung up."""
        with socket.create_connection(('127.0.0.1', port_of(self.peers_port()))) as line:
            line.settimeout(120)
            with contextlib.suppress(OSError):
                line.sendall(record)
                line.shutdown(socket.SHUT_WR)
                while line.recv(65536):
                    pass

    def refusals(self):
        """How often n0's core was told by somebody whose store is a strange one."""
        host, _, port = self.cluster.nodes['n0'].metrics.rpartition(':')
        with socket.create_connection((host, int(port)), timeout=60) as line:
            line.sendall(b'GET /metrics HTTP/1.1\r\nHost: n0\r\n\r\n')
            answer = b''
            while block := line.recv(65536):
                answer += block
        return [row for row in answer.decode().splitlines()
                if row.startswith('drydock_refusals_total') and 'wrong_store' in row]


TOKENS = {'reader': 'r' * 40, 'writer': 'w' * 40, 'boss': 'b' * 40}
CLIENTS = {'clients': {
    'reader': {'token_sha256': sha256(TOKENS['reader']), 'may': ['read']},
    'writer': {'token_sha256': sha256(TOKENS['writer']), 'may': ['write']},
    'boss': {'token_sha256': sha256(TOKENS['boss']), 'may': ['admin']},
    'operator': {'certificate': 'operator', 'may': ['read', 'write', 'admin']},
    'auditor': {'certificate': 'auditor', 'may': ['read']},
}}


class PermissionTest(SecureTest):
    CLUSTER = {'clients': CLIENTS, 'client_cert_auth': False, 'flags': ['--enable-suspend']}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster.authority('ca').sign('auditor', 'auditor')
        cls.cluster.authority('ca').sign('nobody', 'nobody')

    def codes(self, shown=None, token=None):
        """What comes of a get, a put, a status and a call of the operator, at the leader."""
        metadata = bearer(token) if token is not None else None
        with self.channel(self.clients_port(self.cluster.leader()), shown) as channel:
            calls = ((execute_on(channel), GET), (execute_on(channel), PUT),
                     (status_on(channel), v1.GetStatusRequest()),
                     (admin(channel, 'Resume', v1.ResumeResponse), v1.ResumeRequest()))
            return [self.code(method, request, metadata) for method, request in calls]

    @staticmethod
    def code(method, request, metadata):
        try:
            method(request, timeout=PATIENCE, metadata=metadata)
        except grpc.RpcError as error:
            return error.code()
        return Code.OK

    def test_each_token_may_what_the_file_says(self):
        no = Code.PERMISSION_DENIED
        self.assertEqual(self.codes(token=TOKENS['reader']), [Code.OK, no, Code.OK, no])
        self.assertEqual(self.codes(token=TOKENS['writer']), [no, Code.OK, Code.OK, no])
        self.assertEqual(self.codes(token=TOKENS['boss']), [no, no, Code.OK, Code.OK])

    def test_each_certificate_may_what_the_file_says(self):
        no = Code.PERMISSION_DENIED
        self.assertEqual(self.codes('operator'), [Code.OK] * 4)
        self.assertEqual(self.codes('auditor'), [Code.OK, no, Code.OK, no])

    def test_a_token_counts_before_a_certificate(self):
        no = Code.PERMISSION_DENIED
        self.assertEqual(self.codes('operator', TOKENS['reader']), [Code.OK, no, Code.OK, no])

    def test_who_is_unknown_may_nothing(self):
        unknown = [Code.UNAUTHENTICATED] * 4
        self.assertEqual(self.codes(), unknown)
        self.assertEqual(self.codes('nobody'), unknown)
        self.assertEqual(self.codes('operator', 'x' * 40), unknown)
        self.assertEqual(self.codes(token=''), unknown)
        self.assertEqual(self.codes(token=sha256(TOKENS['boss'])), unknown)

    def test_other_words_than_a_token_are_refused(self):
        with self.channel(self.clients_port()) as channel:
            for metadata in ((('authorization', TOKENS['reader']),),
                             (('authorization', f'bearer {TOKENS["reader"]}'),),
                             bearer(TOKENS['reader']) + bearer(TOKENS['boss'])):
                self.assertEqual(code_of(execute_on(channel), GET, metadata), Code.UNAUTHENTICATED)

    def test_all_that_governs_needs_the_permission(self):
        reader = bearer(TOKENS['reader'])
        with self.channel(self.clients_port()) as channel:
            calls = ((admin(channel, 'TransferLeadership', v1.TransferLeadershipResponse),
                      v1.TransferLeadershipRequest()),
                     (admin(channel, 'TakeSnapshot', v1.TakeSnapshotResponse),
                      v1.TakeSnapshotRequest()),
                     (admin(channel, 'ChangeMembers', v1.ChangeMembersResponse),
                      v1.ChangeMembersRequest(remove=[1])),
                     (admin(channel, 'MeasureRoundTrips', v1.MeasureRoundTripsResponse),
                      v1.MeasureRoundTripsRequest(count=1)),
                     (unary(channel, '/Raft/suspend', raft.suspend_response),
                      raft.suspend_request(milliseconds=1)),
                     (unary(channel, '/grpc.channelz.v1.Channelz/GetServers', v1.ResumeResponse),
                      v1.ResumeRequest()))
            for method, request in calls:
                code, text = refusal(method, request, reader)
                self.assertEqual(code, Code.PERMISSION_DENIED)
                self.assertIn('"admin"', text)
        self.assertEqual(len(self.cluster.told('n0').members), 3)

    def test_a_backup_needs_the_permission_to_govern_and_to_read(self):
        path = self.cluster.folder / 'one.backup'
        with self.channel(self.clients_port()) as channel:
            backup = channel.unary_stream(
                '/drydock.v1.AdminService/Backup',
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=v1.BackupResponse.FromString)
            for token in TOKENS.values():
                with self.assertRaises(grpc.RpcError) as refused:
                    list(backup(v1.BackupRequest(), timeout=PATIENCE, metadata=bearer(token)))
                self.assertEqual(refused.exception.code(), Code.PERMISSION_DENIED)
        self.assertEqual(self.cluster.raftctl('backup', str(path)).returncode, 0)
        self.assertTrue(path.exists())

    def test_the_calls_of_the_report_need_permissions_too(self):
        with self.channel(self.clients_port()) as channel:
            put = unary(channel, '/Raft/setVal', raft.setVal_response)
            get = unary(channel, '/Raft/getVal', raft.getVal_response)
            self.assertEqual(code_of(put, raft.setVal_request(key=b'k', value=b'v'),
                                     bearer(TOKENS['reader'])), Code.PERMISSION_DENIED)
            self.assertEqual(code_of(get, raft.getVal_request(key=b'k'),
                                     bearer(TOKENS['writer'])), Code.PERMISSION_DENIED)
            self.assertEqual(code_of(get, raft.getVal_request(key=b'k')), Code.UNAUTHENTICATED)

    def test_a_status_with_a_value_reads(self):
        with self.channel(self.clients_port()) as channel:
            code = code_of(status_on(channel), v1.GetStatusRequest(key=b'color'),
                           bearer(TOKENS['boss']))
            self.assertEqual(code, Code.PERMISSION_DENIED)

    def test_a_backup_reads_and_governs(self):
        with self.channel(self.clients_port(), 'operator') as channel:
            backup = channel.unary_stream(
                '/drydock.v1.AdminService/Backup',
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=v1.BackupResponse.FromString)

            def whole(request, timeout, metadata):
                return list(backup(request, timeout=timeout, metadata=metadata))
            for token in TOKENS.values():
                self.assertEqual(self.code(whole, v1.BackupRequest(), bearer(token)),
                                 Code.PERMISSION_DENIED)
            self.assertEqual(self.code(whole, v1.BackupRequest(), None), Code.OK)
        path = self.cluster.folder / 'secure.backup'
        done = self.cluster.raftctl('backup', str(path))
        self.assertEqual(done.returncode, 0, done)

    def test_a_stream_refuses_what_its_client_may_not(self):
        batch = v1.ExecuteStreamRequest(operations=[
            v1.NumberedOperation(number=1, operation=get_operation(b'color')),
            v1.NumberedOperation(number=2, operation=put_operation(b'color', b'black'))])
        with self.channel(self.clients_port(self.cluster.leader())) as channel:
            stream = channel.stream_stream(
                '/drydock.v1.KeyValueService/ExecuteStream',
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=v1.ExecuteStreamResponse.FromString)
            told = {}
            for response in stream(iter([batch]), timeout=60, metadata=bearer(TOKENS['reader'])):
                told.update({each.number: each.answer.outcome for each in response.answers})
            self.assertNotEqual(told[1], v1.OUTCOME_BAD_REQUEST)
            self.assertEqual(told[2], v1.OUTCOME_BAD_REQUEST)
            with self.assertRaises(grpc.RpcError) as caught:
                list(stream(iter([batch]), timeout=60))
            self.assertEqual(caught.exception.code(), Code.UNAUTHENTICATED)

    def test_raftctl_shows_a_token_and_tells_why_it_is_refused(self):
        done = self.cluster.raftctl('put', 'k', 'v', shown=None, token=TOKENS['writer'])
        self.assertEqual((done.returncode, done.stdout), (0, 'ok\n'), done)
        done = self.cluster.raftctl('get', 'k', shown=None, token=TOKENS['writer'])
        self.assertEqual(done.returncode, 5, done)
        self.assertIn('needs the permission "read"', done.stderr)
        done = self.cluster.raftctl('get', 'k', shown=None, token='unheard of')
        self.assertEqual(done.returncode, 5, done)
        self.assertIn('nobody has this token', done.stderr)
        done = self.cluster.raftctl('bench', '--clients', '2', '--operations', '20',
                                    '--warm-up', '0s')
        self.assertEqual(done.returncode, 0, done)

    def test_health_is_told_to_everybody(self):
        with self.channel(self.clients_port()) as channel:
            health = unary(channel, '/grpc.health.v1.Health/Check', v1.ResumeResponse)
            health(v1.ResumeRequest(), timeout=60)


class WithoutFileTest(SecureTest):
    """TLS, and neither a file of clients nor certificates that they must have."""
    CLUSTER = {'client_cert_auth': False}

    def test_everybody_reads_and_writes_and_who_has_a_certificate_governs(self):
        self.assertEqual(self.cluster.raftctl('put', 'a', 'b', shown=None).returncode, 0)
        self.assertEqual(self.cluster.raftctl('get', 'a', shown=None).stdout, 'b')
        done = self.cluster.raftctl('snapshot', 'leader', shown=None)
        self.assertEqual(done.returncode, 5, done)
        self.assertIn('needs the permission "admin"', done.stderr)
        self.assertEqual(self.cluster.raftctl('snapshot', 'leader').returncode, 0)

    def test_a_bad_certificate_is_worse_than_none(self):
        self.cluster.authority('stranger-ca').sign('stranger', 'operator')
        with self.channel(self.clients_port(), 'stranger') as channel:
            self.assertIn(code_of(execute_on(channel), PUT), SHUT)


if __name__ == '__main__':
    harness.main()
