#!/usr/bin/python3
"""What tools/cluster does once everything is built: see --help."""

import argparse
import contextlib
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import time

from cluster import (ClusterError, Node, cluster_file, free_addresses, wait_until, write_json)

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEFAULT_DIRECTORY = ROOT / 'build' / 'cluster'
STOP_PATIENCE = 30.0  # s: what a node may take to drain
DEFAULT_NODES = 5

HELP = """A cluster of raftd processes on this machine, on free ports, with everything it writes in
one folder (build/cluster, or what --dir names)."""
EXAMPLES = """examples:
  eval "$(tools/cluster up 5)"      start five nodes; raftctl then knows where they are
  build/release/bin/raftctl put greeting hello
  tools/cluster kill n2             kill -9
  tools/cluster start n2            and it is back
  tools/cluster logs n2 -f          what it says
  tools/cluster down                stop all; the data stays, and `up` goes on with it

Only the line for eval goes to stdout. Exit code: 0 done, 1 it did not work (stderr tells what to
do), 2 bad usage, 3 it could not be installed or built."""


def say(text):
    print(text, file=sys.stderr, flush=True)


# --- The cluster in its folder ------------------------------------------------------------------

class LocalCluster:
    """The folder: cluster.json (what raftd reads), options.json (ours), and one folder a node."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory).resolve()
        self.config = self.directory / 'cluster.json'
        self.options_file = self.directory / 'options.json'

    def exists(self):
        return self.options_file.exists()

    def options(self):
        return self._read(self.options_file)

    def content(self):
        return self._read(self.config)

    def _read(self, path):
        try:
            return json.loads(path.read_text(encoding='utf-8'))
        except (OSError, ValueError) as error:
            raise ClusterError(f'{path}: {error}. Start anew with: {self.command("up --fresh")}'
                               ) from error

    def command(self, words):
        """How to call this program again about the same cluster."""
        where = '' if self.directory == DEFAULT_DIRECTORY else f' --dir {self.directory}'
        return f'tools/cluster {words}{where}'

    def nodes(self):
        raftd = pathlib.Path(self.options()['bin']) / 'raftd'
        return [Node(name, self.directory / name, raftd, self.config, place)
                for name, place in self.content()['nodes'].items()]

    def node(self, name):
        """By "n2", or "2"."""
        wanted = name if name.startswith('n') else f'n{name}'
        nodes = self.nodes()
        for node in nodes:
            if node.name == wanted:
                return node
        raise ClusterError(f'there is no node {name}; this cluster has '
                           f'{", ".join(node.name for node in nodes)}')

    def start(self, node):
        options = self.options()
        taken = node.port_taken()
        if taken:
            raise ClusterError(f'{node.name} cannot have {taken}: another process listens there. '
                               f'Stop that one, or move the cluster to other ports: '
                               f'{self.command("down")}, then {self.command("up")}')
        node.start(*(['--enable-suspend'] if options['enable_suspend'] else []))

    def need(self):
        if not self.exists():
            raise ClusterError(f'there is no cluster in {self.directory}. '
                               f'Start one: {self.command("up 5")}')


@contextlib.contextmanager
def locked(cluster):
    """One program at a time changes what runs."""
    cluster.directory.mkdir(parents=True, exist_ok=True)
    with open(cluster.directory / 'lock', 'w', encoding='ascii') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f'Waiting for another tools/cluster that works on {cluster.directory}')
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- up -----------------------------------------------------------------------------------------

def milliseconds(text):
    match = re.fullmatch(r'(\d+)(ms|s)', text)
    if not match or int(match[1]) == 0:
        raise ClusterError(f'"{text}" is no time; write for example 150ms or 2s')
    return int(match[1]) * (1000 if match[2] == 's' else 1)


def settings(election_timeout):
    """The cluster's config for a range such as "150ms-300ms"."""
    parts = election_timeout.split('-')
    if len(parts) not in (1, 2):
        raise ClusterError(f'"{election_timeout}" is no range of times; '
                           'write for example 150ms-300ms')
    low, high = milliseconds(parts[0]), milliseconds(parts[-1])
    if low > high:
        raise ClusterError(f'the election timeout {election_timeout} ends before it begins')
    # raftd's own interval, unless elections are so quick that it would be too long.
    return {'election_timeout': [f'{low}ms', f'{high}ms'],
            'heartbeat_interval': f'{max(1, min(50, low // 3))}ms'}


def refuse_foreign_folder(cluster):
    """A folder that is not ours is not written to, let alone removed."""
    ours = {'lock', 'options.json', 'options.json.new', 'cluster.json', 'cluster.json.new'}
    strange = [name for name in os.listdir(cluster.directory)
               if name not in ours and not re.fullmatch(r'n\d+', name)]
    if strange and not cluster.exists():
        raise ClusterError(f'{cluster.directory} holds other things ({strange[0]}): '
                           'name an empty or new folder with --dir')


def remove(cluster):
    stop_all(cluster.nodes())
    for name in os.listdir(cluster.directory):
        if re.fullmatch(r'n\d+', name):
            shutil.rmtree(cluster.directory / name)
    cluster.config.unlink(missing_ok=True)
    cluster.options_file.unlink()


def fresh(cluster, arguments):
    count = arguments.nodes or DEFAULT_NODES
    if not 1 <= count <= 31:
        raise ClusterError(f'a cluster has 1 to 31 nodes, not {count}')
    config = settings(arguments.election_timeout or '150ms-300ms')
    write_json(cluster.config, cluster_file('local', free_addresses(count), config))


def binaries(arguments, known):
    folder = pathlib.Path(arguments.bin or known or ROOT / 'build' / 'release' / 'bin').resolve()
    if not os.access(folder / 'raftd', os.X_OK):
        raise ClusterError(f'there is no raftd in {folder}. Build it: tools/cluster up (without '
                           '--bin), or name the folder that has it')
    return str(folder)


def adjust(cluster, arguments):
    """Brings a cluster that does not run in line with what `up` was asked for."""
    content = cluster.content()
    if arguments.election_timeout:
        content['config'] = {**content.get('config', {}), **settings(arguments.election_timeout)}
    if any(node.port_taken() for node in cluster.nodes()):
        say('Somebody else has taken a port of this cluster: it moves to others')
        places = free_addresses(len(content['nodes']))
        content['nodes'] = dict(zip(content['nodes'], places))
    write_json(cluster.config, content)


def set_up(cluster, arguments):
    """Everything but the processes."""
    refuse_foreign_folder(cluster)
    if cluster.exists() and arguments.fresh:
        remove(cluster)
    known = cluster.options() if cluster.exists() else {}
    options = {'bin': binaries(arguments, known.get('bin')),
               'enable_suspend': arguments.enable_suspend}
    if not known:
        fresh(cluster, arguments)
        write_json(cluster.options_file, options)
        return
    have = len(cluster.content()['nodes'])
    if arguments.nodes not in (None, have):
        raise ClusterError(f'the cluster in {cluster.directory} has {have} nodes, not '
                           f'{arguments.nodes}. Go on with it: {cluster.command("up")}; or remove '
                           f'it, data and all: {cluster.command(f"up {arguments.nodes} --fresh")}')
    if any(node.pid() for node in cluster.nodes()):
        if arguments.election_timeout or arguments.enable_suspend != known['enable_suspend']:
            say('Its settings stay as they are while it runs: first '
                f'{cluster.command("down")}, then up')
        return
    adjust(cluster, arguments)
    write_json(cluster.options_file, options)


def wait_ready(nodes):
    """Until all of them take calls, which takes a leader that a quorum follows."""
    for node in nodes:
        node.wait_listening()
    waiting = list(nodes)

    def all_ready():
        for node in waiting:
            if node.pid() is None:
                raise ClusterError(f'{node.name} has ended. {node.last_words()}')
        waiting[:] = [node for node in waiting if not node.is_ready()]
        return not waiting

    try:
        wait_until(all_ready, 'the nodes should take calls')
    except ClusterError as error:
        if not waiting or waiting[0].pid() is None:
            raise
        names = ', '.join(node.name for node in waiting)
        raise ClusterError(f'{error}; {names} do not yet. {waiting[0].last_words()}') from error


def up(arguments):
    cluster = LocalCluster(arguments.dir)
    with locked(cluster):
        set_up(cluster, arguments)
        nodes = cluster.nodes()
        started = time.monotonic()
        begun = [node for node in nodes if node.pid() is None]
        continued = any(node.is_founded() for node in nodes)
        for node in begun:
            cluster.start(node)
        if begun:
            wait_ready(nodes)
        report(cluster, nodes, begun, continued, time.monotonic() - started)
    print('export DRYDOCK_ENDPOINTS=' + ','.join(node.address for node in nodes))
    return 0


def report(cluster, nodes, begun, continued, took):
    if not begun:
        say(f'Running already: {len(nodes)} nodes, data in {cluster.directory}')
    elif len(begun) < len(nodes):
        say(f'Started {", ".join(node.name for node in begun)}; the others ran already')
    else:
        data = 'its earlier data' if continued else 'empty'
        say(f'{len(nodes)} nodes take calls after {took:.1f} s; data in {cluster.directory} '
            f'({data})')
    if sys.stdout.isatty():
        say(f'For raftctl, run the line below, or: eval "$({cluster.command("up")})"')


# --- The others ---------------------------------------------------------------------------------

def stop_all(nodes):
    """Asks all to end, then insists; gives those that had to be killed."""
    running = [node for node in nodes if node.signal(signal.SIGTERM)]
    killed = []
    deadline = time.monotonic() + STOP_PATIENCE
    for node in running:
        try:
            node.wait_gone(max(0.1, deadline - time.monotonic()))
        except ClusterError:
            killed.append(node)
            node.kill()
    for node in killed:
        say(f'{node.name} had not ended {STOP_PATIENCE:.0f} s after SIGTERM and was killed. '
            f'{node.last_words()}')
    return killed


def down(arguments):
    cluster = LocalCluster(arguments.dir)
    cluster.need()
    with locked(cluster):
        nodes = cluster.nodes()
        if not any(node.pid() for node in nodes):
            say(f'Nothing runs. Its data is in {cluster.directory}')
            return 0
        killed = stop_all(nodes)
    say(f'Stopped. The data stays in {cluster.directory}: {cluster.command("up")} goes on with it')
    return 1 if killed else 0


def kill(arguments):
    cluster = LocalCluster(arguments.dir)
    cluster.need()
    with locked(cluster):
        node = cluster.node(arguments.node)
        pid = node.pid()
        if pid is None:
            raise ClusterError(f'{node.name} does not run. Start it: '
                               f'{cluster.command(f"start {node.name}")}')
        node.kill()
    say(f'Killed {node.name} (process {pid}, SIGKILL). Back with: '
        f'{cluster.command(f"start {node.name}")}')
    return 0


def start(arguments):
    cluster = LocalCluster(arguments.dir)
    cluster.need()
    with locked(cluster):
        node = cluster.node(arguments.node)
        pid = node.pid()
        if pid is not None:
            say(f'{node.name} runs already (process {pid})')
            return 0
        cluster.start(node)
        node.wait_listening()
    say(f'Started {node.name} (process {node.pid()})')
    return 0


def status(arguments):
    cluster = LocalCluster(arguments.dir)
    cluster.need()
    raftctl = pathlib.Path(cluster.options()['bin']) / 'raftctl'
    if not raftctl.exists():
        raise ClusterError(f'there is no {raftctl}. Build it: '
                           'cmake --build build/release --target raftctl')
    endpoints = ','.join(node.address for node in cluster.nodes())
    os.execve(raftctl, [str(raftctl), 'status', *arguments.more],
              {**os.environ, 'DRYDOCK_ENDPOINTS': endpoints})


def time_of(line):
    """Lines begin with their time; a line that does not belongs to the one before it."""
    match = re.match(r'\{"time":"([^"]+)"', line)
    return match[1] if match else ''


def timed_lines(node):
    when = ''
    for line in node.log_text(whole=True).splitlines():
        when = time_of(line) or when
        yield when, line


def logs(arguments):
    cluster = LocalCluster(arguments.dir)
    cluster.need()
    nodes = [cluster.node(arguments.node)] if arguments.node else cluster.nodes()
    if arguments.follow:
        sys.stdout.flush()
        os.execvp('tail', ['tail', '-q', '-n', '10', '-F', *(str(node.log) for node in nodes)])
    lines = sorted((pair for node in nodes for pair in timed_lines(node)), key=lambda pair: pair[0])
    for _, line in lines:
        print(line)
    if not lines:
        say(f'No node has said anything yet: {nodes[0].log} is empty or missing')
    return 0


# --- The command line ---------------------------------------------------------------------------

def parser():
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument('--dir', default=DEFAULT_DIRECTORY, metavar='DIR',
                        help='the folder of the cluster (default: build/cluster)')
    top = argparse.ArgumentParser(prog='tools/cluster', description=HELP, epilog=EXAMPLES,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(dest='command', required=True, metavar='COMMAND')

    def add(name, run, text):
        command = commands.add_parser(name, parents=[shared], help=text, description=text)
        command.set_defaults(run=run)
        return command

    one = add('up', up, 'build, start the cluster, wait until it takes calls')
    one.add_argument('nodes', nargs='?', type=int, metavar='N',
                     help='how many nodes (default: as it was; a new one has 5)')
    one.add_argument('--bin', metavar='DIR', help='where raftd and raftctl are; nothing is built')
    one.add_argument('--election-timeout', metavar='RANGE', help='for example 150ms-300ms')
    one.add_argument('--enable-suspend', action='store_true', help='let raftctl suspend nodes')
    one.add_argument('--fresh', action='store_true', help='remove the cluster and its data first')
    add('down', down, 'stop all nodes; the data stays')
    one = add('status', status, 'raftctl status of all nodes')
    one.add_argument('more', nargs='*', help='options for raftctl, after --')
    for name, run, text in (('kill', kill, 'kill -9 one node'),
                            ('start', start, 'start one node again')):
        add(name, run, text).add_argument('node', metavar='nK')
    one = add('logs', logs, 'what the nodes have said, in the order of time')
    one.add_argument('node', nargs='?', metavar='nK')
    one.add_argument('-f', '--follow', action='store_true', help='go on as it comes')
    return top


def main():
    arguments = parser().parse_args()
    try:
        return arguments.run(arguments)
    except ClusterError as error:
        say(f'tools/cluster: {error}')
    except BrokenPipeError:
        # Whoever read stdout has gone, as `head` does: nothing to complain about.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        say(f'tools/cluster: {error}')
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == '__main__':
    sys.exit(main())
