"""Real raftd processes on this machine: free ports, the cluster's file, starting, stopping.

Used by tools/cluster and by the end-to-end tests. Needs nothing but Python itself.
"""

import http.client
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

PATIENCE = 60.0  # s: what a wait bears before it gives up; generous, a machine may be slow
HOST = '127.0.0.1'

# Below the range that Linux takes the ports of outgoing connections from (32768 on): a node that is
# down for a while finds its port free when it comes back.
_PORTS = range(20000, 32000)
# Held as long as this process lives, so that several processes do not choose the same port.
_reservations = []


class ClusterError(Exception):
    """What went wrong, and what to do, in a sentence for a person."""


def end_cleanly_on(*signals):
    """Has these signals end the program by way of its cleanups, so that every process is ended."""
    def end(number, _):
        raise SystemExit(128 + number)
    for number in signals:
        signal.signal(number, end)


def wait_until(condition, what, limit=PATIENCE, pause=0.01):
    """Gives the first true value of condition(). `what` says what should have come true: a text, or
    a function that gives one when it is needed."""
    deadline = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            what = what() if callable(what) else what
            raise ClusterError(f'waited {limit:.0f} s in vain: {what}')
        time.sleep(pause)


# --- Ports --------------------------------------------------------------------------------------

def port_is_free(port, host=HOST):
    with socket.socket() as probe:
        # As servers do: the remains of closed connections are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _reserve(port):
    # A name in the kernel, gone with this process whatever becomes of it.
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f'\0drydock-port-{port}')
    except OSError:
        claim.close()
        return False
    _reservations.append(claim)
    return True


def free_ports(count):
    """That many ports that nobody listens at, and that this function gives to nobody else."""
    found = []
    for port in random.sample(_PORTS, len(_PORTS)):
        if len(found) == count:
            break
        if port_is_free(port) and _reserve(port):
            found.append(port)
    if len(found) < count:
        raise ClusterError(f'only {len(found)} of {count} ports are free between '
                           f'{_PORTS.start} and {_PORTS.stop}')
    return found


def free_addresses(count):
    """For `count` nodes: what stands in the cluster's file under each."""
    ports = free_ports(2 * count)
    return [{'address': f'{HOST}:{ports[2 * i]}', 'metrics': f'{HOST}:{ports[2 * i + 1]}'}
            for i in range(count)]


def port_of(address):
    return int(address.rpartition(':')[2])


def host_of(address):
    return address.rpartition(':')[0]


def places_of(place):
    """Where a node listens, by what stands in the cluster's file under it."""
    peer_port = place.get('peer_port')
    found = [place['address'], place.get('metrics'),
             f'{host_of(place["address"])}:{peer_port}' if peer_port else None]
    return [address for address in found if address]


# --- The cluster's file -------------------------------------------------------------------------

def write_json(path, value):
    """Whole or not at all: it may be read, or this killed, at any moment."""
    path = pathlib.Path(path)
    draft = path.with_name(path.name + '.new')
    draft.write_text(json.dumps(value, indent=2) + '\n', encoding='utf-8')
    draft.replace(path)


def cluster_file(name, addresses, config=None, limits=None):
    """The content of a cluster's file; the nodes are n0, n1, ..."""
    content = {'cluster': name, 'nodes': {f'n{i}': each for i, each in enumerate(addresses)}}
    if config:
        content['config'] = config
    if limits:
        content['limits'] = limits
    return content


# --- Processes ----------------------------------------------------------------------------------

def command_line_of(pid):
    """The arguments of a process; empty when there is none, or only its remains."""
    try:
        return pathlib.Path(f'/proc/{pid}/cmdline').read_bytes().decode(errors='replace').split(
            '\0')[:-1]
    except OSError:
        return []


def is_ending(pid, program):
    """True for a process of that program that has no command line any more, but still its sockets:
    they are closed with its last thread."""
    try:
        state = pathlib.Path(f'/proc/{pid}/stat').read_text(encoding='utf-8')
        threads = threads_of(pid)
    except OSError:
        return False
    name, _, rest = state.partition('(')[2].rpartition(')')
    gone = rest.split()[0] in 'ZX' and threads == 1
    return name == program and not gone and not command_line_of(pid)


def memory_of(pid):
    """Resident memory in bytes."""
    for line in pathlib.Path(f'/proc/{pid}/status').read_text(encoding='ascii').splitlines():
        if line.startswith('VmRSS:'):
            return int(line.split()[1]) * 1024
    return 0


def threads_of(pid):
    return len(os.listdir(f'/proc/{pid}/task'))


def descriptors_of(pid):
    return len(os.listdir(f'/proc/{pid}/fd'))


class Node:
    """One raftd, in a folder of its own: `data`, `raftd.log`, `pid`, and `founded` once it served.

    Processes may have been started by an earlier program: the pid file tells them, and a process is
    believed in only if its command line names this node's data directory.
    """

    def __init__(self, name, folder, raftd, config, place):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.raftd = str(raftd)
        self.config = str(config)
        self.address = place['address']
        self.metrics = place.get('metrics')
        self.places = places_of(place)
        self.data = self.folder / 'data'
        self.log = self.folder / 'raftd.log'
        self.child = None  # the Popen, if this program started it
        self.log_start = 0  # where the log of the newest start begins

    # --- Is it there? ---

    def pid(self):
        """Of the process that runs; None when none does."""
        if self.child is not None:
            return self.child.pid if self.child.poll() is None else None
        try:
            pid = int((self.folder / 'pid').read_text(encoding='ascii'))
        except (OSError, ValueError):
            return None
        if str(self.data) in command_line_of(pid) or is_ending(pid, os.path.basename(self.raftd)):
            return pid
        return None

    def is_founded(self):
        return (self.folder / 'founded').exists()

    def port_taken(self):
        """The first of its addresses that somebody has; None when all are free."""
        for address in self.places:
            if not port_is_free(port_of(address), host_of(address)):
                return address
        return None

    # --- Starting ---

    def command(self, *more, bootstrap=None):
        # Only ever for the first start: with it a node whose data vanished would make itself new,
        # instead of saying that something is wrong.
        first = not self.is_founded() if bootstrap is None else bootstrap
        return [self.raftd, '--config', self.config, '--id', self.name, '--data', str(self.data),
                *(['--bootstrap'] if first else []), *more]

    def start(self, *more, bootstrap=None, environment=None, detached=True):
        """Starts the process and does not wait for anything; its output goes to the log. Detached:
        it outlives this program, and Ctrl-C here is not meant for it."""
        if self.pid() is not None:
            raise ClusterError(f'{self.name} runs already, as process {self.pid()}')
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.log, 'ab') as log:
            self.log_start = log.tell()
            self.child = subprocess.Popen(
                self.command(*more, bootstrap=bootstrap), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.folder, start_new_session=detached,
                env={**os.environ, **(environment or {})})
        (self.folder / 'pid').write_text(f'{self.child.pid}\n', encoding='ascii')
        return self.child

    def wait_listening(self):
        wait_until(self.is_listening, lambda: f'{self.name} should listen. {self.last_words()}')

    def is_listening(self):
        """True once the newest start said so. An error when its process has ended instead."""
        if any(event.get('event') == 'listening' for event in self.events()):
            (self.folder / 'founded').touch()
            return True
        if self.pid() is None:
            code = f' (exit code {self.child.returncode})' if self.child else ''
            raise ClusterError(f'{self.name} has ended{code} before it listened. '
                               f'{self.last_words()}')
        return False

    def is_ready(self):
        """Takes clients' calls, by its own word at /readyz."""
        host, _, port = self.metrics.rpartition(':')
        connection = http.client.HTTPConnection(host, int(port), timeout=2)
        try:
            connection.request('GET', '/readyz')
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    # --- Stopping ---

    def signal(self, number):
        """False when there is no process any more."""
        pid = self.pid()
        if pid is None:
            return False
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def wait_gone(self, limit=PATIENCE):
        wait_until(lambda: self.pid() is None, f'{self.name} should have ended', limit)
        return self.child.returncode if self.child else None

    def kill(self):
        """kill -9, and waits until it is gone."""
        self.signal(signal.SIGKILL)
        self.wait_gone()

    def stop(self):
        """SIGTERM, and waits until it is gone; gives the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait_gone()

    # --- Its log ---

    def log_text(self, whole=False):
        """Of the newest start, or of all."""
        try:
            with open(self.log, 'rb') as log:
                log.seek(0 if whole else self.log_start)
                return log.read().decode('utf-8', errors='replace')
        except OSError:
            return ''

    def events(self):
        """The log lines of the newest start, as objects; what is no object is left out."""
        found = []
        for line in self.log_text().splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                found.append(event)
        return found

    def last_words(self, count=12):
        lines = self.log_text().splitlines()[-count:] or ['(nothing)']
        return f'Its last words ({self.log}):\n' + '\n'.join(f'  | {line}' for line in lines)
