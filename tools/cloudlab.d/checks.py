"""What tools/cloudlab doctor looks at on one machine. A finding is (verdict, subject, text)."""

import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

import control
from cluster import command_line_of, host_of, port_is_free, port_of

OK, WARN, BAD = 'ok', 'WARN', 'BAD'
OURS = ('raftd', 'raftctl', 'storebench', 'rehearse', 'etcd')
SLOW_SYNC = 0.010  # s: half of a heartbeat interval would be dangerous
LITTLE_SPACE = 10 << 30


# --- Processes and their sockets ------------------------------------------------------------------

def processes():
    """{pid: command line} of everything that might be an experiment's."""
    found = {}
    for folder in pathlib.Path('/proc').glob('[0-9]*'):
        words = command_line_of(folder.name)
        if words and os.path.basename(words[0]) in OURS:
            found[int(folder.name)] = words
    return found


def sockets_of(pid):
    """The numbers of its sockets."""
    numbers = set()
    for link in pathlib.Path(f'/proc/{pid}/fd').glob('*'):
        try:
            match = re.fullmatch(r'socket:\[(\d+)\]', os.readlink(link))
        except OSError:
            continue
        if match:
            numbers.add(match[1])
    return numbers


def address_text(word):
    """An address as /proc/net/tcp writes it: words of four bytes, each in the machine's order."""
    data = bytes.fromhex(word)
    data = b''.join(data[at:at + 4][::-1] for at in range(0, len(data), 4))
    if data[:12] == bytes(10) + b'\xff\xff':
        data = data[12:]
    return socket.inet_ntop(socket.AF_INET if len(data) == 4 else socket.AF_INET6, data)


def local_addresses(pid):
    """[(address, port)] of this machine that a process listens at or speaks from."""
    numbers, found = sockets_of(pid), set()
    for table in ('tcp', 'tcp6'):
        try:
            lines = pathlib.Path(f'/proc/{pid}/net/{table}').read_text(encoding='ascii')
        except OSError:
            continue
        for words in (line.split() for line in lines.splitlines()[1:]):
            if words[9] in numbers:
                place, port = words[1].split(':')
                found.add((address_text(place), int(port, 16)))
    return sorted(found)


# --- The checks -----------------------------------------------------------------------------------

def check_control(_here, _node, parameters):
    name = control.interface()
    if name is None:
        return [(OK, 'control', f'no {control.INTERFACE_FILE}: this is not CloudLab')]
    found = []
    for machine, address in parameters['addresses'].items():
        why = control.why_not(address)
        if why:
            found.append((BAD, 'control', f'the address of {machine}: {why}'))
    own = control.addresses() | {'0.0.0.0', '::'}
    for pid, words in processes().items():
        for address, port in local_addresses(pid):
            if address in own:
                found.append((BAD, 'control', f'process {pid} ({os.path.basename(words[0])}) uses '
                              f'{address}:{port}, on the control network: end it'))
    return found or [(OK, 'control', f'nothing of ours on {name}, the control network')]


def addresses_of_name(name):
    try:
        return {one[4][0] for one in socket.getaddrinfo(name, None, socket.AF_INET)}
    except OSError:
        return set()


def check_names(_here, _node, parameters):
    found, good = [], 0
    for name, address in parameters['addresses'].items():
        # A machine's own name may well mean itself.
        known = {one for one in addresses_of_name(name) if not one.startswith('127.')}
        if address in known:
            good += 1
        elif known & control.addresses() or any(map(control.why_not, known)):
            found.append((BAD, 'names', f'{name} means {", ".join(sorted(known))}, on the control '
                          'network: use addresses, or correct /etc/hosts'))
        else:
            told = f'means {", ".join(sorted(known))}, not' if known else 'is not known here; it is'
            found.append((WARN, 'names', f'{name} {told} {address}: use addresses'))
    if good:
        found.insert(0, (OK, 'names', f'{good} of {len(parameters["addresses"])} short names mean '
                         'addresses of the LAN'))
    return found


def milliseconds_to(address):
    """How long a connection takes, if only to be refused; None if nobody answers."""
    began = time.monotonic()
    try:
        socket.create_connection((address, 22), timeout=3).close()
    except ConnectionRefusedError:
        pass
    except OSError:
        return None
    return 1000 * (time.monotonic() - began)


def check_lan(_here, node, parameters):
    found, times = [], []
    for name, address in parameters['addresses'].items():
        if address == host_of(node.address):
            continue
        took = milliseconds_to(address)
        if took is None:
            found.append((BAD, 'lan', f'{name} does not answer at {address}'))
        else:
            times.append(f'{name} {took:.2f} ms')
    if times:
        found.insert(0, (OK, 'lan', 'to connect takes ' + ', '.join(times)))
    return found


def device_of(folder):
    """What is known of the disk below a folder, such as "ssd nvme0n1"."""
    number = os.stat(folder).st_dev
    place = pathlib.Path(f'/sys/dev/block/{os.major(number)}:{os.minor(number)}').resolve()
    for one in (place, place.parent):
        try:
            rotates = (one / 'queue' / 'rotational').read_text(encoding='ascii').strip()
        except OSError:
            continue
        return f'{"rotating disk" if rotates == "1" else "ssd"} {one.name}'
    return 'a disk of unknown kind'


def sync_times(folder, count=64):
    """Seconds, sorted, that 4 KiB take until they are durable."""
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(count):
            began = time.monotonic()
            file.write(bytes(4096))
            file.flush()
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - began)
    return sorted(times)


def check_disk(here, _node, _parameters):
    here.home.mkdir(parents=True, exist_ok=True)
    times, free = sync_times(here.home), shutil.disk_usage(here.home).free
    median = statistics.median(times)
    found = [(WARN if median > SLOW_SYNC else OK, 'disk',
              f'{device_of(here.home)} below {here.home.resolve()}: 4 KiB are durable after '
              f'{1000 * median:.2f} ms (median), {1000 * times[-1]:.2f} ms at worst')]
    if free < LITTLE_SPACE:
        found.append((WARN, 'disk', f'only {free / 2**30:.1f} GiB are free below {here.home}: put '
                      'it on a larger file system'))
    return found


def check_ports(_here, node, _parameters):
    if node.pid() is not None:
        return [(OK, 'ports', f'{node.name} runs at {node.address} (process {node.pid()})')]
    found = []
    for address in node.places:
        if not port_is_free(port_of(address), host_of(address)):
            found.append((BAD, 'ports', f'{address} cannot be listened at: another process does, '
                          'or it is no address of this machine'))
    return found or [(OK, 'ports', f'{" and ".join(node.places)} are free')]


def check_leftovers(here, node, _parameters):
    found = []
    for pid, words in processes().items():
        if pid != node.pid():
            found.append((WARN, 'leftovers', f'process {pid} is not of this cluster: '
                          f'{" ".join(words)[:120]}. End it: kill {pid}'))
    if here.config.exists() and here.content()['nodes'].get(node.name, {}).get(
            'address') != node.address:
        found.append((WARN, 'leftovers', f'{here.run} holds data of a cluster at other addresses: '
                      'tools/cloudlab start --fresh'))
    elif node.pid() is None and node.data.exists():
        found.append((OK, 'leftovers', f'data of an earlier run in {node.data}: start goes on with '
                      'it, start --fresh does not'))
    return found or [(OK, 'leftovers', 'none')]


def check_setup(here, _node, _parameters, log):
    try:
        last = log.read_text(encoding='utf-8', errors='replace').splitlines()[-1]
    except (OSError, IndexError):
        last = ''
    if not (here.home / 'src').exists():
        return [(BAD, 'setup', 'no source here: tools/cloudlab build')]
    if ' DONE: ' in last:
        return [(OK, 'setup', last)]
    if ' FAILED: ' in last:
        return [(BAD, 'setup', f'{last}; see {log}')]
    return [(WARN, 'setup', f'under way, or broken off: {last or "nothing said yet"} (in {log})')]


def first_line(*command):
    try:
        done = subprocess.run(command, text=True, capture_output=True, check=False)
    except OSError:
        return 'none'
    return (done.stdout.strip() or 'none').splitlines()[0]


def versions(here):
    """What should be the same on all machines."""
    source = here.home / 'src' / '.source-id'
    return {'source': source.read_text(encoding='ascii').strip() if source.exists() else 'none',
            'system': first_line('sh', '-c', '. /etc/os-release; echo "$PRETTY_NAME"'),
            'kernel': os.uname().release,
            'gRPC': first_line('dpkg-query', '-W', '-f', '${Version}\n', 'libgrpc++-dev'),
            'protobuf': first_line('dpkg-query', '-W', '-f', '${Version}\n', 'libprotobuf-dev')}


def all_of(here, node, parameters, log):
    found = check_setup(here, node, parameters, log)
    for check in (check_control, check_names, check_lan, check_disk, check_ports,
                  check_leftovers):
        found += check(here, node, parameters)
    return {'findings': found, 'versions': versions(here)}
