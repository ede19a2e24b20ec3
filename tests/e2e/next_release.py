"""Later versions of raftd, for tests of upgrades: this one with a few places in it edited.

Each edit is (file, text that stands there exactly once, what takes its place).
"""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools' / 'lib'))
# pylint: disable=wrong-import-position
import raftsim
from cluster import ClusterError
from mutant_trees import NODE, Processes, Tree, snapshot

FOLDER = ROOT / 'build' / 'next-release'

# A data format higher: the identity of a store and its snapshots are written in a form that this
# version cannot read. What nodes say to each other, and what stands in the log, is as it was.
NEXT = [
    ('CMakeLists.txt', 'project(drydock VERSION ', 'project(drydock VERSION 9.'),
    ('core/storage/data_format.cc', 'kDataFormat = 1;', 'kDataFormat = 2;'),
    ('core/storage/identity.cc', 'const bool promises = identity.vote_promise > Duration();',
     'const bool promises = true;'),
    ('core/storage/identity.cc', 'writer.U32(promises ? kVersionWithPromise : kVersion);',
     'writer.U32(kVersionWithPromise + 1);'),
    ('core/storage/identity.cc', 'if (version != kVersion && version != kVersionWithPromise) {',
     'if (version > kVersionWithPromise + 1) {'),
    ('core/storage/identity.cc', 'if (version == kVersionWithPromise) {', 'if (version > kVersion) {'),
    ('core/storage/snapshot_format.cc', 'writer.U32(kSnapshotVersion);',
     'writer.U32(kSnapshotVersion + 1);'),
    ('core/storage/snapshot_format.cc',
     'if (reader.ok() && frame.version != kSnapshotVersion) return frame;',
     'if (frame.version == kSnapshotVersion + 1) frame.version = kSnapshotVersion;\n'
     '  if (reader.ok() && frame.version != kSnapshotVersion) return frame;'),
]

# One that breaks the rule: it writes commands in a form that no version before it could read.
RASH = [
    *NEXT,
    ('core/kv/command.cc', 'kFormatVersion = 1;', 'kFormatVersion = 2;'),
    ('core/kv/command.cc', 'if (reader_.U8() != kFormatVersion) return std::nullopt;',
     'if (reader_.U8() > kFormatVersion) return std::nullopt;'),
]


def edited(sources, edits):
    """path -> text, of the files that the edits change."""
    texts = {}
    for path, find, replace in edits:
        text = texts.get(path) or sources[path].decode()
        if text.count(find) != 1:
            raise ValueError(f'{path} holds {text.count(find)} times, not once: {find}')
        texts[path] = text.replace(find, replace)
    return texts


def build(**releases):
    """{name: edits} -> {name: path of its raftd}. The tree stays, so a second time is quick."""
    sources = snapshot(NODE)
    tree = Tree(0, sources, Processes(), NODE, FOLDER / 'tree')
    paths = {}
    for name, edits in releases.items():
        paths[name] = pathlib.Path(FOLDER / f'raftd-{name}-{os.getpid()}')
        try:
            tree.make(edited(sources, edits), paths[name], 2)
        except raftsim.RunFailed as failure:
            raise ClusterError(f'{name}: {failure}') from None
    return paths
