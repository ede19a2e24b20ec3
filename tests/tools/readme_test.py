#!/usr/bin/python3
"""The README shows a scenario and its output: both are what they are in the tree today."""

import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RAFTSIM = os.environ.get("RAFTSIM", str(ROOT / "build/release/bin/raftsim"))
SCENARIO = "scenarios/example.json"


def block(readme, language):
    found = re.search(rf"```{language}\n(.*?)```", readme, re.DOTALL)
    assert found, f"README.md has no {language} block"
    return found.group(1)


def without_wall_time(output):
    """What differs from machine to machine."""
    return re.sub(r"(?m)^Run .*$", "Run", output)


class Readme(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.readme = (ROOT / "README.md").read_text()

    def test_shows_the_scenario_as_it_is(self):
        self.assertEqual(block(self.readme, "json"), (ROOT / SCENARIO).read_text())

    def test_shows_the_output_as_it_is(self):
        run = subprocess.run([RAFTSIM, "run", SCENARIO], cwd=ROOT, text=True, check=True,
                             capture_output=True)
        shown = block(self.readme, "text")
        self.assertEqual(without_wall_time(shown), without_wall_time(run.stdout))

    def test_names_only_what_is_there(self):
        for link in re.findall(r"\]\(([^)#:]+)\)", self.readme):
            self.assertTrue((ROOT / link).exists(), link)


if __name__ == "__main__":
    unittest.main()
