"""The table of the known bugs, as docs/fuzzing.md shows it."""

import datetime
import os
import pathlib
import statistics

BEGIN = "<!-- tools/mutants writes what follows -->\n"
END = "<!-- tools/mutants wrote what precedes -->\n"


def processor():
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    except OSError:
        pass
    return "unknown processor"


def medians(results):
    """In words, over the bugs that the fuzzer found."""
    found = [result for result in results if result.found]
    if not found:
        return "none was found by fuzzing"
    parts = [f"{statistics.median(result.runs for result in found):.0f} seeds",
             f"{statistics.median(result.seconds for result in found):.1f} s"]
    events = [result.events for result in found if result.events is not None]
    if events:
        parts.append(f"{statistics.median(events):.0f} events in the shrunk reproducer")
    return "medians: " + ", ".join(parts)


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ").strip()


def line(*cells):
    return "| " + " | ".join(map(cell, cells)) + " |\n"


def name_of(mutant, folder):
    return f"[{mutant.name}]({folder}/{mutant.name}.toml)"


def markdown(results, excluded, seeds, folder):
    """The tables; `folder` is where the links to the bugs' files lead."""
    text = (f"Run on {datetime.date.today().isoformat()} on {os.cpu_count()} cores "
            f"({processor()}), each bug on one core. The seeds tried are {seeds[0]} to {seeds[1]} of "
            f"the named profile, the same for every bug, up to the first that breaks what counts; "
            "the seconds include shrinking.\n\n")
    text += line("row", "bug", "put back as", "breaks", "its scenario finds", "the fuzzer finds",
                 "profile", "seeds", "seconds", "events shrunk")
    text += "| --- " * 7 + "| ---: " * 3 + "|\n"
    for result in results:
        mutant = result.mutant
        figures = (result.runs, f"{result.seconds:.1f}", result.events) if result.found \
            else ("–", "–", "–")
        text += line(mutant.row, f"{mutant.title} ({mutant.source})", name_of(mutant, folder),
                     mutant.breaks, result.scenario_property or "**nothing**",
                     result.fuzz_property if result.found else f"**not found**: {result.reason}",
                     pathlib.Path(mutant.profile).stem, *figures)
    found = sum(result.found for result in results)
    text += f"\n{found} of {len(results)} found by fuzzing; {medians(results)}.\n"
    if excluded:
        text += "\n" + line("row", "bug", "why it is excluded") + "| --- " * 3 + "|\n"
        for mutant in excluded:
            text += line(mutant.row, f"{mutant.title} ({mutant.source})", mutant.excluded)
    return text


def write(file, text):
    """Into `file`: between its two marks; a new file holds nothing else."""
    file = pathlib.Path(file)
    if file.exists():
        before, _, rest = file.read_text(encoding="utf-8").partition(BEGIN)
        text = before + BEGIN + "\n" + text + "\n" + END + rest.partition(END)[2]
    file.write_text(text, encoding="utf-8")


def can_write(file):
    """Whether the file is new, or has both marks: what else is in it must stay."""
    file = pathlib.Path(file)
    if not file.exists():
        return True
    _, begin, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    return bool(begin) and END in rest
