"""A cluster of real raftd processes for tests, and raftctl to ask it.

The binaries are named by RAFTCTL and RAFTD, or are those in build/release/bin.
"""

import json
import os
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tools', 'lib'))
from cluster import free_ports  # pylint: disable=wrong-import-position
PATIENCE = 60  # seconds in which a slow machine must get there


def binary(name):
    path = os.path.join(ROOT, 'build', 'release', 'bin', name)
    return os.path.abspath(os.environ.get(name.upper()) or path)


def wait_for(condition, what):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError('waited in vain for ' + what)


def raftctl(*arguments, data=b'', endpoints=None, cwd=ROOT):
    """Runs raftctl; stdout stays bytes, stderr becomes text."""
    environment = {key: value for key, value in os.environ.items() if key != 'DRYDOCK_ENDPOINTS'}
    if endpoints is not None:
        environment['DRYDOCK_ENDPOINTS'] = endpoints
    result = subprocess.run([binary('raftctl'), *arguments], cwd=cwd, input=data, env=environment,
                            capture_output=True, timeout=2 * PATIENCE, check=False)
    result.stderr = result.stderr.decode('utf-8', 'replace')
    return result


class Cluster:
    """Nodes of raftd on free ports, with their data in one folder."""

    def __init__(self, folder, size=3):
        self.folder = folder
        self.addresses = ['127.0.0.1:%d' % port for port in free_ports(size)]
        self.endpoints = ','.join(self.addresses)
        self.config = os.path.join(folder, 'cluster.json')
        nodes = {'n%d' % i: {'address': address} for i, address in enumerate(self.addresses)}
        # Long enough that a slow machine does not hold elections for its own sake.
        settings = {'election_timeout': ['1s', '2s'], 'heartbeat_interval': '100ms',
                    'max_value_bytes': 4 << 20}
        with open(self.config, 'w', encoding='utf-8') as file:
            json.dump({'cluster': 'raftctl-test', 'nodes': nodes, 'config': settings}, file)
        self.processes = {}

    def start(self, node, *flags):
        with open(os.path.join(self.folder, 'n%d.log' % node), 'ab') as log:
            self.processes[node] = subprocess.Popen(
                [binary('raftd'), '--config', self.config, '--id', 'n%d' % node,
                 '--data', os.path.join(self.folder, 'n%d' % node), '--bootstrap', *flags],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start_all(self):
        for node in range(len(self.addresses)):
            self.start(node, '--enable-suspend')
        self.await_leader()

    def signal(self, node, number):
        self.processes[node].send_signal(number)

    def kill(self, node):
        process = self.processes.pop(node)
        process.kill()
        process.send_signal(signal.SIGCONT)
        process.wait()

    def stop(self):
        for node in list(self.processes):
            self.kill(node)

    def status(self):
        return json.loads(
            raftctl('status', '--config', self.config, '--output', 'json').stdout)

    def await_leader(self):
        """The number of a leader that every node which runs has, and that takes calls."""
        def agreed():
            nodes = [each for each in self.status()['nodes'] if each['reachable']]
            leaders = {each.get('leader') for each in nodes if each['ready']}
            agree = len(nodes) == len(self.processes) == sum(each['ready'] for each in nodes)
            return leaders if agree and len(leaders) == 1 and None not in leaders else None
        return int(wait_for(agreed, 'a leader').pop()[1:])
