"""The files of a node as a test sees them: the batches of its log, and what a power cut leaves."""

import pathlib
import struct
import subprocess

import harness

SECTOR = 512
_SEGMENT_MAGIC = b'drydkwal'
_BATCH_MAGIC = 0xb47cd7c5
_HEADER = struct.Struct('<IIQIII')  # magic, checksum, number, payload bytes, records, payload's


def _table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82f63b78 if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _table()


def crc32c(data, seed=0):
    crc = ~seed & 0xffffffff
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xff] ^ crc >> 8
    return ~crc & 0xffffffff


# --- Batches (core/storage/wal_format.h) --------------------------------------------------------

class Batch:
    """Where one batch stands."""

    def __init__(self, path, offset, number, payload_bytes, records):
        self.path = path
        self.offset = offset
        self.number = number
        self.records = records
        self.size = _HEADER.size + payload_bytes

    @property
    def end(self):
        return self.offset + -(-self.size // SECTOR) * SECTOR

    def name(self):
        """As messages of a node have it."""
        return f'wal/{self.path.name} at byte {self.offset}'


def segments(data):
    return sorted(path for path in (pathlib.Path(data) / 'wal').iterdir() if path.name.isdigit())


def _batch_at(path, content, offset, salt):
    if offset + _HEADER.size > len(content):
        return None
    magic, checksum, number, payload_bytes, records, payload_checksum = _HEADER.unpack_from(
        content, offset)
    if magic != _BATCH_MAGIC or crc32c(content[offset + 8:offset + _HEADER.size], salt) != checksum:
        return None
    payload = content[offset + _HEADER.size:offset + _HEADER.size + payload_bytes]
    if len(payload) != payload_bytes or crc32c(payload) != payload_checksum:
        return None
    return Batch(path, offset, number, payload_bytes, records)


def batches(data):
    """All whole batches of a node's log, in order."""
    found = []
    for path in segments(data):
        content = path.read_bytes()
        if not content.startswith(_SEGMENT_MAGIC):
            continue
        salt = crc32c(content[16:24])  # the store id, behind magic, version and node
        offset = SECTOR
        while (batch := _batch_at(path, content, offset, salt)) is not None:
            found.append(batch)
            offset = batch.end
    return found


def overwrite(path, offset, data):
    with open(path, 'r+b') as file:
        file.seek(offset)
        file.write(data)


def read(path, offset, size):
    with open(path, 'rb') as file:
        file.seek(offset)
        return file.read(size)


# --- Power cuts (write_log.c) -------------------------------------------------------------------

_RECORD = struct.Struct('<IIQQ')
_WRITE, _SYNC_BEGINS, _SYNC_DONE, _REMOVED = 1, 2, 3, 4


def build_write_log():
    """The library to be preloaded into a node."""
    source = pathlib.Path(__file__).with_name('write_log.c')
    library = harness.FOLDER / 'write_log.so'
    if not library.exists():
        subprocess.run(['gcc', '-shared', '-fPIC', '-O1', '-o', str(library), str(source), '-ldl'],
                       check=True)
    return library


def environment(log, die_at_sync=None):
    """For a node whose writes are to be noted in `log`, a new file."""
    variables = {'LD_PRELOAD': str(build_write_log()), 'DRYDOCK_WRITE_LOG': str(log)}
    if die_at_sync:
        variables['DRYDOCK_DIE_AT_SYNC'] = str(die_at_sync)
    return variables


def _records(log):
    content = pathlib.Path(log).read_bytes()
    at = 0
    while at + _RECORD.size <= len(content):
        kind, size, inode, offset = _RECORD.unpack_from(content, at)
        at += _RECORD.size
        yield kind, inode, offset, content[at:at + size]
        at += size


def unsynced_writes(log):
    """[(inode, offset, what stood there)] of the writes that no sync has made durable, in order."""
    pending, covered = {}, {}
    for kind, inode, offset, before in _records(log):
        waiting = pending.setdefault(inode, [])
        if kind == _WRITE:
            waiting.append((inode, offset, before))
        elif kind == _SYNC_BEGINS:
            covered[inode] = len(waiting)
        elif kind == _SYNC_DONE:
            del waiting[:covered.pop(inode, 0)]
        elif kind == _REMOVED:
            waiting.clear()
    return [write for writes in pending.values() for write in writes]


def _fates(dice, count):
    """For each sector: new (it was written), old (it was not) or garbage."""
    fate = dice.choice(('new', 'old', 'garbage'))
    shape = dice.choice(('alike', 'prefix', 'one', 'each'))
    if shape == 'each':
        return [dice.choice(('new', 'old', 'garbage')) for _ in range(count)]
    fates = [fate] * count
    if shape == 'prefix':
        written = dice.randint(0, count)
        fates[:written] = ['new'] * written
    if shape == 'one':
        fates[dice.randrange(count)] = dice.choice(('new', 'old', 'garbage'))
    return fates


def _torn(dice, offset, before, after):
    """What may stand at `offset` after a cut in the middle of writing `after` over `before`."""
    result = bytearray(after)
    cuts = [0, *range(SECTOR - offset % SECTOR, len(after), SECTOR), len(after)]
    pieces = [slice(low, high) for low, high in zip(cuts, cuts[1:])]
    for piece, fate in zip(pieces, _fates(dice, len(pieces))):
        # A sector that is written as it was cannot come out as anything else.
        if before[piece] == after[piece] or fate == 'new':
            continue
        size = piece.stop - piece.start
        result[piece] = before[piece] if fate == 'old' else dice.randbytes(size)
    return bytes(result)


def cut_power(data, log, dice):
    """Does to the directory of a killed node what a power cut might have: of what was written and
    not synced, each sector is as written, as before, or garbage. Gives how many bytes changed."""
    paths = {entry.stat().st_ino: entry for entry in pathlib.Path(data).rglob('*')
             if entry.is_file()}
    changed = 0
    for inode, offset, before in reversed(unsynced_writes(log)):
        path = paths.get(inode)
        if path is None:
            continue
        after = read(path, offset, len(before))
        torn = _torn(dice, offset, before[:len(after)], after)
        changed += sum(a != b for a, b in zip(torn, after))
        overwrite(path, offset, torn)
    return changed
