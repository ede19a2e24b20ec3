#!/usr/bin/python3
"""Runs the end-to-end tests: every tests/e2e/*_test.py in a process of its own, two at a time.

  tests/e2e/run.py                          all
  tests/e2e/run.py paper_client process     some
  tests/e2e/run.py --quick                  a short share of each
  tests/e2e/run.py --long --for 2h          round after round, each with other luck
"""

import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
AT_ONCE = 2
# s: beyond it a file hangs. Generous, for files are slow on a slow machine.
LIMITS = {'quick': 600, 'normal': 1200, 'long': 4 * 3600}


def names():
    return sorted(path.name.removesuffix('_test.py') for path in FOLDER.glob('*_test.py'))


def seconds(text):
    match = re.fullmatch(r'(\d+)(s|m|h)', text)
    if not match:
        raise argparse.ArgumentTypeError(f'"{text}" is no time; write for example 90s, 10m or 2h')
    return int(match[1]) * {'s': 1, 'm': 60, 'h': 3600}[match[2]]


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog='\n'.join(
        __doc__.splitlines()[2:]), formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', metavar='NAME', help=', '.join(names()))
    parser.add_argument('--bin', default=ROOT / 'build' / 'release' / 'bin', type=pathlib.Path,
                        help='where raftd is (default: build/release/bin)')
    length = parser.add_mutually_exclusive_group()
    length.add_argument('--quick', dest='length', action='store_const', const='quick')
    length.add_argument('--long', dest='length', action='store_const', const='long')
    parser.add_argument('--for', dest='time', type=seconds, default=0, metavar='TIME',
                        help='begin new rounds with other luck until this time is over')
    parser.add_argument('--seed', type=int, default=1, help='of the first round (default: 1)')
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in names()]
    if unknown:
        parser.error(f'there is no test "{unknown[0]}"; there are: {", ".join(names())}')
    if not os.access(arguments.bin / 'raftd', os.X_OK):
        parser.error(f'there is no raftd in {arguments.bin}: build it first')
    return arguments


def end_leftovers(folder):
    """Nodes that a test has left behind: those of tools/cluster are in no group of ours."""
    for path in pathlib.Path('/proc').glob('[0-9]*'):
        with contextlib.suppress(OSError):
            if f'{folder}/'.encode() in (path / 'cmdline').read_bytes():
                os.kill(int(path.name), signal.SIGKILL)


def run_one(name, arguments, seed, temporary):
    """(exit code or None for a file that hung, its output, seconds)"""
    temporary = os.path.join(temporary, f'{name}-{seed}')
    os.mkdir(temporary)
    length = arguments.length or 'normal'
    folder = arguments.bin.resolve()
    environment = {**os.environ, 'DRYDOCK_BIN': str(folder), 'DRYDOCK_E2E_LENGTH': length,
                   'DRYDOCK_E2E_SEED': str(seed), 'TMPDIR': temporary,
                   'REHEARSE': str(folder / 'rehearse'), 'REHEARSE_BIN': str(folder)}
    started = time.monotonic()
    # A group of its own: what a test leaves behind when it hangs is ended with it.
    with subprocess.Popen(['/usr/bin/python3', str(FOLDER / f'{name}_test.py')],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=environment, cwd=ROOT, text=True,
                          errors='replace', start_new_session=True) as process:
        try:
            output, _ = process.communicate(timeout=LIMITS[length])
            code = process.returncode
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            code = None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    end_leftovers(temporary)
    with contextlib.suppress(OSError):
        os.rmdir(temporary)  # a test that failed has left its files there
    return code, output, time.monotonic() - started


def figures_of(output):
    return [line.removeprefix('figure: ') for line in output.splitlines()
            if line.startswith('figure: ')]


def report(name, outcome):
    """Prints how it went; gives whether it went well."""
    code, output, took = outcome
    verdict = 'ok' if code == 0 else 'FAIL' if code is not None else 'HUNG'
    print(f'{verdict:4}  {name:24} {took:7.1f} s', flush=True)
    lines = output.splitlines()
    if code == 0:
        notes = [line for line in lines if ' ... skipped ' in line]
    else:
        notes = [f'| {line}' for line in lines[-200:]]
    for note in notes:
        print(f'      {note}', flush=True)
    return code == 0


def run_round(arguments, seed, temporary):
    """[(name, did it go well, its figures)]"""
    chosen = arguments.names or names()
    outcomes = []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {pool.submit(run_one, name, arguments, seed, temporary): name for name in chosen}
        for done in concurrent.futures.as_completed(futures):
            name = futures[done]
            outcomes.append((name, report(name, done.result()), figures_of(done.result()[1])))
    return outcomes


def main():
    arguments = parse()
    temporary = tempfile.mkdtemp(prefix='drydock-e2e-run-')
    started = time.monotonic()
    outcomes = []
    seed = arguments.seed
    while not outcomes or time.monotonic() - started < arguments.time:
        if arguments.time:
            print(f'Round with --seed {seed}, {time.monotonic() - started:.0f} s after the start',
                  flush=True)
        outcomes += run_round(arguments, seed, temporary)
        seed += 1
    with contextlib.suppress(OSError):
        os.rmdir(temporary)
    for name, _, figures in outcomes:
        for text in figures:
            print(f'{name}: {text}')
    good = sum(well for _, well, _ in outcomes)
    print(f'{good} of {len(outcomes)} passed in {time.monotonic() - started:.0f} s')
    return 0 if good == len(outcomes) else 1


if __name__ == '__main__':
    sys.exit(main())
