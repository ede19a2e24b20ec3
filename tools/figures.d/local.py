"""A cluster on this machine for the time of a measurement, in a temporary folder."""

import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'lib'))
# pylint: disable=wrong-import-position
from cluster import Node, cluster_file, free_addresses, wait_until, write_json

# No busy moment of the machine decides who leads.
CALM = {'election_timeout': ['1s', '2s'], 'heartbeat_interval': '100ms'}
# All followers ask at nearly the same time once the leader is silent, so that some lose.
CLOSE = {'election_timeout': ['150ms', '160ms'], 'heartbeat_interval': '50ms'}


class LocalNodes:
    """As many raftd. Used as a context manager: all have ended when it is left, however it is."""

    def __init__(self, raftd, count, settings, parent):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='figures-', dir=parent))
        config = self.folder / 'cluster.json'
        content = cluster_file('figures', free_addresses(count), settings)
        write_json(config, content)
        self.nodes = [Node(name, self.folder / name, raftd, config, place)
                      for name, place in content['nodes'].items()]

    def __enter__(self):
        try:
            for node in self.nodes:
                node.start('--enable-suspend')
            for node in self.nodes:
                node.wait_listening()
            wait_until(lambda: all(node.is_ready() for node in self.nodes),
                       'the nodes should take calls')
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for node in self.nodes:
            node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def where(self):
        return ['--endpoints', ','.join(node.address for node in self.nodes)]
