"""Measures Drydock against etcd and against the bare probe, on this machine.

  tools/bench                    everything, about a quarter of an hour
  tools/bench --quick            each load once, for two seconds
  tools/bench --out FILE         writes the tables there as well (Markdown)

Installs etcd-server and builds what is missing, unless told not to. Three nodes each, in turn (A B C A B C ...), each
with its data in a temporary folder under build/, fdatasync on, the same load generator for all.
Exit code: 0 measured, 1 something could not be measured, 2 bad usage.
"""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import phases
import table
from stores import QUICK, STORES, BenchError, ClusterError, Drydock, Etcd
# Of tools/lib, whose place `stores` has told.
from cluster import end_cleanly_on
from measuring import BUSY, busy_share, machine_words, note, progress

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ('raftd', 'storebench')
PARTS = ('loads', 'failover', 'return')


# --- What is needed ---

def find_programs(arguments):
    folder = pathlib.Path(arguments.bin or ROOT / 'build/release/bin')
    programs = {name: folder / name for name in PROGRAMS}
    programs['storebench'] = pathlib.Path(arguments.storebench or programs['storebench'])
    programs['etcd'] = shutil.which('etcd')
    for name, path in programs.items():
        if not path or not os.access(path, os.X_OK):
            raise BenchError(f'{name} is missing; leave out --no-build, or build it')
    return programs


def machine_text(programs):
    version = subprocess.run([programs['etcd'], '--version'], text=True, capture_output=True,
                             check=False).stdout.splitlines()[0]
    return (f'{machine_words()}, {version}. Three nodes on one machine and one disk, data '
            'synced before each answer, 256-byte values unless said otherwise; medians of the '
            'rounds.')


# --- Running ---

class Run:
    def __init__(self, programs, folder, arguments):
        self.programs = programs
        self.folder = pathlib.Path(folder)
        self.arguments = arguments
        self.results = {name: {'loads': {}} for name in STORES}
        self.failures = []
        self.started = 0
        self.others = []  # the share of the processors that others had, before each measurement

    def new_folder(self):
        """For the next cluster; none of ours runs now."""
        self.started += 1
        self.others.append(busy_share())
        if self.others[-1] > BUSY:
            note(f'tools/bench: other programs use {100 * self.others[-1]:.0f} % of the '
                 'processors; the figures will not be worth much')
        return self.folder / f'{self.started}'

    def extent_text(self):
        """How much was done: the figures of a --quick run must not pass for more."""
        given = self.arguments
        return (f'{given.rounds} round(s), {given.seconds} s a load (1.5 s by size of the value); '
                f'{given.kills} leader kills a store; {given.returns} return(s) of a follower '
                f'after {given.away} s.')

    def others_text(self):
        return (f'Other programs used {100 * max(self.others, default=0):.0f} % of the processors '
                'at worst, looked at before each start.')

    def attempt(self, what, function):
        """Something that fails is told in the end; the rest is measured all the same."""
        try:
            function()
        except (BenchError, ClusterError, OSError) as error:
            self.failures.append(f'{what}: {str(error).splitlines()[0]}')
            note(f'tools/bench: {what}: {error}')

    def loads(self):
        for number in range(self.arguments.rounds):
            for name in self.arguments.stores:
                note(f'round {number + 1} of {self.arguments.rounds}: {name}')
                self.attempt(f'loads on {name}',
                             lambda name=name, number=number: self.loads_of(name, number))

    def loads_of(self, name, number):
        with STORES[name](self.programs, self.new_folder()) as store:
            phases.measure_store(store, name, self.arguments.seconds, number, self.results[name],
                                 progress)

    def failover(self):
        for kind in (Drydock, Etcd):
            if kind.name in self.arguments.stores:
                note(f'{kind.name}: its leader is killed {self.arguments.kills} times')
                self.attempt(f'failover of {kind.name}', lambda kind=kind: self.failover_of(kind))

    def failover_of(self, kind):
        with kind(self.programs, self.new_folder(), QUICK) as store:
            self.results[kind.name]['failover'] = phases.measure_failover(
                store, self.arguments.kills, progress)

    def came_back(self):
        for _ in range(self.arguments.returns):
            self.results['drydock'].setdefault('return', []).append(phases.measure_return(
                self.programs, self.new_folder(), self.arguments.away, progress))

    def all(self):
        if 'loads' in self.arguments.only:
            self.loads()
        if 'failover' in self.arguments.only:
            self.failover()
        if 'return' in self.arguments.only and 'drydock' in self.arguments.stores:
            note(f'drydock: a follower is away for {self.arguments.away} s')
            self.attempt('a follower that comes back', self.came_back)
        progress('')


def parse(words):
    parser = argparse.ArgumentParser(prog='tools/bench', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--out', type=pathlib.Path, help='write the tables to this file, too')
    parser.add_argument('--rounds', type=int, help='how often each store is measured [3]')
    parser.add_argument('--seconds', type=int, help='of each load [5]')
    parser.add_argument('--stores', type=lambda text: text.split(','), default=list(STORES),
                        help='of drydock,etcd,probe [all]')
    parser.add_argument('--only', type=lambda text: text.split(','), default=list(PARTS),
                        help='of loads,failover,return [all]')
    parser.add_argument('--no-build', action='store_true', help='measure what was built before')
    parser.add_argument('--bin', help='where raftd and storebench are [build/release/bin]')
    parser.add_argument('--storebench', help='another storebench')
    arguments = parser.parse_args(words)
    for given, known, flag in ((arguments.stores, STORES, 'stores'),
                               (arguments.only, PARTS, 'only')):
        if set(given) - set(known):
            parser.error(f'--{flag} knows {", ".join(known)}')
    quick = arguments.quick
    arguments.rounds = arguments.rounds or (1 if quick else 3)
    arguments.seconds = arguments.seconds or (2 if quick else 5)
    arguments.kills = 3 if quick else 12
    arguments.returns = 1 if quick else 3
    arguments.away = 3 if quick else 30
    return arguments


def main(words):
    arguments = parse(words)
    end_cleanly_on(signal.SIGTERM, signal.SIGHUP)
    try:
        programs = find_programs(arguments)
        machine = machine_text(programs)
        with tempfile.TemporaryDirectory(prefix='bench-', dir=ROOT / 'build') as folder:
            run = Run(programs, folder, arguments)
            run.all()
    except BenchError as error:
        print(f'tools/bench: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\ntools/bench: interrupted; every process it started has ended', file=sys.stderr)
        return 130
    text = table.document(run.results, ' '.join((machine, run.extent_text(), run.others_text())),
                          phases.VALUE_SIZES, run.failures)
    print(text)
    if arguments.out:
        arguments.out.write_text(text, encoding='utf-8')
    return 1 if run.failures else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
