"""What is measured of a store, and how."""

import contextlib
import json
import random
import socket
import subprocess
import threading
import time

from stores import QUICK, BenchError, Drydock

VALUE_SIZES = {'4 B': 4, '1 KB': 1024, '4 KB': 4096, '64 KB': 65536, '1 MB': 1 << 20}


def loads(seconds):
    """phase -> the flags of storebench load."""
    length = ['--for', f'{seconds}s', '--warm-up', '1s']
    phases = {f'put {n}': ['--clients', n, *length] for n in (1, 64, 256)}
    phases['get 64'] = ['--clients', 64, '--reads', 100, *length]
    phases['stream 256'] = ['--clients', 256, *length]
    short = ['--for', '1500ms', '--warm-up', '300ms', '--keys', 50]
    for title, size in VALUE_SIZES.items():
        phases[f'value {title}'] = ['--clients', 1, '--value-size', size, *short]
    return phases


def run_load(store, flags, stream=False):
    """What storebench load measures. An error if more than 1 % of the operations failed."""
    words = [str(word) for word in flags]
    command = ['load', *words, '--watch', ','.join(map(str, store.pids()))]
    if stream:
        with speaking(store, 'drydock-stream'):
            code, output = store.ask(*command, limit=300)
    else:
        code, output = store.ask(*command, limit=300)
    report = json.loads(output)
    if code:
        raise BenchError(f'too many operations failed: {report["failures"]}')
    return report


@contextlib.contextmanager
def speaking(store, name):
    """storebench speaks to the store in this way for a while."""
    usual, store.name = store.name, name
    try:
        yield
    finally:
        store.name = usual


def measure_store(store, kind, seconds, number, results, progress):
    """All loads on a store that was just started; fills results['loads'][phase][number], the
    number being the round's."""
    time.sleep(2)
    results.setdefault('memory at rest', []).append(store.memory())
    for phase, flags in loads(seconds).items():
        stream = phase.startswith('stream')
        if stream and kind != 'drydock':
            continue
        progress(f'{kind}: {phase}')
        results['loads'].setdefault(phase, {})[number] = run_load(store, flags, stream)
    results.setdefault('memory after load', []).append(store.memory())


# --- A leader is killed ---------------------------------------------------------------------------

class WaitingClient:
    """storebench waiting-client: it puts again and again; each success is noted."""

    def __init__(self, store):
        self.process = subprocess.Popen(
            [str(store.programs['storebench']), 'waiting-client', '--store', store.name,
             '--endpoints', store.endpoints()],
            text=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True)
        self.news = threading.Condition()
        self.puts = []  # (begin, end) of each success, in ns of the monotonic clock
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()

    def read(self):
        for line in self.process.stdout:
            begin, end = map(int, line.split())
            with self.news:
                self.puts.append((begin, end))
                self.news.notify_all()

    def first_after(self, moment, count=1, limit=30):
        """The end of the first put (or the count-th) that began after this moment."""
        def found():
            ends = [end for begin, end in self.puts[-1000:] if begin > moment]
            return ends[count - 1] if len(ends) >= count else None
        with self.news:
            if not self.news.wait_for(found, timeout=limit):
                raise BenchError(f'no put succeeded for {limit} s')
            return found()


def measure_failover(store, times, progress):
    """Milliseconds from the kill of the leader to the end of the first put that began after it."""
    took, luck = [], random.Random(1)
    with WaitingClient(store) as client:
        for number in range(times):
            client.first_after(time.monotonic_ns(), count=50)  # all nodes follow again by then
            time.sleep(luck.uniform(0, 0.3))  # anywhere between two heartbeats
            leader = store.leader()
            begin = time.monotonic_ns()
            store.kill(leader)
            end = client.first_after(time.monotonic_ns())
            took.append((end - begin) / 1e6)
            progress(f'{store.name}: leader kill {number + 1}, {took[-1]:.0f} ms')
            store.start(leader)
            wait_for_all(store)
    return took


def wait_for_all(store):
    """Until each node listens, and a second more, to follow its leader again."""
    for address in store.addresses:
        deadline = time.monotonic() + 30
        while not answers(address):
            if time.monotonic() > deadline:
                raise BenchError(f'{address} does not come back\n{store.last_words()}')
            time.sleep(0.05)
    time.sleep(1)


def answers(address):
    host, _, port = address.rpartition(':')
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
        return True
    return False


# --- A follower is away ---------------------------------------------------------------------------

def measure_return(programs, folder, seconds_away, progress):
    """Milliseconds from the moment at which a node that was away listens until it has what the
    leader has committed, under a light load."""
    with Drydock(programs, folder, QUICK) as store:
        leader = store.leader()
        node = (leader + 1) % len(store.addresses)
        store.kill(node)
        progress(f'drydock: a follower is away for {seconds_away} s')
        load = subprocess.Popen(
            [str(programs['storebench']), 'load', '--store', 'drydock', '--endpoints',
             store.endpoints(), '--rate', '200', '--for', f'{seconds_away + 60}s'],
            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            time.sleep(seconds_away)
            return watch_return(store, leader, node)
        finally:
            load.kill()
            load.wait()


def watch_return(store, leader, node):
    watcher = subprocess.Popen(
        [str(store.programs['storebench']), 'catch-up', '--leader', store.addresses[leader],
         '--node', store.addresses[node]],
        text=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        watcher.stdout.readline()  # it is watching
        store.start(node)
        listening = store.wait_listening(node)
        lines = dict(line.split() for line in watcher.communicate(timeout=60)[0].splitlines())
    except subprocess.TimeoutExpired:
        raise BenchError('the node that came back did not follow') from None
    finally:
        watcher.kill()
        watcher.wait()
        watcher.stdout.close()
    if 'caught_up' not in lines:
        raise BenchError(f'the node that came back did not follow\n{store.last_words()}')
    return (int(lines['caught_up']) - listening) / 1e6
