"""Copies of what a program is built from, in which a bug, or a later version, is put and taken out
again.

A copy has a build of its own: what an edit costs is the compilation of one file, or nothing when
ccache has seen it.
"""

import contextlib
import dataclasses
import os
import pathlib
import signal
import subprocess
import threading

import raftsim
from mutant_files import folder_of

ROOT = raftsim.ROOT
COMMON = ("CMakeLists.txt", "CMakePresets.json", "cmake", "core", "sim", "tools/raftsim")
BUILD_LIMIT = 3600  # s: beyond it a compiler hangs. Generous: the first build may begin with nothing


@dataclasses.dataclass(frozen=True)
class Program:
    """What is built: its target, what it is built from, and with which of CMake's options."""
    target: str
    sources: tuple
    options: tuple


SIMULATOR = Program("raftsim", COMMON, (
    "-DDRYDOCK_BUILD_NET=OFF", "-DDRYDOCK_BUILD_TESTS=OFF", "-DDRYDOCK_BUILD_VIEWER=OFF",
    "-DDRYDOCK_INSTALL=OFF",
    # An edit may well leave something unused.
    "-DDRYDOCK_WERROR=OFF"))
# With the options of the release build, as far as they are told to the compiler: then ccache has
# seen all that is not edited.
NODE = Program("raftd", (*COMMON, "net", "proto", "tools/load", "tools/raftd", "tools/raftctl",
                         "tools/rehearse", "tools/storebench"), (
    "-DDRYDOCK_BUILD_TESTS=OFF", "-DDRYDOCK_BUILD_VIEWER=OFF", "-DDRYDOCK_INSTALL=OFF"))


class Stopped(Exception):
    """By Ctrl-C."""


class Processes:
    """Runs commands, each in a process group of its own that can be ended as a whole."""

    def __init__(self):
        self._lock = threading.Lock()
        self._running = set()
        self._stopped = False

    def run(self, command, limit):
        """(exit code or None when it hung, stdout and stderr)."""
        with self._lock:
            if self._stopped:
                raise Stopped
            # pylint: disable-next=consider-using-with
            process = subprocess.Popen(
                [str(part) for part in command], cwd=ROOT, text=True, errors="replace",
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                process_group=0)
            self._running.add(process)
        try:
            output, _ = process.communicate(timeout=limit)
            code = process.returncode
        except subprocess.TimeoutExpired:
            self._signal(process, signal.SIGKILL)
            output, _ = process.communicate()
            code = None
        with self._lock:
            self._running.discard(process)
            if self._stopped:
                raise Stopped
        return code, output

    def stop(self):
        """Ends all that runs; nothing is begun any more."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                self._signal(process, signal.SIGTERM)

    @staticmethod
    def _signal(process, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)


def snapshot(program=SIMULATOR):
    """path from the root -> bytes, of everything that the program is built from."""
    files = {}
    for name in program.sources:
        place = ROOT / name
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    return files


class Tree:
    """A copy of the sources with a build of its own, used by one thread at a time."""

    def __init__(self, number, sources, processes, program=SIMULATOR, folder=None):
        self.folder = pathlib.Path(folder or folder_of(f"tree-{number}"))
        self._program = program
        self.build = self.folder / "build" / "release"
        self._sources = sources
        self._processes = processes
        self._configured = False

    def make(self, edits, target, at_once):
        """Builds the program with the edits (path -> text), at most so many compilers at once, and
        copies it to `target`; raises RunFailed if it does not build."""
        self._write({**self._sources, **{path: text.encode() for path, text in edits.items()}})
        if not self._configured:
            self._command("cmake", "-S", self.folder, "--preset", "release",
                          *self._program.options)
            self._configured = True
        self._command("cmake", "--build", self.build, "-j", at_once, "--target",
                      self._program.target, "--", "--quiet")
        # By another process: a program that this one has open for writing, if only in a child that
        # another thread just begins, cannot be started.
        self._command("cp", "--remove-destination", self.build / "bin" / self._program.target, target)

    def _write(self, files):
        """Makes the sources be `files`. What is the same is not touched, so that it is not built."""
        for name in self._program.sources:
            place = self.folder / name
            for path in place.rglob("*") if place.is_dir() else []:
                if path.is_file() and path.relative_to(self.folder).as_posix() not in files:
                    path.unlink()
        for name, content in files.items():
            path = self.folder / name
            if not path.is_file() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def _command(self, *command):
        code, output = self._processes.run(command, BUILD_LIMIT)
        if code is None:
            raise raftsim.RunFailed(f"it is still not built after {BUILD_LIMIT} s")
        if code:
            raise raftsim.RunFailed("it does not build:\n" + output[-3000:])
