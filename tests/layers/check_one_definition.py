#!/usr/bin/python3
"""One name, one class: two that differ and bear the same full name are one to the linker, which
takes whichever comes first, and says nothing.

  check_one_definition.py [--root DIR]

Each breach is one line. Exit code 1 if there is any. Classes in an unnamed namespace are their
file's own and do not count, nor those of other programs that are never linked together.
"""

import argparse
import collections
import pathlib
import re
import sys

from check_layers import blank

OPEN = re.compile(r"^namespace\s*([\w:]*)\s*\{")
CLOSE = re.compile(r"^\}\s*// namespace")
CLASS = re.compile(r"^(?:class|struct|enum class|enum|union)\s+(\w+)(?:\s+final)?\s*(?::(?!:)[^;{]*)?\{")


def definitions(text):
    """Yields (line, full name) of the classes of a source file that others could meet."""
    code = blank(text)[1].split("\n")
    spaces = []
    for number, line in enumerate(text.split("\n"), 1):
        if CLOSE.match(line):
            spaces = spaces[:-1]
        opened = OPEN.match(code[number - 1])
        if opened:
            spaces = spaces + [opened.group(1)]
        defined = CLASS.match(code[number - 1])
        if defined and "" not in spaces:
            yield number, "::".join(spaces + [defined.group(1)])


def program_of(path):
    """Sources of a folder of tools/ are one program's; all others may meet."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "tools" else ""


def check(root):
    places = collections.defaultdict(list)
    for folder in ("core", "sim", "net", "tools", "tests"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix in (".h", ".cc") and file.is_file():
                path = file.relative_to(root).as_posix()
                for line, name in definitions(file.read_text(encoding="utf-8")):
                    places[name].append((program_of(path), f"{path}:{line}"))
    for name, where in sorted(places.items()):
        programs = [program for program, _ in where]
        if len(where) > 1 and (len(set(programs)) < len(where) or "" in programs):
            yield f"{where[1][1]}: [one-definition] {name} is also defined in {where[0][1]}: " \
                  "give it another name, or put it into an unnamed namespace"
    if not places:
        yield f"{root}: [empty] no classes here: wrong --root?"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[2])
    breaches = list(check(parser.parse_args().root))
    print("\n".join(breaches) if breaches else "one definition: no breach")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
