#!/usr/bin/python3
"""tools/cloudlab without machines: manifests and lists, what is judged, and what is sent."""

import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tools' / 'cloudlab.d'), str(ROOT / 'tools' / 'lib')]
# pylint: disable=wrong-import-position
import agent
import asking
import checks
import certs
import cloudlab
import control
import doctor
import experiment
import machines
import nodes
import remote
import rolling
import source
from experiment import CloudError
from cluster import ClusterError

NODE = """
<node client_id="{name}" xmlns:emulab="http://www.protogeni.net/resources/rspec/ext/emulab/1">
  <emulab:vnode name="pc{number}" hardware_type="xl170"/>
  <host name="{name}.demo.drydock.utah.cloudlab.us" ipv4="128.110.217.{number}"/>
  <services>
    <login hostname="hp{number}.utah.cloudlab.us" port="22" username="bob"/>
    <login hostname="hp{number}.utah.cloudlab.us" port="22" username="eve"/>
  </services>
  <interface client_id="{name}:lan"><ip address="{address}" netmask="255.255.255.0" type="ipv4"/>
  </interface>
</node>"""


def manifest(addresses=('10.10.1.1', '10.10.1.2', '10.10.1.3'), node=NODE):
    nodes = ''.join(node.format(name=f'node{number}', number=number, address=address)
                    for number, address in enumerate(addresses))
    return f'<rspec xmlns="http://www.geni.net/resources/rspec/3" type="manifest">{nodes}</rspec>'


class FolderTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, text, name='file'):
        path = self.folder / name
        path.write_text(text, encoding='utf-8')
        return path


class MachinesTest(FolderTest):

    def read(self, text, user=''):
        return experiment.read(self.file(text), user)

    def assert_refused(self, text, *words, user=''):
        with self.assertRaises(CloudError) as caught:
            self.read(text, user)
        for word in words:
            self.assertIn(word, str(caught.exception))

    def test_a_manifest_gives_names_logins_and_addresses_on_the_lan(self):
        machines = self.read(manifest(), 'eve')
        self.assertEqual([(one.name, one.node, one.address) for one in machines],
                         [('node0', 'n0', '10.10.1.1'), ('node1', 'n1', '10.10.1.2'),
                          ('node2', 'n2', '10.10.1.3')])
        self.assertEqual((machines[1].user, machines[1].host, machines[1].port),
                         ('eve', 'hp1.utah.cloudlab.us', 22))

    def test_without_a_user_the_login_is_that_of_who_runs_it_or_the_first(self):
        with mock.patch('getpass.getuser', return_value='eve'):
            self.assertEqual(self.read(manifest())[0].user, 'eve')
        with mock.patch('getpass.getuser', return_value='stranger'):
            self.assertEqual(self.read(manifest())[0].user, 'bob')

    def test_a_bad_manifest_says_what_is_wrong(self):
        self.assert_refused('<rspec><node', 'Save all of it again')
        self.assert_refused(manifest(), 'no login of mallory', 'bob, eve', user='mallory')
        self.assert_refused(manifest(node=NODE.replace('<login', '<nologin')),
                            'Is the experiment ready')
        self.assert_refused(manifest(node=NODE.replace('<ip', '<noip')), 'no address on a LAN')
        self.assert_refused(manifest(['128.110.217.0']), 'control network')
        self.assert_refused(manifest([]), '0 machines')
        self.assert_refused(manifest(['10.10.1.1', '10.10.1.1']), 'two machines', '10.10.1.1')

    def test_a_list_has_a_machine_a_line(self):
        first, second = self.read('# ours\n\n'
                                  'node0 alice@pc1.example.org:2222 10.10.1.1  # fast\nb pc2\n')
        self.assertEqual((first.user, first.host, first.port, first.address),
                         ('alice', 'pc1.example.org', 2222, '10.10.1.1'))
        self.assertEqual((second.name, second.node, second.user, second.address),
                         ('b', 'n1', '', ''))

    def test_a_bad_line_is_shown_with_its_place_and_an_example(self):
        for line in ('node0', 'node0 a@b@c', 'node0 pc1 10.10.1.1 more', 'node0 pc1:x'):
            self.assert_refused(f'# one\n{line}\n', 'line 2', line, experiment.LIST_EXAMPLE)
        self.assert_refused('node0 pc1 pc1.example.org', 'no IP address', 'control network')
        self.assert_refused('a pc1\na pc2\n', 'two machines', 'name a')

    def test_what_is_remembered_is_read_again(self):
        first = experiment.Experiment(self.folder)
        first.machines, first.config = self.read(manifest(), 'bob'), {'leases': True}
        first.save()
        again = experiment.Experiment(self.folder).load()
        self.assertEqual(again.machines, first.machines)
        self.assertEqual(again.cluster()['config'], {'leases': True})
        self.assertEqual(again.cluster()['nodes']['n2'],
                         {'address': '10.10.1.3:7000', 'metrics': '10.10.1.3:7001'})
        self.assertEqual([one.name for one in again.choose(['node2', 'n0', '1'])],
                         ['node2', 'node0', 'node1'])
        with self.assertRaisesRegex(CloudError, 'node0, node1, node2'):
            again.choose(['node7'])

    def test_with_tls_nodes_have_a_port_and_machines_certificates_of_their_own(self):
        first = experiment.Experiment(self.folder)
        first.machines, first.tls = self.read(manifest(), 'bob'), True
        first.save()
        again = experiment.Experiment(self.folder).load()
        self.assertEqual(again.cluster()['nodes']['n1'],
                         {'address': '10.10.1.2:7000', 'metrics': '10.10.1.2:7001',
                          'peer_port': 7002})
        given = certs.make(again, again.choose(['node0', 'node2']))
        self.assertEqual(sorted(given), ['node0', 'node2'])
        files = {name: dict(texts) for name, texts in given.items()}
        self.assertEqual(sorted(files['node2']), [f'certs/{name}' for name in (
            'ca.pem', 'node.key', 'node.pem', 'operator.key', 'operator.pem', 'peer-ca.pem',
            'peer.key', 'peer.pem')])
        self.assertEqual(files['node0']['certs/ca.pem'], files['node2']['certs/ca.pem'])
        self.assertNotEqual(files['node0']['certs/node.key'], files['node2']['certs/node.key'])
        shown = subprocess.run(['openssl', 'x509', '-noout', '-ext', 'subjectAltName'], text=True,
                               input=files['node2']['certs/peer.pem'], capture_output=True,
                               check=True).stdout
        self.assertIn('URI:drydock://drydock/n2', shown)
        self.assertIn('IP Address:10.10.1.3', shown)

    def test_tls_is_for_new_clusters(self):
        first = experiment.Experiment(self.folder)
        first.machines = self.read(manifest(), 'bob')
        first.save()
        done = subprocess.run([ROOT / 'tools/cloudlab', 'start', '--tls', '--dir', self.folder],
                              text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn('tools/cloudlab start --fresh --tls', done.stderr)
        self.assertFalse(experiment.Experiment(self.folder).load().tls)

    def test_without_machines_the_next_step_is_told(self):
        for name, words in (('none', 'tools/cloudlab use FILE'), ('bad', 'is damaged')):
            (self.folder / 'bad').mkdir(exist_ok=True)
            self.file('[]', 'bad/experiment.json')
            done = subprocess.run([ROOT / 'tools/cloudlab', 'start', '--dir', self.folder / name],
                                  text=True, capture_output=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)
        done = subprocess.run([ROOT / 'tools/cloudlab', 'fly'], text=True, capture_output=True,
                              check=False)
        self.assertEqual(done.returncode, 2)


class AgentTest(FolderTest):

    def test_the_address_on_the_lan_is_that_of_the_short_name(self):
        hosts = self.file('127.0.0.1 localhost node9\n10.10.1.1\tnode0-lan node0-0 node0\n'
                          '10.10.1.2 node1-lan node1 # node0\n')
        self.assertEqual(agent.address_in(hosts, 'node0'), '10.10.1.1')
        self.assertEqual(agent.address_in(hosts, 'node1'), '10.10.1.2')
        self.assertIsNone(agent.address_in(hosts, 'node'))
        self.assertIsNone(agent.address_in(hosts, 'node9'))
        self.assertIsNone(agent.address_in(self.folder / 'none', 'node0'))

    def test_a_cluster_with_other_nodes_is_not_written_over(self):
        here = agent.Here({'home': self.folder, 'node': 'n0'})
        here.run.mkdir()
        here.config.write_text('{"nodes": {"n0": {"address": "10.10.1.1:7000"}}}', encoding='ascii')
        agent.check_same_cluster(here, {'nodes': {'n0': {'address': '10.10.1.1:7000'}}})
        with self.assertRaisesRegex(ClusterError, 'start --fresh'):
            agent.check_same_cluster(here, {'nodes': {}})

    def test_a_machine_that_was_another_node_before_can_begin_anew(self):
        here = agent.Here({'home': self.folder, 'node': 'n4'})
        (here.run / 'n1' / 'data').mkdir(parents=True)
        here.config.write_text('{"nodes": {"n1": {"address": "10.10.1.2:7000"}}}', encoding='ascii')
        with self.assertRaisesRegex(ClusterError, 'has no n4.*start --fresh'):
            here.node()
        agent.remove_all(here)
        self.assertEqual(list(here.run.iterdir()), [])

    def test_what_cannot_be_done_is_told_on_standard_error(self):
        done = subprocess.run(
            [sys.executable, ROOT / 'tools/cloudlab.d/agent.py', 'stop',
             json.dumps({'home': str(self.folder), 'node': 'n0'})], text=True, capture_output=True,
            check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ''))
        self.assertIn('tools/cloudlab start', done.stderr)


class ControlTest(FolderTest):

    def test_without_the_file_there_is_no_control_network(self):
        with mock.patch.object(control, 'INTERFACE_FILE', self.folder / 'none'):
            self.assertIsNone(control.why_not('127.0.0.1'))
            self.assertEqual(control.addresses(), set())

    def test_what_is_reached_over_its_interface_is_refused(self):
        with mock.patch.object(control, 'INTERFACE_FILE', self.file('lo\n')):
            self.assertIn('127.0.0.1', control.addresses())
            self.assertIn('reached over lo, the control network', control.why_not('localhost'))
            self.assertIsNone(control.why_not('no-such-name.invalid'))


class ChecksTest(FolderTest):

    def test_addresses_of_the_kernel_are_read(self):
        self.assertEqual(checks.address_text('0100007F'), '127.0.0.1')
        self.assertEqual(checks.address_text('0000000000000000FFFF00000B071EAC'), '172.30.7.11')
        self.assertEqual(checks.address_text('00000000000000000000000001000000'), '::1')

    def test_a_listening_process_is_seen_where_it_listens(self):
        with subprocess.Popen([sys.executable, '-c', 'import socket\n'
                               's = socket.create_server(("127.0.0.1", 0))\n'
                               'print(s.getsockname()[1], flush=True)\ninput()'], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            port = int(process.stdout.readline())
            self.assertEqual(checks.local_addresses(process.pid), [('127.0.0.1', port)])
            process.communicate('\n')

    def test_syncs_are_timed_and_the_disk_is_named(self):
        times = checks.sync_times(self.folder, count=3)
        self.assertEqual(times, sorted(times))
        self.assertGreater(times[0], 0)
        self.assertTrue(checks.device_of(self.folder))


class DoctorTest(unittest.TestCase):

    def test_a_clock_that_is_off_is_told_from_one_that_is_only_far_away(self):
        found = doctor.judge_clocks({'a': (0.001, 0.001), 'b': (0.0, 0.001), 'c': (0.5, 0.45),
                                     'd': (-3.0, 0.001)})
        self.assertEqual({name: one[0][0] for name, one in found.items()},
                         {'a': 'ok', 'b': 'ok', 'c': 'ok', 'd': 'WARN'})
        self.assertIn('-3001.00 ms', found['d'][0][2])

    def test_the_version_that_differs_is_named_with_that_of_the_others(self):
        found = doctor.judge_versions({'a': {'kernel': '6.1'}, 'b': {'kernel': '6.1'},
                                       'c': {'kernel': '5.4'}})
        self.assertEqual(found['a'], [('ok', 'versions', 'kernel 6.1')])
        self.assertEqual(found['c'], [('WARN', 'versions', 'kernel is 5.4, of the others 6.1')])


class FreshStartTest(FolderTest):
    """What is done on which machines, in which order, when the data of before is removed."""

    def setUp(self):
        super().setUp()
        first = experiment.Experiment(self.folder)
        first.machines = [experiment.Machine(f'node{i}', f'n{i}', '', f'10.10.1.{i + 1}')
                          for i in range(3)]
        first.save()
        self.backup = self.file('all', 'store.backup')
        self.done, self.fails = [], None

    def ask_each(self, _, machines, command, **more):
        names = ','.join(machine.node for machine in machines)
        self.done.append(f'{command} {more.get("founding", "")} {names}'.replace('  ', ' '))
        if self.done[-1] == self.fails:
            raise CloudError('it fails')
        return {machine.name: {'began': True} for machine in machines}

    def start(self, *words):
        """The exit code."""
        def note(text):
            return lambda *_: self.done.append(text)

        with mock.patch.object(nodes, 'ask_each', self.ask_each), \
                mock.patch.object(nodes, 'put', note('put')), \
                mock.patch.object(nodes, 'remove', note('remove')), \
                mock.patch.object(nodes, 'add', note('add')), \
                mock.patch.object(sys, 'argv', ['cloudlab', 'start', '--dir', str(self.folder),
                                                *words]), \
                mock.patch('sys.stderr', io.StringIO()) as errors:
            code = cloudlab.main()
        self.errors = errors.getvalue()
        return code

    def test_who_joins_a_restored_cluster_knows_it_before_that_begins(self):
        self.assertEqual(self.start('--fresh', '--restore', str(self.backup)), 0)
        self.assertEqual(self.done, [
            'check n0,n1,n2', 'put', 'check_backup n0', 'wipe n0,n1,n2', 'start --join n1,n2',
            'restore n0', 'start --bootstrap n0', 'wait_ready n0', 'add', 'remove',
            'wait_ready n0,n1,n2'])

    def test_what_can_fail_fails_before_anything_is_removed(self):
        restore = ('--fresh', '--restore', str(self.backup))
        for words, fails in ((restore, 'check n0,n1,n2'), (restore, 'check_backup n0'),
                             (('--fresh',), 'check n0,n1,n2')):
            self.done, self.fails = [], fails
            self.assertEqual(self.start(*words), 1)
            self.assertNotIn('wipe n0,n1,n2', self.done)
        for words in (('--fresh', '--restore', ''), ('--fresh', '--restore', '/none'),
                      ('--restore', str(self.backup)), ('--fresh', 'node0'), ('--restore', ''),
                      (*restore, '--config', '{')):
            self.done, self.fails = [], None
            self.assertEqual(self.start(*words), 1, words)
            self.assertIn(self.done, ([], ['check n0,n1,n2']))
        self.done = []
        with mock.patch('shutil.which', return_value=None):
            self.assertEqual(self.start('--fresh', '--tls'), 1)
        self.assertIn('openssl', self.errors)
        self.assertEqual(self.done, [])

    def test_the_backup_does_not_stay_there_and_the_next_step_is_told(self):
        for fails in ('check_backup n0', 'start --join n1,n2', 'restore n0', 'wait_ready n0'):
            self.done, self.fails = [], fails
            self.assertEqual(self.start('--fresh', '--restore', str(self.backup)), 1)
            self.assertEqual(self.done[-1], 'remove', fails)
            self.assertEqual('Begin again' in self.errors, fails != 'check_backup n0', fails)

    def test_settings_of_a_start_that_came_to_nothing_are_not_remembered(self):
        self.fails = 'check n0,n1,n2'
        self.assertEqual(self.start('--fresh', '--tls', '--config', '{"leases": true}'), 1)
        kept = experiment.Experiment(self.folder).load()
        self.assertEqual((kept.tls, kept.config), (False, {}))


class RollingTest(unittest.TestCase):
    """When tools/cloudlab restart stops the next node."""

    def setUp(self):
        self.told = {f'n{i}': {'reachable': True, 'suspended': False, 'leader': 'n0', 'behind': 0}
                     for i in range(5)}
        self.experiment = experiment.Experiment('/none')
        self.experiment.machines = [experiment.Machine(f'node{i}', f'n{i}', '') for i in range(5)]
        self.said = []

    def machines(self, count):
        self.experiment.machines = self.experiment.machines[:count]

    def wait(self, *changes):
        """How often it was asked until the last machine may be stopped. A question takes a second,
        and each change is made one question later; after them nothing changes any more."""
        changes, asked = list(changes), 0

        def states(_):
            nonlocal asked
            asked += 1
            if asked > 1 and changes:
                changes.pop(0)()
            return self.told

        with mock.patch.object(rolling, 'states', states), \
                mock.patch.object(rolling, 'say', self.said.append), \
                mock.patch('time.sleep'), \
                mock.patch('time.monotonic', lambda: float(asked)):
            rolling.wait_spared(self.experiment, self.experiment.machines[-1])
        return asked

    def test_when_all_are_well_it_goes_on_at_once(self):
        self.assertEqual((self.wait(), self.said), (1, []))

    def test_it_waits_for_a_node_that_lags_and_for_one_that_knows_no_leader(self):
        self.told['n1']['behind'] = rolling.LITTLE + 1
        del self.told['n2']['leader']
        self.assertEqual(self.wait(lambda: self.told['n1'].update(behind=rolling.LITTLE),
                                   lambda: self.told['n2'].update(leader='n4')), 3)
        self.assertEqual(self.said, ['node4 waits: n1 is 1001 entries behind, n2 knows no leader'])

    def test_while_the_leader_is_silent_nobody_knows_who_lags(self):
        del self.told['n1']['behind']
        self.assertEqual(self.wait(lambda: self.told['n1'].update(behind=0)), 2)
        self.assertIn('not known how far n1', self.said[0])

    def test_it_says_for_what_it_has_waited_in_vain(self):
        self.told['n1']['behind'] = 5000
        with self.assertRaisesRegex(CloudError, 'node4 is left.*n1 is 5000 entries behind, 600 s'):
            self.wait()

    def test_of_five_one_may_be_down_and_no_second_one(self):
        self.told['n0'] = {'reachable': False}
        self.assertEqual(self.wait(), 1)
        self.told['n1']['suspended'] = True
        with self.assertRaisesRegex(CloudError, 'n0 and n1 do not answer.*tools/cloudlab start'):
            self.wait()

    def test_who_misses_a_question_is_not_down(self):
        self.machines(3)
        self.told['n0']['reachable'] = False
        self.assertEqual(self.wait(lambda: None, lambda: self.told['n0'].update(reachable=True)), 3)
        self.assertEqual(self.said, ['node2 waits: n0 must answer'])

    def test_of_three_none_may_be_down(self):
        self.machines(3)
        del self.told['n0']
        with self.assertRaisesRegex(CloudError, 'n0 does not answer'):
            self.wait()

    def test_one_or_two_cannot_do_without_one_and_are_restarted_all_the_same(self):
        self.machines(2)
        self.told['n0']['reachable'] = False
        self.assertEqual(self.wait(), 1)
        self.machines(1)
        self.assertEqual(self.wait(), 1)


class KeptTest(FolderTest):
    """What is brought from a machine into a folder here."""

    def archive(self, **contents):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode='w:gz') as tar:
            for name, content in contents.items():
                entry = tarfile.TarInfo(f'./{name}')
                entry.size, entry.mode = len(content), 0o600
                tar.addfile(entry, io.BytesIO(content))
        return packed.getvalue()

    def test_files_keep_their_rights(self):
        remote.unpack(io.BytesIO(self.archive(store=b'all')), self.folder)
        kept = self.folder / 'store'
        self.assertEqual((kept.read_bytes(), kept.stat().st_mode & 0o777), (b'all', 0o600))

    def test_what_is_cut_short_is_no_file_of_that_name(self):
        whole = self.archive(table=b'few', store=os.urandom(100000))
        for length in (5, len(whole) // 2, len(whole) * 9 // 10):
            with self.assertRaisesRegex(CloudError, 'cut short'):
                remote.unpack(io.BytesIO(whole[:length]), self.folder)
            self.assertFalse((self.folder / 'store').exists())

    def test_each_has_a_folder_of_its_own(self):
        with mock.patch('time.strftime', return_value='now'):
            names = [asking.new_folder(self.folder, 'ping').name for _ in range(3)]
        self.assertEqual(names, ['ping-now', 'ping-now-2', 'ping-now-3'])

    def test_a_backup_that_fails_leaves_nothing_here(self):
        first = experiment.Experiment(self.folder)
        first.machines = [experiment.Machine('node0', 'n0', '', '10.10.1.1')]
        first.save()

        def cut_short(*_):
            raise CloudError('the connection is lost')

        with mock.patch.object(asking, 'leave_there', cut_short), \
                mock.patch.object(sys, 'argv', ['cloudlab', 'backup', '--dir', str(self.folder)]), \
                mock.patch('sys.stderr', io.StringIO()):
            self.assertEqual(cloudlab.main(), 1)
        self.assertEqual(list((self.folder / 'results').iterdir()), [])

    def test_backups_are_not_collected(self):
        first = experiment.Experiment(self.folder)
        first.machines = [experiment.Machine('node0', 'n0', '', '10.10.1.1')]
        first.save()
        for name in ('backup-1', 'ping-1'):
            (self.folder / 'results' / name).mkdir(parents=True)
        with mock.patch.object(machines, 'fetch'), mock.patch('sys.stderr', io.StringIO()), \
                mock.patch.object(sys, 'argv', ['cloudlab', 'collect', '--dir', str(self.folder),
                                                '--to', str(self.folder / 'collected')]):
            self.assertEqual(cloudlab.main(), 0)
        kept = [path.name for path in (self.folder / 'collected' / 'results').iterdir()]
        self.assertEqual(kept, ['ping-1'])


class RemoteTest(unittest.TestCase):

    MACHINE = experiment.Machine('node0', 'n0', 'pc1.example.org', user='eve', port=2222)

    def test_ssh_is_as_the_environment_says(self):
        with mock.patch.dict(os.environ, {'DRYDOCK_SSH': 'ssh -i "my key"'}):
            words = remote.ssh(self.MACHINE)
        self.assertEqual(words[:3], ['ssh', '-i', 'my key'])
        self.assertEqual(words[-3:], ['-p', '2222', 'eve@pc1.example.org'])

    def test_who_is_not_root_does_it_over_sudo(self):
        script = 'd=$(echo "a b") && trap \'echo "end of $d"\' EXIT && echo "$1 $d"'
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (('id', 'echo 1000'), ('sudo', '[ "$1" = -n ] && shift && "$@"')):
                path = pathlib.Path(folder, name)
                path.write_text(f'#!/bin/sh\n{text}\n', encoding='ascii')
                path.chmod(0o755)
            done = subprocess.run(
                ['sh', '-c', remote.as_root(script)], text=True, capture_output=True, check=True,
                env={'PATH': f'{folder}:/usr/bin:/bin'})
        self.assertEqual(done.stdout, ' a b\nend of a b\n')

    def test_failures_come_with_what_to_do(self):
        for text, hint in (('REMOTE HOST IDENTIFICATION HAS CHANGED!', 'ssh-keygen -R pc1'),
                           ('eve@pc1: Permission denied (publickey).', 'ssh-add -l'),
                           ('sudo: a password is required', 'sudo without a password')):
            why = str(remote.why_failed(self.MACHINE, 255, text.encode()))
            self.assertIn('node0: ', why)
            self.assertIn(hint, why)

    def test_all_machines_are_tried_and_all_failures_told(self):
        machines = [experiment.Machine(f'node{number}', '', '') for number in range(3)]
        done = []

        def work(machine):
            done.append(machine.name)
            if machine.name != 'node1':
                raise CloudError(f'{machine.name} fails')

        with self.assertRaisesRegex(CloudError, 'node0 fails\nnode2 fails'):
            remote.on_each(machines, work)
        self.assertEqual(sorted(done), ['node0', 'node1', 'node2'])

    def test_the_source_is_sent_whole_with_its_version_and_without_what_was_built(self):
        packed, version = source.packed()
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            names = tar.getnames()
            told = tar.extractfile('.source-id').read().decode().strip()
        self.assertEqual(told, version)
        for name in ('CMakeLists.txt', 'tools/cloudlab.d/setup', 'profile.py'):
            self.assertIn(name, names)
        self.assertFalse([name for name in names if name.startswith(('build/', '.git/'))])


if __name__ == '__main__':
    unittest.main(verbosity=2)
