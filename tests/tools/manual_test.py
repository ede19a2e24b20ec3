#!/usr/bin/python3
"""The man pages and the completion for bash and zsh tell what the programs' --help tells: every
command and option, and none beside."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from completion_shells import Bash, Zsh

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get('DRYDOCK_BIN') or ROOT / 'build/release/bin').resolve()
PAGES = {'raftd': 'raftd.8', 'raftctl': 'raftctl.1', 'raftsim': 'raftsim.1'}


def help_of(*words):
    return subprocess.run([BIN / words[0], *words[1:], '--help'], text=True, check=True,
                          capture_output=True).stdout


def section(text, title):
    """The first words of the entries of a section of a help."""
    found = re.search(rf'^{title}:\n((?:  .*\n)*)', text, re.MULTILINE)
    return re.findall(r'^  (\S+)', found.group(1), re.MULTILINE) if found else []


def options(text):
    """All names: -h,--help is two of them."""
    return {name for entry in section(text, 'Options')
            for name in entry.partition('{')[0].split(',')}


def lines_to_complete():
    """(what is typed, the help of it) for each program and each of its commands"""
    for program in PAGES:
        top = help_of(program)
        yield program, top
        for command in section(top, 'Subcommands'):
            yield f'{program} {command}', help_of(program, command)


class ManualTest(unittest.TestCase):
    maxDiff = None

    def test_nothing_is_out_of_date(self):
        result = subprocess.run([ROOT / 'tools/manual', '--check', '--bin', BIN], text=True,
                                check=False, capture_output=True)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, '', ''))

    def test_what_is_out_of_date_is_told_and_a_program_that_is_not_there_too(self):
        with tempfile.TemporaryDirectory() as folder:
            for program in PAGES:
                fake = pathlib.Path(folder) / program
                fake.write_text(f'#!/bin/sh\nprintf "{program} is new.\\nUsage: {program}\\n"\n')
                fake.chmod(0o755)
            result = subprocess.run([ROOT / 'tools/manual', '--check', '--bin', folder], text=True,
                                    check=False, capture_output=True)
            self.assertEqual(result.returncode, 1, result)
            self.assertIn('packaging/man/raftd.8: is out of date', result.stdout)
            fake.unlink()
            result = subprocess.run([ROOT / 'tools/manual', '--check', '--bin', folder], text=True,
                                    check=False, capture_output=True)
            self.assertEqual(result.returncode, 2, result)
            self.assertIn('build the programs first', result.stderr)

    def test_man_pages_tell_every_command_and_option_and_none_beside(self):
        for program, page in PAGES.items():
            text = (ROOT / 'packaging/man' / page).read_text().replace('\\-', '-')
            told = re.findall(r'^\.TP\n(\\fB-.*)$', text, re.MULTILINE)
            found = {name for line in told for name in re.findall(r'\\fB(-[\w-]+)', line)}
            top = help_of(program)
            commands = section(top, 'Subcommands')
            wanted = options(top).union(*(options(help_of(program, each)) for each in commands))
            self.assertEqual(found, wanted, program)
            self.assertEqual(re.findall(rf'^\.SS {program} (\S+)', text, re.MULTILINE), commands)

    def test_man_pages_can_be_read(self):
        for page in PAGES.values():
            result = subprocess.run(['groff', '-man', '-ww', '-z', '-Tutf8',
                                     ROOT / 'packaging/man' / page],
                                    text=True, check=False, capture_output=True)
            self.assertEqual((result.returncode, result.stderr), (0, ''), page)


class CompletionTest(unittest.TestCase):
    """What both shells complete."""
    maxDiff = None

    def setUp(self):
        self.shells = [Bash(), Zsh()]
        for shell in self.shells:
            self.addCleanup(shell.close)

    def completes(self, line, words, folder=ROOT):
        for shell in self.shells:
            found = {word.replace('\\', '') for word in shell.complete(line, folder)}
            self.assertEqual(found, set(words), (type(shell).__name__, line))

    def test_every_command_is_completed_and_none_beside(self):
        self.completes('raftctl ', section(help_of('raftctl'), 'Subcommands'))
        self.completes('raftsim ', section(help_of('raftsim'), 'Subcommands'))
        self.completes('raftsim s', ['shrink'])

    def test_every_option_is_completed_and_none_beside(self):
        # Those of raftctl itself may stand behind its commands, too.
        common = options(help_of('raftctl'))
        for line, told in lines_to_complete():
            wanted = options(told) | (common if line.startswith('raftctl ') else set())
            self.completes(line + ' -', wanted)

    def test_values_of_which_there_are_few_are_completed(self):
        self.completes('raftctl get --consistency ', ['linearizable', 'lease', 'stale'])
        self.completes('raftctl get --consistency l', ['linearizable', 'lease'])
        self.completes('raftctl status --output ', ['plain', 'json'])
        self.completes('raftctl members ', ['add', 'remove', 'promote', 'demote', 'replace'])
        self.completes('raftctl --timeout 5s members r', ['remove', 'replace'])
        self.completes('raftd --log-level ', ['error', 'warning', 'info', 'debug'])

    def test_scenario_files_are_completed_and_other_files_are_not(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ('a.json', 'b c.json', 'notes.txt'):
                (pathlib.Path(folder) / name).touch()
            (pathlib.Path(folder) / 'paper').mkdir()
            wanted = ['a.json', 'b c.json', 'paper']
            for line in ('raftsim run ', 'raftsim run --json ', 'raftsim check ', 'raftsim fuzz ',
                         'raftsim check a.json ', 'raftsim run --seed 7 ', 'raftd --config ',
                         'raftctl get --config '):
                self.completes(line, wanted, folder)
            self.completes('raftsim run --trace ', ['a.json', 'b c.json', 'notes.txt', 'paper'],
                           folder)
            self.completes('raftd --data ', ['paper'], folder)

    def test_what_nobody_knows_is_left_to_the_user(self):
        for line in ('raftctl get ', 'raftctl --endpoints ', 'raftd --id ', 'raftctl nonsense '):
            self.completes(line, [])


if __name__ == '__main__':
    unittest.main()
