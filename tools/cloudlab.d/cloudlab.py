"""What tools/cloudlab does: see --help."""

import argparse
import io
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tarfile
import time

import certs
import doctor
import remote
import source
from experiment import HOME, CloudError, Experiment, read
from remote import on_each, say

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEFAULT_DIRECTORY = ROOT / 'build' / 'cloudlab'
SSH_FAILED = 255  # no exit code of ours
READY = 60  # s: what a start may take until clients are served

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
  tools/cloudlab collect                     logs, traces and results into one folder here

Machines are named node2, n2 or 2. DRYDOCK_SSH is the ssh to use, such as "ssh -i KEY".
Exit code: 0 done, 1 it did not work (stderr tells what to do), 2 bad usage; of status, bench,
ping and figures: that of what is run there."""


def opened(arguments):
    return Experiment(arguments.dir).load()


def parameters_of(experiment, machine, **more):
    return {'home': experiment.home, 'node': machine.node, **more}


def ask_each(experiment, machines, command, files=None, **more):
    """`files`: what goes along, for each machine by its name."""
    return on_each(machines, lambda machine: remote.agent(
        machine, command, parameters_of(experiment, machine, **more),
        files=(files or {}).get(machine.name, ())))


def need_addresses(experiment):
    """Those that the list leaves out are what the machines themselves know."""
    unknown = [machine for machine in experiment.machines if not machine.address]
    if not unknown:
        return
    found = on_each(unknown, lambda machine: remote.agent(machine, 'address',
                                                          {'name': machine.name}))
    for machine in unknown:
        machine.address = found[machine.name]
    experiment.save()


# --- Machines and source ------------------------------------------------------------------------

def use(arguments):
    experiment = Experiment(arguments.dir)
    experiment.machines = read(arguments.file, arguments.user or '')
    experiment.home, experiment.port = arguments.home, arguments.port
    experiment.save()
    for machine in experiment.machines:
        say(f'{machine.name:<8} {machine.address or "(asked later)":<16} '
            f'{" ".join(remote.ssh(machine)[-3:])}')
    return 0


def push(arguments):
    experiment = opened(arguments)
    packed, version = source.packed()
    on_each(experiment.choose(arguments.machines),
            lambda machine: source.put(machine, experiment.home, packed))
    say(f'The source is there: {version}')
    return 0


def build(arguments):
    push(arguments)
    experiment = opened(arguments)
    machines = experiment.choose(arguments.machines)
    say(f'Building on {", ".join(machine.name for machine in machines)}; the first time takes '
        'minutes')
    began = time.monotonic()
    on_each(machines, lambda machine: source.build(machine, experiment.home))
    say(f'Built in {time.monotonic() - began:.0f} s')
    return 0


# --- Processes ----------------------------------------------------------------------------------

def choose_tls(experiment, arguments):
    if arguments.tls is None or arguments.tls == experiment.tls:
        return
    if not arguments.fresh:
        how = '--tls' if arguments.tls else '--no-tls'
        raise CloudError('all nodes of a cluster begin with TLS or without it, and it has data '
                         f'from then on: tools/cloudlab start --fresh {how}')
    experiment.tls = arguments.tls


def begin(experiment, machines, arguments):
    need_addresses(experiment)
    if arguments.config:
        experiment.config = json.loads(arguments.config)
    choose_tls(experiment, arguments)
    experiment.save()
    flags = ['--enable-suspend'] if arguments.enable_suspend else []
    return ask_each(experiment, machines, 'start', cluster=experiment.cluster(), flags=flags,
                    tls=experiment.tls, trace=arguments.trace, fresh=arguments.fresh,
                    files=certs.make(experiment, machines) if experiment.tls else None)


def start(arguments):
    experiment = opened(arguments)
    machines = experiment.choose(arguments.machines)
    if arguments.fresh and len(machines) < len(experiment.machines):
        raise CloudError('--fresh removes the data of a whole cluster: name no machines with it')
    began = time.monotonic()
    answers = begin(experiment, machines, arguments)
    ask_each(experiment, machines, 'wait_ready', limit=READY)
    ran = [name for name, answer in sorted(answers.items()) if not answer['began']]
    say(f'{len(machines)} of {len(experiment.machines)} nodes were asked to start, and take calls '
        f'after {time.monotonic() - began:.1f} s'
        + (f'; {", ".join(ran)} ran already' if ran else ''))
    return 0


def stop(arguments):
    experiment = opened(arguments)
    answers = ask_each(experiment, experiment.choose(arguments.machines), 'stop')
    ended = sorted(name for name, answer in answers.items() if answer['was'])
    say(f'Stopped: {", ".join(ended) or "none, for none ran"}. The data stays')
    return 0


def restart(arguments):
    """One after the other, as an upgrade does it: the cluster goes on."""
    experiment = opened(arguments)
    for machine in experiment.choose(arguments.machines):
        ask_each(experiment, [machine], 'stop')
        begin(experiment, [machine], arguments)
        ask_each(experiment, [machine], 'wait_ready', limit=READY)
        say(f'{machine.name} runs again')
    return 0


def kill(arguments):
    experiment = opened(arguments)
    answers = ask_each(experiment, experiment.choose(arguments.machines), 'kill')
    for name, answer in sorted(answers.items()):
        say(f'Killed {name} (process {answer["pid"]}, SIGKILL). Back with: '
            f'tools/cloudlab start {name}' if answer['pid'] else f'{name} did not run')
    return 0 if all(answer['pid'] for answer in answers.values()) else 1


# --- Questions ----------------------------------------------------------------------------------

def shown(experiment):
    """What stands before such a command: the certificate to show, if there is TLS."""
    if not experiment.tls:
        return ''
    variables = certs.variables_of_raftctl(f'{experiment.home}/run/certs')
    return ''.join(f'{name}={shlex.quote(file)} ' for name, file in variables.items())


def raftctl(experiment, words):
    """A command that asks the cluster, from a machine on its LAN."""
    home = shlex.quote(experiment.home)
    return (f'{shown(experiment)}{home}/src/build/release/bin/raftctl {shlex.join(words)} '
            f'--config {home}/run/cluster.json')


def raftctl_at(machine, experiment, words, **more):
    command = [*remote.ssh(machine), remote.as_root(raftctl(experiment, words))]
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False, **more)


def status(arguments):
    experiment = opened(arguments)
    for machine in experiment.machines:
        done = raftctl_at(machine, experiment, ['status', *arguments.more])
        if done.returncode != SSH_FAILED:  # else another machine is asked
            return done.returncode
    raise CloudError('no machine can be reached: tools/cloudlab doctor')


def bench(arguments):
    experiment = opened(arguments)
    machine = experiment.choose([arguments.on])[0]
    words = ['bench', *arguments.more]
    done = raftctl_at(machine, experiment, words, stdout=subprocess.PIPE, text=True)
    if done.returncode == SSH_FAILED:
        raise CloudError(f'{machine.name} cannot be reached: tools/cloudlab doctor')
    sys.stdout.write(done.stdout)
    results = experiment.folder / 'results'
    results.mkdir(exist_ok=True)
    file = results / f'bench-{time.strftime("%Y%m%dT%H%M%S")}.txt'
    file.write_text(f'{time.strftime("%F %T")} on {machine.name}: raftctl {shlex.join(words)}\n'
                    f'{done.stdout}', encoding='utf-8')
    say(f'Kept in {file}')
    return done.returncode


# What is to be done is a process of the shell, which ends it when we are gone. What it prints and
# what it puts into $d comes back.
THERE = """d=$(mktemp -d) && trap 'rm -rf "$d"' EXIT || exit 1
trap '' PIPE; exec 3<&0
{command} >"$d/{printed}" 3<&- </dev/null & pid=$!
{{ cat <&3; kill $pid; }} >/dev/null 2>&1 & watch=$!
wait $pid; code=$?
kill $watch
tar -C "$d" -czf - . && exit $code"""


def kept_there(machine, command, printed):
    """(exit code, an archive of $d, in which `printed` is what was printed)"""
    script = remote.as_root(THERE.format(command=command, printed=printed))
    # Its standard input is open for as long as we are there.
    with subprocess.Popen([*remote.ssh(machine), script], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        try:
            packed = process.stdout.read()
        except BaseException:
            process.kill()
            raise
    if process.returncode == SSH_FAILED:
        raise CloudError(f'{machine.name} cannot be reached: tools/cloudlab doctor')
    if not packed:
        raise CloudError(f'{machine.name}: it ended with {process.returncode} and left nothing')
    return process.returncode, packed


def measured(arguments, name, command, printed):
    """Runs it on one machine and keeps what it has left; gives its exit code."""
    experiment = opened(arguments)
    code, packed = kept_there(experiment.choose([arguments.on])[0], command(experiment), printed)
    folder = experiment.folder / 'results' / f'{name}-{time.strftime("%Y%m%dT%H%M%S")}'
    folder.mkdir(parents=True)
    unpack(io.BytesIO(packed), folder)
    sys.stdout.write((folder / printed).read_text(encoding='utf-8'))
    say(f'Kept in {folder}')
    return code


def ping(arguments):
    return measured(arguments, 'ping', lambda experiment: raftctl(
        experiment, ['ping', *arguments.more]) + ' --scenario "$d/measured-network.json"',
                    'table.txt')


def figures(arguments):
    def command(experiment):
        home = shlex.quote(experiment.home)
        return (f'{shown(experiment)}{home}/src/tools/figures --config {home}/run/cluster.json '
                f'{shlex.join(arguments.more)} --out "$d"')
    return measured(arguments, 'figures', command, 'tables.md')


def examine(arguments):
    experiment = opened(arguments)
    need_addresses(experiment)
    machines = experiment.choose(arguments.machines)
    addresses = {machine.name: machine.address for machine in experiment.machines}
    answers = ask_each(experiment, machines, 'doctor', cluster=experiment.cluster(),
                       addresses=addresses)
    # One after the other: what else is under way here would look like a clock that is off.
    offsets = {machine.name: doctor.clock_offset(machine) for machine in machines}
    return 1 if doctor.report(machines, answers, offsets) else 0


def unpack(packed, folder):
    """All files of an archive, side by side."""
    with tarfile.open(fileobj=packed) as tar:
        for member in tar:
            if member.isfile():
                with open(folder / os.path.basename(member.name), 'wb') as out:
                    shutil.copyfileobj(tar.extractfile(member), out)


def fetch(machine, experiment, folder):
    folder.mkdir(parents=True)
    packed = folder / 'packed.tar.gz'
    with open(packed, 'wb') as file:
        remote.agent(machine, 'collect', parameters_of(experiment, machine), output=file)
    with open(packed, 'rb') as file:
        unpack(file, folder)
    packed.unlink()


def collect(arguments):
    experiment = opened(arguments)
    folder = pathlib.Path(arguments.to or experiment.folder / 'collected' /
                          time.strftime('%Y%m%dT%H%M%S'))
    if folder.exists():
        raise CloudError(f'{folder} is there already: name a new one with --to')
    folder.mkdir(parents=True)
    shutil.copy(experiment.file, folder)
    if (experiment.folder / 'results').exists():
        shutil.copytree(experiment.folder / 'results', folder / 'results')
    try:
        on_each(experiment.choose(arguments.machines),
                lambda machine: fetch(machine, experiment, folder / machine.name))
    finally:
        say(f'Collected in {folder}')
    return 0


# --- The command line ---------------------------------------------------------------------------

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

    one = add('use', use, 'remember the machines of a manifest or a list')
    one.add_argument('file', help="CloudLab's manifest, or a list of machines")
    one.add_argument('--user', help='the login on all machines')
    one.add_argument('--home', default=HOME, help=f'the folder on the machines [{HOME}]')
    one.add_argument('--port', type=int, default=7000, help='of raftd; metrics at the '
                     'next, and with TLS nodes at the one after it [7000]')
    add_machines(add('push', push, 'mirror this source on the machines'))
    add_machines(add('build', build, 'push, install what is missing, build'))
    one = add('start', start, 'start nodes, wait until they take calls')
    add_machines(one)
    starting(one)
    one.add_argument('--fresh', action='store_true', help="remove the cluster's data first")
    one.add_argument('--tls', action=argparse.BooleanOptionalAction, help='with --fresh: whether '
                     'nodes and clients show certificates, which are made here; remembered')
    add_machines(add('stop', stop, 'stop nodes; the data stays'))
    one = add('restart', restart, 'stop and start nodes, one after the other')
    add_machines(one)
    starting(one)
    add_machines(add('kill', kill, 'kill -9'), '+')
    add('status', status, 'raftctl status of all nodes').add_argument(
        'more', nargs='*', help='options for raftctl, after --')
    running(add('bench', bench, 'raftctl bench, run on one machine; the report is kept'),
            'raftctl bench')
    running(add('ping', ping, 'raftctl ping; the table and a scenario with this network are kept'),
            'raftctl ping')
    running(add('figures', figures, 'tools/figures, run on one machine; the drawings are kept'),
            'tools/figures')
    one = add('collect', collect, 'logs, traces and results into one folder here')
    add_machines(one)
    one.add_argument('--to', metavar='FOLDER', help='a new one (default: below build/cloudlab)')
    add_machines(add('doctor', examine, 'look for what would spoil an experiment'))
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
