"""An experiment on three machines made of namespaces (hosts.py), as a user has one: tools/cloudlab
runs on a laptop that reaches them over the control network only. The tests of one file share it."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from hosts import ROOT, Hosts
from cluster import wait_until

HOSTS = Hosts(3)
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix='drydock-cloudlab-'))
MANIFEST = FOLDER / 'manifest.xml'
HOME = '/var/lib/drydock'
ENDPOINTS = '10.10.1.1:7000,10.10.1.2:7000,10.10.1.3:7000'
# Elections that no stall of a busy machine decides.
CALM = '{"election_timeout": ["1s", "2s"], "heartbeat_interval": "100ms"}'
BIN = f'{HOME}/src/build/release/bin'
# With TLS: the certificate that raftctl shows on the machines.
SHOWN = ' '.join(f'--{flag} {HOME}/run/certs/{file}' for flag, file in (
    ('cacert', 'ca.pem'), ('cert', 'operator.pem'), ('key', 'operator.key')))


def command(*words, directory=FOLDER / 'experiment', root=ROOT):
    """What on_laptop and begin_on_laptop take; `root` has the source, and so tools/cloudlab."""
    return {'words': [root / 'tools' / 'cloudlab', words[0], '--dir', directory, *words[1:]],
            'env': {**os.environ, 'DRYDOCK_SSH': ' '.join(HOSTS.ssh())}}


def cloudlab(*words, **more):
    return HOSTS.on_laptop(**command(*words, **more))


def good(*words, **more):
    done = cloudlab(*words, **more)
    if done.returncode:
        raise AssertionError(f'{words}: {done.returncode}\n{done.stdout}{done.stderr}')
    return done


def share_build():
    """Compiling once is enough: the other machines get what the first one has built."""
    for name in HOSTS.names[1:]:
        HOSTS.on(name, f'mkdir -p {HOME}')
        source, target = (HOSTS.folder / one / 'upper' / 'lib' / 'drydock' / 'src'
                          for one in (HOSTS.names[0], name))
        subprocess.run(['cp', '-a', source, target], check=True)


def set_up():
    """For setUpModule."""
    unittest.addModuleCleanup(shutil.rmtree, FOLDER, ignore_errors=True)
    unittest.enterModuleContext(HOSTS)
    MANIFEST.write_text(HOSTS.manifest(), encoding='ascii')
    good('use', MANIFEST)
    began = time.monotonic()
    good('build', 'node0')
    print(f'figure: built on one machine in {time.monotonic() - began:.0f} s')
    share_build()
    began = time.monotonic()
    good('build')
    print(f'figure: pushed to three, of which nothing was to be built, in '
          f'{time.monotonic() - began:.1f} s')
    good('start', '--config', CALM)


class HostsTest(unittest.TestCase):
    """What tests ask of the cluster."""

    def assert_fails(self, done, *parts):
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr + done.stdout)

    def table(self):
        return {line.split()[0]: line for line in cloudlab('status').stdout.splitlines()[1:]}

    def raftctl(self, name, words):
        return HOSTS.on(name, f'export DRYDOCK_ENDPOINTS={ENDPOINTS}; '
                        f'{BIN}/raftctl --timeout 30s {words}').strip()

    def leader(self):
        def found():
            return [node for node, line in self.table().items() if line.split()[2] == 'L']
        return wait_until(found, 'somebody should lead', 60, 0.1)[0]

    def findings(self, *names):
        done = cloudlab('doctor', *names)
        return done, [line.split(None, 3) for line in done.stdout.splitlines()[:-1]]

    def texts(self, findings, name, subject, verdict):
        return ' '.join(text for machine, word, about, text in findings
                        if (machine, about, word) == (name, subject, verdict))


def end_cleanly_on_sigterm():
    """The test that runs fails, no other one begins, and the machines are removed."""
    unittest.installHandler()
    begin_no_more = signal.getsignal(signal.SIGINT)

    def end(number, frame):
        begin_no_more(number, frame)
        raise SystemExit(128 + number)  # unittest takes it for an error of the test
    signal.signal(signal.SIGTERM, end)


def main():
    end_cleanly_on_sigterm()
    unittest.main(module='__main__', verbosity=2)
