#!/usr/bin/python3
"""What machines ask a node: health, readiness, reflection, channelz, metrics."""

import http.client
import re
import unittest

import grpc

import harness
from harness import BRISK, wait_until

SERVING, NOT_SERVING = b'\x08\x01', b'\x08\x02'
REFLECTION = ('/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo')


def text_field(number, text):
    """A field of a message; both short."""
    return bytes([number << 3 | 2, len(text)]) + text


class StandardServicesTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.cluster = harness.Cluster.running(cls, 3, config=BRISK)

    def channel(self, name):
        return self.cluster.stub(name).channel

    def page(self, name, path):
        """(status, body); (None, "") when nobody answers."""
        host, _, port = self.cluster.nodes[name].metrics.rpartition(':')
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        try:
            connection.request('GET', path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except OSError:
            return None, ''
        finally:
            connection.close()

    def health(self, name):
        try:
            return self.channel(name).unary_unary('/grpc.health.v1.Health/Check')(b'', timeout=30)
        except grpc.RpcError:
            return None

    def reflect(self, request):
        call = self.channel('n0').stream_stream(REFLECTION)(iter([request]), timeout=30)
        return next(call)

    def metric(self, name, metric):
        """Its value, labels aside; None if it is not there."""
        match = re.search(rf'^\w*{metric}(?:\{{[^}}]*\}})? ([0-9.e+]+)$',
                          self.page(name, '/metrics')[1], re.MULTILINE)
        return float(match[1]) if match else None

    def assert_ready(self, name):
        wait_until(lambda: self.page(name, '/readyz')[0] == 200 and self.health(name) == SERVING,
                   f'{name} should be ready')
        self.assertEqual(self.page(name, '/healthz')[0], 200)

    def test_a_node_without_a_leader_is_alive_and_not_ready(self):
        leader = self.cluster.leader()
        self.assert_ready(leader)
        for name in self.cluster.nodes:
            if name != leader:
                self.cluster.kill(name)
        wait_until(lambda: self.page(leader, '/readyz')[0] == 503 and
                   self.health(leader) == NOT_SERVING, 'it should not be ready any more')
        self.assertIn('leader', self.page(leader, '/readyz')[1])
        self.assertEqual(self.page(leader, '/healthz')[0], 200)
        wait_until(lambda: self.metric(leader, 'has_leader') == 0, 'the metrics should tell')
        for name in self.cluster.nodes:
            if name != leader:
                self.cluster.start(name)
        for name in self.cluster.nodes:
            self.assert_ready(name)

    def test_reflection_names_the_services_and_describes_them(self):
        listed = self.reflect(text_field(7, b'*'))
        for service, message in ((b'Raft', b'vote_4_me'),
                                 (b'drydock.v1.KeyValueService', b'ExecuteRequest'),
                                 (b'drydock.v1.AdminService', b'GetStatusRequest'),
                                 (b'grpc.health.v1.Health', b'HealthCheckRequest')):
            self.assertIn(service, listed)
            self.assertIn(message, self.reflect(text_field(4, service)), service)

    def test_channelz_tells_of_the_server(self):
        servers = self.channel('n0').unary_unary('/grpc.channelz.v1.Channelz/GetServers')(
            b'', timeout=30)
        self.assertTrue(servers)

    def test_metrics_count_what_happens(self):
        leader = self.cluster.leader()
        before = self.metric(leader, 'proposals_committed_total')
        for i in range(10):
            self.cluster.put(b'counted', b'%d' % i)
        wait_until(lambda: self.metric(leader, 'proposals_committed_total') >= before + 10,
                   'commits should be counted')
        self.assertEqual(self.metric(leader, 'has_leader'), 1)
        self.assertGreaterEqual(self.metric(leader, 'leader_changes_seen_total'), 1)
        self.assertGreater(self.metric(leader, 'wal_fsync_duration_seconds_count'), 0)


if __name__ == '__main__':
    harness.main()
