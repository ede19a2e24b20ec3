#!/usr/bin/python3
"""Upgrades and backups of a cluster on machines made of namespaces (lab.py), while clients go
on."""

import json
import pathlib
import re
import shutil
import subprocess
import sys

import lab
from hosts import ROOT
from lab import FOLDER, HOME, HOSTS, HostsTest, cloudlab, good
from cluster import wait_until

sys.path[:0] = [str(ROOT / 'tests' / 'e2e'), str(ROOT / 'tools' / 'cloudlab.d')]
# pylint: disable=wrong-import-position
import next_release
import source

NEXT = FOLDER / 'next'
NODES = ('n0', 'n1', 'n2')
OLD, NEW = ('0', 1), ('9', 2)  # the first number of the version, the data format
# A machine that waits long for a processor is no reason for an election.
PATIENT = '{"election_timeout": ["3s", "6s"], "heartbeat_interval": "100ms"}'


def setUpModule():
    lab.set_up()
    make_next_release()


def make_next_release():
    """The source of a later version, as a user has it after a pull."""
    names = source.files()
    for name in names:
        (NEXT / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, NEXT / name)  # with its time: what is the same is not built again
    sources = {name: (ROOT / name).read_bytes() for name in names}
    for name, text in next_release.edited(sources, next_release.NEXT).items():
        (NEXT / name).write_text(text, encoding='utf-8')


class Load:
    """tests/e2e/clients.py, on the LAN."""

    def __init__(self, test, machine):
        config = FOLDER / 'clients.json'
        config.write_text(HOSTS.on(machine, f'cat {HOME}/run/cluster.json'), encoding='utf-8')
        self._log = FOLDER / 'clients.log'
        with open(self._log, 'wb') as log:
            self._process = HOSTS.begin_on_lan_of(
                machine, ['/usr/bin/python3', ROOT / 'tests' / 'e2e' / 'clients.py', config],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        test.addCleanup(self._process.communicate)
        test.addCleanup(self._process.kill)
        self.wait_more(50)

    def wait_more(self, writes):
        """Until so many more were acknowledged."""
        self._process.stdin.write(f'more {writes}\n')
        self._process.stdin.flush()
        if self._process.stdout.readline() != 'done\n':
            raise AssertionError(self._log.read_text(encoding='utf-8'))

    def end(self):
        """Of how many writes and calls it is known that none was lost, or answered wrongly."""
        told, _ = self._process.communicate(timeout=300)
        if self._process.returncode:
            raise AssertionError(self._log.read_text(encoding='utf-8'))
        return json.loads(told)


class OperationsTest(HostsTest):

    def backup(self, *words):
        """The file, here."""
        return pathlib.Path(re.search(r'--restore (.*)', good('backup', *words).stderr)[1])


class UpgradeTest(OperationsTest):

    def states(self, *names):
        """{node: what it says}, once these and no others answer; a busy one may need a while."""
        def told():
            nodes = json.loads(cloudlab('status', '--', '--output', 'json').stdout)['nodes']
            found = {node['node']: node for node in nodes if node['reachable']}
            return found if set(found) == set(names) else None
        return wait_until(told, f'{names} should answer', 60, 0.2)

    def releases(self, *names):
        """(version, without what is behind its first point; data format) of each."""
        told = self.states(*names)
        return [(told[name]['version'].partition('.')[0], told[name]['data_format'])
                for name in names]

    def term(self):
        return max(told['term'] for told in self.states(*NODES).values())

    def handovers(self):
        return sum(int(HOSTS.on(name, f'grep -c \'"event":"handed_over"\' {HOME}/run/n*/raftd.log '
                                '|| true')) for name in HOSTS.names)

    def test_machine_by_machine_under_load_and_no_way_back_but_a_backup(self):
        self.addCleanup(good, 'build')
        good('start', '--fresh', '--config', PATIENT)
        self.assertEqual(self.raftctl('node0', 'put city Logan'), 'ok')
        before = self.backup()
        load = Load(self, 'node2')
        self.upgrade(load)
        self.try_the_older_one(load)
        done = load.end()
        print(f'figure: {done["writes"]} acknowledged writes and a linearizable history of '
              f'{done["calls"]} calls over an upgrade of three machines')
        good('build')
        self.assert_fails(cloudlab('start', '--fresh', '--restore', self.backup('--on', 'node2')),
                          'a backup of data format 2, and this program reads formats up to 1')
        good('start', '--fresh', '--restore', before)
        self.assertEqual(self.releases(*NODES), [OLD] * 3)
        self.assertEqual(self.raftctl('node0', 'get city'), 'Logan')

    def upgrade(self, load):
        good('build', 'node0', root=NEXT)  # the others find what it has compiled
        good('build', root=NEXT)
        self.assertEqual(self.releases(*NODES), [OLD] * 3, 'what runs is as it was')
        term = self.term()
        good('restart', 'node0', root=NEXT)
        self.assertEqual(self.releases(*NODES), [NEW, OLD, OLD])
        load.wait_more(50)
        good('restart', 'node1', 'node2', root=NEXT)
        self.assertEqual(self.releases(*NODES), [NEW] * 3)
        self.assertLessEqual(self.term() - term, self.handovers(),
                             'an election more than handing over costs')
        load.wait_more(50)

    def try_the_older_one(self, load):
        """It is refused at the first machine, which the others do without."""
        good('build', 'node0')
        self.assert_fails(cloudlab('restart'), 'node0: ', 'the store is of data format 2, and this '
                          'program reads formats up to 1')
        self.assertEqual(self.releases('n1', 'n2'), [NEW] * 2)
        self.assert_fails(cloudlab('restart', 'node1'), 'node1 is left as it is', 'n0 does not '
                          'answer', 'tools/cloudlab start')
        load.wait_more(50)
        good('build', 'node0', root=NEXT)
        good('start', 'node0', root=NEXT)
        self.assertEqual(self.releases(*NODES), [NEW] * 3)
        load.wait_more(50)


class BackupTest(OperationsTest):

    def setUp(self):
        good('start', '--fresh', '--no-tls', '--config', lab.CALM)
        self.assertEqual(self.raftctl('node0', 'put city Logan'), 'ok')

    def assert_nothing_is_left(self):
        """Of what holds all keys and values in the clear."""
        for name in HOSTS.names:
            self.assertEqual(HOSTS.on(name, f'ls {HOME}').split(), ['run', 'setup.done', 'src'])

    def voters(self, shown=''):
        table = self.raftctl('node0', f'members {shown}')
        return {line.split()[0] for line in table.splitlines() if ' voter ' in line}

    def test_taken_under_load_it_is_a_cluster_again(self):
        load = Load(self, 'node2')
        self.assertEqual(self.raftctl('node0', 'put city Provo'), 'ok')
        file = self.backup('--on', 'node1')
        load.wait_more(50)
        load.end()
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.raftctl('node0', 'put after backup'), 'ok')
        good('start', '--fresh', '--restore', file)
        self.assertEqual(self.voters(), {'n0', 'n1', 'n2'})
        self.assertEqual(self.raftctl('node1', 'get city'), 'Provo')
        self.assertEqual(self.raftctl('node1', 'get after || echo code $?'), 'code 1')
        # A cluster as any other: it bears a loss, and is stopped and started.
        good('kill', 'node0')
        self.assertEqual(self.raftctl('node1', 'put river Colorado'), 'ok')
        good('start')
        good('restart')
        self.assertEqual(self.raftctl('node0', 'get river'), 'Colorado')
        self.assert_nothing_is_left()

    def test_it_is_restored_with_tls_too_and_measured(self):
        file = self.backup()
        good('start', '--fresh', '--tls', '--restore', file)
        self.assertEqual(self.raftctl('node2', f'get city {lab.SHOWN}'), 'Logan')
        self.assertEqual(self.voters(lab.SHOWN), {'n0', 'n1', 'n2'})
        self.assertNotEqual(self.backup(), file)
        good('restart')
        told = good('figures', '--', '--quick', '--figures', '4').stdout
        self.assertIn('| remote commit | n2 |', told)

    def test_what_is_no_whole_backup_removes_nothing(self):
        file = self.backup()
        damaged = FOLDER / 'damaged.backup'
        damaged.write_bytes(file.read_bytes()[:-1])
        self.assert_fails(cloudlab('start', '--fresh', '--restore', damaged), 'node0: ',
                          'cut short')
        self.assert_fails(cloudlab('start', '--fresh', '--restore', FOLDER / 'none'), 'no file')
        self.assert_fails(cloudlab('start', '--restore', file), 'start --fresh --restore')
        self.assertEqual(self.raftctl('node1', 'get city'), 'Logan')
        self.assert_nothing_is_left()

    def test_without_a_cluster_there_is_no_backup(self):
        good('stop')
        done = cloudlab('backup')
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertNotIn('Restore', done.stderr)


if __name__ == '__main__':
    lab.main()
