"""Samples, what they come to, and the file that holds each of them."""

import collections
import csv
import math
import typing

FIELDS = ('figure', 'series', 'x', 'sample', 'ms', 'detail')


class SamplesError(Exception):
    """A file of samples that cannot be read, and why."""


class Sample(typing.NamedTuple):
    series: str  # 'local commit', 'won', ...
    x: str  # the node, or the size of the value in bytes
    ms: float
    detail: str = ''  # where it comes from: term and index, or how the election began and ended


class Summary(typing.NamedTuple):
    count: int
    median: float
    low: float  # a tenth of the samples is below
    high: float  # a tenth is above
    least: float
    most: float


def quantile(values, share):
    """Of ascending values, with what lies between two of them."""
    place = share * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def summarize(values):
    ordered = sorted(values)
    if not ordered:
        raise ValueError('there is nothing to summarize')
    return Summary(len(ordered), quantile(ordered, 0.5), quantile(ordered, 0.1),
                   quantile(ordered, 0.9), ordered[0], ordered[-1])


def by_point(samples):
    """{series: {x: Summary}}, series and x in the order in which they first came."""
    groups = collections.OrderedDict()
    for sample in samples:
        groups.setdefault(sample.series, collections.OrderedDict()).setdefault(
            sample.x, []).append(sample.ms)
    return {series: {x: summarize(values) for x, values in points.items()}
            for series, points in groups.items()}


def write_csv(path, figure, samples):
    """Every sample on a line, numbered within its point."""
    numbers = collections.Counter()
    with open(path, 'w', encoding='utf-8', newline='') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(FIELDS)
        for sample in samples:
            point = (sample.series, sample.x)
            numbers[point] += 1
            writer.writerow((figure, sample.series, sample.x, numbers[point], f'{sample.ms:.6f}',
                             sample.detail))


def read_csv(path):
    """The samples of a file that write_csv wrote."""
    with open(path, encoding='utf-8', newline='') as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != FIELDS:
            raise SamplesError(f'{path}: no samples of tools/figures: the first line should be '
                               f'{",".join(FIELDS)}')
        samples = []
        for row in reader:
            try:
                samples.append(Sample(row['series'], row['x'], float(row['ms']), row['detail']))
            except (TypeError, ValueError):
                raise SamplesError(f'{path}, line {reader.line_num}: "{row["ms"]}" is no '
                                   'number of milliseconds') from None
    return samples


def number(ms):
    """With three digits that count: 0.512, 8.27, 613."""
    if ms >= 100:
        return f'{ms:.0f}'
    return f'{ms:.3g}' if ms >= 0.01 or ms == 0 else f'{ms:.4f}'


def markdown(samples, paper):
    """A table of all points. `paper`: {series: {x: ms}}, what the report measured."""
    lines = ['| what | at | median | 10 % below | 10 % above | samples | the report |',
             '| --- | --- | --- | --- | --- | --- | --- |']
    for series, points in by_point(samples).items():
        for x, summary in points.items():
            theirs = paper.get(series, {}).get(x)
            lines.append(f'| {series} | {x} | {number(summary.median)} ms | {number(summary.low)} '
                         f'ms | {number(summary.high)} ms | {summary.count} | '
                         f'{f"{number(theirs)} ms" if theirs is not None else ""} |')
    return '\n'.join(lines) + '\n'
