#!/usr/bin/python3
"""Tests of tools/parsers, with stand-ins for the compiler and for what it builds."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A libFuzzer: it tells how it was called, and may find something.
FUZZER = """#!/bin/sh
echo "$@" > "{root}/called"
echo '#9 DONE cov: 12 ft: 3'
echo 'stat::number_of_executed_units: 345'
{finds}
"""
FINDS = """echo "artifact_prefix='x'; Test unit written to {root}/build/parsers/findings/wal-crash-1"
exit 77"""


class ParsersTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for place in ("tests/parsers", "tests/data/histories", "tests/sim/scenario", "scenarios"):
            shutil.copytree(ROOT / place, self.root / place)
        (self.root / "tools").mkdir()
        shutil.copy(ROOT / "tools" / "parsers", self.root / "tools" / "parsers")
        for name in ("cmake", "clang++"):
            self.program(f"programs/{name}", "#!/bin/sh\n")
        for target in (ROOT / "tests/parsers").glob("*_target.cc"):
            self.program(f"build/parsers/bin/{target.stem}", FUZZER.format(root=self.root, finds=""))

    def program(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)

    def expect(self, code, words, *arguments):
        result = subprocess.run(
            ["/usr/bin/python3", str(self.root / "tools/parsers"), *arguments], text=True,
            check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": f"{self.root}/programs"})
        self.assertEqual(result.returncode, code, result.stdout)
        for word in words:
            self.assertIn(word, result.stdout)

    def test_all_are_run_for_the_time_that_is_given(self):
        self.expect(0, ["ok    wal               345 inputs, 12 places reached", "7 passed"],
                    "--for", "7")
        self.assertIn("-max_total_time=7", (self.root / "called").read_text())

    def test_every_binary_format_begins_with_seeds(self):
        self.expect(0, ["7 passed"])
        for name in ("wal", "snapshot", "state", "backup", "scenario"):
            self.assertGreater(len(list((self.root / "build/parsers/seeds" / name).iterdir())), 2)

    def test_a_finding_fails_and_is_told_with_what_replays_it(self):
        self.program("build/parsers/bin/wal_target",
                     FUZZER.format(root=self.root, finds=FINDS.format(root=self.root)))
        self.expect(1, ["FAIL  wal", "6 passed, 1 failed", "again: build/parsers/bin/wal_target "
                        "build/parsers/findings/wal-crash-1"])

    def test_a_failing_build_and_an_unknown_name_are_errors(self):
        self.expect(2, ['there is no "wol"; there are:'], "wol")
        self.program("programs/cmake", "#!/bin/sh\necho cannot\nexit 1\n")
        self.expect(2, ["cannot"])

    def test_without_clang_it_says_so(self):
        (self.root / "programs/clang++").unlink()
        self.expect(2, ["not run: no clang"])


if __name__ == "__main__":
    unittest.main()
