"""The report's three measurements, of a cluster that runs."""

import itertools

from ctl import FiguresError, wait_until
from samples import Sample

SIZES = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576)
QUICK_SIZES = (1, 4096, 1048576)
SMALL = b'123'  # the report's values had less than 4 bytes
WARM_UP = 3  # puts that are not counted, after each change of leaders
CHUNK = 10  # puts before the leader is asked for their times: it knows the last 1024 entries
STOP_SECONDS = 20  # a leader is silent for that long at most; it is bidden back before
LOST = ('leader_appeared', 'voted_for_another', 'election_lost', 'higher_term')


# --- Puts ---------------------------------------------------------------------------------------

def known_times(cluster, places):
    """{(term, index): (the leader, what it measured)}; None while a member is not known to know of
    a commitment. What a leader has forgotten with its leadership is left out."""
    found = {}
    for name, node in cluster.timings().items():
        for proposal in node['proposals']:
            place = (proposal['term'], proposal['index'])
            if place in places:
                found[place] = (name, proposal)
    if all('known_ns' in times for _, times in found.values()):
        return found
    return None


def times_of(cluster, places):
    """The same, once all are known."""
    # In a list, for nothing found is an answer, too.
    def found():
        known = known_times(cluster, places)
        return [] if known is None else [known]
    return wait_until(found, 'every node should know of the last commitments')[0]


def put_times(cluster, leader, value, count):
    """[(detail, what the leader measured)] of `count` puts that this node led."""
    taken = []
    for _ in range(4 + 4 * count // CHUNK):
        if len(taken) >= count:
            return taken[:count]
        cluster.lead(leader)
        places = [cluster.put(value) for _ in range(min(CHUNK, count - len(taken)))]
        found = times_of(cluster, set(places))
        taken += [(f'term {place[0]} index {place[1]}', found[place][1]) for place in places
                  if place in found and found[place][0] == leader]
    raise FiguresError(f'{leader} lost its leadership again and again: only {len(taken)} of {count} '
                       'puts were measured. Are the election timeouts too short for this network?')


def warm_up(cluster, leader):
    cluster.lead(leader)
    for _ in range(WARM_UP):
        cluster.put(SMALL)


def figure_4(cluster, count, progress):
    """Time to local and to remote commit, each node leading in turn."""
    samples = []
    for name in cluster.names():
        progress(f'figure 4: {name} leads')
        warm_up(cluster, name)
        for detail, times in put_times(cluster, name, SMALL, count):
            samples.append(Sample('local commit', name, times['commit_ns'] / 1e6, detail))
            samples.append(Sample('remote commit', name, times['known_ns'] / 1e6, detail))
    return samples


def figure_5(cluster, count, progress, sizes=SIZES):
    """Time to commit on all nodes, by the size of the value. The leader stays the same."""
    leader = cluster.leader()
    warm_up(cluster, leader)
    samples = []
    for size in sizes:
        progress(f'figure 5: {size} bytes')
        for detail, times in put_times(cluster, leader, b'v' * size, count):
            samples.append(Sample('commit on all nodes', str(size), times['known_ns'] / 1e6,
                                  detail))
    return samples


# --- Elections ----------------------------------------------------------------------------------

def series_of(election):
    """'won', 'won after transfer', 'lost', or None for one that nobody decided."""
    if election['ended'] == 'election_won':
        return 'won after transfer' if election['began'] == 'transfer' else 'won'
    return 'lost' if election['ended'] in LOST else None


class Elections:
    """The elections that the nodes tell of, each once."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.seen = {}  # (node, incarnation) -> the number of the last election that was read
        self.samples = []
        self.read()
        self.samples = []  # what was before is not ours

    def read(self):
        for name, node in self.cluster.timings().items():
            key = (name, node['incarnation'])
            for election in node['elections']:
                if election['number'] > self.seen.get(key, 0):
                    self.seen[key] = election['number']
                    self.take(name, election)

    def take(self, name, election):
        series = series_of(election)
        if series is not None:
            self.samples.append(Sample(
                series, name, election['took_ns'] / 1e6,
                f'term {election["term"]}, {election["began"]} to {election["ended"]}'))

    def count(self, series, name):
        return sum(1 for each in self.samples if (each.series, each.x) == (series, name))


def hand_around(cluster, elections, count, progress):
    """Elections that the leader bids: each node wins `count` of them."""
    names = cluster.names()
    for tries in itertools.count():
        lacking = [name for name in names if elections.count('won after transfer', name) < count]
        if not lacking:
            return
        if tries > 4 * count:
            raise FiguresError(f'transfers to {", ".join(lacking)} fail again and again')
        progress(f'figure 6: leadership is handed around, round {tries + 1}')
        for name in lacking:
            if cluster.leader() != name:
                cluster.transfer(name)
            else:  # away from it, so that it can come back
                cluster.transfer(names[names.index(name) - 1])
        elections.read()


def stop_leader(cluster):
    """The leader is silent until another one leads, then it comes back as a follower."""
    leader = cluster.leader()
    try:
        if not cluster.suspend(leader, STOP_SECONDS):
            return
        wait_until(lambda: cluster.status()['leader'] not in (None, leader),
                   f'another node than {leader} should come to lead')
    finally:
        cluster.resume(leader)


def stop_leaders(cluster, elections, count, rounds, progress):
    """Elections after the leader fell silent, until each node has won and lost `count`."""
    names = cluster.names()
    for number in range(rounds):
        lacking = [f'{name} {series}' for name in names for series in ('won', 'lost')
                   if elections.count(series, name) < count]
        if not lacking:
            return
        progress(f'figure 6: stop {number + 1} of at most {rounds}; lacking {", ".join(lacking)}')
        stop_leader(cluster)
        elections.read()


def figure_6(cluster, count, rounds, progress, note):
    """Time from the start of an election to winning and to losing it, for each node."""
    elections = Elections(cluster)
    hand_around(cluster, elections, count, progress)
    try:
        stop_leaders(cluster, elections, count, rounds, progress)
    except FiguresError as error:
        note(f'no leader was stopped: {error}')
    for name in cluster.names():
        for series in ('won', 'lost'):
            have = elections.count(series, name)
            if have < count:
                note(f'figure 6: {name} {series} {have} of {count} elections')
    return first_of_each(elections.samples, count)


def first_of_each(samples, count):
    """At most `count` of each point, ordered by series and node."""
    kept = {}
    for sample in samples:
        point = kept.setdefault((sample.series, sample.x), [])
        if len(point) < count:
            point.append(sample)
    order = ['won', 'won after transfer', 'lost']
    return [sample for key in sorted(kept, key=lambda key: (order.index(key[0]), int(key[1][1:])))
            for sample in kept[key]]
