"""When one node may be stopped without its being missed: before each step of tools/cloudlab
restart. docs/operations.md has people wait for the same."""

import time

from asking import states
from experiment import CloudError
from remote import say

LITTLE = 1000  # entries that a node may be behind the leader
PATIENCE = 600  # s: until a node has caught up, or has a leader
SILENCE = 10  # s: who has not answered for so long is down; a busy node may miss a question


def answers(told):
    return bool(told and told['reachable'] and not told['suspended'])


def silent(others, count, told):
    """Those that do not answer, if the others that do are too few of `count` nodes; else none. A
    cluster of one or two cannot do without a node anyway."""
    missing = [node for node in others if not answers(told.get(node))]
    return missing if count > 2 and len(others) - len(missing) <= count // 2 else []


def lacks(others, told):
    """What is missing until all that answer are well; empty if nothing is."""
    found = []
    for node, state in ((node, told[node]) for node in others if answers(told.get(node))):
        if 'leader' not in state:
            found.append(f'{node} knows no leader')
        elif 'behind' not in state:  # only the leader can tell
            found.append(f'it is not known how far {node} is behind')
        elif state['behind'] > LITTLE:
            found.append(f'{node} is {state["behind"]} entries behind')
    return ', '.join(found)


def left(machine, why):
    return CloudError(f'{machine.name} is left as it is: {why}')


def no_majority(missing):
    return (f'without it there would be none, for {" and ".join(missing)} '
            f'{"does" if len(missing) == 1 else "do"} not answer. Start what is down: '
            'tools/cloudlab start. Or, if clients need not go on: tools/cloudlab stop, then start')


def wait_spared(experiment, machine):
    """Until a majority of the others is well, and nobody lags who would be needed next."""
    nodes = [one.node for one in experiment.machines]
    others = [node for node in nodes if node != machine.node]
    began = heard = time.monotonic()
    said = False
    while True:
        told = states(experiment)
        missing, lacking = silent(others, len(nodes), told), lacks(others, told)
        if not missing and not lacking:
            return
        now = time.monotonic()
        heard = heard if missing else now
        if now - heard > SILENCE:
            raise left(machine, 'a majority must answer, and ' + no_majority(missing))
        if now - began > PATIENCE:
            raise left(machine, f'{lacking}, {PATIENCE} s long. See tools/cloudlab status, collect')
        if not said:
            say(f'{machine.name} waits: {lacking or " and ".join(missing) + " must answer"}')
        said = True
        time.sleep(0.2)
