#!/usr/bin/python3
"""The Debian packages on a machine of their own: installed by dpkg, run by systemd, and purged.

The packages are those in DRYDOCK_PACKAGES (else build/packages); cpack makes them. Needs root."""

import json
import os
import pathlib
import re
import shutil
import sys
import unittest

from sandbox import ROOT, ClusterError, Sandbox, wait_until
from certificates import make_client, make_nodes

PACKAGES = pathlib.Path(os.environ.get('DRYDOCK_PACKAGES') or ROOT / 'build/packages').resolve()
LIFE = {'started', 'listening', 'stopping', 'stopped', 'refused_to_start'}
# What a purge leaves, and what dpkg, systemd and their helpers write for themselves.
STAYS = re.compile(r'/(etc/((passwd|group|g?shadow|subuid|subgid)-?|\.pwd\.lock|machine-id)'
                   r'|var/(log|cache|tmp|lib/(dpkg|systemd|apt))/.*)')


def package(name):
    found = list(PACKAGES.glob(f'{name}_*.deb'))
    if len(found) != 1:
        raise ClusterError(f'{PACKAGES} holds {len(found)} packages {name}, not one: '
                                'cpack makes them')
    return found[0]


class InSandbox(unittest.TestCase):
    """A machine for each test, with the packages in /srv."""
    maxDiff = None

    def setUp(self):
        self.box = Sandbox()
        self.addCleanup(self.box.close)
        self.run_in = self.box.run
        for name in ('drydock', 'libdrydock-dev'):
            shutil.copy(package(name), self.box.path(f'/srv/{name}.deb'))

    def install(self):
        # With the conffile as the operator left it, which is what dpkg does without a terminal.
        return self.run_in('dpkg', '--force-confold', '--install', '/srv/drydock.deb')

    def configure(self, **more):
        """As the manual says: the cluster's file, and who this is."""
        self.write_cluster()
        self.set_environment(DRYDOCK_ID='n0', **more)

    def write_cluster(self, **more):
        """Of n0 alone."""
        content = {'cluster': 'packaged', 'nodes': {'n0': {
            'address': '127.0.0.1:7000', 'metrics': '127.0.0.1:9100', **more}}}
        self.box.path('/etc/drydock/cluster.json').write_text(json.dumps(content),
                                                              encoding='ascii')

    def set_environment(self, **values):
        path = self.box.path('/etc/drydock/raftd.env')
        text = path.read_text(encoding='utf-8')
        for name, value in values.items():
            text, count = re.subn(rf'(?m)^{name}=.*$', f'{name}={value}', text)
            self.assertEqual(count, 1, name)
        path.write_text(text, encoding='utf-8')

    def property_of(self, name):
        return self.run_in('systemctl', 'show', '--value', f'--property={name}',
                           'drydock.service').stdout.strip()

    def raftctl(self, *arguments):
        return self.run_in('/usr/bin/raftctl', '--config', '/etc/drydock/cluster.json', *arguments,
                           '--timeout', '60s').stdout

    def events(self):
        """How raftd began and ended, as it told the journal."""
        self.run_in('journalctl', '--sync')
        told = self.run_in('journalctl', '--unit=drydock.service', '--output=cat').stdout
        events = [json.loads(line)['event'] for line in told.split('\n') if line.startswith('{')]
        return [event for event in events if event in LIFE]


class PackageTest(InSandbox):

    def test_it_installs_serves_stops_is_removed_and_purged(self):
        before = self.box.written()
        self.install()
        self.assertEqual(self.property_of('ActiveState'), 'inactive')
        self.assertEqual(self.property_of('UnitFileState'), 'disabled')
        self.run_in('getent', 'passwd', 'drydock')

        self.configure(RAFTD_OPTIONS='--bootstrap')
        # With Type=notify this returns at READY=1: the first call is answered.
        self.run_in('systemctl', 'enable', '--now', 'drydock.service')
        self.assertEqual(self.property_of('ActiveState'), 'active')
        self.assertEqual(self.raftctl('put', 'city', 'Logan'), 'ok\n')
        self.assertEqual(self.raftctl('get', 'city'), 'Logan')
        self.raftctl('snapshot', 'n0')
        self.set_environment(RAFTD_OPTIONS='')
        self.check_confinement()

        self.run_in('systemctl', 'restart', 'drydock.service')
        self.assertEqual(self.raftctl('get', 'city'), 'Logan')
        self.assertEqual(self.events()[-4:], ['stopping', 'stopped', 'started', 'listening'])

        pid = self.property_of('MainPID')
        self.install()  # the same again: nothing is restarted
        self.assertEqual(self.property_of('MainPID'), pid)
        self.run_in('dpkg', '--remove', 'drydock')
        self.assertEqual(self.events()[-2:], ['stopping', 'stopped'])
        self.assertEqual(self.property_of('LoadState'), 'not-found')
        self.assertTrue(self.box.path('/var/lib/drydock/node/wal').is_dir())
        self.assertTrue(self.box.path('/etc/drydock/raftd.env').is_file())
        self.assertFalse(self.box.path('/usr/bin/raftd').exists())

        self.install()  # what was stored is there, without --bootstrap
        self.run_in('systemctl', 'start', 'drydock.service')
        self.assertEqual(self.raftctl('get', 'city'), 'Logan')

        self.run_in('dpkg', '--purge', 'drydock')
        self.run_in('dpkg', '--purge', 'drydock')  # nothing to do any more
        # Folders that this machine has, too, were only touched.
        left = {path for path in self.box.written() - before
                if not STAYS.fullmatch(path) and not pathlib.Path(path).is_dir()}
        self.assertEqual(left, set())
        self.run_in('getent', 'passwd', 'drydock')

    def check_confinement(self):
        """Whose process it is, what it owns, and that its metrics are whole within these walls."""
        pid = self.property_of('MainPID')
        status = self.run_in('cat', f'/proc/{pid}/status').stdout
        user = self.run_in('id', '--user', 'drydock').stdout.strip()
        self.assertIn(f'Uid:\t{user}\t{user}', status)
        self.assertIn('Seccomp:\t2', status)
        self.assertIn('CapBnd:\t0000000000000000', status)
        modes = self.run_in('stat', '--format=%U %a %n', '/var/lib/drydock',
                            '/var/lib/drydock/node').stdout
        self.assertEqual(modes, 'drydock 750 /var/lib/drydock\n'
                                'drydock 700 /var/lib/drydock/node\n')
        metrics = self.run_in('curl', '-sS', 'http://127.0.0.1:9100/metrics').stdout
        figures = dict(re.findall(r'^(process_\w+) (\S+)$', metrics, re.MULTILINE))
        # Of 65536 as many as this machine allows, and more than a service has by default.
        self.assertGreater(float(figures['process_max_fds']), 1024)
        self.assertGreater(float(figures['process_start_time_seconds']), 1e9)

    def test_the_unit_is_one_that_systemd_has_nothing_to_say_about(self):
        self.install()
        result = self.run_in('systemd-analyze', 'verify', '/usr/lib/systemd/system/drydock.service')
        self.assertEqual((result.stdout, result.stderr), ('', ''))
        # From 0, which nothing can be wrong with, to 10.
        result = self.run_in('systemd-analyze', 'security', '--offline=true', '--threshold=15',
                             '--no-pager', 'drydock.service')
        print(result.stdout.strip().split('\n')[-1], file=sys.stderr)

    def test_what_cannot_start_says_why_and_is_not_tried_for_ever(self):
        self.install()
        for environment, why in (({}, '--id is missing'),
                                 ({'DRYDOCK_ID': 'n0'}, '/etc/drydock/cluster.json')):
            self.set_environment(**environment)
            result = self.run_in('systemctl', 'start', 'drydock.service', check=False)
            self.assertEqual(result.returncode, 1, result)
            self.assertEqual(self.property_of('ExecMainStatus'), '2')
            wait_until(lambda: self.property_of('ActiveState') == 'failed', 'it should have failed')
            self.run_in('journalctl', '--sync')
            said = self.run_in('journalctl', '--unit=drydock.service', '--output=cat').stdout
            self.assertIn(why, said)
        # A disk that is missing: no empty store is founded in its place.
        self.configure()
        self.run_in('systemctl', 'start', 'drydock.service', check=False)
        wait_until(lambda: self.property_of('ActiveState') == 'failed',
                   'it should have been given up')
        self.assertIn('refused_to_start', self.events())
        self.assertFalse(self.box.path('/var/lib/drydock/node').exists())
        self.run_in('dpkg', '--purge', 'drydock')

    def test_beyond_loopback_plaintext_must_be_asked_for_and_certificates_do(self):
        self.install()
        self.configure(RAFTD_OPTIONS='--bootstrap')
        self.write_cluster(listen='0.0.0.0:7000', peer_port=7001)
        result = self.run_in('systemctl', 'start', 'drydock.service', check=False)
        self.assertEqual(result.returncode, 1, result)
        self.assertEqual(self.property_of('ExecMainStatus'), '2')
        self.run_in('journalctl', '--sync')
        said = self.run_in('journalctl', '--unit=drydock.service', '--output=cat').stdout
        self.assertIn('--insecure-plaintext', said)

        self.set_environment(RAFTD_SECURITY='--insecure-plaintext')
        self.run_in('systemctl', 'start', 'drydock.service')
        self.assertEqual(self.raftctl('put', 'city', 'Logan'), 'ok\n')
        self.run_in('systemctl', 'stop', 'drydock.service')

        shown = self.make_certificates()
        self.run_in('systemctl', 'start', 'drydock.service')
        self.assertEqual(self.raftctl('get', 'city', *shown), 'Logan')
        refused = self.run_in('raftctl', '--config', '/etc/drydock/cluster.json', 'get', 'city',
                              '--timeout', '5s', check=False)
        self.assertEqual(refused.returncode, 3, refused)

    def make_certificates(self):
        """As the manual says; gives what raftctl takes."""
        certs = self.box.path('/srv/certs')
        make_nodes(self.box.path('/etc/drydock/cluster.json'), certs)
        make_client('operator', certs)
        self.run_in('bash', '-c', 'install -d -g drydock -m 750 /etc/drydock/tls && cd /srv && '
                    'install -g drydock -m 640 -t /etc/drydock/tls '
                    'certs/{ca,peer-ca,n0,n0-peer}.pem certs/{n0,n0-peer}.key')
        files = {'cert-file': 'n0.pem', 'key-file': 'n0.key', 'trusted-ca-file': 'ca.pem',
                 'peer-cert-file': 'n0-peer.pem', 'peer-key-file': 'n0-peer.key',
                 'peer-trusted-ca-file': 'peer-ca.pem'}
        self.set_environment(RAFTD_SECURITY=' '.join(
            ['--client-cert-auth', *(f'--{flag} /etc/drydock/tls/{file}'
                                     for flag, file in files.items())]))
        return ['--cacert', '/srv/certs/ca.pem', '--cert', '/srv/certs/operator.pem',
                '--key', '/srv/certs/operator.key']

    def test_a_store_is_refounded_as_the_manual_says_for_a_service(self):
        self.install()
        self.configure(RAFTD_OPTIONS='--bootstrap')
        self.run_in('systemctl', 'start', 'drydock.service')
        self.raftctl('put', 'city', 'Logan')
        self.run_in('systemctl', 'stop', 'drydock.service')
        self.run_in('runuser', '--user=drydock', '--', 'raftd', '--config',
                    '/etc/drydock/cluster.json', '--id', 'n0', '--data', '/var/lib/drydock/node',
                    '--refound-into', '/var/lib/drydock/new', '--accept-loss')
        self.set_environment(RAFTD_OPTIONS='', DRYDOCK_DATA='/var/lib/drydock/new')
        self.run_in('systemctl', 'start', 'drydock.service')
        self.assertEqual(self.raftctl('get', 'city'), 'Logan')

    def test_man_pages_and_completion_are_found_and_scenarios_play(self):
        self.install()
        for page in ('raftd', 'raftctl', 'raftsim'):
            self.assertRegex(self.run_in('man', page).stdout, rf'(?s)NAME.*{page} - ')
            self.assertTrue(self.box.path(
                f'/usr/share/bash-completion/completions/{page}').is_file())
        found = self.run_in('zsh', '-fc', 'autoload -U compinit && compinit -D -u && '
                            'print $_comps[raftd] $_comps[raftctl] $_comps[raftsim]')
        self.assertEqual(found.stdout, '_raftd _raftctl _raftsim\n')
        played = self.run_in('raftsim', 'run',
                             '/usr/share/drydock/scenarios/paper/2-leader-crash.json')
        self.assertIn('PASSED', played.stdout)
        self.run_in('raftd', '--check-config', '--config',
                    '/usr/share/doc/drydock/examples/cluster.json')

    def test_a_program_builds_with_the_development_package_alone(self):
        self.run_in('dpkg', '--install', '/srv/libdrydock-dev.deb')
        shutil.copytree(ROOT / 'tests/install', self.box.path('/srv/install'))
        self.run_in('cmake', '-S', '/srv/install/core', '-B', '/srv/build')
        self.run_in('cmake', '--build', '/srv/build')
        self.run_in('/srv/build/core_consumer')
        self.run_in('dpkg', '--purge', 'libdrydock-dev')
        self.assertFalse(self.box.path('/usr/include/drydock').exists())


if __name__ == '__main__':
    unittest.main(verbosity=2)
