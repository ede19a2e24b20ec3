#!/usr/bin/python3
"""Clients of a cluster that others run, such as one on other machines:

  clients.py CLUSTER.json

Some write new keys, some read and overwrite a few. For each line "more N" on standard input it says
"done" once N more writes were acknowledged. At the end of the input they stop, and it is judged
whether all that was acknowledged is there, and whether the history is linearizable; exit code 0,
and the figures as JSON, if so.
"""

import json
import pathlib
import shutil
import sys
import tempfile
import unittest

import harness
from cluster import Node
from history import History
from writers import Writers


class Elsewhere(harness.Cluster):
    """Its nodes can be asked only."""

    def __init__(self, content):  # pylint: disable=super-init-not-called
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='cluster-', dir=harness.FOLDER))
        self.nodes = {name: Node(name, self.folder / name, '', '', place)
                      for name, place in content['nodes'].items()}
        self._stubs = {}

    def running_names(self):
        return list(self.nodes)


def answer(writers):
    for line in sys.stdin:
        writers.wait_more(int(line.split()[1]))
        print('done', flush=True)


def main(path):
    cluster = Elsewhere(json.loads(pathlib.Path(path).read_text(encoding='utf-8')))
    judge = unittest.TestCase()
    with Writers(cluster, count=2) as writers, History(cluster) as history:
        answer(writers)
    print(json.dumps({'writes': writers.check(judge), 'calls': history.check(judge)}))
    shutil.rmtree(harness.FOLDER)


if __name__ == '__main__':
    main(sys.argv[1])
