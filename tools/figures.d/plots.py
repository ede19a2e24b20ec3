"""Draws the figures: what was measured, and beside it what the report measured."""

import io

import matplotlib
from matplotlib import pyplot
from matplotlib.ticker import FuncFormatter

import paper
from samples import by_point, number

matplotlib.use('Agg')
# The same samples give the same files.
matplotlib.rcParams['svg.hashsalt'] = 'drydock'
METADATA = {'svg': {'Date': None}, 'png': {'Software': None}}

OURS = ('#1f77b4', '#2ca02c', '#ff7f0e')
THEIRS = '#b0b0b0'
TITLES = {4: 'Figure 4: time to local and to remote commit, by leader',
          5: 'Figure 5: size of the value and time to commit on all nodes',
          6: 'Figure 6: time from the start of an election to winning and to losing it'}
NODES = {4: 'the node that led', 6: 'the node that asked for votes'}
SPREAD = 'bars and numbers: medians; whiskers: all but a tenth of the samples at either end'
# Which series of ours the report has, too.
PAPER = {4: {'local commit': paper.LOCAL, 'remote commit': paper.REMOTE},
         5: {'commit on all nodes': {str(size): ms for size, ms in paper.BY_SIZE.items()}},
         6: {'won': paper.WON, 'lost': paper.LOST}}


def milliseconds(axis):
    """Powers of ten, as people write them."""
    axis.set_yscale('log')
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f'{value:g}'))
    axis.set_ylabel('milliseconds')
    axis.grid(axis='y', which='major', alpha=0.4)
    axis.set_axisbelow(True)


def whiskers(summaries):
    """From the median down to where a tenth is below, and up to where a tenth is above."""
    return [[each.median - each.low for each in summaries],
            [each.high - each.median for each in summaries]]


def bars(axis, figure, samples):
    """A group of bars for each node: our series, then the report's."""
    points = by_point(samples)
    nodes = sorted({x for series in points.values() for x in series},
                   key=lambda name: int(name[1:]))
    columns = [(series, False) for series in points] + [(series, True) for series in PAPER[figure]]
    width = 0.8 / len(columns)
    for place, (series, theirs) in enumerate(columns):
        at = {name: i - 0.4 + width * (place + 0.5) for i, name in enumerate(nodes)}
        if theirs:
            of_paper(axis, at, series, PAPER[figure][series], width=0.9 * width)
        else:
            of_ours(axis, at, series, points[series], width=0.9 * width, color=OURS[place])
    axis.set_xticks(range(len(nodes)), nodes)
    axis.set_xlabel(f'{NODES[figure]} ({SPREAD})', fontsize=8)


def of_ours(axis, at, series, points, **style):
    names = [name for name in at if name in points]
    summaries = [points[name] for name in names]
    counts = sorted({summary.count for summary in summaries})
    axis.bar([at[name] for name in names], [each.median for each in summaries],
             yerr=whiskers(summaries), capsize=2, **style,
             label=f'{series} (n = {counts[0]}' + (f' to {counts[-1]})' if counts[1:] else ')'))
    for name, summary in zip(names, summaries):
        label(axis, at[name], summary.median)


def label(axis, x, ms):
    """The number on top of its bar, and on the whisker; 0 has no place on this axis: at its foot."""
    place = (x, ms) if ms > 0 else (x, 0)
    axis.annotate(number(ms), place, ha='center', va='bottom', fontsize=6, zorder=5,
                  xytext=(0, 1), textcoords='offset points',
                  xycoords='data' if ms > 0 else axis.get_xaxis_transform(),
                  bbox={'facecolor': 'white', 'edgecolor': 'none', 'pad': 0.4, 'alpha': 0.85})


def of_paper(axis, at, series, points, width):
    names = [name for name in at if name in points]
    hatch = '//' if series in ('remote commit', 'lost') else None
    axis.bar([at[name] for name in names], [points[name] for name in names], width, color=THEIRS,
             hatch=hatch, edgecolor='white', label=f'{series}, the report (n = 1)')
    for name in names:
        label(axis, at[name], points[name])


def lines(axis, samples):
    """A line through the medians, and the report's two ends."""
    for series, points in by_point(samples).items():
        sizes = [int(x) for x in points]
        summaries = list(points.values())
        axis.plot(sizes, [each.median for each in summaries], marker='o', color=OURS[0],
                  label=f'{series}, median (n = {min(each.count for each in summaries)})')
        axis.fill_between(sizes, [each.low for each in summaries],
                          [each.high for each in summaries], color=OURS[0], alpha=0.2,
                          label='all but a tenth at either end')
    axis.plot(list(paper.BY_SIZE), list(paper.BY_SIZE.values()), marker='s', linestyle='--',
              color=THEIRS, label='the report, its smallest and largest (n = 1)')
    axis.set_xscale('log', base=2)
    axis.set_xticks([4 ** power for power in range(11)])
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: size_words(int(value))))
    axis.set_xlabel('size of the value')


def size_words(size):
    for unit, name in ((1 << 20, 'MB'), (1 << 10, 'KB')):
        if size >= unit:
            return f'{size // unit} {name}'
    return f'{size} B'


def draw(figure, samples, about):
    """The figure; `about` says of what it is, below the title."""
    canvas, axis = pyplot.subplots(figsize=(9, 5), dpi=110)
    if figure == 5:
        lines(axis, samples)
    else:
        bars(axis, figure, samples)
    milliseconds(axis)
    axis.margins(y=0.15)
    axis.set_title(TITLES[figure], loc='left')
    axis.legend(fontsize=7, loc='upper center', bbox_to_anchor=(0.5, -0.13), ncols=3)
    canvas.text(0.01, 0.005, about, fontsize=6, color='#555555')
    canvas.tight_layout(rect=(0, 0.02, 1, 1))
    return canvas


def write(canvas, path):
    """As PNG and as SVG, beside each other."""
    for kind in ('png', 'svg'):
        file = io.BytesIO()
        canvas.savefig(file, format=kind, metadata=METADATA[kind])
        path.with_suffix(f'.{kind}').write_bytes(file.getvalue())
    pyplot.close(canvas)
