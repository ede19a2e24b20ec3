#!/usr/bin/python3
"""What raftd tells the service manager that started it, through the socket of NOTIFY_SOCKET."""

import socket
import unittest

import harness
from harness import PATIENCE


class Manager:
    """Takes the datagrams that a process sends to it, as systemd does."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address.replace('@', '\0', 1) if address[0] == '@' else address)
        self.environment = {'NOTIFY_SOCKET': address}

    def next(self):
        self.socket.settimeout(PATIENCE)
        return self.socket.recv(4096).decode()

    def has_more(self):
        self.socket.setblocking(False)
        try:
            self.socket.recv(4096)
        except BlockingIOError:
            return False
        return True

    def close(self):
        self.socket.close()


class NotifyTest(unittest.TestCase):

    def setUp(self):
        self.cluster = harness.Cluster(3)
        self.addCleanup(self.cluster.close)

    def manager(self, address=None):
        manager = Manager(address or str(self.cluster.folder / 'notify'))
        self.addCleanup(manager.close)
        return manager

    def start(self, environment):
        node = self.cluster.nodes['n0']
        node.start(environment=environment, detached=False)
        return node

    def test_READY_comes_once_calls_are_answered_and_STOPPING_once_it_is_to_stop(self):
        for address in (None, f'@drydock-notify-{harness.FOLDER.name}'):
            manager = self.manager(address)
            node = self.start(manager.environment)
            self.assertEqual(manager.next(), 'READY=1')
            # The first call, without a second try: of a cluster that is not founded yet.
            status = self.cluster.stub('n0').status(harness.v1.GetStatusRequest(),
                                                    timeout=PATIENCE)
            self.assertFalse(status.ready)
            self.assertFalse(manager.has_more())
            self.assertEqual(node.stop(), 0)
            self.assertEqual(manager.next(), 'STOPPING=1')
            self.assertFalse(manager.has_more())

    def test_a_node_that_refuses_to_start_says_nothing(self):
        manager = self.manager()
        node = self.cluster.nodes['n0']
        node.start(bootstrap=False, environment=manager.environment, detached=False)
        self.assertEqual(node.wait_gone(), 1)
        self.assertFalse(manager.has_more())

    def test_a_manager_that_is_not_there_keeps_no_node_from_serving(self):
        for address, why in ((str(self.cluster.folder / 'nobody'), 'No such file or directory'),
                             ('nonsense', 'neither a short path'), ('/' + 'x' * 200, 'short')):
            node = self.start({'NOTIFY_SOCKET': address})
            node.wait_listening()
            self.cluster.told('n0')
            self.assertEqual(node.stop(), 0)
            told = [event['why'] for event in node.events() if event['event'] == 'not_notified']
            self.assertEqual(len(told), 2, node.last_words())
            self.assertIn(why, told[0])

    def test_a_manager_that_reads_nothing_keeps_no_node_from_serving(self):
        manager = self.manager()
        full = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(full.close)
        full.setblocking(False)
        with self.assertRaises(BlockingIOError):
            while True:
                full.sendto(b'x', manager.environment['NOTIFY_SOCKET'])
        node = self.start(manager.environment)
        node.wait_listening()
        self.cluster.told('n0')
        self.assertEqual(node.stop(), 0)


if __name__ == '__main__':
    harness.main()
