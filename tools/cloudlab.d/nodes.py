"""What tools/cloudlab does with the nodes on the machines: starting and ending them."""

import json
import pathlib
import subprocess
import time

import certs
from asking import raftctl_at
from experiment import CloudError, Experiment
from remote import ask_each, need_addresses, put, say
from rolling import wait_spared

READY = 60  # s: what a start may take until clients are served
CATCH_UP = '600s'  # until then added nodes must have what the restored one has
BACKUP = 'to-restore.backup'  # its name there


def choose_tls(experiment, arguments):
    if arguments.tls is None or arguments.tls == experiment.tls:
        return
    if not arguments.fresh:
        how = '--tls' if arguments.tls else '--no-tls'
        raise CloudError('all nodes of a cluster begin with TLS or without it, and it has data '
                         f'from then on: tools/cloudlab start --fresh {how}')
    experiment.tls = arguments.tls


def settle(experiment, arguments):
    """What the command line says of the cluster, for this start and later ones."""
    need_addresses(experiment)
    if arguments.config:
        experiment.config = json.loads(arguments.config)
    choose_tls(experiment, arguments)
    experiment.save()


def begin(experiment, machines, arguments, founding='--bootstrap'):
    """`founding`: the flag for a node that has no store yet."""
    return ask_each(experiment, machines, 'start', cluster=experiment.cluster(),
                    flags=['--enable-suspend'] if arguments.enable_suspend else [],
                    tls=experiment.tls, trace=arguments.trace, founding=founding,
                    files=certs.make(experiment, machines) if experiment.tls else None)


def start(arguments):
    experiment = Experiment(arguments.dir).load()
    machines = experiment.choose(arguments.machines)
    if arguments.fresh and len(machines) < len(experiment.machines):
        raise CloudError('--fresh removes the data of a whole cluster: name no machines with it')
    if arguments.restore and not arguments.fresh:
        raise CloudError('what a backup holds takes the place of all data: tools/cloudlab start '
                         f'--fresh --restore {arguments.restore}')
    began = time.monotonic()
    if arguments.restore:
        bring_backup(experiment, arguments.restore)
    settle(experiment, arguments)
    if arguments.fresh:
        ask_each(experiment, machines, 'wipe', cluster=experiment.cluster())
    answers = (restore if arguments.restore else begin)(experiment, machines, arguments)
    ask_each(experiment, machines, 'wait_ready', limit=READY)
    ran = [name for name, answer in sorted(answers.items()) if not answer['began']]
    say(f'{len(machines)} of {len(experiment.machines)} nodes were asked to start, and take calls '
        f'after {time.monotonic() - began:.1f} s'
        + (f'; {", ".join(ran)} ran already' if ran else ''))
    return 0


# --- From a backup ------------------------------------------------------------------------------

def bring_backup(experiment, file):
    """To the first machine, where it is read whole before anything is removed."""
    if not pathlib.Path(file).is_file():
        raise CloudError(f'there is no file {file}')
    need_addresses(experiment)
    first = experiment.machines[0]
    put(first, file, f'{experiment.home}/{BACKUP}')
    ask_each(experiment, [first], 'check_backup', backup=BACKUP)


def restore(experiment, machines, arguments):
    """The first machine alone has what the backup holds, then the others join it
    (docs/operations.md)."""
    first, *others = machines
    try:
        ask_each(experiment, [first], 'restore', cluster=experiment.cluster(), backup=BACKUP)
        answers = begin(experiment, [first], arguments)
        ask_each(experiment, [first], 'wait_ready', limit=READY)
        if others:
            answers.update(begin(experiment, others, arguments, '--join'))
            add(experiment, first, others)
    except CloudError as error:
        raise CloudError(f'{error}\nThe cluster is not whole; begin again: tools/cloudlab start '
                         f'--fresh --restore {arguments.restore}') from None
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
    for machine in experiment.choose(arguments.machines):
        wait_spared(experiment, machine)
        ask_each(experiment, [machine], 'stop')
        begin(experiment, [machine], arguments)
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
