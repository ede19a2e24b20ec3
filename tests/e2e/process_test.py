#!/usr/bin/python3
"""Nodes as processes: how they end, what a kill leaves, and that many kills wear nothing out."""

import json
import signal
import statistics
import time
import unittest

import grpc

import harness
from cluster import descriptors_of, memory_of, threads_of
from harness import BRISK, by_length, figure, v1, wait_until
from writers import Writers

KILLS = by_length(20, 20, 200)


class EndTest(unittest.TestCase):

    def pending_calls(self, cluster, name, count):
        """Puts on their way to one node."""
        execute = cluster.stub(name).execute
        return {b'to %s %d' % (name.encode(), i): execute.future(v1.ExecuteRequest(
            operation=harness.put_operation(b'to %s %d' % (name.encode(), i), b'x' * 1000)),
                                                                 timeout=60) for i in range(count)}

    def assert_answered(self, calls):
        """All have an answer; gives the keys of those that were done."""
        done = []
        for key, call in calls.items():
            self.assertIsNone(call.exception(), f'{key} got no answer')
            outcome = call.result().answer.outcome
            self.assertIn(outcome, (v1.OUTCOME_OK, v1.OUTCOME_NOT_LEADER, v1.OUTCOME_NOT_READY,
                                    v1.OUTCOME_BUSY, v1.OUTCOME_UNKNOWN))
            if outcome == v1.OUTCOME_OK:
                done.append(key)
        return done

    def wait_stopping(self, node):
        """Until it has heard the signal; gives what it says."""
        return wait_until(lambda: next((event for event in node.events()
                                        if event.get('event') == 'stopping'), None),
                          f'{node.name} should be stopping')

    def test_SIGTERM_answers_what_is_pending_and_exits_0(self):
        cluster = harness.Cluster.running(self, 3)
        done = []
        for number in (signal.SIGTERM, signal.SIGINT):
            leader = cluster.leader()
            node = cluster.nodes[leader]
            others = [other for name, other in cluster.nodes.items() if name != leader]
            # Nothing can be decided while the others stand still, so all calls are pending.
            for other in others:
                other.signal(signal.SIGSTOP)
            calls = self.pending_calls(cluster, leader, 40)
            wait_until(lambda: cluster.told(leader).last_index >=  # pylint: disable=W0640
                       cluster.told(leader).commit + 40, 'all calls should have come')
            node.signal(number)
            self.assertGreaterEqual(self.wait_stopping(node)['pending'], 40)
            for other in others:
                other.signal(signal.SIGCONT)
            self.assertEqual(node.wait_gone(), 0, node.last_words())
            done += self.assert_answered(calls)
            cluster.leader(but=[leader])
            cluster.start(leader)
        figure(f'{len(done)} of 80 pending writes were done before the end, all were answered')
        self.assertEqual(set(cluster.get_all(done).values()) | {b'x' * 1000}, {b'x' * 1000})

    def test_SIGTERM_under_load(self):
        """Calls that the node has not taken yet see it as gone, and have not happened; of the others
        none is forgotten."""
        cluster = harness.Cluster.running(self, 3)
        leader = cluster.leader()
        calls = self.pending_calls(cluster, leader, 1000)
        self.assertEqual(cluster.stop(leader), 0)
        # What reaches gRPC after its end has begun is cancelled by gRPC itself.
        gone = [key for key, call in calls.items() if call.code() in (
            grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)]
        self.assertEqual(set(cluster.get_all(gone).values()) - {None}, set())
        done = self.assert_answered({key: call for key, call in calls.items() if key not in gone})
        self.assertEqual(set(cluster.get_all(done).values()) | {b'x' * 1000}, {b'x' * 1000})

    def test_SIGTERM_of_a_follower(self):
        cluster = harness.Cluster.running(self, 3)
        leader = cluster.leader()
        follower = next(name for name in cluster.nodes if name != leader)
        calls = self.pending_calls(cluster, follower, 40)
        self.assertEqual(cluster.stop(follower), 0)
        for call in calls.values():
            if call.exception() is None:
                self.assertEqual(call.result().answer.outcome, v1.OUTCOME_NOT_LEADER)
            else:
                self.assertEqual(call.code(), grpc.StatusCode.UNAVAILABLE)
        cluster.put(b'without', b'a follower')

    def test_SIGTERM_with_nobody_to_ask(self):
        """A leader that lost its followers has calls that nobody can decide: it ends all the same,
        and says that their outcome is unknown."""
        cluster = harness.Cluster.running(self, 3)
        leader = cluster.leader()
        for name in cluster.nodes:
            if name != leader:
                cluster.kill(name)
        calls = self.pending_calls(cluster, leader, 40)
        self.assertIsNotNone(cluster.status(leader, timeout=60))
        self.assertEqual(cluster.stop(leader), 0)
        self.assertEqual(self.assert_answered(calls), [])

    def test_SIGTERM_at_once_after_the_start(self):
        cluster = harness.Cluster(1)
        self.addCleanup(cluster.close)
        for _ in range(by_length(3, 10, 100)):
            cluster.start('n0')
            self.assertEqual(cluster.stop('n0'), 0, cluster.nodes['n0'].last_words())

    def test_SIGTERM_while_suspended(self):
        cluster = harness.Cluster.running(self, 1, flags=['--enable-suspend'])
        call = cluster.stub('n0').channel.unary_unary('/Raft/suspend')
        call(b'', timeout=30)
        self.assertTrue(cluster.told('n0').suspended)
        silent = cluster.stub('n0').execute.future(
            v1.ExecuteRequest(operation=harness.get_operation(b'k')), timeout=60)
        self.assertTrue(cluster.told('n0').suspended)
        self.assertEqual(cluster.stop('n0'), 0)
        self.assertIn(silent.code(), (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED,
                                      grpc.StatusCode.ABORTED, grpc.StatusCode.OK))

    def test_clients_that_hold_on_do_not_keep_a_node_alive(self):
        cluster = harness.Cluster.running(self, 1)
        stub = cluster.stub('n0')
        request = v1.ExecuteStreamRequest(operations=[v1.NumberedOperation(
            number=1, operation=harness.get_operation(b'k'))])

        def one_and_wait():
            yield request
            wait_until(lambda: cluster.nodes['n0'].pid() is None, 'the node should end')
        stream = stub.stream(one_and_wait(), timeout=120)
        self.assertEqual(len(next(stream).answers), 1)
        self.assertEqual(cluster.stop('n0'), 0)
        stream.cancel()


class KillTest(unittest.TestCase):

    def test_what_was_acknowledged_outlives_the_leader(self):
        cluster = harness.Cluster.running(self, 3, config=BRISK)
        with Writers(cluster) as writers:
            for _ in range(by_length(1, 3, 30)):
                writers.wait_more(100)
                leader = cluster.leader()
                cluster.kill(leader)
                cluster.leader(but=[leader])
                writers.wait_more(50)
                cluster.start(leader)
            writers.stop()
            count = writers.check(self)
        cluster.wait_even()
        figure(f'{count} acknowledged writes, all there after kills of the leader')

    def test_all_killed_at_once_come_back_with_everything(self):
        cluster = harness.Cluster.running(self, 3, config=BRISK)
        with Writers(cluster) as writers:
            for _ in range(by_length(1, 3, 30)):
                writers.wait_more(100)
                for node in cluster.nodes.values():
                    node.signal(signal.SIGKILL)
                for node in cluster.nodes.values():
                    node.wait_gone()
                cluster.start_all()
            writers.wait_more(10)
            writers.stop()
            writers.check(self)

    def test_a_killed_node_catches_up_from_its_own_disk_and_the_leader(self):
        cluster = harness.Cluster.running(self, 3)
        for i in range(50):
            cluster.put(b'early %d' % i, b'x')
        follower = next(name for name in cluster.nodes if name != cluster.leader())
        had = cluster.told(follower).durable
        cluster.kill(follower)
        cluster.put(b'late', b'y')
        cluster.start(follower)
        started = next(event for event in cluster.nodes[follower].events()
                       if event.get('event') == 'started')
        self.assertGreaterEqual(started['last'], had)
        wait_until(lambda: cluster.told(follower, key=b'late').value == b'y', 'it catches up')

    def test_a_frozen_leader_does_not_lead_when_it_thaws(self):
        cluster = harness.Cluster.running(self, 3)
        old = cluster.leader()
        cluster.nodes[old].signal(signal.SIGSTOP)
        # Written by the others, while the old one still believes that it leads.
        others = [name for name in cluster.nodes if name != old]

        def taken():
            for name in others:
                try:
                    answer = cluster.execute(name, harness.put_operation(b'thaw', b'new'))
                except grpc.RpcError:
                    continue
                if answer.outcome == v1.OUTCOME_OK:
                    return True
            return False
        wait_until(taken, 'the others should go on')
        read = cluster.stub(old).execute.future(
            v1.ExecuteRequest(operation=harness.get_operation(b'thaw')), timeout=60)
        cluster.nodes[old].signal(signal.SIGCONT)
        answer = read.result().answer
        if answer.outcome in (v1.OUTCOME_OK, v1.OUTCOME_NOT_FOUND):
            self.assertEqual(answer.value, b'new')
        wait_until(lambda: cluster.told(old, key=b'thaw').value == b'new', 'it should follow')


class TraceTest(unittest.TestCase):

    def test_a_trace_tells_every_event(self):
        cluster = harness.Cluster(1, config=BRISK)
        self.addCleanup(cluster.close)
        trace = cluster.folder / 'trace.jsonl'
        cluster.start('n0', '--trace', str(trace))
        for i in range(5):
            cluster.put(b'traced %d' % i, b'x')
        self.assertEqual(cluster.stop('n0'), 0)
        events = [json.loads(line) for line in trace.read_text(encoding='utf-8').splitlines()]
        kinds = {event.get('event') for event in events}
        self.assertLessEqual({'role_changed', 'term_and_vote', 'appended', 'durable', 'committed',
                              'applied', 'timer_armed'}, kinds)
        applied = [event['index'] for event in events if event.get('event') == 'applied']
        self.assertEqual(applied, list(range(1, len(applied) + 1)))
        self.assertGreaterEqual(len(applied), 5)


class WearTest(unittest.TestCase):
    """The report's system had to be rebooted after many sessions in a row."""

    def figures(self, cluster):
        """The most of any node: (bytes of memory, threads, descriptors)."""
        pids = cluster.pids().values()
        return (max(map(memory_of, pids)), max(map(threads_of, pids)),
                max(map(descriptors_of, pids)))

    def kill_the_leader(self, cluster, number):
        """Seconds until the next put; the old leader is back and level with the others then."""
        leader = cluster.leader()
        cluster.kill(leader)
        started = time.monotonic()
        cluster.put(b'kill', b'%d' % number)
        took = time.monotonic() - started
        cluster.start(leader)
        cluster.wait_even()
        self.assertEqual(cluster.get(b'kill'), b'%d' % number)
        return took

    def test_leaders_that_are_killed_in_a_row(self):
        cluster = harness.Cluster.running(self, 5, config=BRISK)
        cluster.put(b'first', b'value')
        took = [self.kill_the_leader(cluster, number) for number in range(5)]
        memory, threads, descriptors = self.figures(cluster)
        took += [self.kill_the_leader(cluster, number) for number in range(5, KILLS)]
        later_memory, later_threads, later_descriptors = self.figures(cluster)
        share = max(3, len(took) // 4)
        early, late = statistics.median(took[:share]), statistics.median(took[-share:])
        figure(f'{KILLS} leader kills: next put after {early * 1000:.0f} ms at the start, '
               f'{late * 1000:.0f} ms at the end; memory {memory >> 10} KiB, then '
               f'{later_memory >> 10} KiB; threads {threads}, then {later_threads}; descriptors '
               f'{descriptors}, then {later_descriptors}')
        # Generous: what is looked for grows with each kill.
        self.assertLess(later_memory, memory * 1.5)
        self.assertLessEqual(later_threads, threads + 4)
        self.assertLessEqual(later_descriptors, descriptors + 15)
        self.assertLess(late, 3 * early + 2)
        self.assertEqual(cluster.get(b'first'), b'value')

    def test_sessions_that_come_and_go(self):
        """Many clients, one after the other, as the report's users were."""
        cluster = harness.Cluster.running(self, 3)
        leader = cluster.leader()

        def client(number):
            stub = harness.Stub(cluster.nodes[leader].address)
            stub.execute(v1.ExecuteRequest(operation=harness.put_operation(
                b'client', b'%d' % number)), timeout=60)
            stub.channel.close()
        for number in range(50):
            client(number)
        before = self.figures(cluster)
        for number in range(by_length(200, 500, 10000)):
            client(number)
        # The far ends of closed connections go when the node has noticed.
        wait_until(lambda: descriptors_of(cluster.nodes[leader].pid()) <= before[2] + 15,
                   'closed connections should be forgotten')
        after = self.figures(cluster)
        self.assertLess(after[0], before[0] * 1.5)
        self.assertLessEqual(after[1], before[1] + 4)


if __name__ == '__main__':
    harness.main()
