"""What fuzzing of the parsers begins with, beside tests/parsers/corpus/: files of this project, and
small binary inputs in the form that the targets describe."""

import json
import pathlib
import struct

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Folders that are read as they are.
FOLDERS = {"scenario": ["scenarios"], "profile": ["scenarios/fuzz"],
           "history": ["tests/data/histories"]}
JSON = ("scenario", "profile", "history")


def record(kind, body):
    return bytes([kind, len(body)]) + body


def vote(term, node=None):
    return record(1, struct.pack("<QBI", term, node is not None, node or 0))


def entry(index, term, payload=b"x"):
    return record(2, struct.pack("<QQB", index, term, 0) + payload)


def truncation(last):
    return record(3, struct.pack("<Q", last))


def log_start(index, term):
    return record(4, struct.pack("<QQ", index, term))


def wal(*batches, flags=1, reached=1, snapshot=(0, 0), first_batch=1, torn=0):
    """Each batch a list of records; the last of a segment ends in None."""
    out = bytes([flags, reached, *snapshot, first_batch, torn])
    for batch in batches:
        ends = batch[-1] is None
        out += b"\0\0" + b"".join(filter(None, batch)) + (b"\xff" if ends else b"\0")
    return out


def wals():
    begin = [vote(1, 1), entry(1, 1), entry(2, 1, b"two")]
    return {
        "empty": wal(),
        "entries": wal(begin, [entry(3, 1)]),
        "torn": wal(begin, [entry(3, 1, b"long" * 40)], torn=100),
        "truncated": wal(begin, [vote(2), truncation(1), entry(2, 2)]),
        "two-segments": wal([*begin, None], [vote(1, 1), truncation(2), entry(3, 1)]),
        "behind-a-snapshot": wal([vote(3, 2), log_start(9, 2), entry(10, 3)], flags=3,
                                 snapshot=(9, 2)),
        "older-gone": wal([vote(3, 2), truncation(9), entry(10, 3)], flags=7, reached=5,
                          snapshot=(9, 2), first_batch=5),
        "restarted": wal(begin, flags=3, snapshot=(9, 1)),
        "raw": b"\0\1\0\0\1\0" + b"\xc5\xd7\x7c\xb4" + bytes(40),
    }


def blob(data):
    return struct.pack("<I", len(data)) + data


STATE = (b"\1" + b"\1" + struct.pack("<QQQ", 4, 7, 2) + b"\2" + struct.pack("<QBB", 2, 0, 1)
         + blob(b"answer") + b"\1" + struct.pack("<QQQ", 9, 8, 1) + b"\3" + blob(b"part")
         + b"\4" + blob(b"key") + blob(b"value") + b"\4" + blob(b"other") + blob(b"") + b"\5")


def states():
    return {"empty": b"\7\1\5", "all": b"\7" + STATE, "cut": b"\7" + STATE[:-9]}


def frame(kind, payload=b""):
    return bytes([kind, len(payload)]) + payload


def snapshots():
    pieces = [frame(2, STATE[:60]), frame(2, STATE[60:])]
    whole = frame(1) + b"".join(pieces) + frame(3)
    return {"complete": b"\1" + whole, "cut": b"\1" + whole[:-2], "incoming": b"\3" + whole,
            "raw": b"\0snap" + bytes(60)}


def checksum(data):
    """CRC-32C."""
    value = 0xffffffff
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
    return struct.pack("<I", value ^ 0xffffffff)


def backups():
    configuration = b"\1\1" + struct.pack("<IIIII", 1, 0, 0, 0, 1) + struct.pack("<IQ", 0, 7)
    head = (blob(b"dock") + struct.pack("<IQIQQQ", 0, 5, 1, 9, 2, 1) + blob(configuration)
            + struct.pack("<Q", len(STATE)) + checksum(STATE))
    begin = b"drydbkup" + struct.pack("<I", 1) + blob(head)
    whole = begin + checksum(begin) + STATE
    return {"whole": b"\x1f\0" + whole + checksum(whole), "unsealed": b"\7\1" + whole,
            "cut": b"\7\0" + whole[:40], "newer": b"\7\1drydbkup\2" + whole[9:]}


def scenarios():
    texts = json.loads((ROOT / "tests/sim/scenario/accepted.json").read_text(encoding="utf-8"))
    return {f"accepted-{i}": json.dumps(text).encode() for i, text in enumerate(texts)}


SEEDS = {"wal": wals, "state": states, "snapshot": snapshots, "backup": backups,
         "scenario": scenarios}


def words_of(schema):
    """Every name and word that a schema knows."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "properties":
                yield from value
            yield from words_of(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from words_of(value)
    elif isinstance(schema, str) and schema.isidentifier():
        yield schema


def write_dictionary(path):
    words = {"hex", "history", "client", "call", "return", "outcome"}
    for schema in sorted((ROOT / "scenarios/schema").glob("*.json")):
        words.update(words_of(json.loads(schema.read_text(encoding="utf-8"))))
    words.update((":process", ":type", ":invoke", ":ok", ":info", ":fail", ":cas", ":append"))
    path.write_text("".join(f'"{word}"\n' for word in sorted(words)), encoding="utf-8")


def write(name, folder):
    """Writes the seeds of a target into the folder, and gives all folders that it begins with."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, content in SEEDS.get(name, dict)().items():
        (folder / seed).write_bytes(content)
    folders = [ROOT / place for place in FOLDERS.get(name, [])]
    folders.append(ROOT / "tests/parsers/corpus" / name)
    return [folder, *filter(pathlib.Path.is_dir, folders)]
