#!/usr/bin/python3
"""tools/cloudlab on machines made of namespaces (lab.py). All three run when a test begins, so one
that ends a node starts it again."""

import json
import pathlib
import re
import signal
import subprocess

import lab
from hosts import ROOT
from lab import BIN, CALM, FOLDER, HOME, HOSTS, SHOWN, HostsTest, cloudlab, command, good
from cluster import wait_until

RAFTSIM = ROOT / 'build' / 'release' / 'bin' / 'raftsim'


def setUpModule():
    lab.set_up()


class ClusterTest(HostsTest):

    def test_nodes_serve_at_their_addresses_on_the_lan(self):
        table = self.table()
        self.assertEqual([line.split()[1] for line in table.values()],
                         [f'10.10.1.{number}:7000' for number in (1, 2, 3)])
        self.assertEqual(self.raftctl('node2', 'put city Logan'), 'ok')
        self.assertEqual(self.raftctl('node0', 'get city'), 'Logan')

    def test_start_again_says_that_all_ran_already(self):
        self.assertIn('node0, node1, node2 ran already', good('start').stderr)

    def test_a_killed_leader_is_replaced_and_comes_back(self):
        self.assertEqual(self.raftctl('node0', 'put before kill'), 'ok')
        self.addCleanup(good, 'start')
        leader = self.leader()
        machine = leader.replace('n', 'node')
        self.assertIn(f'tools/cloudlab start {machine}', good('kill', leader).stderr)
        self.assertIn('cannot be reached', self.table()[leader])
        self.assertNotEqual(self.leader(), leader)
        self.assert_fails(cloudlab('kill', machine), 'did not run')
        good('start', machine)
        self.assertEqual(self.raftctl(machine, 'get before'), 'kill')

    def test_stopped_nodes_keep_their_data(self):
        self.assertEqual(self.raftctl('node1', 'put kept yes'), 'ok')
        self.addCleanup(good, 'start')
        self.assertIn('node0, node1, node2', good('stop').stderr)
        self.assertIn('none ran', good('stop').stderr)
        good('start')
        self.assertEqual(self.raftctl('node1', 'get kept'), 'yes')
        good('start', '--fresh')
        self.assertEqual(self.raftctl('node1', 'get kept || [ $? = 1 ]'), '')

    def test_restart_takes_one_after_the_other(self):
        told = good('restart').stderr
        self.assertEqual(re.findall(r'(node\d) runs again', told), HOSTS.names)

    def test_a_bench_is_run_there_and_its_report_kept(self):
        done = good('bench', '--on', 'node1', '--', '--operations', '200', '--warm-up', '0s')
        self.assertIn('operations done', done.stdout)
        kept = pathlib.Path(done.stderr.split('Kept in ')[1].strip())
        self.assertIn('operations done', kept.read_text(encoding='utf-8'))

    def kept(self, done):
        """{name: the text or bytes} of what a command has kept."""
        folder = pathlib.Path(done.stderr.split('Kept in ')[1].strip())
        return {file.name: file for file in folder.iterdir()}

    def test_the_network_of_the_machines_is_measured_and_raftsim_takes_it(self):
        done = good('ping', '--on', 'node2', '--', '--count', '10')
        files = self.kept(done)
        self.assertEqual(done.stdout, files['table.txt'].read_text(encoding='utf-8'))
        self.assertEqual(len(done.stdout.splitlines()), 1 + 3 * 2)
        scenario = files['measured-network.json']
        rows = json.loads(scenario.read_text(encoding='utf-8'))['network']['latency']['rows']
        self.assertEqual([len(row) for row in rows], [3, 3, 3])
        run = subprocess.run([RAFTSIM, 'run', scenario], text=True, capture_output=True,
                             check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_the_figures_of_the_machines_are_measured_there_and_kept_here(self):
        done = good('figures', '--', '--quick', '--figures', '4', '--about', 'three hosts')
        files = self.kept(done)
        self.assertEqual(set(files), {'tables.md', 'figure-4.csv', 'figure-4.png', 'figure-4.svg',
                                      'figure-4.txt'})
        self.assertIn('| remote commit | n2 |', done.stdout)
        self.assertIn('three hosts', files['figure-4.txt'].read_text(encoding='utf-8'))
        self.assertTrue(files['figure-4.png'].read_bytes().startswith(b'\x89PNG'))

    def test_figures_that_are_interrupted_here_end_there(self):
        run = HOSTS.begin_on_laptop(**command('figures', '--', '--figures', '4', '--samples',
                                              '100000'))
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        wait_until(self.figures_run, 'figures should be measured', 60, 0.1)
        run.send_signal(signal.SIGINT)
        self.assertEqual(run.wait(timeout=300), 130)
        wait_until(lambda: not self.figures_run(), 'they should be measured no longer', 60, 0.1)

    def figures_run(self):
        return HOSTS.on('node0', 'pgrep -f figures.d/figures.p[y] || true').strip()

    def test_collect_brings_logs_traces_and_results(self):
        good('restart', '--trace')
        folder = FOLDER / 'collected'
        good('collect', '--to', folder)
        for name in HOSTS.names:
            files = {file.name.partition('-1')[0]: file for file in (folder / name).iterdir()}
            self.assertIn('"event":"listening"', files['raftd.log'].read_text(encoding='utf-8'))
            self.assertGreater(files['trace'].stat().st_size, 100)
            self.assertIn('drydock_server_term', files['metrics.txt'].read_text(encoding='utf-8'))
            self.assertIn('DONE', files['drydock-setup.log'].read_text(encoding='utf-8'))
            self.assertIn('10.10.1.3', files['cluster.json'].read_text(encoding='utf-8'))
        self.assert_fails(cloudlab('collect', '--to', folder), '--to')

    def test_settings_are_remembered(self):
        self.addCleanup(good, 'start', '--fresh', '--config', CALM)
        good('start', '--fresh', '--config', CALM.replace('100ms', '40ms'))
        good('restart', 'node1')
        self.assertIn('40ms', HOSTS.on('node1', f'cat {HOME}/run/cluster.json'))
        self.assert_fails(cloudlab('start', 'node1', '--fresh'), 'whole cluster')


class TlsTest(HostsTest):

    def test_with_tls_only_who_has_a_certificate_is_served(self):
        self.addCleanup(good, 'start', '--fresh', '--no-tls', '--config', CALM)
        good('start', '--fresh', '--tls')
        self.assertEqual(self.raftctl('node2', f'put city Logan {SHOWN}'), 'ok')
        self.assertEqual(self.raftctl('node0', f'get city {SHOWN}'), 'Logan')
        told = self.raftctl('node1', 'get city 2>&1 || echo code $?')
        self.assertTrue(told.endswith('code 3'), told)
        backup = self.raftctl('node1', f'backup {HOME}/run/one.backup {SHOWN}')
        self.assertIn('a backup from', backup)
        self.assertIn('keys', self.raftctl('node1', f'backup --check {HOME}/run/one.backup'))
        # Started again, it is given new certificates of the same CAs.
        leader = self.leader().replace('n', 'node')
        good('kill', leader)
        good('start', leader)
        self.assertEqual(self.raftctl(leader, f'get city {SHOWN}'), 'Logan')
        good('bench', '--', '--operations', '100', '--warm-up', '0s')
        good('ping', '--', '--count', '5')
        self.assertEqual(HOSTS.on('node0', f'stat --format=%a {HOME}/run/certs').strip(), '700')
        # The keys stay where they are.
        folder = FOLDER / 'collected-tls'
        good('collect', '--to', folder)
        self.assertEqual([file for file in folder.rglob('*') if file.suffix in ('.key', '.pem')],
                         [])


class ControlNetworkTest(HostsTest):

    def test_addresses_of_the_control_network_are_refused(self):
        machines = FOLDER / 'control.txt'
        machines.write_text(''.join(f'{name} root@{HOSTS.control(name)} {HOSTS.control(name)}\n'
                                    for name in HOSTS.names), encoding='ascii')
        directory = FOLDER / 'control'
        good('use', machines, directory=directory)
        self.assert_fails(cloudlab('start', directory=directory),
                          '172.30.7.11 is reached over control0', 'all experiments share')
        self.assertEqual(len(self.table()), 3)  # what runs goes on

    def test_raftd_itself_refuses_them(self):
        config = json.dumps({'cluster': 'c', 'nodes': {'n0': {'address': '172.30.7.12:7000'}}})
        told = HOSTS.on('node0', f"echo '{config}' > /run/c.json; "
                        f'{BIN}/raftd --config /run/c.json --check-config 2>&1 || echo code $?')
        self.assertIn('is reached over control0, the control network', told)
        self.assertIn('code 2', told)
        told = HOSTS.on('node0', f'{BIN}/raftctl status --endpoints 172.30.7.12:7000 2>&1 || '
                        'echo code $?')
        self.assertIn('control network', told)
        self.assertIn('code 2', told)

    def test_addresses_are_found_on_the_machines_if_the_list_has_none(self):
        machines = FOLDER / 'names.txt'
        machines.write_text(''.join(f'{name} root@{HOSTS.control(name)}\n' for name in HOSTS.names),
                            encoding='ascii')
        directory = FOLDER / 'names'
        good('use', machines, directory=directory)
        self.assertIn('ran already', good('start', directory=directory).stderr)
        self.assertIn('10.10.1.3', (directory / 'experiment.json').read_text(encoding='utf-8'))


class DoctorTest(HostsTest):

    def test_a_healthy_experiment_has_nothing_bad(self):
        done, findings = self.findings()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual({verdict for _, verdict, _, _ in findings} - {'ok', 'WARN'}, set())
        for name in HOSTS.names:
            for subject in ('setup', 'control', 'names', 'lan', 'ports', 'leftovers', 'clock',
                            'versions'):
                self.assertTrue(self.texts(findings, name, subject, 'ok'), (name, subject))
            disk = self.texts(findings, name, 'disk', 'ok') + self.texts(findings, name, 'disk',
                                                                         'WARN')
            self.assertIn('4 KiB are durable after', disk)

    def test_what_uses_the_control_network_is_found(self):
        script = ("import socket, time; s = socket.create_server(('172.30.7.11', 9999)); "
                  "print(1, flush=True); time.sleep(1000)")
        HOSTS.on('node0', f'(exec -a storebench /usr/bin/python3 -c "{script}" </dev/null '
                 '>/run/out 2>&1 & echo $! > /run/pid); until [ -s /run/out ]; do :; done')
        self.addCleanup(HOSTS.on, 'node0', 'kill $(cat /run/pid)')
        done, findings = self.findings('node0')
        self.assertEqual(done.returncode, 1)
        self.assertIn('storebench) uses 172.30.7.11:9999',
                      self.texts(findings, 'node0', 'control', 'BAD'))
        self.assertIn('is not of this cluster', self.texts(findings, 'node0', 'leftovers', 'WARN'))

    def test_names_that_mean_the_control_network_are_found(self):
        hosts = HOSTS.folder / 'node1' / 'hosts'
        before = hosts.read_text(encoding='ascii')
        self.addCleanup(hosts.write_text, before, encoding='ascii')
        hosts.write_text(before.replace('10.10.1.3', '172.30.7.13'), encoding='ascii')
        _, findings = self.findings('node1')
        self.assertIn('node2 means 172.30.7.13, on the control network',
                      self.texts(findings, 'node1', 'names', 'BAD'))

    def test_a_machine_that_is_off_the_lan_is_found(self):
        HOSTS.on('node2', 'ip link set lan0 down')
        self.addCleanup(good, 'start')
        self.addCleanup(HOSTS.on, 'node2', 'ip link set lan0 up')
        _, findings = self.findings('node0')
        self.assertIn('node2 does not answer at 10.10.1.3',
                      self.texts(findings, 'node0', 'lan', 'BAD'))

    def test_other_source_and_a_taken_port_are_found(self):
        self.addCleanup(good, 'start', 'node1')
        good('stop', 'node1')
        HOSTS.on('node1', f'echo other > {HOME}/src/.source-id')
        self.addCleanup(good, 'push', 'node1')
        HOSTS.on('node1', '(exec /usr/bin/python3 -m http.server --bind 10.10.1.2 7000 </dev/null '
                 '>/run/out 2>&1 & echo $! > /run/pid)')
        wait_until(lambda: '10.10.1.2:7000' in HOSTS.on('node1', 'ss -Hltn'), 'it should listen')
        self.assert_fails(cloudlab('start', 'node1'), 'another process listens at 10.10.1.2:7000')
        _, findings = self.findings()
        HOSTS.on('node1', 'kill $(cat /run/pid)')
        self.assertIn('10.10.1.2:7000', self.texts(findings, 'node1', 'ports', 'BAD'))
        self.assertIn('source is other', self.texts(findings, 'node1', 'versions', 'WARN'))


class TroubleTest(HostsTest):

    def test_a_machine_that_cannot_be_reached_is_told_beside_what_the_others_did(self):
        machines = FOLDER / 'gone.txt'
        machines.write_text(f'node0 root@{HOSTS.control("node0")} 10.10.1.1\n'
                            'node1 root@172.30.7.99 10.10.1.2\n', encoding='ascii')
        directory = FOLDER / 'gone'
        good('use', machines, directory=directory)
        self.addCleanup(good, 'start')
        self.assert_fails(cloudlab('stop', directory=directory), 'node1: ', '172.30.7.99')
        self.assertNotIn('n0', [node for node, line in self.table().items()
                                if 'cannot be reached' not in line])

    def test_a_build_that_fails_says_why(self):
        self.addCleanup(HOSTS.on, 'node2', f'mv {HOME}/CMakeLists.txt {HOME}/src/')
        HOSTS.on('node2', f'mv {HOME}/src/CMakeLists.txt {HOME}/ && rm {HOME}/setup.done')
        told = HOSTS.on('node2', f'{HOME}/src/tools/cloudlab.d/setup 2>&1 || echo code $?')
        self.assertIn('setup: the build failed', told)
        self.assertIn('code 1', told)
        _, findings = self.findings('node2')
        self.assertIn('FAILED: the build failed', self.texts(findings, 'node2', 'setup', 'BAD'))


if __name__ == '__main__':
    lab.main()
