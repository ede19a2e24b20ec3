"""The known bugs in tests/mutants/: reading their files, and what must be right about them."""

import dataclasses
import pathlib
import re
import tomllib

from raftsim import ROOT

FOLDER = "tests/mutants"
ROWS = f"{FOLDER}/rows.txt"
TEXTS = ("row", "title", "source", "breaks")
EDIT = ("file", "find", "replace")
KINDS = ("safety", "liveness")


class BadFiles(Exception):
    """Every complaint about the files, each with its file and reason."""


@dataclasses.dataclass
class Mutant:
    """One file; `excluded` says why the bug cannot exist here, and then there is nothing to run."""
    name: str
    row: str
    title: str
    source: str
    breaks: str
    excluded: str = ""
    kind: str = ""
    scenario: str = ""  # path from the root, as are those that follow
    profile: str = ""
    edits: list = dataclasses.field(default_factory=list)  # of (path, text to find, replacement)

    @property
    def path(self):
        return f"{FOLDER}/{self.name}.toml"


def texts_of(table, keys):
    """The values of the keys, each a text that is not blank; raises ValueError otherwise."""
    for key in keys:
        if not isinstance(table.get(key), str) or not (table[key].strip() or key == "replace"):
            raise ValueError(f"`{key}` is missing, or no text" if not table.get(key) == ""
                             else f"`{key}` is empty")
    return [table[key] for key in keys]


def refuse_unknown(table, known):
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise ValueError(f"unknown key `{unknown[0]}`; known here: {', '.join(known)}")


def edits_of(table):
    """The list of edits, from `edits` or from the three keys of the only one."""
    several = "edits" in table
    edits = table["edits"] if several else [{key: table[key] for key in EDIT if key in table}]
    if not isinstance(edits, list) or not edits or not all(isinstance(e, dict) for e in edits):
        raise ValueError("`edits` is not a list of tables")
    for edit in edits if several else []:
        refuse_unknown(edit, EDIT)
    return [tuple(texts_of(edit, EDIT)) for edit in edits]


def from_table(name, table):
    known = [*TEXTS, "excluded"]
    if "excluded" not in table:
        known = [*TEXTS, "kind", "scenario", "profile",
                 *(["edits"] if "edits" in table else EDIT)]
    refuse_unknown(table, known)
    mutant = Mutant(name, *texts_of(table, TEXTS))
    if "excluded" in table:
        [mutant.excluded] = texts_of(table, ["excluded"])
        return mutant
    mutant.kind, scenario, profile = texts_of(table, ["kind", "scenario", "profile"])
    if mutant.kind not in KINDS:
        raise ValueError(f"`kind` is \"{mutant.kind}\", not {' or '.join(KINDS)}")
    mutant.scenario = f"scenarios/incidents/{scenario}.json"
    mutant.profile = f"scenarios/fuzz/{profile}.json"
    mutant.edits = edits_of(table)
    return mutant


def edited(mutant, read):
    """path -> text, of the files that the mutant changes; read(path) gives the text of now."""
    texts = {}
    for path, find, replace in mutant.edits:
        if not path.startswith("core/"):
            raise ValueError(f"{path}: only what is in core/ is made wrong")
        text = texts.get(path) or read(path)
        count = text.count(find)
        if count != 1:
            raise ValueError(f"the edit no longer applies: {path} holds what is to be found "
                             f"{count} times, not once:\n{find}")
        if replace == find:
            raise ValueError(f"the edit of {path} changes nothing")
        texts[path] = text.replace(find, replace)
    return texts


def read_source(path):
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except OSError as failure:
        raise ValueError(f"{path}: {failure.strerror}") from None


def complaint_of(mutant, with_profiles):
    """What is wrong with the mutant in the tree of now; None: nothing."""
    try:
        edited(mutant, read_source)
    except ValueError as failure:
        return str(failure)
    places = [mutant.scenario] + ([mutant.profile] if with_profiles else [])
    for place in places if not mutant.excluded else []:
        if not (ROOT / place).is_file():
            return f"there is no {place}"
    return None


def rows():
    """label -> what went wrong, of the table of documented failures."""
    lines = (ROOT / ROWS).read_text(encoding="utf-8").splitlines()
    pairs = [line.split(None, 1) for line in lines if line.strip() and not line.startswith("#")]
    return {pair[0]: pair[-1] for pair in pairs}


def row_order(label):
    """Numbers by their size, then names."""
    number = re.match(r"\d+", label)
    return (not number, int(number[0]) if number else 0, label)


def row_complaints(mutants, all_rows):
    """Each row is told by a file at least, and by one only if that one says that it is excluded."""
    known, complaints = rows(), []
    for mutant in mutants:
        if mutant.row not in known:
            complaints.append(f"{mutant.path}: row \"{mutant.row}\" is not in {ROWS}")
    for row in known if all_rows else []:
        files = [mutant for mutant in mutants if mutant.row == row]
        if not files:
            complaints.append(f"{ROWS}: row {row} ({known[row]}) has no file in {FOLDER}/")
        elif len(files) > 1 and any(mutant.excluded for mutant in files):
            complaints.append(f"{ROWS}: row {row} is excluded by one file and not by another: "
                              + ", ".join(mutant.name for mutant in files))
    return complaints


def is_named(mutant, names):
    """By its file or its row; no names stand for all."""
    return not names or mutant.name in names or mutant.row in names


def load(names=(), complete=True):
    """The mutants that are named, in the order of their rows, or BadFiles: all files are looked at.
    While not everything is complete, rows may have no file, and profiles may be missing."""
    mutants, complaints = [], []
    for path in sorted((ROOT / FOLDER).glob("*.toml")):
        place = path.relative_to(ROOT).as_posix()
        try:
            if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", path.stem):
                raise ValueError("the name is not of small letters, digits and single dashes")
            mutant = from_table(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
        except ValueError as failure:
            complaints.append(f"{place}: {failure}")
            continue
        mutants.append(mutant)
        wrong = complaint_of(mutant, complete and is_named(mutant, names))
        if wrong:
            complaints.append(f"{place}: {wrong}")
    complaints += row_complaints(mutants, complete and not names and not complaints)
    complaints += [f"there is no mutant \"{name}\"; tools/mutants --list tells them"
                   for name in names if not any(is_named(mutant, [name]) for mutant in mutants)]
    if not mutants and not complaints:
        complaints.append(f"{FOLDER}/ holds no file")
    if complaints:
        raise BadFiles("\n".join(complaints))
    mutants.sort(key=lambda mutant: (row_order(mutant.row), mutant.name))
    return [mutant for mutant in mutants if is_named(mutant, names)]


def folder_of(*parts):
    """build/mutants/..., made if it is not there."""
    folder = pathlib.Path(ROOT, "build", "mutants", *parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
