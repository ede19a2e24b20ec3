"""When one node may be stopped without its being missed: before each step of tools/cloudlab restart.
docs/operations.md has people wait for the same."""

import time

from asking import states
from experiment import CloudError

LITTLE = 1000  # entries that a node may be behind the leader
PATIENCE = 600  # s: until a node has caught up, or has a leader


def answers(told):
    return bool(told and told['reachable'] and not told['suspended'])


def lacks(nodes, told):
    """What is missing until all of `nodes` that answer are well; empty if nothing is."""
    found = [f'{node} knows no leader' for node in nodes if 'leader' not in told[node]]
    found += [f'{node} is {told[node]["behind"]} entries behind' for node in nodes
              if told[node].get('behind', 0) > LITTLE]
    return ', '.join(found)


def check_majority(others, count, told, name):
    """An error if those that would be left, of `count` nodes, are too few."""
    missing = [node for node in others if not answers(told.get(node))]
    if count < 3 or len(others) - len(missing) > count // 2:
        return
    raise CloudError(f'{name} is left as it is: without it no majority would be left, for '
                     f'{" and ".join(missing)} {"does" if len(missing) == 1 else "do"} not answer. '
                     'Start what is down: tools/cloudlab start. Or, if clients need not go on: '
                     'tools/cloudlab stop, then start')


def wait_spared(experiment, machine):
    """Until a majority of the others is well, and nobody lags who would be needed next. A cluster
    of one or two goes on with nobody missing; there the others need only be well."""
    nodes = [one.node for one in experiment.machines]
    others = [node for node in nodes if node != machine.node]
    deadline = time.monotonic() + PATIENCE
    while True:
        told = states(experiment)
        check_majority(others, len(nodes), told, machine.name)
        missing = lacks([node for node in others if answers(told.get(node))], told)
        if not missing:
            return
        if time.monotonic() > deadline:
            raise CloudError(f'{machine.name} is left as it is: {missing}, {PATIENCE} s long. See '
                             'tools/cloudlab status, and collect')
        time.sleep(0.2)
