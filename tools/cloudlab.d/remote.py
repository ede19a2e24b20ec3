"""Commands on the machines, over ssh."""

import concurrent.futures
import io
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tarfile

from experiment import CloudError

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What is sent with each call, so that the machine always runs the same version as this one.
AGENT_FILES = ('tools/lib/cluster.py', 'tools/cloudlab.d/agent.py', 'tools/cloudlab.d/checks.py',
               'tools/cloudlab.d/control.py')
OPTIONS = ('-o', 'BatchMode=yes', '-o', 'ConnectTimeout=20', '-o', 'ServerAliveInterval=20',
           '-o', 'StrictHostKeyChecking=accept-new')
# The system's, if there is one.
PYTHON = '$(command -v /usr/bin/python3 || echo python3)'
HINTS = (
    ('HOST IDENTIFICATION HAS CHANGED', 'the machine was installed anew since you last saw it: '
     'ssh-keygen -R {host}'),
    ('Permission denied', 'your ssh key is not known there: is it in your CloudLab profile, and '
     'does ssh offer it (ssh-add -l)? Another key or user: DRYDOCK_SSH, tools/cloudlab use --user'),
    ('Could not resolve', 'is the experiment still there?'),
    ('timed out', 'the machine may be booting, or the experiment is over'),
    ('Connection refused', 'the machine may be booting'),
    ('password is required', 'tools/cloudlab needs root, or sudo without a password'),
    ('python3: not found', 'install python3 there'),
)


def say(text):
    print(text, file=sys.stderr, flush=True)


def ssh(machine):
    """The command to which what is to be done there is added."""
    target = f'{machine.user}@{machine.host}' if machine.user else machine.host
    program = shlex.split(os.environ.get('DRYDOCK_SSH', 'ssh'))
    return [*program, *OPTIONS, '-p', str(machine.port), target]


def as_root(script):
    """A line of shell that does it as root, whoever logs in."""
    quoted = shlex.quote(script)
    return (f'if [ "$(id -u)" = 0 ]; then exec sh -c {quoted}; '
            f'else exec sudo -n sh -c {quoted}; fi')


def why_failed(machine, code, errors):
    text = errors.decode(errors='replace').strip() or f'no word of why (exit code {code})'
    hints = [hint.format(host=machine.host) for sign, hint in HINTS if sign in text]
    return CloudError(f'{machine.name}: {text}' + ''.join(f'\n  {hint}' for hint in hints))


def run(machine, script, given=b'', output=subprocess.PIPE):
    """Does it as root and gives what it prints; an error if it fails. `given`, bytes or an open
    file, is its standard input."""
    source = {'input': given} if isinstance(given, bytes) else {'stdin': given}
    done = subprocess.run([*ssh(machine), as_root(script)], **source, stdout=output,
                          stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise why_failed(machine, done.returncode, done.stderr)
    return done.stdout


def put(machine, file, target):
    """Copies a file, of any size, that only root is to read there."""
    with open(file, 'rb') as given:
        run(machine, f'umask 077 && cat >{shlex.quote(target)}', given)


def remove(machine, target):
    run(machine, f'rm -f {shlex.quote(target)}')


def archive(files, root=ROOT, more=()):
    """A compressed tar of files below `root`, and of (name, text) besides."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode='w:gz', compresslevel=3) as tar:
        for name in files:
            tar.add(root / name, name, recursive=False)
        for name, text in more:
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


def unpack(packed, folder):
    """All files of an archive, side by side, each under its name once it is whole."""
    try:
        with tarfile.open(fileobj=packed) as tar:
            for member in tar:
                if member.isfile():
                    unpack_one(tar.extractfile(member), folder / os.path.basename(member.name),
                               member.mode)
    except (EOFError, tarfile.TarError) as error:
        raise CloudError(f'what came for {folder} is cut short: {error}') from error


def unpack_one(source, path, mode):
    """For nobody who could not read it there."""
    draft = path.with_name(f'{path.name}.unfinished')
    with open(draft, 'wb') as out:
        draft.chmod((mode | 0o600) & 0o777)
        shutil.copyfileobj(source, out)
    draft.rename(path)


def agent(machine, command, parameters, output=subprocess.PIPE, files=()):
    """Has the agent do something there, and gives its answer. `files` are (name, text) that it
    finds beside itself: what must not stand in a command line, where all users see it."""
    # A folder for each call: several may be under way, of different versions.
    script = ('d=$(mktemp -d) && trap \'rm -rf "$d"\' EXIT && tar -xzf - -C "$d" && '
              f'{PYTHON} "$d/tools/cloudlab.d/agent.py" {command} '
              f'{shlex.quote(json.dumps(parameters))}')
    printed = run(machine, script, archive(AGENT_FILES, more=files), output)
    return json.loads(printed) if output == subprocess.PIPE else None


def on_each(machines, work):
    """work(machine) on all at once; gives {machine's name: result}. All are waited for, then the
    failures are one error."""
    results, failures = {}, []
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(machines) or 1) as pool:
        begun = {pool.submit(work, machine): machine for machine in machines}
        for future in concurrent.futures.as_completed(begun):
            try:
                results[begun[future].name] = future.result()
            except CloudError as error:
                failures.append(str(error))
    if failures:
        raise CloudError('\n'.join(sorted(failures)))
    return results


# --- The machines of an experiment ---------------------------------------------------------------

def parameters_of(experiment, machine, **more):
    return {'home': experiment.home, 'node': machine.node, **more}


def ask_each(experiment, machines, command, files=None, **more):
    """`files`: what goes along, for each machine by its name."""
    return on_each(machines, lambda machine: agent(
        machine, command, parameters_of(experiment, machine, **more),
        files=(files or {}).get(machine.name, ())))


def need_addresses(experiment):
    """Those that the list leaves out are what the machines themselves know."""
    unknown = [machine for machine in experiment.machines if not machine.address]
    if not unknown:
        return
    found = on_each(unknown, lambda machine: agent(machine, 'address', {'name': machine.name}))
    for machine in unknown:
        machine.address = found[machine.name]
    experiment.save()
