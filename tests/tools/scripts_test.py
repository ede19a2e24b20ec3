#!/usr/bin/python3
"""Tests of tools/golden and tools/determinism, on a small tree with stand-ins for raftsim, and of
the installing of packages, with stand-ins for apt."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A raftsim whose history is the scenario's lines, hashed by their count and a salt of its own.
STAND_IN = """#!/usr/bin/env bash
set -e
[ "$1" = run ]
trace=/dev/null
[ "$4" = --trace ] && trace=$5
{edit} "$2" > "$trace"
echo '{{"hash": "{salt}'$(wc -l < "$2")'", "held": true}}'
exit {code}
"""


class Tree:
    """A temporary tree with the scripts, a scenario of five events and some builds."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        (self.root / "tools").mkdir()
        for script in ("golden", "determinism", "lib"):
            source = ROOT / "tools" / script
            (shutil.copytree if source.is_dir() else shutil.copy)(source,
                                                                  self.root / "tools" / script)
        self.write("scenarios/a.json", "".join(f'{{"n":{n},"kind":"send"}}\n' for n in range(5)))
        self.write("scenarios/schema/scenario.schema.json", "not a scenario")
        self.build("release")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def build(self, name, edit="cat", salt="x", code=0):
        text = STAND_IN.format(edit=edit, salt=salt, code=code)
        self.write(f"build/{name}/bin/raftsim", text).chmod(0o755)
        return f"build/{name}"

    def run(self, script, *arguments):
        result = subprocess.run([str(self.root / "tools" / script), *arguments], cwd=self.root,
                                text=True, check=False, capture_output=True)
        return result.returncode, result.stdout + result.stderr

    def git(self, *arguments):
        names = {f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER")
                 for what in ("NAME", "EMAIL")}
        subprocess.run(["git", "-C", str(self.root), *arguments], check=True, capture_output=True,
                       env={**os.environ, **names})


class ScriptTest(unittest.TestCase):
    def setUp(self):
        self.tree = Tree()
        self.addCleanup(self.tree.folder.cleanup)

    def expect(self, code, words, script, *arguments):
        actual, output = self.tree.run(script, *arguments)
        self.assertEqual(actual, code, output)
        for word in words:
            self.assertIn(word, output)
        return output


class GoldenTest(ScriptTest):
    def setUp(self):
        super().setUp()
        self.expect(0, ["scenarios/a.json: new -> x5"], "golden", "--update", "scenarios/a.json")

    def test_an_unchanged_hash_passes(self):
        self.expect(0, ["1 scenarios, 0 changed"], "golden", "--check")

    def test_a_changed_hash_fails_and_says_what_to_do(self):
        self.tree.build("release", salt="y")
        self.expect(1, ["golden x5, now y5", "--explain scenarios/a.json", "quote the hash"],
                    "golden", "--check")

    def test_update_rewrites_what_is_on_record(self):
        self.tree.build("release", salt="y")
        self.expect(0, ["x5 -> y5"], "golden", "--update")
        self.expect(0, [], "golden", "--check")

    def test_a_run_that_does_not_hold_is_never_golden(self):
        self.tree.build("release", salt="y", code=1)
        self.expect(2, ["only a run that holds"], "golden", "--update")

    def test_a_missing_record_or_simulator_is_an_error(self):
        (self.tree.root / "tests/golden/hashes.txt").unlink()
        self.expect(2, ["records nothing"], "golden", "--check")
        self.expect(2, ["build it first"], "golden", "--check", "--build", "build/none")

    def test_a_commit_must_quote_the_hash_that_it_changes(self):
        self.tree.git("init", "-q")
        self.tree.git("add", "tests")
        self.tree.git("commit", "-qm", "first")
        self.tree.build("release", salt="y")
        self.expect(0, [], "golden", "--update")
        self.tree.git("commit", "-qam", "changed, and silent about it")
        self.expect(1, ["to y5 and does not quote it"], "golden", "--check")
        self.tree.git("commit", "-q", "--amend", "-m", "votes carry a round\n\na.json is now y5")
        self.expect(0, [], "golden", "--check")

    def test_explain_shows_the_first_difference_and_what_led_to_it(self):
        other = self.tree.build("other", edit="sed s/3,.*send/3,\\\"kind\\\":\\\"drop/", salt="z")
        output = self.expect(1, ["in line 4 of the trace", "- build/other, hash z5",
                                 "+ this build, hash x5", "differing fields: kind"],
                             "golden", "--explain", "scenarios/a.json", "--against", other)
        self.assertEqual(output.count('"kind":"send"'), 4)  # three before, and ours
        self.assertEqual(output.count('"kind":"drop"'), 1)

    def test_explain_shows_a_trace_that_ends_early(self):
        other = self.tree.build("other", edit="head -n 2")
        self.expect(1, ["in line 3 of the trace", "(the trace has ended)"], "golden", "--explain",
                    "scenarios/a.json", "--against", other)

    def test_explain_of_equal_histories_says_so(self):
        self.expect(0, ["the traces are the same"], "golden", "--explain", "scenarios/a.json",
                    "--against", "build/release/bin/raftsim")

    def test_explain_against_nothing_known_is_an_error(self):
        self.expect(2, ["neither a build directory"], "golden", "--explain", "scenarios/a.json",
                    "--against", "no-such-thing")

    def test_explain_builds_another_commit_once(self):
        self.tree.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\n"
                        "project(t NONE)\nadd_custom_target(raftsim COMMAND ${CMAKE_COMMAND} -E copy"
                        " ${CMAKE_SOURCE_DIR}/old ${CMAKE_BINARY_DIR}/bin/raftsim)\n")
        old = self.tree.root / self.tree.build("gone", edit="tac", salt="o") / "bin/raftsim"
        shutil.copy(old, self.tree.root / "old")
        self.tree.git("init", "-q")
        self.tree.git("add", "CMakeLists.txt", "old")
        self.tree.git("commit", "-qm", "the old one")
        arguments = ("golden", "--explain", "scenarios/a.json", "--against", "HEAD")
        self.expect(1, ["building commit", "in line 1 of", "- HEAD, hash o5"], *arguments)
        self.assertNotIn("building commit", self.expect(1, [], *arguments))


class DeterminismTest(ScriptTest):
    def test_builds_that_agree_pass(self):
        self.tree.build("clang")
        self.expect(0, ["scenarios/a.json", "1 scenarios, 2 builds, 0 that differ"],
                    "determinism", "build/release", "build/clang")

    def test_a_third_build_with_another_hash_fails(self):
        self.tree.build("clang")
        self.tree.build("asan", salt="y")
        self.expect(1, ["build/asan: hash y5, but build/release has x5"], "determinism",
                    "build/release", "build/clang", "build/asan")

    def test_a_trace_with_other_bytes_fails_even_with_the_same_hash(self):
        self.tree.build("clang", edit="tac")
        self.expect(1, ["the trace of build/clang is not that of build/release"], "determinism",
                    "build/release", "build/clang")

    def test_a_trace_that_changes_from_run_to_run_fails(self):
        self.tree.build("release", edit="sed s/send/$RANDOM$RANDOM/")
        self.expect(1, ["the trace of build/release is not"], "determinism", "build/release")

    def test_a_scenario_that_does_not_hold_fails(self):
        self.tree.build("release", code=1)
        self.expect(1, ["exit code 1"], "determinism", "build/release")

    def test_a_simulator_that_says_nothing_or_is_not_there_fails(self):
        self.tree.build("release", edit="false; cat")
        self.expect(1, ["no result"], "determinism", "build/release")
        self.expect(1, ["build it first"], "determinism", "build/none")


class PackagesTest(unittest.TestCase):
    """install_packages with a machine of files: `installed/NAME` is a package, `log` what was done."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "installed").mkdir()
        self.command("dpkg-query", 'for p in "${@:4}"; do [ -e "$R/installed/$p" ] && '
                     'printf "ii %s " "$p"; done; true')
        self.command("apt-get", 'echo "$1" >> "$R/log"\n[ -e "$R/broken" ] && { echo E: no such; '
                     'exit 100; }\n[ "$1" = update ] && { rm -f "$R/stale"; exit 0; }\n'
                     '[ -e "$R/stale" ] && exit 100\nfor p in "${@:2}"; do case $p in -*|*=*) ;; '
                     '*) touch "$R/installed/$p" ;; esac; done')
        self.command("sudo", 'exec "$@"')

    def command(self, name, text):
        file = self.root / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("#!/bin/bash\n" + text + "\n")
        file.chmod(0o755)

    def install(self, *packages):
        script = f'source "{ROOT}/tools/lib/packages.sh"; install_packages "$@"'
        path = f"{self.root}/bin:/usr/bin:/bin"
        result = subprocess.run(["bash", "-c", script, "-", *packages], text=True, check=False,
                                capture_output=True,
                                env={**os.environ, "PATH": path, "R": str(self.root)})
        return result.returncode, result.stdout + result.stderr

    def done(self):
        log = self.root / "log"
        return log.read_text().split() if log.exists() else []

    def test_what_is_missing_is_installed_and_said_and_the_second_time_is_silent(self):
        (self.root / "installed" / "g++").touch()
        code, output = self.install("g++", "cmake", "ccache")
        self.assertEqual(code, 0, output)
        self.assertRegex(output, r"apt-get: cmake ccache\n$")
        self.assertEqual(sorted(os.listdir(self.root / "installed")), ["ccache", "cmake", "g++"])
        before = self.done()
        self.assertEqual(self.install("g++", "cmake", "ccache"), (0, ""))
        self.assertEqual(self.done(), before)

    def test_an_old_package_list_is_fetched_anew(self):
        (self.root / "stale").touch()
        code, output = self.install("cmake")
        self.assertEqual(code, 0, output)
        self.assertEqual(self.done()[-2:], ["update", "install"])

    def test_a_failure_shows_what_apt_said(self):
        (self.root / "broken").touch()
        code, output = self.install("cmake")
        self.assertEqual(code, 1)
        self.assertIn("E: no such", output)
        self.assertIn("failed", output)


if __name__ == "__main__":
    unittest.main()
