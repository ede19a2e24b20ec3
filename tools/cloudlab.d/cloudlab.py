"""The command line of tools/cloudlab: see --help."""

import argparse
import pathlib
import sys

import asking
import machines
import nodes
from experiment import HOME, CloudError
from remote import say

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEFAULT_DIRECTORY = ROOT / 'build' / 'cloudlab'

HELP = """A cluster of raftd on the machines of an experiment, over ssh: CloudLab's, or any others
of a list. What belongs to the experiment is in build/cloudlab (or what --dir names)."""
EXAMPLES = """examples:
  tools/cloudlab use manifest.xml            CloudLab's manifest, or a list with lines of
                                             NAME [USER@]HOST[:PORT] [ADDRESS-ON-THE-LAN]
  tools/cloudlab build                       mirror this source there and build it
  tools/cloudlab doctor                      what would spoil an experiment
  tools/cloudlab start                       start all, wait until they take calls
  tools/cloudlab bench -- --clients 64       raftctl bench, run on the first machine
  tools/cloudlab ping                        the LAN's latencies, as a scenario for raftsim
  tools/cloudlab figures                     the report's measurements, drawn beside the report's
  tools/cloudlab kill node2                  kill -9
  tools/cloudlab backup                      all keys and values into a file here
  tools/cloudlab collect                     logs, traces and results into one folder here

Machines are named node2, n2 or 2. DRYDOCK_SSH is the ssh to use, such as "ssh -i KEY".
Exit code: 0 done, 1 it did not work (stderr tells what to do), 2 bad usage; of status, bench,
ping, figures and backup: that of what is run there."""


def starting(command):
    """The options of what starts nodes."""
    command.add_argument('--trace', action='store_true', help='write every event (docs/trace.md)')
    command.add_argument('--enable-suspend', action='store_true', help='let raftctl suspend nodes')
    command.add_argument('--config', metavar='JSON', help='settings of the cluster, such as '
                         '\'{"heartbeat_interval": "20ms"}\'; remembered for later starts')


def add_machines(command, at_least='*'):
    command.add_argument('machines', nargs=at_least, metavar='MACHINE', help='all if none is named'
                         if at_least == '*' else None)


def running(command, what):
    """The options of what runs on one machine."""
    command.add_argument('--on', default='0', metavar='MACHINE', help='where it runs [node0]')
    command.add_argument('more', nargs='*', help=f'options for {what}, after --')


def parser():
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument('--dir', default=DEFAULT_DIRECTORY, metavar='DIR',
                        help='the folder of the experiment (default: build/cloudlab)')
    top = argparse.ArgumentParser(prog='tools/cloudlab', description=HELP, epilog=EXAMPLES,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(dest='command', required=True, metavar='COMMAND')

    def add(name, run, text):
        command = commands.add_parser(name, parents=[shared], help=text, description=text)
        command.set_defaults(run=run, fresh=False, tls=None)
        return command

    one = add('use', machines.use, 'remember the machines of a manifest or a list')
    one.add_argument('file', help="CloudLab's manifest, or a list of machines")
    one.add_argument('--user', help='the login on all machines')
    one.add_argument('--home', default=HOME, help=f'the folder on the machines [{HOME}]')
    one.add_argument('--port', type=int, default=7000, help='of raftd; metrics at the '
                     'next, and with TLS nodes at the one after it [7000]')
    add_machines(add('push', machines.push, 'mirror this source on the machines'))
    add_machines(add('build', machines.build, 'push, install what is missing, build'))
    one = add('start', nodes.start, 'start nodes, wait until they take calls')
    add_machines(one)
    starting(one)
    one.add_argument('--fresh', action='store_true', help="remove the cluster's data first")
    one.add_argument('--restore', metavar='FILE', help='with --fresh: begin with what a backup '
                     'holds, of this cluster or another one')
    one.add_argument('--tls', action=argparse.BooleanOptionalAction, help='with --fresh: whether '
                     'nodes and clients show certificates, which are made here; remembered')
    add_machines(add('stop', nodes.stop, 'stop nodes; the data stays'))
    one = add('restart', nodes.restart, 'stop and start nodes, one after the other, while clients '
              'go on; for a new build, too')
    add_machines(one)
    starting(one)
    add_machines(add('kill', nodes.kill, 'kill -9'), '+')
    add('status', asking.status, 'raftctl status of all nodes').add_argument(
        'more', nargs='*', help='options for raftctl, after --')
    running(add('bench', asking.bench, 'raftctl bench, run on one machine; the report is kept'),
            'raftctl bench')
    running(add('ping', asking.ping, 'raftctl ping; the table and a scenario with this network are '
                'kept'), 'raftctl ping')
    running(add('figures', asking.figures, 'tools/figures, run on one machine; the drawings are '
                'kept'), 'tools/figures')
    running(add('backup', asking.backup, 'raftctl backup, while clients go on; the file is kept'),
            'raftctl backup')
    one = add('collect', machines.collect, 'logs, traces and results into one folder here')
    add_machines(one)
    one.add_argument('--to', metavar='FOLDER', help='a new one (default: below build/cloudlab)')
    add_machines(add('doctor', machines.examine, 'look for what would spoil an experiment'))
    return top


def main():
    arguments = parser().parse_args()
    try:
        return arguments.run(arguments)
    except (CloudError, OSError, ValueError) as error:
        say(f'tools/cloudlab: {error}')
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == '__main__':
    sys.exit(main())
