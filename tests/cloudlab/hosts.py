"""Machines made of namespaces, as CloudLab's look to tools/cloudlab: each with addresses on a LAN
and on a control network, an sshd, files under /var, and processes of its own.

  hosts.py    tells why they cannot be made here, with exit code 1; nothing if they can

Beside them there is a laptop, which is on the control network only; tools/cloudlab runs there.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools' / 'lib'))
from cluster import ClusterError, wait_until  # pylint: disable=wrong-import-position

HOST = pathlib.Path(__file__).resolve().parent / 'host.sh'
PROGRAMS = ('ip', 'unshare', 'ssh', 'ssh-keygen', '/usr/sbin/sshd')
SSHD_CONFIG = """\
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
PermitRootLogin yes
StrictModes no
UsePAM no
SetEnv {locale}
"""


def run(*words, **more):
    """An error with what the command says if it fails."""
    done = subprocess.run([str(word) for word in words], text=True, capture_output=True,
                          check=False, **more)
    if done.returncode:
        raise ClusterError(f'{" ".join(map(str, words))}: {done.stderr.strip() or done.returncode}')
    return done.stdout


def locale():
    """That of this program: ccache compiles anew in another one."""
    known = [f'{name}={os.environ[name]}' for name in ('LANG', 'LC_ALL', 'LC_CTYPE', 'LC_MESSAGES')
             if os.environ.get(name)]
    return ' '.join(known or ['DRYDOCK_TEST=1'])


def why_not():
    """Why such machines cannot be made here; None if they can."""
    if os.geteuid() != 0:
        return 'network namespaces need root'
    for program in PROGRAMS:
        if shutil.which(program) is None:
            return f'{program} is missing'
    try:
        with Hosts(1):
            return None
    except ClusterError as error:
        return str(error)


class Hosts:
    """node0, node1, ...; used as a context manager."""

    def __init__(self, count):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='drydock-hosts-'))
        self.prefix = f'drydock-{os.getpid()}-'
        self.names = [f'node{number}' for number in range(count)]
        self.processes = {}
        self.key = self.folder / 'key'

    def lan(self, name):
        return f'10.10.1.{self.names.index(name) + 1}'

    def control(self, name):
        return f'172.30.7.{self.names.index(name) + 11}'

    def __enter__(self):
        try:
            self._make()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._end()

    # --- Making them ---

    def _make(self):
        for file in ('key', 'host_key'):
            run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', self.folder / file)
        self._add_namespace('switch')
        for bridge in ('lan', 'control'):
            self._in('switch', 'ip', 'link', 'add', bridge, 'type', 'bridge')
            self._in('switch', 'ip', 'link', 'set', bridge, 'up')
        self._add_namespace('laptop')
        self._plug('laptop', 'control', '172.30.7.1')
        for name in self.names:
            self._add_namespace(name)
            self._plug(name, 'lan', self.lan(name))
            self._plug(name, 'control', self.control(name))
            self._boot(name)
        for name in self.names:
            wait_until(lambda name=name: self._answers(name), lambda name=name:
                       f'sshd of {name} should answer: {self._log(name)}', 60, 0.1)

    def _add_namespace(self, name):
        run('ip', 'netns', 'add', self.prefix + name)
        self._in(name, 'ip', 'link', 'set', 'lo', 'up')

    def _in(self, name, *words):
        return run('ip', 'netns', 'exec', self.prefix + name, *words)

    def _plug(self, name, bridge, address):
        """An interface named like the network that it is on: lan0 or control0."""
        port, interface = f'{bridge[0]}-{name}', f'{bridge}0'
        run('ip', 'link', 'add', interface, 'netns', self.prefix + name, 'type', 'veth', 'peer',
            'name', port, 'netns', self.prefix + 'switch')
        self._in('switch', 'ip', 'link', 'set', port, 'master', bridge, 'up')
        self._in(name, 'ip', 'addr', 'add', f'{address}/24', 'dev', interface)
        self._in(name, 'ip', 'link', 'set', interface, 'up')

    def _boot(self, name):
        folder = self.folder / name
        boot = folder / 'upper' / 'emulab' / 'boot'
        boot.mkdir(parents=True)
        (folder / 'work').mkdir()
        (boot / 'controlif').write_text('control0\n', encoding='ascii')
        (folder / 'hosts').write_text('127.0.0.1 localhost\n' + ''.join(
            f'{self.lan(one)} {one}-lan {one}\n' for one in self.names), encoding='ascii')
        (folder / 'sshd_config').write_text(SSHD_CONFIG.format(
            folder=self.folder, locale=locale()), encoding='ascii')
        with open(folder / 'console', 'wb') as console:
            self.processes[name] = subprocess.Popen(  # pylint: disable=consider-using-with
                # It ends with this program, however that ends.
                ['setpriv', '--pdeathsig', 'KILL', 'ip', 'netns', 'exec', self.prefix + name,
                 'unshare', '--mount', '--uts', '--pid', '--fork', '--kill-child', 'bash', HOST,
                 folder, name],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console)

    def _log(self, name):
        texts = [file.read_text(encoding='utf-8', errors='replace') for file in
                 (self.folder / name / 'console', self.folder / name / 'sshd.log') if file.exists()]
        return textwrap.shorten(' '.join(texts), 500)

    def _answers(self, name):
        if self.processes[name].poll() is not None:
            raise ClusterError(f'{name} has ended: {self._log(name)}')
        return self.on_laptop([*self.ssh(), f'root@{self.control(name)}', 'true']).returncode == 0

    # --- Using them ---

    def ssh(self):
        return ['ssh', '-F', 'none', '-i', str(self.key), '-o',
                f'UserKnownHostsFile={self.folder}/known_hosts', '-o', 'BatchMode=yes', '-o',
                'StrictHostKeyChecking=accept-new', '-o', 'LogLevel=ERROR']

    def _of_laptop(self, words):
        return ['ip', 'netns', 'exec', self.prefix + 'laptop', *map(str, words)]

    def on_laptop(self, words, limit=900, **more):
        return subprocess.run(self._of_laptop(words), text=True, capture_output=True, check=False,
                              timeout=limit, stdin=subprocess.DEVNULL, **more)

    def begin_on_laptop(self, words, **more):
        """A process that is not waited for, and whose words do not matter. It hears Ctrl-C, also if
        this program runs in the background of a shell, where that is ignored."""
        return subprocess.Popen(
            ['env', '--default-signal=INT', *self._of_laptop(words)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)

    def begin_on_lan_of(self, name, words, **more):
        """A process of this machine's, with its files, on the network of that one."""
        return subprocess.Popen(
            ['ip', 'netns', 'exec', self.prefix + name, *map(str, words)], **more)

    def on(self, name, script):
        """What a line of shell prints on a machine; an error if it fails."""
        done = self.on_laptop([*self.ssh(), f'root@{self.control(name)}', script])
        if done.returncode:
            raise ClusterError(f'{name}: {script}: {done.stderr}')
        return done.stdout

    def manifest(self):
        """As CloudLab writes it, as far as it matters."""
        nodes = ''.join(
            f'<node client_id="{name}"><sliver_type name="raw"/>'
            f'<interface client_id="{name}:lan"><ip address="{self.lan(name)}" type="ipv4"/>'
            f'</interface><services><login authentication="ssh-keys" username="root" port="22" '
            f'hostname="{self.control(name)}"/></services>'
            f'<host name="{name}.test.drydock.example.org" ipv4="{self.control(name)}"/></node>'
            for name in self.names)
        return (f'<rspec xmlns="http://www.geni.net/resources/rspec/3" type="manifest">{nodes}'
                '</rspec>')

    # --- Ending them ---

    def _end(self):
        for process in self.processes.values():
            process.kill()  # and with it all that runs there
            process.wait()
        for name in ('switch', 'laptop', *self.names):
            with contextlib.suppress(ClusterError):
                run('ip', 'netns', 'del', self.prefix + name)
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == '__main__':
    REASON = why_not()
    if REASON:
        print(REASON)
        sys.exit(1)
