"""What tools/cloudlab does with the nodes on the machines: starting and ending them."""

import contextlib
import json
import pathlib
import subprocess
import time

import certs
from asking import raftctl_at
from experiment import CloudError, Experiment
from remote import ask_each, need_addresses, put, remove, say
from rolling import wait_spared

READY = 60  # s: what a start may take until clients are served
CATCH_UP = '600s'  # until then added nodes must have what the restored one has


def choose_tls(experiment, arguments):
    if arguments.tls is None or arguments.tls == experiment.tls:
        return
    if not arguments.fresh:
        how = '--tls' if arguments.tls else '--no-tls'
        raise CloudError('all nodes of a cluster begin with TLS or without it, and it has data '
                         f'from then on: tools/cloudlab start --fresh {how}')
    experiment.tls = arguments.tls


def settle(experiment, arguments):
    """What the command line says of the cluster, for this start and, once saved, later ones."""
    need_addresses(experiment)
    if arguments.config:
        experiment.config = json.loads(arguments.config)
    choose_tls(experiment, arguments)


def begin(experiment, machines, arguments, given, founding='--bootstrap'):
    """`given`: the certificates; `founding`: the flag for a node that has no store yet."""
    return ask_each(experiment, machines, 'start', cluster=experiment.cluster(),
                    flags=['--enable-suspend'] if arguments.enable_suspend else [],
                    tls=experiment.tls, trace=arguments.trace, founding=founding, files=given)


def certificates(experiment, machines):
    return certs.make(experiment, machines) if experiment.tls else None


def check_start(arguments):
    if arguments.machines and arguments.fresh:
        raise CloudError('--fresh removes the data of a whole cluster: name no machines with it')
    if arguments.restore is not None and not arguments.fresh:
        raise CloudError('what a backup holds takes the place of all data: tools/cloudlab start '
                         f'--fresh --restore {arguments.restore}')


def start(arguments):
    check_start(arguments)
    experiment = Experiment(arguments.dir).load()
    machines = experiment.choose(arguments.machines)
    began = time.monotonic()
    settle(experiment, arguments)
    given = certificates(experiment, machines)
    if arguments.fresh:
        answers = start_fresh(experiment, arguments, given)
    else:
        experiment.save()
        answers = begin(experiment, machines, arguments, given)
    ask_each(experiment, machines, 'wait_ready', limit=READY)
    ran = [name for name, answer in sorted(answers.items()) if not answer['began']]
    say(f'{len(machines)} of {len(experiment.machines)} nodes were asked to start, and take calls '
        f'after {time.monotonic() - began:.1f} s'
        + (f'; {", ".join(ran)} ran already' if ran else ''))
    return 0


# --- Without the data of before -----------------------------------------------------------------

def start_fresh(experiment, arguments, given):
    """All that can be known to fail is tried before anything is removed."""
    machines = experiment.machines
    ask_each(experiment, machines, 'check', cluster=experiment.cluster())
    if arguments.restore is not None:
        return start_restored(experiment, arguments, given)
    experiment.save()
    ask_each(experiment, machines, 'wipe')
    return begin(experiment, machines, arguments, given)


def start_restored(experiment, arguments, given):
    if not pathlib.Path(arguments.restore).is_file():
        raise CloudError(f'there is no file "{arguments.restore}"')
    first = experiment.machines[0]
    there = f'{experiment.home}/to-restore.backup'
    try:
        put(first, arguments.restore, there)
        ask_each(experiment, [first], 'check_backup', backup=there)
        experiment.save()
        return restore(experiment, arguments, given, there)
    finally:
        with contextlib.suppress(CloudError):
            remove(first, there)


def restore(experiment, arguments, given, backup):
    """The first machine alone has what the backup holds, and the others join it
    (docs/operations.md). They wait for that before it begins: were this broken off later, a start
    would have them found a cluster of their own."""
    first, *others = experiment.machines
    try:
        ask_each(experiment, experiment.machines, 'wipe')
        answers = begin(experiment, others, arguments, given, '--join')
        ask_each(experiment, [first], 'restore', cluster=experiment.cluster(), backup=backup)
        answers.update(begin(experiment, [first], arguments, given))
        ask_each(experiment, [first], 'wait_ready', limit=READY)
        if others:
            add(experiment, first, others)
    except BaseException:
        say('The data is gone and the cluster is not whole. Begin again: tools/cloudlab start '
            f'--fresh --restore {arguments.restore}')
        raise
    return answers


def add(experiment, first, others):
    nodes = experiment.cluster()['nodes']
    places = [f'{one.node}={address_of(nodes[one.node])}' for one in others]
    done = raftctl_at(first, experiment, ['members', 'add', *places, '--timeout', CATCH_UP],
                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise CloudError(f'{", ".join(places)} could not be added: {done.stderr.strip()}')


def address_of(place):
    """As raftctl members takes it."""
    return place['address'] + (f'+{place["peer_port"]}' if 'peer_port' in place else '')


# --- Ending -------------------------------------------------------------------------------------

def stop(arguments):
    experiment = Experiment(arguments.dir).load()
    answers = ask_each(experiment, experiment.choose(arguments.machines), 'stop')
    ended = sorted(name for name, answer in answers.items() if answer['was'])
    say(f'Stopped: {", ".join(ended) or "none, for none ran"}. The data stays')
    return 0


def restart(arguments):
    """One after the other, as an upgrade does it: the cluster goes on."""
    experiment = Experiment(arguments.dir).load()
    settle(experiment, arguments)
    experiment.save()
    for machine in experiment.choose(arguments.machines):
        wait_spared(experiment, machine)
        ask_each(experiment, [machine], 'stop')
        begin(experiment, [machine], arguments, certificates(experiment, [machine]))
        ask_each(experiment, [machine], 'wait_ready', limit=READY)
        say(f'{machine.name} runs again')
    return 0


def kill(arguments):
    experiment = Experiment(arguments.dir).load()
    answers = ask_each(experiment, experiment.choose(arguments.machines), 'kill')
    for name, answer in sorted(answers.items()):
        say(f'Killed {name} (process {answer["pid"]}, SIGKILL). Back with: '
            f'tools/cloudlab start {name}' if answer['pid'] else f'{name} did not run')
    return 0 if all(answer['pid'] for answer in answers.values()) else 1
