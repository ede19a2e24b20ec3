"""Clients that write all the time, and remember what they were told."""

import random
import time

import grpc

import harness
from asking_threads import AskingThreads
from harness import v1


class Writers(AskingThreads):
    """They put new keys, each once."""

    def __init__(self, cluster, count=4, largest=2000, seed=1):
        super().__init__(cluster)
        self.acknowledged = {}  # key -> value
        self.unknown = {}  # no answer, or one that says so
        self._largest = largest
        self._begin((i, random.Random(seed * 100 + i)) for i in range(count))

    def count(self):
        with self._lock:
            return len(self.acknowledged)

    def wait_more(self, count):
        """Until that many more writes were acknowledged."""
        target = self.count() + count
        harness.wait_until(lambda: self.count() >= target,
                           lambda: f'writes should be acknowledged. {self.cluster.describe()}')

    def _run(self, me, dice):
        stubs = {}  # of nodes that may be gone by now, too
        target = list(self.cluster.nodes)[me % len(self.cluster.nodes)]
        number = 0
        while not self._stop.is_set():
            key = b'writer-%d-%d-%08x' % (me, number, id(self) & 0xffffffff)
            number += 1
            value = dice.randbytes(dice.choice((8, 100, self._largest)))
            target = self._put(self._stub(stubs, target), target, key, value)
            names = list(self.cluster.nodes)
            if target not in names:
                target = dice.choice(names)
        for stub in stubs.values():
            stub.channel.close()

    def _stub(self, stubs, name):
        if name not in stubs:
            # Who has left the cluster just now is nobody to ask; any other node is.
            node = self.cluster.nodes.get(name) or next(iter(self.cluster.nodes.values()))
            stubs[name] = harness.Stub(node.address)
        return stubs[name]

    def _put(self, stub, target, key, value):
        """Asks once; gives whom to ask next, if that is known."""
        request = v1.ExecuteRequest(operation=harness.put_operation(key, value))
        try:
            answer = stub.execute(request, timeout=3).answer
        except grpc.RpcError:
            self._note(self.unknown, key, value)
            time.sleep(0.005)
            return None
        if answer.outcome == v1.OUTCOME_OK:
            self._note(self.acknowledged, key, value)
            return target
        if answer.outcome == v1.OUTCOME_UNKNOWN:
            self._note(self.unknown, key, value)
        else:
            time.sleep(0.005)
        return f'n{answer.leader}' if answer.HasField('leader') else None

    def _note(self, where, key, value):
        with self._lock:
            where[key] = value

    def check(self, test):
        """Every acknowledged write is there; the others are there whole or not at all."""
        with self._lock:
            acknowledged, unknown = dict(self.acknowledged), dict(self.unknown)
        found = self.cluster.get_all([*acknowledged, *unknown])
        lost = [key for key, value in acknowledged.items() if found[key] != value]
        wrong = [key for key, value in unknown.items() if found[key] not in (None, value)]
        test.assertEqual((lost[:5], len(lost)), ([], 0),
                         f'acknowledged and not there, of {len(acknowledged)}')
        test.assertEqual(wrong[:5], [], 'there with another value')
        return len(acknowledged)
