"""The source of this tree on the machines, and its build there."""

import hashlib
import os
import pathlib
import shlex
import subprocess

import remote

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = {'build', '.git', '.cache', '__pycache__'}


def git(*words):
    """What git prints; None where this is no clone."""
    done = subprocess.run(['git', '-C', str(ROOT), *words], text=True, capture_output=True,
                          check=False)
    return done.stdout if done.returncode == 0 else None


def files():
    """All of the source, also what is not committed yet."""
    listed = git('ls-files', '-z', '--cached', '--others', '--exclude-standard')
    if listed is not None:
        return sorted(name for name in listed.split('\0') if name and (ROOT / name).is_file())
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in SKIPPED]
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted(found)


def version(names):
    """The commit; with a hash of the files if they are not what was committed."""
    commit = (git('rev-parse', '--short=12', 'HEAD') or '').strip()
    if commit and not git('status', '--porcelain'):
        return commit
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + b'\0' + (ROOT / name).read_bytes())
    return f'{commit or "source"}+{digest.hexdigest()[:8]}'


def packed():
    """(the source as an archive, its version)."""
    names = files()
    text = version(names)
    return remote.archive(names, more=[('.source-id', text + '\n')]), text


def put(machine, home, archive):
    """Where it goes is for the setup to know."""
    remote.run(machine, 'd=$(mktemp -d) && trap \'rm -rf "$d"\' EXIT && '
               'tar -xzf - --no-same-owner -C "$d" && '
               f'"$d/tools/cloudlab.d/setup" --home {shlex.quote(home)} --push', archive)


def build(machine, home):
    folder = shlex.quote(home)
    remote.run(machine, f'{folder}/src/tools/cloudlab.d/setup --home {folder} || '
               '{ tail -n 25 /var/log/drydock-setup.log >&2; exit 1; }')
