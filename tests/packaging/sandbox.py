"""A machine that runs systemd, made of this one: its files can be seen, and what is written is gone
with it. Packages are installed in it by the real dpkg, services run under the real systemd."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / 'tools' / 'lib'))
from cluster import ClusterError, wait_until  # noqa: E402

ROOT = HERE.parents[1]

NAMESPACES = ['--mount', '--pid', '--uts', '--ipc', '--net', '--cgroup']


class Sandbox:

    def __init__(self):
        if os.geteuid() != 0:
            raise ClusterError('a sandbox needs root: call this with sudo, or in a container that '
                               'may make namespaces (--privileged)')
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='drydock-sandbox-'))
        self.log = open(self.folder.with_suffix('.log'), 'w+', encoding='utf-8')
        # However this program ends, the sandbox ends with it.
        self.outer = subprocess.Popen(
            ['setpriv', '--pdeathsig=KILL', 'unshare', *NAMESPACES, '--fork', '--kill-child=KILL',
             'bash', HERE / 'boot_sandbox.sh', self.folder], stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log)
        self.first = wait_until(self.first_process, 'the sandbox should have a process')
        wait_until(self.is_up, lambda: f'systemd should be up in the sandbox: {self.words()}',
                   pause=0.1)

    def words(self):
        self.log.seek(0)
        return self.log.read() or '(it said nothing)'

    def first_process(self):
        """Of the sandbox, by the number that it has here."""
        children = pathlib.Path(f'/proc/{self.outer.pid}/task/{self.outer.pid}/children')
        found = children.read_text(encoding='ascii').split()
        return int(found[0]) if found else None

    def is_up(self):
        if self.outer.poll() is not None:
            raise ClusterError(f'the sandbox has ended: {self.words()}')
        state = self.run('systemctl', 'is-system-running', check=False).stdout.strip()
        return state in ('running', 'degraded')

    def run(self, *command, check=True, **more):
        """Runs a command in it, as root."""
        process = pathlib.Path(f'/proc/{self.first}')
        result = subprocess.run(
            ['nsenter', f'--target={self.first}', *NAMESPACES, f'--root={process / "root"}',
             f'--wd={process / "root"}', *map(str, command)], text=True, capture_output=True,
            check=False, stdin=subprocess.DEVNULL, **more)
        if check and result.returncode:
            raise ClusterError(f'{" ".join(map(str, command))} exits with {result.returncode}:\n'
                               f'{result.stdout}{result.stderr}')
        return result

    def path(self, path):
        """A file of the sandbox, as it is reached from here."""
        return pathlib.Path(f'/proc/{self.first}/root') / str(path).lstrip('/')

    def written(self):
        """All paths that were written or removed in it."""
        result = self.run('find', '/run/written', '-printf', '/%P\\n')
        return set(result.stdout.split('\n')) - {'', '/'}

    def close(self):
        self.outer.send_signal(signal.SIGKILL)  # its child goes with it, and with that all others
        self.outer.wait()
        self.log.close()
        os.unlink(self.log.name)
        shutil.rmtree(self.folder, ignore_errors=True)
