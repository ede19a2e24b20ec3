#!/usr/bin/python3
"""Backups taken while clients write, and what is restored from them."""

import contextlib
import json
import os
import signal
import subprocess
import unittest

import harness
from harness import figure, v1, wait_until
from writers import Writers

RAFTCTL = harness.RAFTD.parent / 'raftctl'
MIB = 1 << 20

# Little of the log stays behind a snapshot, and there is one soon.
COMPACTING = {'snapshot_log_bytes': 4 * MIB, 'snapshot_margin_bytes': MIB}
# A cluster of one elects itself in no time.
BRISK = harness.BRISK


class BackupCase(unittest.TestCase):
    """What all of these tests do."""

    def run_raftctl(self, *arguments):
        return subprocess.run([RAFTCTL, *arguments], text=True, capture_output=True, check=False,
                              timeout=600)

    def backup(self, cluster, path, *more):
        """What raftctl tells of the backup that it has made."""
        result = self.run_raftctl('backup', path, '--config', cluster.config, '--output', 'json',
                                  '--timeout', '60s', *more)
        self.assertEqual((result.returncode, result.stderr), (0, ''), cluster.describe())
        return json.loads(result.stdout)

    def check(self, path):
        result = self.run_raftctl('backup', '--check', path, '--output', 'json')
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        return json.loads(result.stdout)

    def restore(self, cluster, name, path, *more):
        return subprocess.run([harness.RAFTD, '--config', cluster.config, '--id', name, '--data',
                               cluster.nodes[name].data, '--restore', path, *more],
                              text=True, capture_output=True, check=False, timeout=120)

    def fill(self, cluster, megabytes, seed=1):
        """Puts a thousand values of 1000 bytes for each megabyte."""
        result = self.run_raftctl('bench', '--stream', '--clients', '64', '--keys',
                                  str(1000 * megabytes), '--value-size', '1000', '--reads', '100',
                                  '--operations', '1', '--warm-up', '1ms', '--seed', str(seed),
                                  '--config', cluster.config, '--output', 'json')
        self.assertEqual((result.returncode, result.stderr), (0, ''), cluster.describe())

    def restored(self, path, count=3, config=None):
        """A cluster of new machines, begun with the backup on n0 and grown to `count`."""
        cluster = harness.Cluster(count, config={**BRISK, **(config or {})})
        self.addCleanup(cluster.close)
        for node in cluster.nodes.values():
            node.folder.mkdir()
        result = self.restore(cluster, 'n0', path)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        (cluster.nodes['n0'].folder / 'founded').touch()
        first, *others = cluster.nodes
        cluster.start(first)
        wait_until(lambda: cluster.told(first).ready, lambda: cluster.describe())
        for name in others:
            cluster.nodes[name].start('--join', bootstrap=False, detached=False)
            cluster.nodes[name].wait_listening()
        if others:
            self.add(cluster, others)
        return cluster

    def add(self, cluster, names):
        places = [f'{name}={cluster.nodes[name].address}' for name in names]
        result = self.run_raftctl('members', 'add', *places, '--endpoints',
                                  cluster.nodes['n0'].address, '--timeout', '120s')
        self.assertEqual((result.returncode, result.stderr), (0, ''), cluster.describe())


class BackupTest(BackupCase):

    def setUp(self):
        self.cluster = harness.Cluster.running(self, 3, config=COMPACTING)
        self.path = str(self.cluster.folder / 'one.backup')

    def leader_and_follower(self):
        leader = self.cluster.leader()
        return leader, next(name for name in self.cluster.nodes if name != leader)

    def begin(self, *more):
        """raftctl backup, stopped in the middle of the file."""
        unfinished = f'{self.path}.unfinished'
        with contextlib.suppress(FileNotFoundError):
            os.remove(unfinished)  # of one that was killed
        # pylint: disable-next=consider-using-with
        process = subprocess.Popen(
            [RAFTCTL, 'backup', self.path, '--config', self.cluster.config, '--output', 'json',
             '--timeout', '60s', *more], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        wait_until(lambda: os.path.exists(unfinished) and os.path.getsize(unfinished) > 0,
                   lambda: f'a backup should begin. {self.cluster.describe()}', pause=0.001)
        process.send_signal(signal.SIGSTOP)
        wait_until(lambda: self.state_of(process) == 'T', 'raftctl should stand still')
        self.assertFalse(os.path.exists(self.path), 'the store is too small for this test')
        return process

    @staticmethod
    def state_of(process):
        with open(f'/proc/{process.pid}/stat', encoding='utf-8') as stat:
            return stat.read().rpartition(')')[2].split()[0]

    def finish(self, process):
        process.send_signal(signal.SIGCONT)
        output, errors = process.communicate(timeout=300)
        return process.returncode, output, errors

    def test_every_write_acknowledged_before_is_in_it_and_none_that_was_never_sent(self):
        with Writers(self.cluster) as writers:
            writers.wait_more(200)
            before = dict(writers.acknowledged)
            told = [self.backup(self.cluster, f'{self.path}-{name}', '--from', name)
                    for name in self.cluster.nodes]
            writers.wait_more(50)
        sent = {**writers.acknowledged, **writers.unknown}
        for name, each in zip(self.cluster.nodes, told):
            path = f'{self.path}-{name}'
            summary = self.check(path)
            self.assertEqual((summary['index'], each['node']), (each['index'], name))
            self.assertGreaterEqual(summary['keys'], len(before))
            copy = self.restored(path, count=1)
            found = copy.get_all(list(sent))
            lost = [key for key, value in before.items() if found[key] != value]
            wrong = [key for key, value in found.items() if value not in (None, sent[key])]
            self.assertEqual((lost[:5], wrong[:5]), ([], []))
            there = sum(value is not None for value in found.values())
            self.assertEqual(there, summary['keys'], 'something is in it that nobody has sent')
            copy.close()
        figure(f'{len(before)} writes before three backups, all in each of them')

    def test_restored_on_three_new_machines_and_a_retry_is_not_applied_again(self):
        session = self.cluster.decided(v1.Operation(register=v1.RegisterOperation())).session

        def swap(sequence, key, value):
            return v1.Operation(session=session, sequence=sequence,
                                compare_and_set=v1.CompareAndSetOperation(key=key, value=value))
        done = self.cluster.decided(swap(1, b'lock', b'mine'))
        self.assertEqual(done.outcome, v1.OUTCOME_OK)
        failed = self.cluster.decided(swap(2, b'lock', b'again'))
        self.assertEqual(failed.outcome, v1.OUTCOME_COMPARE_FAILED)
        self.backup(self.cluster, self.path)
        after = self.cluster.decided(v1.Operation(register=v1.RegisterOperation())).session

        copy = self.restored(self.path)
        # The retry of a write that is in the backup: its first answer, although it would fail now.
        self.assertEqual(copy.decided(swap(1, b'lock', b'mine')).outcome, v1.OUTCOME_OK)
        copy.put(b'lock', b'other')
        self.assertEqual(copy.decided(swap(2, b'lock', b'again')).outcome,
                         v1.OUTCOME_COMPARE_FAILED)
        self.assertEqual(copy.get(b'lock'), b'other')
        # A session that the old cluster opened later is nobody's here, whatever is opened.
        for _ in range(after - session + 5):
            self.assertGreater(copy.decided(v1.Operation(
                register=v1.RegisterOperation())).session, after)
        late = copy.execute(copy.leader(), v1.Operation(
            session=after, sequence=1, put=v1.PutOperation(key=b'late', value=b'')))
        self.assertEqual(late.outcome, v1.OUTCOME_SESSION_UNKNOWN)
        # It is a whole cluster: it survives the loss of the node that it began with.
        copy.wait_even()
        copy.kill('n0')
        copy.leader(but=('n0',))
        self.assertEqual(copy.get(b'lock'), b'other')

    def test_old_nodes_and_the_restored_ones_do_not_hear_each_other(self):
        self.cluster.put(b'city', b'Logan')
        self.backup(self.cluster, self.path)
        old, *others = self.cluster.nodes.values()
        self.cluster.kill(old.name)
        old.data = old.folder / 'restored'
        result = self.restore(self.cluster, old.name, self.path)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.cluster.start(old.name)
        wait_until(lambda: self.cluster.told(old.name).ready, lambda: self.cluster.describe())
        refused = {'wrong_store', 'wrong_addressee', 'unknown_sender'}
        wait_until(lambda: any(event.get('event') == 'refused' and event.get('why') in refused
                               for node in (old, *others) for event in node.events()),
                   'one should refuse the other')
        answer = self.cluster.execute(old.name, harness.put_operation(b'city', b'Moab'))
        self.assertEqual(answer.outcome, v1.OUTCOME_OK)
        leader = wait_until(lambda: next((
            node.name for node in others
            if self.cluster.told(node.name).role == v1.ROLE_LEADER), None), 'the others go on')
        told = self.cluster.execute(leader, harness.get_operation(b'city'))
        self.assertEqual((told.outcome, told.value), (v1.OUTCOME_OK, b'Logan'))
        mine = self.cluster.told(old.name)
        self.assertEqual(([member.node for member in mine.members], mine.role),
                         ([0], v1.ROLE_LEADER))

    def test_a_snapshot_that_is_replaced_in_the_middle_is_sent_to_its_end(self):
        self.fill(self.cluster, 40)
        leader, _ = self.leader_and_follower()
        process = self.begin('--from', leader)
        snapshots = self.cluster.nodes[leader].data / 'snapshots'
        old = [name for name in os.listdir(snapshots) if name.isdigit()]

        def replaced():
            self.cluster.put(b'more', b'')
            result = self.run_raftctl('snapshot', leader, '--config', self.cluster.config,
                                      '--timeout', '120s')
            self.assertIn(result.returncode, (0, 5), result.stderr)
            return not set(old) & set(os.listdir(snapshots))
        wait_until(replaced, f'{old} should be replaced', limit=300)
        code, output, errors = self.finish(process)
        self.assertEqual((code, errors), (0, ''))
        self.assertIn(f'{json.loads(output)["index"]:020}', old)
        self.assertEqual(self.check(self.path)['index'], json.loads(output)['index'])

    def test_leaders_that_change_or_die_in_the_middle_make_no_bad_file(self):
        self.fill(self.cluster, 40)
        leader, other = self.leader_and_follower()
        process = self.begin()
        result = self.run_raftctl('transfer', other, '--config', self.cluster.config)
        self.assertEqual(result.returncode, 0, result.stderr)
        # It does not lead any more, but what it sends is as true as before.
        code, output, errors = self.finish(process)
        self.assertEqual((code, errors), (0, ''))
        self.assertEqual(json.loads(output)['node'], leader)
        self.check(self.path)
        os.remove(self.path)

        leader, other = self.leader_and_follower()
        process = self.begin()
        self.cluster.kill(leader)
        self.cluster.leader(but=(leader,))
        code, output, errors = self.finish(process)
        self.assertEqual((code, errors), (0, ''))
        self.assertNotEqual(json.loads(output)['node'], leader)
        self.check(self.path)
        os.remove(self.path)

        self.cluster.start(leader)
        self.cluster.wait_even()
        process = self.begin('--from', leader)
        self.cluster.kill(leader)
        code, output, errors = self.finish(process)
        self.assertEqual((code, json.loads(output)['outcome']), (3, 'no_leader'))
        self.assertIn(f'there is no backup: {self.cluster.nodes[leader].address} gave no answer',
                      errors)
        self.assertEqual([name for name in os.listdir(self.cluster.folder) if 'backup' in name], [])

    def test_a_client_that_stands_still_costs_the_node_nothing(self):
        self.fill(self.cluster, 40)
        leader, _ = self.leader_and_follower()
        term = self.cluster.told(leader).term
        process = self.begin('--from', leader)
        with Writers(self.cluster) as writers:
            writers.wait_more(200)
        self.assertEqual(self.cluster.told(leader).term, term)
        self.assertEqual(self.finish(process)[0], 0)
        self.assertEqual(self.check(self.path)['node'], leader)
        # Whoever goes away without a word frees what was held for it.
        os.remove(self.path)
        for _ in range(6):
            process = self.begin('--from', leader)
            process.kill()
            process.wait()
        for number in range(2):
            self.backup(self.cluster, f'{self.path}{number}', '--from', leader)
        self.assertEqual(self.cluster.stop(leader), 0)

    def test_who_cannot_give_one_says_why(self):
        leader, follower = self.leader_and_follower()
        for name in self.cluster.nodes:
            if name != leader:
                self.cluster.kill(name)
        alone = self.run_raftctl('backup', self.path, '--config', self.cluster.config, '--from',
                                 leader, '--timeout', '20s')
        self.assertIn(alone.returncode, (3, 5), alone.stderr)
        self.assertIn('there is no backup', alone.stderr)
        gone = self.run_raftctl('backup', self.path, '--endpoints',
                                self.cluster.nodes[follower].address, '--timeout', '500ms')
        self.assertEqual(gone.returncode, 3, gone.stderr)
        self.assertFalse(os.path.exists(self.path))


class DamageTest(BackupCase):
    """Damaged files are refused at each level, with the reason and the file's name."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = harness.Cluster.running(cls, 1)
        cls.cluster.put(b'city', b'Logan')
        cls.path = str(cls.cluster.folder / 'one.backup')
        cls().backup(cls.cluster, cls.path)
        with open(cls.path, 'rb') as file:
            cls.sound = file.read()

    def bad(self, content):
        path = str(self.cluster.folder / 'bad.backup')
        with open(path, 'wb') as file:
            file.write(content)
        return path

    def assert_refused(self, content, why):
        path = self.bad(content)
        checked = self.run_raftctl('backup', '--check', path)
        self.assertEqual((checked.returncode, checked.stdout), (1, ''))
        self.assertIn(f'{path}: ', checked.stderr)
        self.assertIn(why, checked.stderr)
        copy = harness.Cluster(1)
        self.addCleanup(copy.close)
        copy.nodes['n0'].folder.mkdir()
        refused = self.restore(copy, 'n0', path)
        self.assertEqual((refused.returncode, refused.stdout), (1, ''))
        self.assertIn(why, refused.stderr)
        self.assertFalse(copy.nodes['n0'].data.exists(), 'nothing is written for a bad file')

    def test_truncated(self):
        for size in (0, 4, 30, len(self.sound) // 2, len(self.sound) - 1):
            self.assert_refused(self.sound[:size], 'cut short')

    def test_flipped(self):
        for at in (0, 9, 20, 100, len(self.sound) // 2, len(self.sound) - 1):
            flipped = bytearray(self.sound)
            flipped[at] ^= 4
            path = self.bad(flipped)
            self.assertEqual(self.run_raftctl('backup', '--check', path).returncode, 1, at)

    def test_no_backup_at_all(self):
        self.assert_refused(b'{"cluster": "demo"}' * 10, 'no backup of Drydock')

    def test_grown(self):
        self.assert_refused(self.sound + b'\0', 'behind its end')

    def test_a_file_that_is_there_is_not_overwritten_unasked(self):
        path = self.bad(b'precious')
        for force, code in (((), 5), (('--overwrite',), 0)):
            result = self.run_raftctl('backup', path, '--config', self.cluster.config, *force)
            self.assertEqual(result.returncode, code, result.stderr)
        self.check(path)

    def test_a_restore_wants_an_empty_directory_the_right_name_and_a_member(self):
        copy = harness.Cluster(1, name='other')
        self.addCleanup(copy.close)
        copy.nodes['n0'].folder.mkdir()
        other = self.restore(copy, 'n0', self.path)
        self.assertEqual(other.returncode, 1)
        self.assertIn('a backup of cluster "test"', other.stderr)
        stranger = self.restore(self.cluster, 'n0', self.path)
        self.assertEqual(stranger.returncode, 1)
        self.assertIn('process', stranger.stderr)  # it runs
        renamed = self.restore(copy, 'n0', self.path, '--rename-cluster')
        self.assertEqual((renamed.returncode, renamed.stderr), (0, ''))
        again = self.restore(copy, 'n0', self.path, '--rename-cluster')
        self.assertEqual(again.returncode, 1)
        self.assertIn('give an empty one', again.stderr)
        (copy.nodes['n0'].folder / 'founded').touch()
        copy.start('n0')
        self.assertEqual(copy.get(b'city'), b'Logan')


if __name__ == '__main__':
    harness.main()
