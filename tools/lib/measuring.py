"""What programs that measure have in common: progress on a terminal, and what the machine does."""

import os
import pathlib
import platform
import sys
import time

BUSY = 0.1  # more of the processors in others' hands spoils the figures


def progress(text):
    """Takes the place of the progress before; nothing in a pipe."""
    if sys.stderr.isatty():
        print(f'\r\033[K{text}', end='', file=sys.stderr, flush=True)


def note(text):
    progress('')
    print(text, file=sys.stderr, flush=True)


def busy_share(seconds=1.0):
    """How much of the processors is in use right now, from 0 to 1."""
    def read():
        line = pathlib.Path('/proc/stat').read_text(encoding='ascii').partition('\n')[0]
        ticks = [int(word) for word in line.split()[1:9]]
        return sum(ticks), ticks[3] + ticks[4]  # all; idle, or waiting for a disk
    (all_before, idle_before), _ = read(), time.sleep(seconds)
    all_after, idle_after = read()
    return 1 - (idle_after - idle_before) / max(1, all_after - all_before)


def machine_words():
    """"2026-11-23, 2 cores, AMD EPYC, Linux 6.18"."""
    model = 'unknown processor'
    for line in pathlib.Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines():
        if line.startswith('model name'):
            model = line.partition(':')[2].strip()
    return (f'{time.strftime("%Y-%m-%d")}, {os.cpu_count()} cores, {model}, Linux '
            f'{platform.release()}')
