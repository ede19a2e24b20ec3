"""Measures what the report measured, on any cluster, and draws it beside the report's numbers.

  tools/figures                        on five nodes that it starts on this machine
  tools/figures --local 3 --quick      three nodes, a few samples
  tools/figures --config cluster.json  on a cluster that runs, wherever its nodes are
  tools/figures --endpoints A:P,B:P    the same; or DRYDOCK_ENDPOINTS, as for raftctl
  tools/figures --draw                 draws the samples of --out again, measures nothing

Writes figure-N.csv (every sample), figure-N.png and figure-N.svg into --out [build/figures], and
prints the tables (Markdown). It puts the key "k", moves the leadership and, for figure 6, makes
leaders silent for a moment (raftd --enable-suspend). Installs and builds what is missing, unless
told not to.
Exit code: 0 measured, 1 something could not be measured, 2 bad usage.
"""

import argparse
import contextlib
import os
import pathlib
import signal
import sys

import local
import measure
from ctl import Cluster, ClusterError, FiguresError
from samples import SamplesError, markdown, read_csv, write_csv
# Of tools/lib, whose place `ctl` has told.
from cluster import end_cleanly_on
from measuring import BUSY, busy_share, machine_words, note, progress

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIGURES = (4, 5, 6)


def find_programs(arguments):
    folder = pathlib.Path(arguments.bin or ROOT / 'build/release/bin')
    programs = {name: folder / name for name in ('raftd', 'raftctl')}
    for name, path in programs.items():
        if not os.access(path, os.X_OK):
            raise FiguresError(f'there is no {path}; leave out --no-build, or build {name}')
    return programs


def plotter():
    """matplotlib is looked for before anything is measured."""
    try:
        import plots  # pylint: disable=import-outside-toplevel
    except ImportError as error:
        raise FiguresError(f'matplotlib is missing ({error}). As root: apt-get install '
                           'python3-matplotlib') from None
    return plots


# --- Measuring ----------------------------------------------------------------------------------

class Run:
    def __init__(self, arguments, plots):
        self.arguments = arguments
        self.plots = plots
        self.programs = find_programs(arguments)
        self.failures = []

    @contextlib.contextmanager
    def cluster(self, figure):
        """The cluster that was named, or one of our own for the time."""
        raftctl = self.programs['raftctl']
        if self.arguments.where:
            yield Cluster(raftctl, self.arguments.where)
            return
        settings = local.CLOSE if figure == 6 else local.CALM
        parent = ROOT / 'build'
        parent.mkdir(exist_ok=True)
        with local.LocalNodes(self.programs['raftd'], self.arguments.local, settings,
                              parent) as nodes:
            note(f'{len(nodes.nodes)} nodes in {nodes.folder}')
            yield Cluster(raftctl, nodes.where())

    def measure(self, figure, cluster):
        count = self.arguments.samples
        if figure == 4:
            return measure.figure_4(cluster, count, progress)
        if figure == 5:
            sizes = measure.QUICK_SIZES if self.arguments.quick else measure.SIZES
            return measure.figure_5(cluster, count, progress, sizes)
        return measure.figure_6(cluster, count, self.arguments.rounds, progress, note)

    def one(self, figure):
        note(f'figure {figure}')
        with self.cluster(figure) as cluster:
            about = self.about(cluster)
            samples = self.measure(figure, cluster)
        if not samples:
            raise FiguresError('no sample could be taken')
        path = self.arguments.out / f'figure-{figure}'
        write_csv(path.with_suffix('.csv'), figure, samples)
        path.with_suffix('.txt').write_text(about + '\n', encoding='utf-8')
        show(self.plots, figure, self.arguments.out)

    def about(self, cluster):
        """What was measured, in a line."""
        words = [cluster.about(), self.arguments.about or 'asked from here: ' + machine_words()]
        if not self.arguments.where:
            words.append(f'all nodes there; other programs used {100 * busy_share():.0f} % of it '
                         'just before')
        return '; '.join(words)

    def all(self):
        if not self.arguments.where and busy_share() > BUSY:
            note('tools/figures: other programs use this machine; the figures are worth less')
        for figure in self.arguments.figures:
            try:
                self.one(figure)
            except (FiguresError, ClusterError, OSError) as error:
                self.failures.append(figure)
                note(f'tools/figures: figure {figure}: {error}')
        progress('')


def show(plots, figure, folder):
    """Draws what the files hold, and prints the table."""
    path = folder / f'figure-{figure}'
    samples = read_csv(path.with_suffix('.csv'))
    about = path.with_suffix('.txt').read_text(encoding='utf-8').strip()
    plots.write(plots.draw(figure, samples, about), path)
    progress('')
    print(f'\n{plots.TITLES[figure]}\n({about})\n')
    print(markdown(samples, plots.PAPER[figure]), flush=True)


def draw_again(arguments, plots):
    found = [figure for figure in arguments.figures
             if (arguments.out / f'figure-{figure}.csv').exists()]
    if not found:
        raise FiguresError(f'there are no samples in {arguments.out}')
    for figure in found:
        show(plots, figure, arguments.out)


# --- The command line ---------------------------------------------------------------------------

def figures_of(text):
    try:
        chosen = [int(word) for word in text.split(',')]
    except ValueError:
        chosen = []
    if not chosen or set(chosen) - set(FIGURES):
        raise argparse.ArgumentTypeError(f'"{text}" is not some of 4,5,6')
    return chosen


def positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is no number from 1 on')
    return int(text)


def where_of(arguments):
    """What names the cluster to raftctl; empty: one of our own."""
    if arguments.local:
        return []
    if arguments.config:
        return ['--config', arguments.config]
    endpoints = arguments.endpoints or os.environ.get('DRYDOCK_ENDPOINTS')
    return ['--endpoints', endpoints] if endpoints else []


def parse(words):
    parser = argparse.ArgumentParser(prog='tools/figures', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group()
    which.add_argument('--config', metavar='FILE', help="the cluster's file, as raftctl takes it")
    which.add_argument('--endpoints', metavar='LIST', help='host:port,host:port,...')
    which.add_argument('--local', type=positive, metavar='N',
                       help='N nodes on this machine [5, if no cluster is named]')
    parser.add_argument('--out', type=pathlib.Path, default=ROOT / 'build/figures', metavar='DIR')
    parser.add_argument('--figures', type=figures_of, default=list(FIGURES), metavar='LIST',
                        help='of 4,5,6 [all]')
    parser.add_argument('--samples', type=positive, help='of each point [30; with --quick 3]')
    parser.add_argument('--rounds', type=positive,
                        help='how often a leader is stopped at most [600; with --quick 20]')
    parser.add_argument('--quick', action='store_true', help='few samples, three sizes')
    parser.add_argument('--about', metavar='TEXT', help='what the nodes are, for the figures')
    parser.add_argument('--draw', action='store_true', help='only draw again what --out holds')
    parser.add_argument('--no-build', action='store_true', help='measure what was built before')
    parser.add_argument('--bin', metavar='DIR', help='where raftd and raftctl are')
    arguments = parser.parse_args(words)
    arguments.samples = arguments.samples or (3 if arguments.quick else 30)
    arguments.rounds = arguments.rounds or (20 if arguments.quick else 600)
    arguments.where = where_of(arguments)
    arguments.local = arguments.local or 5
    return arguments


def main(words):
    arguments = parse(words)
    end_cleanly_on(signal.SIGTERM, signal.SIGHUP)
    try:
        plots = plotter()
        arguments.out.mkdir(parents=True, exist_ok=True)
        if arguments.draw:
            draw_again(arguments, plots)
            return 0
        run = Run(arguments, plots)
        run.all()
    except (FiguresError, SamplesError, OSError) as error:
        print(f'tools/figures: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\ntools/figures: interrupted; every process it started has ended', file=sys.stderr)
        return 130
    return 1 if run.failures else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
