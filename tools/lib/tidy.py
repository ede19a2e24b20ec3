#!/usr/bin/python3
"""clang-tidy over our own sources, in parallel, and only over what changed since it passed.

A source has passed when it, every header of ours that it includes, its compile command, the wire's
definition, the configuration and clang-tidy itself are what they were. Their hash is kept for all
checkouts of this user, as ccache keeps objects: in ~/.cache/drydock-tidy/, an empty file each, for a
month after its last use.
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("core", "sim", "net", "tools", "tests")
PASSED = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache",
                      "drydock-tidy")
KEPT = 30 * 24 * 3600  # seconds
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def our_commands(build):
    """source path relative to the root -> its compile command."""
    database = build / "compile_commands.json"
    if not database.exists():
        sys.exit(f"{database} is missing: configure and build {build} first")
    commands = {}
    for entry in json.loads(database.read_text()):
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in FOLDERS:
            commands[path.relative_to(ROOT).as_posix()] = entry["command"]
    return commands


@functools.cache
def included_by(file):
    """Files of ours, by the one or the other way to name them."""
    names = INCLUDE.findall(file.read_text(encoding="utf-8"))
    places = [place / name for name in names for place in (ROOT, file.parent)]
    return [place.resolve() for place in places if place.is_file()]


def with_all_included(file):
    found, todo = set(), [file]
    while todo:
        file = todo.pop()
        if file not in found:
            found.add(file)
            todo += included_by(file)
    return sorted(found)


def fingerprint(path, command, common):
    """The same wherever the tree lies."""
    digest = hashlib.sha256(common)
    digest.update(command.replace(str(ROOT), ".").encode())
    for file in with_all_included(ROOT / path):
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def has_passed(mark):
    stamp = PASSED / mark
    if not stamp.exists():
        return False
    stamp.touch()
    return True


def forget_old_marks():
    for stamp in PASSED.iterdir() if PASSED.exists() else ():
        if time.time() - stamp.stat().st_mtime > KEPT:
            stamp.unlink(missing_ok=True)


def tidy(path, build):
    result = subprocess.run(["clang-tidy", "--quiet", "-p", str(build), str(ROOT / path)],
                            text=True, check=False, capture_output=True)
    noise = re.compile(r"^\d+ warnings? (generated|treated as errors)")
    lines = [line for line in result.stdout.split("\n") if line and not noise.match(line)]
    if result.returncode and not lines:
        lines = result.stderr.split("\n")
    return result.returncode == 0, "\n".join(lines).replace(f"{ROOT}/", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/clang")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--all", action="store_true", help="also what has passed already")
    parser.add_argument("only", nargs="*", help="parts of paths, such as core/raft")
    arguments = parser.parse_args()
    build = arguments.build.resolve()

    version = subprocess.run(["clang-tidy", "--version"], check=True, capture_output=True).stdout
    common = version + b"".join(file.read_bytes() for file in (
        ROOT / ".clang-tidy", *sorted((ROOT / "proto").rglob("*.proto"))))
    todo = []
    commands = our_commands(build)
    if arguments.only:
        commands = {path: command for path, command in commands.items()
                    if any(part in path for part in arguments.only)}
    for path, command in sorted(commands.items()):
        mark = fingerprint(path, command, common)
        if arguments.all or not has_passed(mark):
            todo.append((path, mark))

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        runs = {pool.submit(tidy, path, build): mark for path, mark in todo}
        for run in concurrent.futures.as_completed(runs):
            good, text = run.result()
            if text:
                print(text, flush=True)
            failed += not good
            if good:
                PASSED.mkdir(parents=True, exist_ok=True)
                (PASSED / runs[run]).touch()
    forget_old_marks()
    print(f"clang-tidy: {len(todo)} sources looked at, {failed} with findings, "
          f"{len(commands) - len(todo)} unchanged")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
