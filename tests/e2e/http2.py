"""Bytes as no library would send them: raw connections, and HTTP/2 frames by hand."""

import contextlib
import select
import socket
import struct

PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, \
    CONTINUATION = range(10)
END_STREAM, END_HEADERS = 0x1, 0x4


def frame(kind, flags=0, stream=0, payload=b'', length=None):
    """`length` may lie."""
    size = len(payload) if length is None else length
    return struct.pack('>I', size)[1:] + struct.pack('>BBI', kind, flags, stream) + payload


def field(name, value):
    """A header, literal and not indexed (RFC 7541, section 6.2.2); both below 127 bytes."""
    return b'\0' + bytes([len(name)]) + name + bytes([len(value)]) + value


def call_headers(path):
    """Of a gRPC call."""
    return b''.join(field(name, value) for name, value in [
        (b':method', b'POST'), (b':scheme', b'http'), (b':path', path), (b':authority', b'test'),
        (b'te', b'trailers'), (b'content-type', b'application/grpc')])


def connect(address):
    host, _, port = address.rpartition(':')
    return socket.create_connection((host, int(port)), timeout=30)


def send_and_drain(connection, data):
    """Sends all, reading what comes meanwhile so that nobody waits for the other. The far end may
    hang up at any time: then the rest is not sent, and that is all right."""
    connection.setblocking(False)
    with contextlib.suppress(ConnectionError):
        view = memoryview(data)
        while view:
            with contextlib.suppress(BlockingIOError):
                while connection.recv(1 << 16):
                    pass
                return  # it has hung up
            try:
                view = view[connection.send(view[:1 << 16]):]
            except BlockingIOError:
                # Full: until the far end takes some, or says something.
                if select.select([connection], [connection], [], 30) == ([], [], []):
                    return


def open_http2(address):
    """A connection that has begun as a good client's does."""
    connection = connect(address)
    connection.sendall(PREFACE + frame(SETTINGS))
    return connection


def close_hard(connection):
    """With a reset instead of a farewell."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    connection.close()
