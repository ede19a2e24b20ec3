#!/usr/bin/python3
"""tools/lib/tidy.py: what makes clang-tidy look at a source again."""

import importlib.util
import pathlib
import tempfile
import unittest

TIDY = pathlib.Path(__file__).resolve().parents[2] / "tools" / "lib" / "tidy.py"


class TreeTest(unittest.TestCase):

    def setUp(self):
        self.trees = []
        for _ in range(2):
            folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
            self.addCleanup(folder.cleanup)
            self.trees.append(pathlib.Path(folder.name).resolve())
            self.write(-1, "core/a.cc", '#include "core/a.h"\n#include <vector>\n')
            self.write(-1, "core/a.h", '  #  include "b.h"  // beside it\n')
            self.write(-1, "core/b.h", '#include "core/a.h"\nint b;\n')
            self.write(-1, "core/other.h", "int other;\n")

    def write(self, tree, name, text):
        path = self.trees[tree] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def mark(self, tree, flags="-O2"):
        spec = importlib.util.spec_from_file_location("tidy", TIDY)
        tidy = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(tidy)
        tidy.ROOT = self.trees[tree]
        return tidy.fingerprint("core/a.cc", f"g++ {flags} -I{self.trees[tree]}", b"")

    def test_two_checkouts_of_the_same_have_the_same_mark(self):
        self.assertEqual(self.mark(0), self.mark(1))

    def test_a_header_of_a_header_counts(self):
        before = self.mark(0)
        self.write(0, "core/b.h", '#include "core/a.h"\nlong b;\n')
        self.assertNotEqual(self.mark(0), before)

    def test_a_header_that_is_not_included_does_not_count(self):
        before = self.mark(0)
        self.write(0, "core/other.h", "long other;\n")
        self.assertEqual(self.mark(0), before)

    def test_the_compile_command_counts(self):
        self.assertNotEqual(self.mark(0), self.mark(0, "-O3"))


if __name__ == "__main__":
    unittest.main()
