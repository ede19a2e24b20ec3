#!/usr/bin/python3
"""Bytes that are no request, on every port of nodes that run: the store goes on in the same
processes, in the same term."""

import contextlib
import http.client
import struct
import unittest

import grpc

import http2
import harness
from bad_input import BadInputTest
from harness import by_length, wait_until


class BytesTest(BadInputTest):
    """On the port of gRPC, and of both."""

    METHODS = ['/Raft/VoteRequest', '/Raft/AppendEntryRequest', '/Raft/heartbeatUpdate',
               '/Raft/getVal', '/Raft/setVal', '/Raft/suspend', '/Raft/commitVal',
               '/drydock.v1.KeyValueService/Execute', '/drydock.v1.AdminService/GetStatus',
               '/drydock.v1.AdminService/Resume', '/drydock.v1.AdminService/TakeSnapshot',
               '/drydock.v1.PeerService/Hello', '/drydock.v1.PeerService/TimeoutNow',
               '/drydock.v1.PeerService/ReadIndex',
               '/grpc.health.v1.Health/Check']

    def garbage(self, most):
        return self.dice.randbytes(self.dice.randrange(most))

    def test_random_bytes_as_messages_to_every_method(self):
        channels = [self.cluster.stub(name).channel for name in self.cluster.nodes]
        for path in self.METHODS:
            calls = [self.raw(self.dice.choice(channels), path).future(self.garbage(200),
                                                                       timeout=30)
                     for _ in range(by_length(50, 300, 3000))]
            for call in calls:
                call.exception()
        for path in ('/drydock.v1.KeyValueService/ExecuteStream',
                     '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo'):
            for _ in range(by_length(20, 100, 1000)):
                call = self.dice.choice(channels).stream_stream(path)(
                    iter([self.garbage(200), self.garbage(2000)]), timeout=30)
                with contextlib.suppress(grpc.RpcError):
                    for _ in call:
                        pass
        for _ in range(by_length(20, 100, 1000)):
            with contextlib.suppress(grpc.RpcError):
                self.dice.choice(channels).stream_unary(
                    '/drydock.v1.PeerService/InstallSnapshot')(
                        iter([self.garbage(200), self.garbage(2000)]), timeout=30)

    def test_garbage_on_every_port(self):
        for address in self.addresses() + self.addresses(of_metrics=True):
            for _ in range(by_length(20, 60, 500)):
                with http2.connect(address) as connection:
                    http2.send_and_drain(connection, self.garbage(1 << 14))
                    if self.dice.random() < 0.5:
                        http2.close_hard(connection)

    def test_half_open_connections(self):
        connections = []
        beginnings = (b'', b'P', http2.PREFACE[:10], http2.PREFACE,
                      http2.PREFACE + http2.frame(http2.SETTINGS)[:5],
                      http2.PREFACE + http2.frame(http2.SETTINGS) +
                      http2.frame(http2.HEADERS, 0, 1, http2.call_headers(b'/Raft/setVal')))
        for number in range(by_length(100, 300, 300)):
            for address in self.addresses():
                connection = http2.connect(address)
                self.addCleanup(connection.close)
                connection.sendall(beginnings[number % len(beginnings)])
                connections.append(connection)
        self.assert_goes_on()
        for connection in connections:
            http2.close_hard(connection)

    def test_calls_that_are_opened_and_reset_at_once(self):
        headers = http2.call_headers(b'/Raft/setVal')
        for address in self.addresses():
            for _ in range(by_length(1, 4, 20)):
                with http2.open_http2(address) as connection:
                    http2.send_and_drain(connection, b''.join(
                        http2.frame(http2.HEADERS, http2.END_HEADERS, stream, headers) +
                        http2.frame(http2.RST_STREAM, 0, stream, struct.pack('>I', 8))
                        for stream in range(1, by_length(4000, 20000, 60000), 2)))
        self.assert_goes_on()

    def test_calls_that_are_opened_and_never_go_on(self):
        headers = http2.call_headers(b'/Raft/setVal')
        for address in self.addresses():
            connection = http2.open_http2(address)
            self.addCleanup(connection.close)
            http2.send_and_drain(connection, b''.join(
                http2.frame(http2.HEADERS, http2.END_HEADERS, stream, headers)
                for stream in range(1, 8000, 2)))
        self.assert_goes_on()

    def floods(self):
        zeros = bytes(8)
        yield 'ping', http2.frame(http2.PING, 0, 0, zeros) * 20000
        yield 'settings', http2.frame(http2.SETTINGS, 0, 0, struct.pack('>HI', 4, 100)) * 20000
        yield 'window', http2.frame(http2.WINDOW_UPDATE, 0, 0, struct.pack('>I', 0x7fffffff)) * 99
        yield 'no window', http2.frame(http2.WINDOW_UPDATE, 0, 0, struct.pack('>I', 0)) * 99
        yield 'empty data', http2.frame(http2.DATA, 0, 1) * 20000
        yield 'priority', http2.frame(http2.PRIORITY, 0, 3, b'\0\0\0\1\0') * 20000
        yield 'self priority', http2.frame(http2.PRIORITY, 0, 3, b'\0\0\0\3\0') * 99
        yield 'no such kind', b''.join(http2.frame(kind, 0, 0, zeros) for kind in range(10, 255))
        yield 'push', http2.frame(http2.PUSH_PROMISE, 4, 1, b'\0\0\0\2' + zeros)
        yield 'farewell', http2.frame(http2.GOAWAY, 0, 0, zeros) * 1000
        yield 'a length that lies', (
            http2.frame(http2.HEADERS, 4, 1, zeros, 0xffffff) + zeros * 99999)
        yield 'even stream', http2.frame(http2.HEADERS, 4, 2, http2.call_headers(b'/Raft/getVal'))
        yield 'bad compression', http2.frame(http2.HEADERS, 4, 1, b'\xff' * 1000)
        yield 'a header without end', (
            http2.frame(http2.HEADERS, 0, 1, http2.call_headers(b'/Raft/getVal')) +
            http2.frame(http2.CONTINUATION, 0, 1, http2.field(b'x', b'y' * 120) * 100) * 1000)
        yield 'many headers', http2.frame(
            http2.HEADERS, 4, 1, http2.call_headers(b'/Raft/getVal') +
            http2.field(b'x', b'y' * 100) * 150)
        yield 'a message that is too long', (
            http2.frame(http2.HEADERS, 4, 1, http2.call_headers(b'/Raft/setVal')) +
            http2.frame(http2.DATA, 0, 1, b'\0\xff\xff\xff\xff' + zeros) +
            http2.frame(http2.DATA, 0, 1, bytes(16384)) * 1000)
        yield 'compressed as it is not', (
            http2.frame(http2.HEADERS, 4, 1, http2.call_headers(b'/Raft/setVal')) +
            http2.frame(http2.DATA, 1, 1, b'\1\0\0\0\4abcd'))

    def test_floods_of_frames(self):
        for name, data in self.floods():
            with self.subTest(name):
                for address in self.addresses():
                    with contextlib.suppress(OSError), http2.open_http2(address) as connection:
                        http2.send_and_drain(connection, data)
                self.assert_goes_on()

    def random_frames(self):
        dice = self.dice
        for _ in range(200):
            payload = self.garbage(200)
            if dice.random() < 0.3:
                payload = http2.call_headers(dice.choice(self.METHODS).encode())
            length = dice.randrange(1 << 14) if dice.random() < 0.05 else None
            yield http2.frame(dice.randrange(11), dice.randrange(256), dice.choice((0, 1, 3, 5, 2)),
                              payload, length)

    def test_random_frames(self):
        for _ in range(by_length(30, 150, 3000)):
            address = self.dice.choice(self.addresses())
            with contextlib.suppress(OSError), http2.open_http2(address) as connection:
                http2.send_and_drain(connection, b''.join(self.random_frames()))


class MetricsTest(BadInputTest):
    """The HTTP port."""

    def get(self, path, address=None):
        host, _, port = (address or self.addresses(of_metrics=True)[0]).rpartition(':')
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        try:
            connection.request('GET', path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def assert_serves(self):
        def served():
            try:
                return all(self.get('/healthz', address)[0] == 200
                           for address in self.addresses(of_metrics=True))
            except (OSError, http.client.HTTPException):
                return False
        wait_until(served, 'the metrics port should serve')

    def test_what_it_serves(self):
        for path in ('/healthz', '/readyz', '/metrics'):
            self.assertEqual(self.get(path)[0], 200, path)
        self.assertIn('has_leader', self.get('/metrics')[1])
        self.assertEqual(self.get('/nothing')[0], 404)

    def test_bad_requests(self):
        long = b'x' * (1 << 20)
        requests = [b'GET\r\n\r\n', b'\r\n' * 1000, b'GET / HTTP/9.9\r\n\r\n', b'\0' * 1000,
                    b'GET /' + long + b' HTTP/1.1\r\n\r\n',
                    b'GET /metrics HTTP/1.1\r\nX: ' + long + b'\r\n\r\n',
                    b'GET /metrics HTTP/1.1\r\n' + b'a: b\r\n' * 100000 + b'\r\n',
                    b'POST /metrics HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n' + long,
                    b'POST /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\nx',
                    b'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n',
                    b'GET /../../../../etc/passwd HTTP/1.1\r\n\r\n', http2.PREFACE]
        for request in requests:
            with self.subTest(request[:30]):
                for address in self.addresses(of_metrics=True):
                    with contextlib.suppress(OSError), http2.connect(address) as connection:
                        http2.send_and_drain(connection, request)
                        http2.close_hard(connection)
                self.assert_serves()

    def test_clients_that_begin_and_wait(self):
        connections = []
        for number in range(by_length(30, 100, 300)):
            for address in self.addresses(of_metrics=True):
                connection = http2.connect(address)
                self.addCleanup(connection.close)
                connection.sendall(b'GET /metrics HTTP/1.1\r\n'[:number % 24])
                connections.append(connection)
        self.assert_goes_on()
        for connection in connections:
            connection.close()
        self.assert_serves()


def load_tests(loader, _tests, _pattern):
    """Without the base class, which has no tests but would start a cluster."""
    classes = (BytesTest, MetricsTest)
    return unittest.TestSuite(loader.loadTestsFromTestCase(each) for each in classes)


if __name__ == '__main__':
    harness.main()
