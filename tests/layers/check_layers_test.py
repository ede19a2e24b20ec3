#!/usr/bin/python3
"""The test of the layering test: each breach is caught, with its file, line and rule."""

import concurrent.futures
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).with_name("check_layers.py")
ONE_DEFINITION = pathlib.Path(__file__).with_name("check_one_definition.py")

# path, source, line of the breach, its rule, a word that the message must say
BREACHES = [
    # Layers.
    ("core/base/a.h", '#include "core/protocol/entry.h"', 1, "layer", "core/protocol/entry.h"),
    ("core/protocol/a.h", '#pragma once\n#include "core/raft/log.h"', 2, "layer", "core/raft/log.h"),
    ("core/raft/a.cc", '#include "core/kv/kv_store.h"', 1, "layer", "core/kv"),
    ("core/raft/a.cc", '#include "core/storage/disk.h"', 1, "layer", "core/storage"),
    ("core/raft/deep/a.cc", '#include "core/node/node.h"', 1, "layer", "core/node"),
    ("core/kv/a.cc", '#include "core/raft/log.h"', 1, "layer", "core/raft/log.h"),
    ("core/storage/a.cc", '#include "core/raft/raft.h"', 1, "layer", "core/raft/raft.h"),
    ("core/storage/a.cc", '#include "core/kv/kv_store.h"', 1, "layer", "core/kv"),
    ("core/node/a.cc", '#include "core/text/render.h"', 1, "layer", "core/text"),
    ("core/node/a.cc", '#include "sim/decisions.h"', 1, "layer", "sim/decisions.h"),
    ("core/text/a.cc", '#include "sim/decisions.h"', 1, "layer", "sim/decisions.h"),
    ("sim/a.cc", '#include "net/codec.h"', 1, "layer", "net/codec.h"),
    ("net/a.cc", '#include "sim/decisions.h"', 1, "layer", "sim/decisions.h"),
    ("net/a.cc", '#include "tools/raftd/main.h"', 1, "layer", "tools/raftd"),
    ("tools/raftsim/a.cc", '#include "net/codec.h"', 1, "layer", "net/codec.h"),
    ("tools/raftsim/a.cc", "#include <grpcpp/grpcpp.h>", 1, "layer", "grpc"),
    ("core/raft/a.cc", '#include "raft.h"', 1, "layer", "raft.h"),
    ("core/raft/a.cc", "#include <core/kv/kv_store.h>", 1, "layer", "in quotes"),
    ("core/raft/a.cc", "  #  include  <sim/decisions.h>  // why not", 1, "layer", "in quotes"),
    # Headers.
    *[("core/raft/a.cc", f"#include <vector>\n\n#include <{header}>", 3, "header", header)
      for header in ("thread", "mutex", "chrono", "random", "unordered_map", "unordered_set",
                     "iostream", "fstream", "ctime", "cmath", "atomic", "cstdio", "cstdlib",
                     "ostream", "unistd.h", "boost/crc.hpp", "nlohmann/json.hpp",
                     "CLI/CLI.hpp")],
    *[("sim/a.cc", f"#include <{header}>", 1, "header", header)
      for header in ("iostream", "fstream", "chrono", "random", "unordered_map", "thread", "cmath",
                     "CLI/CLI.hpp", "grpcpp/grpcpp.h")],
    ("core/text/a.cc", "#include <fstream>", 1, "header", "fstream"),
    # Words.
    ("core/raft/a.cc", "int a;\ndouble b;", 2, "floating-point", "double"),
    ("sim/a.cc", "float b();", 1, "floating-point", "float"),
    ("sim/a.cc", "auto b = 0.5;", 1, "floating-point", "0.5"),
    ("sim/a.cc", "auto b = 1e9;", 1, "floating-point", "1e9"),
    ("sim/a.cc", 'auto a = "it\'s";\nauto b = .5;', 2, "floating-point", ".5"),
    ("sim/a.cc", "/* a\n b */ std::unordered_map<int, int> m;", 2, "unordered", "unordered_map"),
    ("sim/a.cc", "std::map<const Node*, int> m;", 1, "address", "Node"),
    ("sim/a.cc", "auto a = reinterpret_cast<std::uintptr_t>(p);", 1, "address", "uintptr_t"),
    ("core/kv/a.cc", "std::hash<int> h;", 1, "std-hash", "std::hash"),
    ("sim/a.cc", "auto t = std::chrono::steady_clock::now();", 1, "clock", "std::chrono"),
    ("core/raft/a.cc", "thread_local int t;", 1, "threads", "thread_local"),
    ("core/raft/a.cc", "try {\n} catch (...) {\n}", 2, "catch", "core never catches"),
    ("core/raft/a.cc", 'auto a = R"(" // )"; double b;', 1, "floating-point", "double"),
    ("core/raft/a.cc", "auto a = '\"'; double b;", 1, "floating-point", "double"),
    ("core/raft/a.cc", "auto a = 1'000'000; double b;", 1, "floating-point", "double"),
]

# path, source: what must pass.
LAWFUL = [
    ("core/base/bytes.h", "#include <atomic>"),
    ("core/storage/a.cc", '#include "core/raft/log.h"\n#include "core/raft/mutation.h"'),
    ("core/node/a.cc", '#include "core/kv/kv_store.h"\n#include "core/storage/disk.h"'),
    ("core/text/a.cc", '#include <nlohmann/json.hpp>\n#include "core/node/node.h"'),
    ("core/text/a.cc", "try { } catch (const std::exception&) { }"),
    ("sim/a.cc", '#include <nlohmann/json.hpp>\n#include <ostream>\n#include "core/text/a.h"'),
    ("tools/raftsim/a.cc", '#include <chrono>\n#include <fstream>\n#include "sim/decisions.h"'),
    ("tools/raftctl/a.cc", '#include "net/client.h"\n#include "sim/decisions.h"'),
    ("tests/core/a_test.cc", "#include <thread>\ndouble d = 0.5;"),
    ("core/raft/a.cc", "// a double vote, 0.5 s, <thread>\n/* #include <thread>\n float */"),
    ("core/raft/a.cc", 'auto a = "double 0.5 std::hash";'),
    ("core/raft/a.cc", 'auto a = R"x(double "0.5" )" )x";'),
    ("core/raft/a.cc", "auto a = 1'000'000; auto b = 0x1e9; auto c = list.size(); auto d = v1.e2;"),
    ("core/raft/a.cc", "std::map<NodeId, const Peer*> peers;"),
]

# source of a library's only member, the rule, a word that the message must say
SYMBOL_BREACHES = [
    ("#include <chrono>\nlong F() { return std::chrono::steady_clock::now().time_since_epoch()"
     ".count(); }", "clock", "steady_clock::now"),
    ("#include <ctime>\nlong F() { return std::time(nullptr); }", "clock", "time"),
    ("#include <ctime>\nint F() { timespec t; return clock_gettime(0, &t); }", "clock",
     "clock_gettime"),
    ("#include <cstdlib>\nint F() { return std::rand(); }", "random", "rand"),
    ("#include <random>\nunsigned F() { return std::random_device{}(); }", "random",
     "random_device"),
    ("#include <thread>\nvoid F() { std::thread([] {}).join(); }", "threads", "std::thread"),
    ("#include <cstdio>\nvoid* F() { return std::fopen(\"a\", \"r\"); }", "input-output", "fopen"),
    ("#include <fcntl.h>\nint F() { return open(\"a\", 0); }", "input-output", "open"),
    ("#include <iostream>\nvoid F() { std::cout << 1; }", "input-output", "std::cout"),
    ("#include <cstdlib>\nchar* F() { return std::getenv(\"A\"); }", "environment", "getenv"),
    ("#include <string>\n#include <unordered_map>\nint F(std::string s) { std::unordered_map<"
     "std::string, int> m; return m[s]; }", "unordered", "_Prime_rehash_policy"),
    ("#include <cstdlib>\nbool F(const char* s) { return strtod(s, nullptr) > 1; }",
     "floating-point", "strtod"),
    ("int counter = 7;\nint F() { return ++counter; }", "global-state", "counter"),
    ("int counter;\nint F() { return ++counter; }", "global-state", "counter"),
    ("int F() { static int counter = 7; return ++counter; }", "global-state", "counter"),
]
CLEAN = ("#include <map>\n#include <memory>\n#include <stdexcept>\n#include <string>\n"
         "static const char* const kNames[] = {\"a\", \"b\"};\n"
         "const char* const* Names() { return kNames; }\n"
         "struct A { virtual ~A(); virtual int Time(); };\nA::~A() {}\nint A::Time() { return 1; }\n"
         "std::string F(std::map<std::string, std::shared_ptr<A>> m) {\n"
         "  if (m.empty()) throw std::logic_error(\"empty\");\n  return m.begin()->first; }\n")


def run(*arguments):
    result = subprocess.run([sys.executable, str(CHECK), *map(str, arguments)], text=True,
                            check=False, capture_output=True)
    return result.returncode, result.stdout + result.stderr


def check_tree(path, source):
    with tempfile.TemporaryDirectory() as root:
        file = pathlib.Path(root, path)
        file.parent.mkdir(parents=True)
        file.write_text(source + "\n")
        return run("--root", root)


def compiled(source, object_file):
    subprocess.run(["g++", "-std=c++20", "-O1", "-fPIE", "-x", "c++", "-", "-c", "-o", object_file],
                   input=source, text=True, check=True)
    return object_file


class Libraries:
    """Builds small libraries in the place of the real ones, and checks them."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.clean = compiled(CLEAN, self.root / "clean.o")

    def check(self, source):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            member = compiled(source, folder / "a.o")
            for short, file in (("core", member), ("text", self.clean), ("sim", self.clean)):
                subprocess.run(["ar", "rcs", folder / f"libdrydock_{short}.a", file], check=True)
            return run("--libraries", folder)


class CheckLayersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.libraries = Libraries()
        cls.addClassCleanup(cls.libraries.folder.cleanup)

    def test_each_breach_is_caught_with_file_line_and_rule(self):
        for path, source, line, rule, word in BREACHES:
            with self.subTest(path=path, source=source):
                code, output = check_tree(path, source)
                self.assertEqual(code, 1, output)
                self.assertEqual(len(output.splitlines()), 1, output)
                self.assertIn(f"{path}:{line}: [{rule}] ", output)
                self.assertIn(word, output)

    def test_what_is_lawful_passes(self):
        for path, source in LAWFUL:
            with self.subTest(path=path, source=source):
                code, output = check_tree(path, source)
                self.assertEqual(code, 0, output)

    def test_two_breaches_in_a_file_are_two_lines_in_order(self):
        _, output = check_tree("core/kv/a.cc", "#include <thread>\nfloat a;\n")
        self.assertEqual([line.split(" ")[0] for line in output.splitlines()],
                         ["core/kv/a.cc:1:", "core/kv/a.cc:2:"])

    def test_an_empty_tree_is_not_taken_for_a_clean_one(self):
        with tempfile.TemporaryDirectory() as root:
            self.assertEqual(run("--root", root)[0], 1)

    def test_each_forbidden_symbol_is_caught_with_its_member(self):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(self.libraries.check, [case[0] for case in SYMBOL_BREACHES]))
        for (source, rule, word), (code, output) in zip(SYMBOL_BREACHES, results):
            with self.subTest(source=source):
                self.assertEqual(code, 1, output)
                self.assertIn(f"libdrydock_core.a(a.o): [{rule}] ", output)
                self.assertIn(word, output)

    def test_a_clean_library_passes(self):
        code, output = self.libraries.check(CLEAN)
        self.assertEqual(code, 0, output)

    def test_a_library_that_is_not_there_is_a_breach(self):
        with tempfile.TemporaryDirectory() as root:
            code, output = run("--libraries", root)
            self.assertEqual(code, 1)
            self.assertIn("libdrydock_core.a: [missing]", output)


class OneDefinition(unittest.TestCase):
    """Files of a tree, and whether two of their classes are one to the linker."""

    def check(self, **files):
        with tempfile.TemporaryDirectory() as root:
            for name, source in files.items():
                file = pathlib.Path(root, name.replace("__", "/") + ".h")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(source + "\n", encoding="utf-8")
            result = subprocess.run([sys.executable, str(ONE_DEFINITION), "--root", root],
                                    text=True, check=False, capture_output=True)
            return result.returncode, result.stdout + result.stderr

    def test_two_classes_of_one_name_are_caught_with_both_places(self):
        source = "namespace drydock::sim {\nclass Dice {\n};\n}  // namespace drydock::sim"
        code, output = self.check(sim__dice=source, tests__sim__dice=source)
        self.assertEqual(code, 1)
        self.assertTrue(output.startswith("tests/sim/dice.h:2: [one-definition] "), output)
        self.assertIn("sim/dice.h:2", output)

    def test_what_never_meets_passes(self):
        code, output = self.check(
            sim__a="namespace drydock::sim {\nclass Dice;\nclass Dice final : Die {\n};\n"
                   "}  // namespace drydock::sim",
            sim__b="namespace drydock::sim {\nnamespace {\nstruct Dice {\n};\n}  // namespace\n"
                   "}  // namespace drydock::sim",
            sim__c="namespace drydock::sim {\nclass Dice::Cup : Part {\n};\n"
                   "}  // namespace drydock::sim",
            net__a="namespace drydock::net {\nclass Dice {\n};\n}  // namespace drydock::net",
            tools__a__b="struct Dice {\n};", tools__c__b="struct Dice {\n};")
        self.assertEqual(code, 0, output)


if __name__ == "__main__":
    unittest.main()
