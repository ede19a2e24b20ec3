"""What tools/cloudlab does with machines: naming them, the source, what is collected, trouble."""

import pathlib
import shutil
import time

import doctor
import remote
import source
from experiment import CloudError, Experiment, read
from remote import ask_each, need_addresses, on_each, say


def use(arguments):
    experiment = Experiment(arguments.dir)
    experiment.machines = read(arguments.file, arguments.user or '')
    experiment.home, experiment.port = arguments.home, arguments.port
    experiment.save()
    for machine in experiment.machines:
        say(f'{machine.name:<8} {machine.address or "(asked later)":<16} '
            f'{" ".join(remote.ssh(machine)[-3:])}')
    return 0


def push(arguments):
    experiment = Experiment(arguments.dir).load()
    packed, version = source.packed()
    on_each(experiment.choose(arguments.machines),
            lambda machine: source.put(machine, experiment.home, packed))
    say(f'The source is there: {version}')
    return 0


def build(arguments):
    push(arguments)
    experiment = Experiment(arguments.dir).load()
    machines = experiment.choose(arguments.machines)
    say(f'Building on {", ".join(machine.name for machine in machines)}; the first time takes '
        'minutes')
    began = time.monotonic()
    on_each(machines, lambda machine: source.build(machine, experiment.home))
    say(f'Built in {time.monotonic() - began:.0f} s')
    return 0


def examine(arguments):
    experiment = Experiment(arguments.dir).load()
    need_addresses(experiment)
    machines = experiment.choose(arguments.machines)
    addresses = {machine.name: machine.address for machine in experiment.machines}
    answers = ask_each(experiment, machines, 'doctor', cluster=experiment.cluster(),
                       addresses=addresses)
    # One after the other: what else is under way here would look like a clock that is off.
    offsets = {machine.name: doctor.clock_offset(machine) for machine in machines}
    return 1 if doctor.report(machines, answers, offsets) else 0


def fetch(machine, experiment, folder):
    folder.mkdir(parents=True)
    packed = folder / 'packed.tar.gz'
    with open(packed, 'wb') as file:
        remote.agent(machine, 'collect', remote.parameters_of(experiment, machine), output=file)
    with open(packed, 'rb') as file:
        remote.unpack(file, folder)
    packed.unlink()


def collect(arguments):
    experiment = Experiment(arguments.dir).load()
    folder = pathlib.Path(arguments.to or experiment.folder / 'collected' /
                          time.strftime('%Y%m%dT%H%M%S'))
    if folder.exists():
        raise CloudError(f'{folder} is there already: name a new one with --to')
    folder.mkdir(parents=True)
    shutil.copy(experiment.file, folder)
    if (experiment.folder / 'results').exists():
        # Backups hold all keys and values, and are for nobody else.
        shutil.copytree(experiment.folder / 'results', folder / 'results',
                        ignore=shutil.ignore_patterns('backup-*'))
    try:
        on_each(experiment.choose(arguments.machines),
                lambda machine: fetch(machine, experiment, folder / machine.name))
    finally:
        say(f'Collected in {folder}')
    return 0
