#!/usr/bin/python3
"""The layering test: what each folder may include, say and link to.

Debian puts all headers in one place, so a link list does not keep layers apart; this does.

  check_layers.py [--root DIR]                       the sources of a tree
  check_layers.py --libraries DIR                    the built libdrydock_*.a in DIR, with nm

Each breach is one line, `file:line: [rule] what and why`. Exit code 1 if there is any.
"""

import argparse
import pathlib
import re
import subprocess
import sys

# --- Which project headers a folder may include. The longest matching prefix decides. -----------

CORE = ["core/base/", "core/protocol/", "core/raft/", "core/kv/", "core/storage/", "core/node/"]
LAYERS = {
    "core/base/": ["core/base/"],
    "core/protocol/": ["core/base/", "core/protocol/"],
    "core/raft/": ["core/base/", "core/protocol/", "core/raft/"],
    "core/kv/": ["core/base/", "core/protocol/", "core/kv/"],
    # The write-ahead log writes what Raft changed, so it knows these two shapes and no more.
    "core/storage/": ["core/base/", "core/protocol/", "core/storage/",
                      "core/raft/log.h", "core/raft/mutation.h"],
    "core/node/": CORE,
    "core/text/": CORE + ["core/text/"],
    "sim/": CORE + ["core/text/", "sim/"],
    "net/": CORE + ["core/text/", "proto/", "net/"],
    # The simulator's command line must build where there is no gRPC.
    "tools/raftsim/": CORE + ["core/text/", "sim/", "tools/raftsim/"],
    "tools/": ["core/", "sim/", "net/", "proto/", "tools/"],
    "tests/": ["core/", "sim/", "net/", "proto/", "tools/", "tests/"],
}

# --- Which headers of others a folder may include. ----------------------------------------------

CORE_HEADERS = set("""
    algorithm array bit charconv climits compare concepts cstddef cstdint cstring deque exception
    functional initializer_list iterator limits list map memory new numeric optional queue ranges
    set span stack stdexcept string string_view system_error tuple type_traits utility variant
    vector version
""".split())
TEXT_STREAMS = {"ios", "iosfwd", "istream", "ostream", "sstream", "streambuf"}
JSON = {"nlohmann/json.hpp", "nlohmann/json_fwd.hpp"}
OUTSIDE = {
    "core/text/": CORE_HEADERS | TEXT_STREAMS | JSON,
    "core/": CORE_HEADERS,
    "sim/": CORE_HEADERS | TEXT_STREAMS | JSON,
}
# Shared immutable memory is counted: the threads of a real node hand it to each other.
EXCEPTIONS = {
    ("core/base/bytes.h", "atomic"),
    ("core/kv/persistent_map.h", "atomic"),
}
# Why, for the headers that one is most tempted by.
REASONS = {
    "thread": "no threads", "mutex": "no threads", "shared_mutex": "no threads",
    "atomic": "no threads", "condition_variable": "no threads", "future": "no threads",
    "semaphore": "no threads", "latch": "no threads", "barrier": "no threads",
    "stop_token": "no threads",
    "chrono": "no clocks: time is an argument", "ctime": "no clocks: time is an argument",
    "time.h": "no clocks: time is an argument", "sys/time.h": "no clocks: time is an argument",
    "random": "its distributions differ between libraries: use core/base/random.h",
    "unordered_map": "its order differs between libraries: use an ordered container",
    "unordered_set": "its order differs between libraries: use an ordered container",
    "iostream": "no input or output", "fstream": "no input or output",
    "filesystem": "no input or output", "cstdio": "no input or output",
    "stdio.h": "no input or output", "unistd.h": "no input or output",
    "fcntl.h": "no input or output",
    "cstdlib": "no environment, no rand(), no exit()", "stdlib.h": "no environment, no rand()",
    "cmath": "no floating point", "math.h": "no floating point", "cfloat": "no floating point",
    "numbers": "no floating point", "complex": "no floating point",
    "typeindex": "ordered by address", "locale": "output that depends on the machine",
}

# --- Words that may not occur in code (comments and strings do not count). ----------------------

DETERMINISTIC = ["core/", "sim/"]
WORDS = [
    (DETERMINISTIC, "floating-point", r"\b(?:float|double)\b",
     "floating point differs between machines and compilers"),
    (DETERMINISTIC, "floating-point",
     r"(?<![\w.'])(?:\d[\d']*\.[\d']*(?:[eE][+-]?\d+)?|\.\d+|\d[\d']*[eE][+-]?\d+)[fFlL]?(?![\w.])",
     "a floating-point literal"),
    (DETERMINISTIC, "unordered", r"\bunordered_(?:map|set|multimap|multiset)\b",
     "its order differs between libraries"),
    (DETERMINISTIC, "address", r"\bu?intptr_t\b", "addresses differ from run to run"),
    (DETERMINISTIC, "address", r"\bstd::(?:multi)?(?:map|set)\s*<\s*(?:const\s+)?[\w:]+\s*\*",
     "ordered by address, which differs from run to run"),
    (DETERMINISTIC, "std-hash", r"\bstd::hash\b",
     "its values differ between libraries: use core/base/hasher.h"),
    (DETERMINISTIC, "clock", r"\bstd::chrono\b|\b(?:clock_gettime|gettimeofday)\b",
     "time is an argument"),
    (DETERMINISTIC, "threads", r"\bthread_local\b|\bvolatile\b", "no threads, no global state"),
    (CORE, "catch", r"\bcatch\s*\(", "core never catches: a failed check ends the node"),
]

# --- Symbols that a built library may not refer to. ----------------------------------------------

OF_CORE = ["core", "text", "sim"]
SYMBOLS = [
    (OF_CORE, "clock", r"(?:clock_gettime|gettimeofday|time|times|clock|localtime(?:_r)?"
                       r"|gmtime(?:_r)?|std::chrono::.*::now\(\))"),
    (OF_CORE, "random", r"(?:s?rand|rand_r|s?random|[de]rand48|[lm]rand48|getrandom|getentropy"
                        r"|arc4random\w*|std::random_device::.*)"),
    (OF_CORE, "threads", r"(?:pthread_(?:create|mutex|cond|rwlock)\w*|std::thread::.*|std::mutex.*"
                         r"|std::condition_variable.*|(?:nano|u)?sleep|sem_\w+)"),
    (OF_CORE, "input-output",
     r"(?:f?open(?:at)?(?:64)?|fdopen|creat|p?(?:read|write)v?(?:64)?|f(?:read|write|puts|putc"
     r"|gets|getc)|close|fclose|unlink|rename|stat|fsync|fdatasync|socket|connect|send|recv"
     r"|v?f?printf|__v?f?printf_chk|puts|putchar|v?f?scanf"
     r"|std::basic_[io]?f(?:stream|ilebuf).*|std::filesystem::.*|std::ios_base::Init::.*"
     r"|std::(?:cin|cout|cerr|clog))"),
    (OF_CORE, "environment", r"(?:(?:secure_)?getenv|setenv|putenv|system|popen|fork|exec\w+"
                             r"|get(?:pid|tid|uid|hostname))"),
    (OF_CORE, "unordered", r"(?:std::_Hash_bytes\(.*|std::__detail::_Prime_rehash_policy.*)"),
    (["core"], "input-output", r"std::(?:basic_)?[io]?(?:stream|streambuf)\b.*"),
    (["core"], "floating-point", r"(?:strto(?:d|f|ld)|atof|pow|exp|log|sqrt|floor|ceil)"),
]
# Sections of what may change at run time. Tables of constants lie elsewhere (.data.rel.ro).
MUTABLE_SECTION = re.compile(r"\.(?:t?bss|t?data)(?!\.rel\.(?:ro|local\.DW\.ref))")


def longest_prefix(table, path):
    """The entry of `table` for the longest key that `path` starts with, or None."""
    keys = [key for key in table if path.startswith(key)]
    return table[max(keys, key=len)] if keys else None


RAW_STRING = re.compile(r'R"([^()\\\s]{0,16})\(')


def blank(text):
    """`text` without comments, and without comments and strings; line breaks stay."""
    no_comments, no_strings = [], []
    at = 0

    def take(end, in_first, in_second):
        nonlocal at
        piece = text[at:end]
        space = re.sub(r"[^\n]", " ", piece)
        no_comments.append(piece if in_first else space)
        no_strings.append(piece if in_second else space)
        at = end

    while at < len(text):
        here = text[at]
        raw = RAW_STRING.match(text, at) if here == "R" else None
        if text.startswith("//", at):
            end = text.find("\n", at)
            take(len(text) if end < 0 else end, False, False)
        elif text.startswith("/*", at):
            end = text.find("*/", at + 2)
            take(len(text) if end < 0 else end + 2, False, False)
        elif raw:
            end = text.find(")" + raw.group(1) + '"', at)
            take(len(text) if end < 0 else end + len(raw.group(1)) + 2, True, False)
        elif here == '"' or (here == "'" and not (at and text[at - 1].isalnum())):
            end = at + 1
            while end < len(text) and text[end] not in (here, "\n"):
                end += 2 if text[end] == "\\" else 1
            take(min(end + 1, len(text)), True, False)
        else:
            take(at + 1, True, True)
    return "".join(no_comments), "".join(no_strings)


INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def include_breach(path, quote, header):
    """The rule that including `header` in `path` breaks, and why; or None."""
    if quote == '"':
        allowed = longest_prefix(LAYERS, path)
        if allowed is not None and not any(header.startswith(prefix) for prefix in allowed):
            return "layer", f'"{header}" is not for this folder, which may include: ' + \
                " ".join(allowed)
        return None
    # A header of ours in <> would pass by the rule above.
    if header.split("/")[0] in ("core", "sim", "net", "proto", "tools"):
        return "layer", f'write "{header}", in quotes'
    outside = longest_prefix(OUTSIDE, path)
    if outside is not None and header not in outside and (path, header) not in EXCEPTIONS:
        return "header", f"<{header}>: " + REASONS.get(
            header, "not on the list of headers that this folder may include")
    if path.startswith("tools/raftsim/") and re.match(r"grpc|google/", header):
        return "layer", f"<{header}>: the simulator builds without gRPC"
    return None


def source_breaches(path, text):
    """Yields (line, rule, message) for one source file; `path` is relative to the root."""
    no_comments, no_strings = blank(text)
    for number, line in enumerate(no_comments.split("\n"), 1):
        match = INCLUDE.match(line)
        breach = match and include_breach(path, match.group(1), match.group(2))
        if breach:
            yield number, *breach
    code = no_strings.split("\n")
    for folders, rule, pattern, why in WORDS:
        if not any(path.startswith(folder) for folder in folders):
            continue
        for number, line in enumerate(code, 1):
            found = None if INCLUDE.match(line) else re.search(pattern, line)
            if found:
                yield number, rule, f"`{found.group(0).strip()}`: {why}"


def check_sources(root):
    """All breaches in the sources under `root`, as text."""
    lines = []
    count = 0
    for folder in ("core", "sim", "net", "tools", "tests"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".h", ".cc") or not file.is_file():
                continue
            count += 1
            path = file.relative_to(root).as_posix()
            for number, rule, message in sorted(source_breaches(path, file.read_text())):
                lines.append(f"{path}:{number}: [{rule}] {message}")
    if not count:
        lines.append(f"{root}: [empty] no source files here: wrong --root?")
    return lines, f"{count} source files"


def nm(library, *options):
    result = subprocess.run(["nm", "-C", *options, str(library)], text=True, check=False,
                            capture_output=True)
    if result.returncode:
        sys.exit(f"nm {library}: {result.stderr.strip()}")
    return result.stdout.split("\n")


def symbol_breaches(library, short):
    """Yields (member, rule, message) for one static library, drydock::`short`."""
    rules = [(rule, re.compile(pattern)) for libraries, rule, pattern in SYMBOLS
             if short in libraries]
    member = ""
    for line in nm(library, "--undefined-only"):
        if line.endswith(":"):
            member = line[:-1]
        undefined = re.match(r"\s+[Uw] (.*)", line)
        for rule, pattern in rules if undefined else []:
            if pattern.fullmatch(undefined.group(1)):
                yield member, rule, f"refers to `{undefined.group(1)}`"
    if short == "core":
        yield from mutable_globals(library)


def mutable_globals(library):
    """Yields a breach for each variable that outlives a call: the state of a node is in its Node."""
    for line in nm(library, "--defined-only", "-f", "sysv"):
        if re.match(r"(?:Symbols|.*\[).*:$", line):
            member = re.sub(r".*\[(.*)\]:$", r"\1", line)
        fields = line.split("|")
        if len(fields) == 7 and MUTABLE_SECTION.match(fields[6].strip()):
            yield member, "global-state", f"the variable `{fields[0].strip()}` outlives a call"


def check_libraries(folder):
    """All breaches of the built libraries in `folder`, as text."""
    lines, names = [], []
    for short in OF_CORE:
        library = folder / f"libdrydock_{short}.a"
        if not library.exists():
            lines.append(f"{library}: [missing] build it first")
            continue
        names.append(library.name)
        for member, rule, message in symbol_breaches(library, short):
            lines.append(f"{library.name}({member}): [{rule}] {message}")
    return lines, ", ".join(names)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    here = pathlib.Path(__file__).resolve()
    parser.add_argument("--root", type=pathlib.Path, default=here.parents[2])
    parser.add_argument("--libraries", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.libraries:
        lines, what = check_libraries(arguments.libraries)
    else:
        lines, what = check_sources(arguments.root)
    print("\n".join(lines) if lines else f"layers: {what}, no breach")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
