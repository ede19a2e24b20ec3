"""tools/cloudlab doctor: asks every machine what would spoil an experiment, and compares them."""

import subprocess
import time

import remote
from experiment import CloudError

OK, WARN, BAD = 'ok', 'WARN', 'BAD'
CLOCKS_APART = 0.1  # s: logs of several machines are no longer in order then
TELL_TIME = (f'{remote.PYTHON} -u -c "import sys, time\nfor _ in iter(sys.stdin.readline, str()): '
             'print(repr(time.time()))"')


def clock_offset(machine, rounds=15):
    """(seconds that its clock is ahead of this one's, how wrong that can be)."""
    with subprocess.Popen([*remote.ssh(machine), remote.as_root(TELL_TIME)], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as asked:
        samples = [offset_once(machine, asked) for _ in range(rounds)]
    return min(samples, key=lambda sample: sample[1])


def offset_once(machine, asked):
    before = time.time()
    try:
        asked.stdin.write('?\n')
        asked.stdin.flush()
        there = float(asked.stdout.readline())
    except (OSError, ValueError) as error:
        raise CloudError(f'{machine.name} does not tell the time') from error
    after = time.time()
    return there - (before + after) / 2, (after - before) / 2


def judge_clocks(offsets):
    """Findings of all machines, each against the one in the middle."""
    middle = sorted(offset for offset, _ in offsets.values())[len(offsets) // 2]
    found = {}
    for name, (offset, doubt) in offsets.items():
        apart = offset - middle
        verdict = WARN if abs(apart) - doubt > CLOCKS_APART else OK
        text = f'{1000 * apart:+.2f} ms from the others, give or take {1000 * doubt:.2f} ms'
        if verdict == WARN:
            text += ': logs of several machines are not in order; is the time service on?'
        found[name] = [(verdict, 'clock', text)]
    return found


def judge_versions(versions):
    """Findings of what should be the same everywhere and is not."""
    found = {name: [] for name in versions}
    for subject in next(iter(versions.values())):
        values = [one[subject] for one in versions.values()]
        common = max(values, key=values.count)
        for name, one in versions.items():
            if one[subject] != common:
                found[name].append((WARN, 'versions', f'{subject} is {one[subject]}, of the others '
                                    f'{common}'))
    for name, one in versions.items():
        if not found[name]:
            text = ', '.join(f'{subject} {value}' for subject, value in one.items())
            found[name].append((OK, 'versions', text))
    return found


def report(machines, answers, offsets):
    """Prints all findings; gives how many are bad."""
    clocks = judge_clocks(offsets)
    versions = judge_versions({name: one['versions'] for name, one in answers.items()})
    counts = {OK: 0, WARN: 0, BAD: 0}
    for machine in machines:
        findings = [*map(tuple, answers[machine.name]['findings']), *clocks[machine.name],
                    *versions[machine.name]]
        for verdict, subject, text in findings:
            counts[verdict] += 1
            print(f'{machine.name:<8} {verdict:<5} {subject:<10} {text}')
    print(f'{counts[BAD]} bad, {counts[WARN]} to think about, {counts[OK]} well')
    return counts[BAD]
