"""The figures as Markdown: what was measured, and the ratios with their bounds."""

import statistics

TITLES = {'drydock': 'Drydock', 'etcd': 'etcd', 'probe': 'bare probe'}


def times_of(report):
    return report.get('puts') or report['gets']


FIGURES = {
    'rate': lambda report: report['rate_per_s'],
    'p50': lambda report: times_of(report)['p50_us'],
    'p99': lambda report: times_of(report)['p99_us'],
    'cpu': lambda report: report['cpu_us_per_operation'],
    'leader': lambda report: report['committed_at_leader']['p50_us'],
    'everywhere': lambda report: report['durable_on_all']['p50_us'],
}


def series(results, store, phase, figure):
    """round -> a figure; empty when the phase was not measured, or has no such figure."""
    try:
        reports = results[store]['loads'][phase]
        return {number: FIGURES[figure](report) for number, report in reports.items()}
    except KeyError:
        return {}


def middle(results, store, phase, figure):
    values = series(results, store, phase, figure)
    return statistics.median(values.values()) if values else None


def ratio(results, phase, figure, store, other):
    """The median of the rounds' ratios: what both met in one round weighs on both."""
    ours, theirs = series(results, store, phase, figure), series(results, other, phase, figure)
    rounds = ours.keys() & theirs.keys()
    return statistics.median(ours[n] / theirs[n] for n in rounds) if rounds else None


# --- Text ---

def time_text(us):
    if us is None:
        return '-'
    if us < 1000:
        return f'{us:.0f} us'
    return f'{us / 1000:.2f} ms' if us < 1e5 else f'{us / 1000:.0f} ms'


def number(value, form='{:.2f}'):
    return '-' if value is None else form.format(value)


def rows(header, lines):
    texts = [header, ['---'] * len(header), *lines]
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in texts) + '\n'


def stores_table(results):
    lines = []
    for phase in dict.fromkeys(phase for store in results.values() for phase in store['loads']):
        for store in TITLES:
            if not series(results, store, phase, 'rate') or phase.startswith('value'):
                continue
            times = [time_text(middle(results, store, phase, figure))
                     for figure in ('p50', 'p99', 'cpu')]
            rate = middle(results, store, phase, 'rate')
            lines.append([phase, TITLES[store], f'{rate:,.0f}/s', *times])
    return rows(['load', 'store', 'rate', 'p50', 'p99', 'CPU of all nodes, an operation'], lines)


def values_table(results, sizes):
    lines = []
    for size in sizes:
        phase = f'value {size}'
        lines.append([size, *(time_text(middle(results, store, phase, 'p50')) for store in TITLES),
                      time_text(middle(results, 'drydock', phase, 'leader')),
                      time_text(middle(results, 'drydock', phase, 'everywhere'))])
    return rows(['value', *(f'{title}, p50' for title in TITLES.values()),
                 'Drydock: committed at the leader', 'Drydock: durable on all nodes'], lines)


def memory_table(results):
    lines = []
    for phase in ('memory at rest', 'memory after load'):
        values = [results[store].get(phase) for store in TITLES]
        lines.append([phase, *(f'{statistics.median(v) / 1e6:.0f} MB' if v else '-'
                               for v in values)])
    return rows(['largest node', *TITLES.values()], lines)


# --- Bounds ---

def at_most(title, value, bound, form='{:.2f}'):
    return (title, value, f'at most {form.format(bound)}', form,
            None if value is None else value <= bound)


def at_least(title, value, bound, form='{:.2f}'):
    return (title, value, f'at least {form.format(bound)}', form,
            None if value is None else value >= bound)


def stream_ratio(results):
    """The stream against the best unary rate of etcd's, round by round."""
    stream = series(results, 'drydock', 'stream 256', 'rate')
    unary = [series(results, 'etcd', f'put {n}', 'rate') for n in (1, 64, 256)]
    rounds = set(stream).intersection(*unary)
    if not rounds:
        return None
    return statistics.median(stream[n] / max(rates[n] for rates in unary) for n in rounds)


def load_bounds(results):
    def against(phase, figure, other):
        return ratio(results, phase, figure, 'drydock', other)
    yield at_most('PUT, 1 client: p50 / etcd', against('put 1', 'p50', 'etcd'), 0.85)
    for clients in (64, 256):
        phase, title = f'put {clients}', f'PUT, {clients} clients'
        yield at_least(f'{title}: rate / bare probe', against(phase, 'rate', 'probe'), 0.75)
        yield at_least(f'{title}: rate / etcd', against(phase, 'rate', 'etcd'), 2.5)
        yield at_most(f'{title}: p99 / etcd', against(phase, 'p99', 'etcd'), 0.5)
        yield at_most(f'{title}: CPU an operation / etcd', against(phase, 'cpu', 'etcd'), 0.4)
    yield at_least('GET, linearizable, 64 clients: rate / etcd', against('get 64', 'rate', 'etcd'),
                   3.5)
    yield at_least("stream, 256 in flight: rate / etcd's best unary PUT", stream_ratio(results), 10)


def bounds(results):
    """(title, value, bound, form, met or None) of each."""
    yield from load_bounds(results)
    failover = results['drydock'].get('failover')
    yield at_most('leader killed to first PUT, median, ms',
                  statistics.median(failover) if failover else None, 350, '{:.0f}')
    came_back = results['drydock'].get('return')
    yield at_most('node back, from listening to following, ms',
                  statistics.median(came_back) if came_back else None, 300, '{:.0f}')
    rest = results['drydock'].get('memory at rest')
    yield at_most('memory of a node at rest, MB', statistics.median(rest) / 1e6 if rest else None,
                  40, '{:.0f}')
    everywhere = middle(results, 'drydock', 'value 4 KB', 'everywhere')
    yield at_most('4 KB durable on all nodes, p50, ms',
                  None if everywhere is None else everywhere / 1e3, 10)


def bounds_table(results):
    lines = []
    for title, value, bound, form, met in bounds(results):
        verdict = {True: 'met', False: '**not met**', None: 'not measured'}[met]
        lines.append([title, number(value, form), bound, verdict])
    return rows(['what', 'measured', 'bound', ''], lines)


def failover_text(results):
    lines = []
    for store in ('drydock', 'etcd'):
        took = sorted(results[store].get('failover', []))
        if took:
            lines.append([TITLES[store], f'{statistics.median(took):.0f} ms', f'{took[0]:.0f} ms',
                          f'{took[-1]:.0f} ms', str(len(took))])
    return rows(['leader killed to first PUT', 'median', 'shortest', 'longest', 'kills'], lines)


def document(results, machine, sizes, failures):
    parts = ['# Speed, measured against etcd and against the bare probe\n', machine + '\n',
             '## Bounds\n', bounds_table(results), '## Loads\n', stores_table(results),
             '## One client, by size of the value\n', values_table(results, sizes),
             '## Memory\n', memory_table(results), '## Failover\n', failover_text(results)]
    if failures:
        parts += ['## Not measured\n', '\n'.join(f'- {text}' for text in failures) + '\n']
    return '\n'.join(parts)
