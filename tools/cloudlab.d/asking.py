"""What tools/cloudlab asks of a cluster, from a machine on its LAN."""

import contextlib
import itertools
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

import certs
import remote
from experiment import CloudError, Experiment
from remote import say

SSH_FAILED = 255  # no exit code of ours


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
    experiment = Experiment(arguments.dir).load()
    for machine in experiment.machines:
        done = raftctl_at(machine, experiment, ['status', *arguments.more])
        if done.returncode != SSH_FAILED:  # else another machine is asked
            return done.returncode
    raise CloudError('no machine can be reached: tools/cloudlab doctor')


def states(experiment):
    """{node: what `raftctl status --output json` says of it}, from the first machine that can be
    asked."""
    for machine in experiment.machines:
        done = raftctl_at(machine, experiment, ['status', '--output', 'json'], text=True,
                          capture_output=True)
        if done.stdout:
            return {told.get('node'): told for told in json.loads(done.stdout)['nodes']}
    raise CloudError(f'no machine tells how the nodes are: {done.stderr.strip()}')


def bench(arguments):
    experiment = Experiment(arguments.dir).load()
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


# --- What leaves files there, which are kept here -------------------------------------------------

# What is to be done is a process of the shell, which ends it when we are gone. What it prints and
# what it puts into $d comes back.
THERE = """d=$(mktemp -d -p {home}) && trap 'rm -rf "$d"' EXIT || exit 1
trap '' PIPE; exec 3<&0
{command} >"$d/{printed}" 3<&- </dev/null & pid=$!
{{ cat <&3; kill $pid; }} >/dev/null 2>&1 & watch=$!
wait $pid; code=$?
kill $watch
tar -C "$d" -czf - . && exit $code"""


def leave_there(machine, script, packed):
    """Runs it, and gives its exit code; the archive that it prints goes to the file `packed`."""
    # Its standard input is open for as long as we are there.
    with subprocess.Popen([*remote.ssh(machine), remote.as_root(script)], stdin=subprocess.PIPE,
                          stdout=packed) as process:
        try:
            code = process.wait()
        except BaseException:
            process.kill()
            raise
    if code == SSH_FAILED:
        raise CloudError(f'{machine.name} cannot be reached: tools/cloudlab doctor')
    if not os.fstat(packed.fileno()).st_size:
        raise CloudError(f'{machine.name}: it ended with {code} and left nothing')
    return code


def new_folder(results, name):
    for number in itertools.count(1):
        folder = results / (f'{name}-{time.strftime("%Y%m%dT%H%M%S")}' +
                            (f'-{number}' if number > 1 else ''))
        with contextlib.suppress(FileExistsError):
            folder.mkdir(parents=True)
            return folder


def measured(arguments, name, command, printed):
    """Runs it on one machine, and keeps here what it has put into $d and, as `printed`, printed.
    Gives its exit code, and the folder that this is kept in."""
    experiment = Experiment(arguments.dir).load()
    machine = experiment.choose([arguments.on])[0]
    script = THERE.format(home=shlex.quote(experiment.home), command=command(experiment),
                          printed=printed)
    folder = new_folder(experiment.folder / 'results', name)
    try:
        with tempfile.TemporaryFile(dir=folder) as packed:
            code = leave_there(machine, script, packed)
            packed.seek(0)
            remote.unpack(packed, folder)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return code, folder


def shown_and_kept(arguments, name, command, printed):
    code, folder = measured(arguments, name, command, printed)
    sys.stdout.write((folder / printed).read_text(encoding='utf-8'))
    say(f'Kept in {folder}')
    return code


def ping(arguments):
    return shown_and_kept(arguments, 'ping', lambda experiment: raftctl(
        experiment, ['ping', *arguments.more]) + ' --scenario "$d/measured-network.json"',
                          'table.txt')


def figures(arguments):
    def command(experiment):
        home = shlex.quote(experiment.home)
        return (f'{shown(experiment)}{home}/src/tools/figures --config {home}/run/cluster.json '
                f'{shlex.join(arguments.more)} --out "$d"')
    return shown_and_kept(arguments, 'figures', command, 'tables.md')


def backup(arguments):
    code, folder = measured(arguments, 'backup', lambda experiment: raftctl(
        experiment, ['backup', '--output', 'json', *arguments.more]) + ' "$d/store.backup"',
                            'backup.json')
    file = folder / 'store.backup'
    if not file.exists():
        sys.stdout.write((folder / 'backup.json').read_text(encoding='utf-8'))
        shutil.rmtree(folder)
        return code
    told = json.loads((folder / 'backup.json').read_text(encoding='utf-8'))
    say(f'A backup from {told["node"]}, up to entry {told["index"]}, {told["bytes"]} bytes: '
        f'{file}\nRestore it: tools/cloudlab start --fresh --restore {file}')
    return code
