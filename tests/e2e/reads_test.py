#!/usr/bin/python3
"""Reads at nodes that do not lead, stale reads, and reads under leases, on real processes."""

import unittest

import grpc

import harness
from harness import by_length, v1, wait_until


def get(key, **more):
    return v1.Operation(get=v1.GetOperation(key=key, **more))


class ReadsTest(unittest.TestCase):

    def read_everywhere(self, cluster, rounds, **more):
        """Each value is there at every node as soon as its put was answered."""
        for i in range(rounds):
            value = str(i).encode()
            cluster.put(b'k', value)
            for name in cluster.running_names():
                answer = cluster.execute(name, get(b'k', any_node=True, **more))
                self.assertEqual((answer.outcome, answer.value), (v1.OUTCOME_OK, value), name)

    def test_every_node_answers_with_the_newest_value(self):
        cluster = harness.Cluster.running(self, 3)
        self.read_everywhere(cluster, by_length(20, 200, 2000))

    def test_a_node_that_does_not_lead_sends_other_reads_to_the_leader(self):
        cluster = harness.Cluster.running(self, 3)
        leader = cluster.leader()
        cluster.put(b'k', b'v')
        for name in cluster.running_names():
            for mode in (v1.READ_MODE_LINEARIZABLE, v1.READ_MODE_LEASE):
                answer = cluster.execute(name, get(b'k', mode=mode))
                if name == leader:
                    self.assertEqual((answer.outcome, answer.value), (v1.OUTCOME_OK, b'v'))
                else:
                    self.assertEqual((answer.outcome, f'n{answer.leader}'),
                                     (v1.OUTCOME_NOT_LEADER, leader))

    def test_a_stale_read_tells_its_place_in_the_log(self):
        cluster = harness.Cluster.running(self, 3)
        cluster.put(b'k', b'v')
        cluster.wait_even()
        for name in cluster.running_names():
            answer = cluster.execute(name, get(b'k', mode=v1.READ_MODE_STALE))
            self.assertEqual(answer.value, b'v')
            self.assertEqual(answer.index, cluster.told(name).applied)

    def test_leases_serve_reads_and_end_with_their_leader(self):
        cluster = harness.Cluster.running(self, 3, config={**harness.BRISK, 'leases': True})
        for i in range(by_length(2, 5, 20)):
            leader = cluster.leader()
            value = str(i).encode()
            cluster.put(b'k', value)
            answer = cluster.decided(get(b'k', mode=v1.READ_MODE_LEASE))
            self.assertEqual(answer.value, value)
            self.read_everywhere(cluster, 3, mode=v1.READ_MODE_LEASE)
            cluster.kill(leader)
            cluster.leader(but=(leader,))
            cluster.put(b'k', value + b'!')
            self.assertEqual(cluster.decided(get(b'k', mode=v1.READ_MODE_LEASE)).value,
                             value + b'!')
            cluster.start(leader)
            cluster.wait_even()

    def test_no_read_is_left_open_when_the_leader_dies(self):
        cluster = harness.Cluster.running(self, 3, config=harness.BRISK)
        cluster.put(b'k', b'v')
        leader = cluster.leader()
        others = [name for name in cluster.running_names() if name != leader]
        request = v1.ExecuteRequest(operation=get(b'k', any_node=True))
        calls = [cluster.stub(name).execute.future(request, timeout=30)
                 for name in others for _ in range(200)]
        cluster.kill(leader)
        outcomes = {call.result().answer.outcome for call in calls}
        self.assertLessEqual(outcomes, {v1.OUTCOME_OK, v1.OUTCOME_NOT_LEADER})

        def served():
            try:
                return cluster.execute(others[0], get(b'k', any_node=True)).value == b'v'
            except grpc.RpcError:
                return False
        wait_until(served, lambda: f'{others[0]} should serve reads again. {cluster.describe()}')


if __name__ == '__main__':
    harness.main()
