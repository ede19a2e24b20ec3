#!/usr/bin/python3
"""The workflow for GitHub Actions: valid YAML, of the shape GitHub wants, calling what exists."""

import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / '.github/workflows').glob('*.yml'))
OF_THE_SYSTEM = {'apt-get', 'git'}
VALUES = {'github.run_number': '7', 'matrix.shard': '1'}


def filled(text):
    """As the runner fills it in; what it does not know is an error."""
    return re.sub(r'\$\{\{ *([^}]*?) *\}\}', lambda found: VALUES[found.group(1)], text)


class WorkflowTest(unittest.TestCase):

    def setUp(self):
        self.assertTrue(WORKFLOWS)
        self.jobs = [job for path in WORKFLOWS
                     for job in yaml.safe_load(path.read_text(encoding='utf-8'))['jobs'].values()]
        self.steps = [step for job in self.jobs for step in job['steps']]

    def commands(self):
        """All that is run, as words."""
        for step in self.steps:
            for line in re.split(r'&&|\n', filled(step.get('run', ''))):
                if line.strip():
                    yield shlex.split(line, comments=True)

    def test_it_has_the_shape_that_GitHub_wants(self):
        for path in WORKFLOWS:
            workflow = yaml.safe_load(path.read_text(encoding='utf-8'))
            # YAML 1.1 takes `on` for true.
            self.assertEqual(set(workflow), {'name', True, 'permissions', 'concurrency', 'jobs'})
        for job in self.jobs:
            self.assertLessEqual({'runs-on', 'steps', 'timeout-minutes'}, set(job))
        for step in self.steps:
            self.assertEqual(len({'run', 'uses'} & set(step)), 1, step)
            self.assertRegex(step.get('uses', 'actions/checkout@v4'), r'^[\w-]+/[\w-]+@v\d+$')

    def test_commands_and_their_options_exist(self):
        for words in self.commands():
            program = words[0]
            if program in OF_THE_SYSTEM:
                continue
            path = ROOT / program
            self.assertTrue(os.access(path, os.X_OK), f'there is no {program}')
            command = words[1:2] if path.name == 'raftsim' else []
            told = subprocess.run([path, *command, '--help'], text=True, check=True,
                                  capture_output=True).stdout
            for word in words[1:]:
                if word.startswith('--'):
                    self.assertIn(word, told, words)
                elif word.startswith('scenarios/'):
                    self.assertTrue((ROOT / word).exists(), word)

    def test_every_check_is_run_and_the_fuzzer_plays(self):
        self.assertIn(['tools/test'], list(self.commands()))
        fuzz = [words for words in self.commands() if words[1:2] == ['fuzz']]
        self.assertEqual(len(fuzz), 1)
        words = fuzz[0]
        words[words.index('--for') + 1] = '1s'
        words[0], words[2] = ROOT / words[0], ROOT / words[2]
        with tempfile.TemporaryDirectory() as folder:
            played = subprocess.run(words, cwd=folder, text=True, check=False, capture_output=True)
            self.assertEqual(played.returncode, 0, played)
            self.assertTrue((pathlib.Path(folder) / 'fuzz.json').exists())


if __name__ == '__main__':
    unittest.main()
