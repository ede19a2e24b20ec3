#!/usr/bin/python3
"""Tests of tools/mutants, on a small tree whose simulator is a shell script in core/: a mutant is an
edit of that script."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What it breaks is told by the variables, which the mutants edit: `fuzz` at seed 7, `later` at 9.
SIMULATOR = """#!/usr/bin/env bash
run= fuzz= later= mood=well
[ $mood = well ] || { echo $$ > "{root}/hanging"; exec sleep 600; }
case $1 in
  run)
    [[ $* != *--trace* ]] || echo "told by $run" > "${@: -1}"
    [ -z "$run" ] && echo '{"expectations": []}' && exit 0
    echo '{"violation": {"property": "'$run'"}}'
    exit 1 ;;
  fuzz)
    echo "$@" >> "{root}/fuzzed"
    first=${4%:*} seed= shrunk='"x", "shrunk_events": 3'
    [[ $* != *--no-shrink* ]] || shrunk=null
    [ -n "$later" ] && [ $first -le 9 ] && seed=9 broken=$later
    [ -n "$fuzz" ] && [ $first -le 7 ] && seed=7 broken=$fuzz
    [ -z "$seed" ] && echo '{"runs": 40, "wall_ms": 2500, "failures": []}' > "${10}" && exit 0
    echo '{"runs": 7, "wall_ms": 1250, "failures": [
      {"seed": '$seed', "property": "'$broken'", "detail": "so it is", "shrunk": '$shrunk'}
      ]}' > "${10}"
    exit 1 ;;
esac
"""
CMAKE = """cmake_minimum_required(VERSION 3.25)
project(t NONE)
file(READ core/raftsim.sh unused)
if(unused MATCHES "does not build")
  message(FATAL_ERROR "unbuildable")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS core/raftsim.sh)
add_custom_target(raftsim COMMAND ${CMAKE_COMMAND} -E copy
                  ${CMAKE_SOURCE_DIR}/core/raftsim.sh ${CMAKE_BINARY_DIR}/bin/raftsim
                  COMMAND chmod +x ${CMAKE_BINARY_DIR}/bin/raftsim)
"""
PRESETS = {"version": 6, "configurePresets": [
    {"name": "release", "generator": "Ninja", "binaryDir": "${sourceDir}/build/release"}]}
MUTANT = {"row": "17", "title": "an old entry counts", "source": "logcabin#44",
          "breaks": "durability", "kind": "safety", "file": "core/raftsim.sh", "find": "run= fuzz=",
          "replace": "run=lost fuzz=lost", "scenario": "figure-8", "profile": "replication"}
EXCLUDED = {"row": "46", "title": "locks", "source": "Jepsen", "breaks": "mutual exclusion",
            "excluded": "there are no locks"}


class MutantsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "tools").mkdir()
        shutil.copy(ROOT / "tools" / "mutants", self.root / "tools" / "mutants")
        shutil.copytree(ROOT / "tools" / "lib", self.root / "tools" / "lib")
        self.write("CMakeLists.txt", CMAKE)
        self.write("CMakePresets.json", json.dumps(PRESETS))
        self.write("core/raftsim.sh", SIMULATOR.replace("{root}", str(self.root))).chmod(0o755)
        self.write("scenarios/incidents/figure-8.json", "{}")
        self.write("scenarios/fuzz/replication.json", "{}")
        self.write("tests/mutants/rows.txt", "# label, bug\n17  Figure 8\n")
        self.mutant("figure-8")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def mutant(self, name, base=None, **changes):
        """Writes the file of one; a key whose value is None is left out."""
        table = {**(base or MUTANT), **changes}
        # A JSON text is a TOML text.
        self.write(f"tests/mutants/{name}.toml", "".join(
            f"{key} = {value if key == 'edits' else json.dumps(value)}\n"
            for key, value in table.items() if value is not None))

    def command(self, *arguments):
        return [str(self.root / "tools" / "mutants"), *arguments]

    def expect(self, code, words, *arguments):
        result = subprocess.run(self.command(*arguments), text=True, check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(result.returncode, code, result.stdout)
        for word in words:
            self.assertIn(word, result.stdout)
        return result.stdout


class FilesTest(MutantsTest):
    def expect_wrong(self, *words):
        self.expect(2, ["tests/mutants/figure-8.toml: ", *words], "--check-only")

    def test_files_that_are_right_pass_and_nothing_is_built(self):
        self.write("tests/mutants/rows.txt", "17 Figure 8\n46 locks\n")
        self.mutant("locks", EXCLUDED)
        self.expect(0, ["1 edits apply, 1 rows are excluded"], "--check-only")
        self.assertFalse((self.root / "build").exists())

    def test_an_edit_that_no_longer_applies_is_an_error(self):
        self.mutant("figure-8", find="run= fuzz=\n")
        self.expect_wrong("the edit no longer applies: core/raftsim.sh", "0 times, not once")

    def test_an_edit_that_applies_in_two_places_is_an_error(self):
        self.mutant("figure-8", find="exit 1 ;;")
        self.expect_wrong("2 times, not once")

    def test_an_edit_of_what_is_not_the_core_is_an_error(self):
        self.mutant("figure-8", file="CMakeLists.txt")
        self.expect_wrong("CMakeLists.txt: only what is in core/")
        self.mutant("figure-8", file="core/gone.cc")
        self.expect_wrong("core/gone.cc: No such file")

    def test_an_edit_that_changes_nothing_is_an_error(self):
        self.mutant("figure-8", replace=MUTANT["find"])
        self.expect_wrong("changes nothing")

    def test_an_unknown_and_a_missing_key_are_errors(self):
        self.mutant("figure-8", reason="because")
        self.expect_wrong("unknown key `reason`")
        self.mutant("figure-8", title=None)
        self.expect_wrong("`title` is missing")
        self.mutant("figure-8", title="")
        self.expect_wrong("`title` is empty")
        self.mutant("figure-8", find=None)
        self.expect_wrong("`find` is missing")
        self.mutant("figure-8", kind="speed")
        self.expect_wrong("not safety or liveness")
        self.write("tests/mutants/figure-8.toml", "row = ")
        self.expect_wrong("Invalid value")

    def test_an_excluded_row_has_no_edit(self):
        self.mutant("figure-8", excluded="cannot be")
        self.expect_wrong("unknown key `file`")

    def test_a_scenario_or_profile_that_is_not_there_is_an_error(self):
        self.mutant("figure-8", scenario="figure-9")
        self.expect_wrong("there is no scenarios/incidents/figure-9.json")
        self.mutant("figure-8", profile="reads")
        self.expect_wrong("there is no scenarios/fuzz/reads.json")

    def test_another_mutants_profile_may_be_missing_while_one_is_tried(self):
        self.mutant("other", profile="reads")
        self.expect(2, ["other.toml: there is no scenarios/fuzz/reads.json"], "--check-only")
        self.expect(0, ["1 edits apply"], "--check-only", "figure-8")

    def test_every_row_has_a_file_and_every_file_a_row(self):
        self.write("tests/mutants/rows.txt", "17 Figure 8\n34b leases that differ\n")
        self.expect(2, ["row 34b (leases that differ) has no file"], "--check-only")
        self.expect(0, ["1 edits apply"], "--check-only", "figure-8")
        self.write("tests/mutants/rows.txt", "18 something else\n")
        self.expect(2, ["figure-8.toml: row \"17\" is not in"], "--check-only", "figure-8")

    def test_a_row_may_have_several_mutants_but_not_be_excluded_as_well(self):
        self.mutant("figure-8-again")
        self.expect(0, ["2 edits apply"], "--check-only")
        self.mutant("figure-8-again", EXCLUDED, row="17")
        self.expect(2, ["row 17 is excluded by one file and not by another"], "--check-only")

    def test_several_edits_of_a_file_are_made_one_after_the_other(self):
        self.mutant("figure-8", file=None, find=None, replace=None, edits='[{file = '
                    '"core/raftsim.sh", find = "run= fuzz=", replace = "run=once fuzz="}, {file = '
                    '"core/raftsim.sh", find = "run=once", replace = "run=twice"}]')
        self.expect(0, ["twice"], "--quick")

    def test_names_and_rows_select_and_unknown_ones_are_errors(self):
        self.write("tests/mutants/rows.txt", "17 Figure 8\n46 locks\n")
        self.mutant("locks", EXCLUDED)
        self.expect(0, ["0 edits apply, 1 rows"], "--check-only", "46")
        self.expect(0, ["1 edits apply, 0 rows"], "--check-only", "figure-8")
        self.expect(2, ["there is no mutant \"figure-9\""], "--check-only", "figure-9")
        output = self.expect(0, ["locks", "excluded"], "--list")
        self.assertIn("figure-8", output)


class RunTest(MutantsTest):
    def test_a_mutant_that_both_find_passes(self):
        self.expect(0, ["ok    17", "medians: 7 seeds, 2.5 s, 3 events", "1 passed, 0 failed"])
        fuzzed = (self.root / "fuzzed").read_text()
        self.assertIn("fuzz scenarios/fuzz/replication.json --seeds 1:20000 --stop-after 1", fuzzed)

    def test_the_edit_is_taken_out_again(self):
        self.mutant("second", replace="run=other fuzz=other")
        output = self.expect(0, ["2 passed"], "--jobs", "1")
        self.assertRegex(output, r"second +other +other")
        self.assertRegex(output, r"figure-8 +lost +lost")
        self.expect(0, ["2 passed"], "--jobs", "2")
        self.assertIn("run= fuzz=", (self.root / "core/raftsim.sh").read_text())

    def test_a_scenario_that_passes_on_the_mutant_fails(self):
        self.mutant("figure-8", replace="run= fuzz=lost")
        self.expect(1, ["FAIL  17", "figure-8.json: exit 0: it passes on the mutant", "1 failed"])

    def test_a_scenario_that_fails_on_the_true_core_fails(self):
        self.write("core/raftsim.sh", (self.root / "core/raftsim.sh").read_text().replace(
            "mood=well\n", "mood=well\nrun=lost\n"))
        self.expect(1, ["figure-8.json: does not pass on the true core: exit 1 lost"])

    def test_seeds_that_break_nothing_are_not_found(self):
        self.mutant("figure-8", replace="run=lost fuzz=")
        self.expect(1, ["FAIL  17", "40 seeds broke nothing", "1 failed"], "--seeds", "1:40")

    def test_quick_does_not_fuzz(self):
        self.mutant("figure-8", replace="run=lost fuzz=")
        self.expect(0, ["ok    17", "1 passed"], "--quick")
        self.assertFalse((self.root / "fuzzed").exists())

    def test_the_trace_of_the_run_that_fails_is_kept(self):
        traces = self.root / "traces"
        self.expect(0, ["1 passed"], "--quick", "--traces", str(traces))
        self.assertEqual((traces / "figure-8.jsonl").read_text(), "told by lost\n")

    def test_a_liveness_bug_counts_by_an_expectation_of_liveness_only(self):
        self.mutant("figure-8", kind="liveness")
        self.expect(1, ["broke nothing that counts for a bug of liveness",
                        'seed 7 broke "lost": so it is'])
        self.mutant("figure-8", kind="liveness", replace="run=lost fuzz='expected progress'")
        self.expect(0, ["1 passed"])

    def test_a_safety_bug_counts_by_an_invariant_or_a_check_of_the_core_only(self):
        for broken in ("expected logs_equal", "the process lives"):
            self.mutant("figure-8", replace=f"run=lost fuzz='{broken}'")
            self.expect(1, [f'counts for a bug of safety; seed 7 broke "{broken}"'])
        self.mutant("figure-8", replace="run=lost fuzz='check in the core'")
        self.expect(0, ["1 passed"])

    def test_fuzzing_goes_on_to_the_first_failure_that_counts_and_shrinks_only_that(self):
        self.mutant("figure-8", find="run= fuzz= later=",
                    replace="run=lost fuzz='expected logs_equal' later=lost")
        self.expect(0, ["ok    17", "medians: 9 seeds, 3.8 s, 3 events"])
        fuzzed = [line.split() for line in (self.root / "fuzzed").read_text().splitlines()]
        self.assertEqual([(line[3], line[-1]) for line in fuzzed[:2]],
                         [("1:20000", "--no-shrink"), ("8:20000", "--no-shrink")])
        self.assertEqual(fuzzed[2][3], "9:9")
        self.assertNotIn("--no-shrink", fuzzed[2])

    def test_a_mutant_that_does_not_build_is_an_error_and_the_others_go_on(self):
        self.mutant("again", find="mood=well\n", replace="mood=well # does not build\n")
        self.expect(1, ["ERROR 17", "it does not build", "unbuildable", "1 passed, 1 failed"])

    def test_a_mutant_that_hangs_is_an_error(self):
        self.mutant("figure-8", find="mood=well", replace="mood=bad")
        self.expect(1, ["ERROR 17", "it hangs: no end after 1 s"], "--limit", "1")

    def test_a_simulator_without_a_verdict_is_an_error(self):
        self.mutant("figure-8", find="mood=well", replace="mood=well; exit 3")
        self.expect(1, ["ERROR 17", "figure-8.json: exit 3"])
        self.mutant("figure-8", replace="run=lost; [ $1 = run ] || { echo no such command; exit 2; "
                    "}; fuzz=")
        self.expect(1, ["ERROR 17", "fuzzing: exit 2: no such command"])

    def test_stopping_ends_what_runs(self):
        # A shell starts what runs in the background with SIGINT ignored, and children inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number):
                (self.root / "hanging").unlink(missing_ok=True)
                self.stop_by(number)

    def stop_by(self, number):
        self.mutant("figure-8", find="mood=well", replace="mood=bad")
        with subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, text=True,
                              stderr=subprocess.PIPE) as process:
            while not (self.root / "hanging").exists() or not (self.root / "hanging").read_text():
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(errors, "tools/mutants: stopped\n")
        with self.assertRaises(ProcessLookupError):
            os.kill(int((self.root / "hanging").read_text()), 0)

    def test_the_table_is_written_between_its_marks(self):
        self.write("tests/mutants/rows.txt", "17 Figure 8\n46 locks\n")
        self.mutant("locks", EXCLUDED)
        marks = ("<!-- tools/mutants writes what follows -->\n",
                 "<!-- tools/mutants wrote what precedes -->\n")
        file = self.write("docs/fuzzing.md", f"before\n{marks[0]}old\n{marks[1]}after\n")
        for _ in range(2):
            self.expect(0, [], "--markdown", str(file))
            text = file.read_text()
            self.assertTrue(text.startswith("before\n") and text.endswith("after\n"), text)
            self.assertNotIn("old\n<", text)
            self.assertEqual(text.count("| lost | lost | replication | 7 | 2.5 | 3 |"), 1, text)
            self.assertIn("[figure-8](../tests/mutants/figure-8.toml)", text)
            self.assertIn("| 46 | locks (Jepsen) | there are no locks |", text)
            self.assertIn("seeds tried are 1 to 20000", text)
        other = self.root / "table.md"
        self.expect(0, [], "--markdown", str(other), "figure-8")
        self.assertIn("1 of 1 found by fuzzing", other.read_text())

    def test_a_file_without_the_marks_is_not_written_over(self):
        self.mutant("figure-8", find="mood=well", replace="mood=bad")
        file = self.write("docs/other.md", "what others wrote\n")
        self.expect(2, ["does not have the two lines"], "--markdown", str(file))
        self.assertEqual(file.read_text(), "what others wrote\n")


if __name__ == "__main__":
    unittest.main()
