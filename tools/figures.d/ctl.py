"""A cluster as tools/figures asks it: by raftctl, wherever its nodes are."""

import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))
from cluster import ClusterError, wait_until  # pylint: disable=wrong-import-position

REFUSED = 5  # raftctl's exit code
LIMIT = '30s'  # of one call; far more than any takes
PATIENCE = 120  # s: what a wait bears before it gives up


class FiguresError(Exception):
    """What could not be measured, and what to do, for a person."""


class Cluster:
    """raftctl with what names the cluster: ['--config', FILE] or ['--endpoints', LIST]."""

    def __init__(self, raftctl, where):
        self.raftctl = str(raftctl)
        self.where = list(where)

    def run(self, *words, data=None):
        """(exit code, what was printed as JSON or None, standard error)"""
        command = [self.raftctl, *words, '--output', 'json', '--timeout', LIMIT, *self.where]
        result = subprocess.run(command, input=data, stdin=None if data else subprocess.DEVNULL,
                                capture_output=True, check=False)
        try:
            told = json.loads(result.stdout)
        except ValueError:
            told = None
        return result.returncode, told, result.stderr.decode('utf-8', 'replace').strip()

    # --- What there is ---

    def status(self):
        code, told, error = self.run('status')
        if told is None or code not in (0, 3):
            raise FiguresError(error or f'raftctl status ended with {code}')
        return told

    def names(self):
        """Of all nodes, by their numbers. All must run: what is measured waits for all."""
        told = self.status()
        away = [f'{node.get("node", node["address"])} {node["reason"]}' for node in told['nodes']
                if not node['reachable']]
        if away:
            raise FiguresError('every node must run, and ' + '; '.join(away))
        return sorted((node['node'] for node in told['nodes']), key=lambda name: int(name[1:]))

    def about(self):
        """Which cluster this is, in words."""
        nodes = self.status()['nodes']
        told = next(node for node in nodes if node['reachable'])
        return f'{len(nodes)} nodes of cluster "{told["cluster"]}", Drydock {told["version"]}'

    def leader(self):
        """Who leads, all others following it."""
        return wait_until(self._settled_leader, 'one node should lead and all others follow it',
                          PATIENCE)

    def _settled_leader(self):
        told = self.status()
        leader = told['leader']
        follow = all(node['reachable'] and node['ready'] and node.get('leader') == leader
                     for node in told['nodes'])
        return leader if leader and follow else None

    # --- What is done to it ---

    def put(self, value):
        """(term, index) of the entry; None if it was not done."""
        code, told, _ = self.run('put', 'k', '-' if value else '', data=value)
        return (told['term'], told['index']) if code == 0 else None

    def lead(self, name):
        """Has the node lead, and waits until all follow it."""
        deadline = time.monotonic() + PATIENCE
        error = ''
        while time.monotonic() < deadline:
            if self.leader() == name:
                return
            _, _, error = self.run('transfer', name)
        raise FiguresError(f'{name} does not come to lead: {error}')

    def transfer(self, name):
        """Asks once; True if the node leads then."""
        return self.run('transfer', name)[0] == 0

    def suspend(self, name, seconds):
        """False: it could not be asked this time. An error: the node does not allow it."""
        code, told, error = self.run('suspend', name, '--for', f'{seconds}s')
        if code == REFUSED and 'refuses' in (told or {}).get('text', error):
            raise FiguresError(error)
        return code == 0

    def resume(self, name):
        self.run('resume', name)

    # --- What its nodes have measured ---

    def timings(self):
        """{name: what the node tells}"""
        _, told, error = self.run('timings')
        if told is None:
            raise FiguresError(error)
        return {node['node']: node for node in told['nodes'] if node['reachable']}


__all__ = ['Cluster', 'ClusterError', 'FiguresError', 'wait_until']
