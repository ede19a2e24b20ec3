#!/usr/bin/python3
"""Certificates and permissions that are renewed while the nodes run, nodes that are added to a
cluster with TLS, and starts that are refused for reasons of security."""

import json
import pathlib
import queue
import shutil
import socket
import ssl
import unittest

import grpc

import harness
from cluster import Node, free_addresses, free_ports, port_of, write_json
from harness import FOLDER, RAFTD, get_operation, v1, wait_until
from secure_cluster import EXPIRED, SecureCluster, bearer, execute_on, sha256

Code = grpc.StatusCode
GET = v1.ExecuteRequest(operation=get_operation(b'k'))


def serial_shown(cluster, name, port):
    """Which certificate the port shows to a new connection."""
    context = ssl.create_default_context(cafile=cluster.path('ca.pem'))
    context.load_verify_locations(cluster.path('peer-ca.pem'))
    context.check_hostname = False
    context.load_cert_chain(cluster.path(f'{name}.pem'), cluster.path(f'{name}.key'))
    with socket.create_connection(('127.0.0.1', port), timeout=60) as line:
        with context.wrap_socket(line) as secure:
            return secure.getpeercert()['serialNumber']


class RenewalTest(unittest.TestCase):

    def setUp(self):
        self.cluster = SecureCluster.running(self, 3)
        self.port = port_of(self.cluster.nodes['n0'].address)

    def renew(self, ca='ca', peer_ca='peer-ca', names=('n0', 'n1', 'n2')):
        for name in names:
            self.cluster.authority(ca).sign(name, name, ['IP:127.0.0.1'])
            self.cluster.make_node_certificate(f'{name}-peer', name, ca=peer_ca)

    def wait_renewed(self, name, *files):
        for file in files:
            self.cluster.wait_event(name, 'file_renewed', file=file)

    def test_new_connections_are_shown_the_renewed_certificate(self):
        first = serial_shown(self.cluster, 'operator', self.port)
        self.assertEqual(serial_shown(self.cluster, 'operator', self.port), first)
        self.renew(names=['n0'])
        self.wait_renewed('n0', 'n0.pem', 'n0-peer.pem')
        self.assertNotEqual(serial_shown(self.cluster, 'operator', self.port), first)
        self.cluster.put(b'k', b'v')
        self.cluster.wait_even()

    def test_what_is_of_no_use_leaves_the_certificate_in_force(self):
        first = serial_shown(self.cluster, 'operator', self.port)
        for why, spoil in (
                ('holds no certificate', lambda: self.write('n0.pem', 'half a cert')),
                ('is not the key', lambda: shutil.copy(self.cluster.path('n1.pem'),
                                                       self.cluster.path('n0.pem'))),
                ('expired on', lambda: self.cluster.authority('ca').sign('n0', 'n0',
                                                                         period=EXPIRED)),
                ('No such file', pathlib.Path(self.cluster.path('n0.key')).unlink)):
            spoil()
            self.cluster.wait_event('n0', 'file_refused', why=why)
            self.assertEqual(serial_shown(self.cluster, 'operator', self.port), first)
        self.cluster.make_node_certificate('n0-peer', 'n1')
        self.cluster.wait_event('n0', 'file_refused', why='is not this node')
        self.cluster.put(b'k', b'v')
        self.renew(names=['n0'])
        self.wait_renewed('n0', 'n0.pem', 'n0-peer.pem')
        self.assertNotEqual(serial_shown(self.cluster, 'operator', self.port), first)

    def write(self, name, text):
        pathlib.Path(self.cluster.path(name)).write_text(text, encoding='ascii')

    def test_both_authorities_are_replaced_while_the_cluster_runs(self):
        cluster = self.cluster
        cluster.put(b'before', b'1')
        for old, new in (('ca', 'ca2'), ('peer-ca', 'peer-ca2')):
            cluster.authority(new)
            both = (cluster.certs / f'{old}.pem').read_text() + (
                cluster.certs / f'{new}.pem').read_text()
            shutil.copy(cluster.path(f'{old}.pem'), cluster.path(f'{old}-old.pem'))
            self.write(f'{old}.pem', both)
        self.each_renewed_since({}, 2)
        told = self.renewals()
        self.renew('ca2', 'peer-ca2')
        self.each_renewed_since(told, 2)
        told = self.renewals()
        for old, new in (('ca', 'ca2'), ('peer-ca', 'peer-ca2')):
            shutil.copy(cluster.path(f'{new}.pem'), cluster.path(f'{old}.pem'))
        self.each_renewed_since(told, 2)
        cluster.authority('ca2').sign('operator', 'operator')
        for stub in cluster._stubs.values():  # pylint: disable=protected-access
            stub.channel.close()
        cluster._stubs.clear()  # pylint: disable=protected-access
        cluster.put(b'after', b'2')
        self.assertEqual(cluster.get(b'before'), b'1')
        cluster.wait_even()

    def renewals(self):
        return {name: self.count(name) for name in self.cluster.nodes}

    def count(self, name):
        return sum(event.get('event') == 'file_renewed'
                   for event in self.cluster.nodes[name].events())

    def each_renewed_since(self, before, more):
        """A file may be caught between two writes, and be told twice then."""
        for name in self.cluster.nodes:
            wait_until(lambda name=name: self.count(name) >= before.get(name, 0) + more,
                       lambda name=name: f'{name} should tell {more} renewals. '
                       f'{self.cluster.nodes[name].last_words()}')


class PermissionRenewalTest(unittest.TestCase):

    def test_permissions_are_given_and_taken_while_the_node_runs(self):
        token = 't' * 40
        guest = {'token_sha256': sha256(token), 'may': ['read']}
        cluster = SecureCluster.running(
            self, 1, client_cert_auth=False,
            clients={'clients': {'operator': {'certificate': 'operator',
                                              'may': ['read', 'write', 'admin']}}})
        channel = cluster.channel(cluster.nodes['n0'].address)
        self.addCleanup(channel.close)
        get = execute_on(channel)

        def code():
            try:
                get(GET, timeout=60, metadata=bearer(token))
            except grpc.RpcError as error:
                return error.code()
            return Code.OK

        self.assertEqual(code(), Code.UNAUTHENTICATED)
        cluster.write_clients({'clients': {**cluster.clients['clients'], 'guest': guest}})
        wait_until(lambda: code() == Code.OK, 'the new client should be let in')
        (cluster.folder / 'clients.json').write_text('{"clients":', encoding='ascii')
        cluster.wait_event('n0', 'file_refused', why='clients.json')
        self.assertEqual(code(), Code.OK)
        cluster.write_clients(cluster.clients)
        wait_until(lambda: code() == Code.UNAUTHENTICATED, 'the client should be shut out')


class StreamTest(unittest.TestCase):

    def test_a_stream_that_stands_loses_what_its_client_may_not_do_any_more(self):
        token = 't' * 40
        operator = {'certificate': 'operator', 'may': ['read', 'write', 'admin']}
        guest = {'token_sha256': sha256(token), 'may': ['read']}
        cluster = SecureCluster.running(
            self, 1, client_cert_auth=False,
            clients={'clients': {'operator': operator, 'guest': guest}})
        channel = cluster.channel(cluster.nodes['n0'].address)
        self.addCleanup(channel.close)
        questions = queue.Queue()
        answers = harness.Stub('', channel).stream(iter(questions.get, None),
                                                   metadata=bearer(token))

        def outcome():
            questions.put(v1.ExecuteStreamRequest(operations=[
                v1.NumberedOperation(number=1, operation=get_operation(b'k'))]))
            return next(answers).answers[0].answer.outcome

        self.assertNotEqual(outcome(), v1.OUTCOME_BAD_REQUEST)
        cluster.write_clients({'clients': {'operator': operator}})
        wait_until(lambda: outcome() == v1.OUTCOME_BAD_REQUEST, 'the stream should be worth nothing')
        cluster.write_clients({'clients': {'operator': operator, 'guest': guest}})
        wait_until(lambda: outcome() != v1.OUTCOME_BAD_REQUEST, 'it should be worth something again')
        questions.put(None)
        self.assertEqual(list(answers), [])


class MembersTest(unittest.TestCase):

    def test_a_node_is_added_with_both_its_ports(self):
        cluster = SecureCluster.running(self, 3)
        cluster.put(b'k', b'v')
        node = cluster.join('n3')
        port = port_of(cluster.peer_address('n3'))
        done = cluster.raftctl('members', 'add', f'n3={node.address}+{port}', timeout='60s')
        self.assertEqual(done.returncode, 0, done)
        cluster.wait_even()
        listed = cluster.raftctl('members')
        self.assertIn(node.address, listed.stdout)
        self.assertNotIn('+', listed.stdout)
        # Those it now follows and those that were there form one cluster: any of them may go.
        cluster.kill(cluster.leader())
        cluster.put(b'k', b'w')


class StartTest(unittest.TestCase):

    def refused(self, content, *flags, name='n0'):
        folder = FOLDER / f'start-{self.id()}-{len(list(FOLDER.iterdir()))}'
        folder.mkdir()
        config = folder / 'cluster.json'
        write_json(config, content)
        node = Node(name, folder / name, RAFTD, config, content['nodes'][name])
        node.start(*flags, detached=False)
        self.addCleanup(node.kill)
        code = node.child.wait(timeout=600)
        text = node.log_text()
        self.assertIn(code, (1, 2), text)
        return text

    @staticmethod
    def content(**place):
        return {'cluster': 'test', 'nodes': {'n0': {**free_addresses(1)[0], **place}}}

    def test_plaintext_where_others_can_come_must_be_asked_for(self):
        port = free_ports(1)[0]
        for place in ({'listen': f'0.0.0.0:{port}'}, {'listen': f'[::]:{port}'}):
            text = self.refused(self.content(**place))
            self.assertIn('other machines could come', text)
            self.assertIn('--insecure-plaintext', text)
        text = self.refused(self.content(metrics=f'0.0.0.0:{port}'))
        self.assertIn('--insecure-metrics', text)

    def test_plaintext_that_was_asked_for_is_served(self):
        for flag, place in (('--insecure-plaintext', {'listen': f'0.0.0.0:{free_ports(1)[0]}'}),
                            ('--insecure-metrics', {'metrics': f'0.0.0.0:{free_ports(1)[0]}'})):
            folder = FOLDER / f'plain{flag}'
            content = self.content(**place)
            if 'listen' in place:
                content['nodes']['n0']['address'] = place['listen'].replace('0.0.0.0', '127.0.0.1')
            folder.mkdir()
            write_json(folder / 'cluster.json', content)
            node = Node('n0', folder / 'n0', RAFTD, folder / 'cluster.json',
                        content['nodes']['n0'])
            self.addCleanup(node.kill)
            node.start(flag, detached=False)
            node.wait_listening()

    def test_certificates_that_are_of_no_use_are_told(self):
        cluster = SecureCluster(2)
        content = json.loads(cluster.config.read_text(encoding='utf-8'))
        flags = cluster.flags_of('n0')
        others = [flag.replace('n0-peer', 'n1-peer') for flag in flags]
        self.assertIn('URI:drydock://test/n0', self.refused(content, *others))
        without = {**content, 'nodes': {name: {key: value for key, value in place.items()
                                               if key != 'peer_port'}
                                        for name, place in content['nodes'].items()}}
        self.assertIn('peer_port', self.refused(without, *flags))
        cluster.authority('ca').sign('n0', 'n0', ['IP:127.0.0.1'], EXPIRED)
        self.assertIn('expired on', self.refused(content, *flags))

    def test_flags_that_do_not_go_together_are_told(self):
        content = self.content()
        for flags, part in ((['--cert-file', 'x'], '--key-file'),
                            (['--client-cert-auth'], '--trusted-ca-file'),
                            (['--trusted-ca-file', 'x'], '--cert-file'),
                            (['--peer-client-cert-auth'], '--peer-cert-file'),
                            (['--peer-cert-file', 'x', '--peer-key-file', 'x'],
                             '--peer-trusted-ca-file')):
            self.assertIn(part, self.refused(content, *flags))


if __name__ == '__main__':
    harness.main()
