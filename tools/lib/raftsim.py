"""Running raftsim from scripts: which scenarios there are, and what a run of one says."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_SCENARIOS = {"schema", "fuzz"}


class RunFailed(Exception):
    """raftsim gave no result; the text says what it said."""


def binary(build):
    """The simulator of a build directory (or `build` itself when it is one), or RunFailed."""
    path = pathlib.Path(build)
    path = path / "bin" / "raftsim" if path.is_dir() else path
    if not path.is_file():
        raise RunFailed(f"no simulator at {path}: build it first "
                        "(cmake --preset release && cmake --build build/release)")
    return path.resolve()


def shipped_scenarios():
    """Every scenario in scenarios/, as paths from the root, in order."""
    folder = ROOT / "scenarios"
    return [path.relative_to(ROOT).as_posix() for path in sorted(folder.rglob("*.json"))
            if path.relative_to(folder).parts[0] not in NOT_SCENARIOS]


def run(raftsim, scenario, *options):
    """(exit code, result) of one run, the result being what --json prints."""
    process = subprocess.run([str(raftsim), "run", scenario, "--json", *options], cwd=ROOT,
                             text=True, check=False, capture_output=True)
    try:
        result = json.loads(process.stdout)
        result["hash"] = str(result["hash"])
        return process.returncode, result
    except (ValueError, KeyError, TypeError):
        said = (process.stderr or process.stdout).strip()[-2000:]
        raise RunFailed(f"{scenario}: exit {process.returncode}, no result: {said}") from None
