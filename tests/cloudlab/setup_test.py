#!/usr/bin/python3
"""tools/cloudlab.d/setup on a small tree, with stand-ins for apt, cmake and the file system."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCKED = 'echo "E: Could not get lock /var/lib/dpkg/lock-frontend" >&2; exit 100'

# A build that makes the programs, and says how often it was asked.
CMAKE = """#!/usr/bin/env bash
echo "cmake $*" >> {calls}
{more}
[[ $1 == --build ]] || exit 0
mkdir -p "$2/bin"
touch "$2/bin/raftd" "$2/bin/raftctl"
chmod +x "$2/bin/raftd" "$2/bin/raftctl"
"""
# Nothing is installed until apt-get was there.
DPKG_QUERY = """#!/usr/bin/env bash
[[ -e {folder}/installed ]] || exit 1
shift 3
for package in "$@"; do printf 'ii %s ' "$package"; done
"""
APT_GET = """#!/usr/bin/env bash
echo "apt-get $*" >> {calls}
{more}
[[ $1 == install ]] && touch {folder}/installed
exit 0
"""


class SetupTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.home, self.log = self.folder / 'lib' / 'drydock', self.folder / 'setup.log'
        self.calls = self.folder / 'calls'
        self.tree = self.folder / 'repository'
        for part in ('tools/lib', 'tools/cloudlab.d'):
            shutil.copytree(ROOT / part, self.tree / part)
        (self.tree / 'CMakePresets.json').write_text('{}', encoding='ascii')
        self.stand_in('dpkg-query', DPKG_QUERY)
        self.stand_in('apt-get', APT_GET)
        self.stand_in('cmake', CMAKE)
        self.stand_in('sudo', '#!/bin/sh\nexec "$@"\n')
        self.stand_in('sleep', '#!/bin/sh\n')
        self.mounted(False)

    def stand_in(self, name, text, more=''):
        path = self.folder / 'bin' / name
        path.parent.mkdir(exist_ok=True)
        text = text.replace('{calls}', str(self.calls)).replace('{folder}', str(self.folder))
        path.write_text(text.replace('{more}', more), encoding='ascii')
        path.chmod(0o755)

    def mounted(self, is_mounted):
        self.stand_in('mountpoint', f'#!/bin/sh\nexit {0 if is_mounted else 1}\n')

    def run_setup(self, *arguments):
        return subprocess.run(
            [self.tree / 'tools/cloudlab.d/setup', '--home', self.home, '--log', self.log,
             *arguments], text=True, capture_output=True, check=False, timeout=60,
            env={**os.environ, 'PATH': f'{self.folder}/bin:{os.environ["PATH"]}'})

    def good(self, *arguments):
        result = self.run_setup(*arguments)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, '', ''),
                         self.log.read_text(encoding='utf-8'))

    def assert_fails(self, *words, arguments=()):
        result = self.run_setup(*arguments)
        self.assertEqual(result.returncode, 1, result.stderr)
        for word in (*words, str(self.log)):
            self.assertIn(word, result.stderr)
        self.assertIn('FAILED: ', self.last_line())

    def last_line(self):
        return self.log.read_text(encoding='utf-8').splitlines()[-1]

    def called(self):
        """What was asked of the stand-ins since the last time."""
        text = self.calls.read_text(encoding='ascii') if self.calls.exists() else ''
        self.calls.unlink(missing_ok=True)
        return text

    def test_the_first_run_installs_copies_and_builds(self):
        self.good()
        called = self.called()
        self.assertIn('apt-get install', called)
        self.assertIn(f'--build {self.home}/src/build/release', called)
        self.assertTrue((self.home / 'src/tools/lib/packages.sh').exists())
        self.assertIn(' DONE: ', self.last_line())

    def test_a_second_run_does_nothing(self):
        self.good()
        self.called()
        self.good()
        self.assertEqual(self.called(), '')
        self.assertIn('nothing to do', self.last_line())

    def test_new_source_is_built_and_not_replaced_by_the_profiles(self):
        self.good()
        self.called()
        (self.home / 'src/.source-id').write_text('pushed\n', encoding='ascii')
        self.good()
        self.assertIn('cmake --build', self.called())
        self.assertIn('building pushed', self.log.read_text(encoding='utf-8'))

    def test_pushed_source_takes_the_place_of_the_old_and_keeps_what_was_built(self):
        self.good()
        self.called()
        (self.home / 'src/deleted').touch()
        (self.tree / 'added').touch()
        (self.tree / '.source-id').write_text('pushed\n', encoding='ascii')
        self.good('--push')
        self.assertEqual(self.called(), '')
        self.assertIn('pushed is in', self.last_line())
        self.assertTrue((self.home / 'src/added').exists())
        self.assertFalse((self.home / 'src/deleted').exists())
        self.assertTrue((self.home / 'src/build/release/bin/raftd').exists())

    def test_pushed_source_that_is_older_than_what_was_built_is_built_all_the_same(self):
        was, now = self.tree / 'changed', self.home / 'src/changed'
        kept = self.home / 'src/CMakePresets.json'
        was.touch()
        self.good()
        built = (self.home / 'src/build/release/bin/raftd').stat().st_mtime_ns
        before = kept.stat().st_mtime_ns
        # As from a clone that is older than the machine, or from another one.
        was.write_text('more', encoding='ascii')
        for name in ('changed', 'added', 'CMakePresets.json'):
            (self.tree / name).touch()
            os.utime(self.tree / name, (1, 1))
        self.good('--push')
        for path in (now, self.home / 'src/added'):
            self.assertGreater(path.stat().st_mtime_ns, built, path)
        self.assertEqual(kept.stat().st_mtime_ns, before, 'it would be built again for nothing')

    def test_it_waits_while_others_use_apt(self):
        locked_twice = f'count=$(wc -l < {self.calls}); ((count > 2)) || {{ {LOCKED}; }}'
        self.stand_in('apt-get', APT_GET, locked_twice)
        self.good()
        self.assertIn('waiting for it', self.log.read_text(encoding='utf-8'))

    def test_packages_that_cannot_be_had_are_the_reason(self):
        self.stand_in('apt-get', APT_GET, 'echo "E: Unable to locate package g++"; exit 100')
        self.assert_fails('packages could not be installed')
        self.assertIn('Unable to locate', self.log.read_text(encoding='utf-8'))

    def test_a_build_that_fails_is_the_reason_and_is_tried_again(self):
        self.stand_in('cmake', CMAKE, 'echo "out of memory"; exit 2')
        self.assert_fails('the build failed')
        self.assertIn('out of memory', self.log.read_text(encoding='utf-8'))
        self.stand_in('cmake', CMAKE)
        self.good()

    def test_the_data_goes_to_the_large_file_system(self):
        self.mounted(True)
        self.good('--data-fs', str(self.folder / 'mydata'))
        self.assertEqual(self.home.resolve(), self.folder.resolve() / 'mydata' / 'drydock')
        self.good('--data-fs', str(self.folder / 'mydata'))

    def test_a_large_file_system_that_is_not_there_is_the_reason(self):
        self.assert_fails('/mydata', '--data-fs none', arguments=('--data-fs', '/mydata'))
        self.assertFalse(self.home.exists())
        self.good('--data-fs', 'none')

    def test_two_at_once_do_one_after_the_other(self):
        results = []
        threads = [threading.Thread(target=lambda: results.append(self.run_setup().returncode))
                   for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [0, 0])
        self.assertEqual(self.called().count('cmake --build'), 1)

    def test_bad_usage_and_a_log_that_cannot_be_written(self):
        for arguments in (['--fast'], ['--home']):
            result = subprocess.run([self.tree / 'tools/cloudlab.d/setup', *arguments], text=True,
                                    capture_output=True, check=False)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn('--help', result.stderr)
        result = self.run_setup('--log', '/proc/none/setup.log')
        self.assertEqual(result.returncode, 1)
        self.assertIn('run it as root', result.stderr)


if __name__ == '__main__':
    unittest.main(verbosity=2)
