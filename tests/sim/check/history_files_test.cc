#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "sim/check/foreign_history.h"
#include "sim/check/linearizability.h"

namespace drydock::sim {
namespace {

namespace fs = std::filesystem;

std::string Contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<fs::path> FilesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

HistoryFormat FormatOf(const fs::path& path) {
  const std::map<std::string, HistoryFormat> formats = {{".jsonl", HistoryFormat::kDrydock},
                                                        {".log", HistoryFormat::kJepsenLog},
                                                        {".edn", HistoryFormat::kEdn},
                                                        {".txt", HistoryFormat::kPorcupine}};
  return formats.at(path.extension().string());
}

void CheckFile(const fs::path& path, Judgement expected) {
  CAPTURE(path.string());
  const Result<History> history = ReadHistory(FormatOf(path), Contents(path));
  REQUIRE_MESSAGE(history.ok(), (history.ok() ? "" : history.error().text));
  REQUIRE_FALSE(history.value().ops.empty());
  const Verdict verdict = Judge(history.value());
  CHECK(NameOf(verdict.judgement) == NameOf(expected));
  CHECK(verdict.conflict.has_value() == (expected == Judgement::kNotLinearizable));
  // In our own format it is the same history.
  const Result<History> again = ReadHistory(HistoryFormat::kDrydock, WriteHistory(history.value()));
  REQUIRE(again.ok());
  CHECK(WriteHistory(again.value()) == WriteHistory(history.value()));
  CHECK(Judge(again.value()).judgement == expected);
}

}  // namespace

TEST_CASE("each committed history is judged as its name says") {
  std::size_t count = 0;
  for (const fs::path& path : FilesIn("tests/data/histories")) {
    const bool good = path.filename().string().starts_with("ok-");
    REQUIRE((good || path.filename().string().starts_with("bad-")));
    CheckFile(path, good ? Judgement::kLinearizable : Judgement::kNotLinearizable);
    ++count;
  }
  CHECK(count >= 10);
}

TEST_CASE("all 103 histories of Porcupine and Knossos are judged as published") {
  const char* folder = std::getenv("DRYDOCK_ORACLES");
  if (folder == nullptr || !fs::exists(folder)) {
    MESSAGE("skipped: DRYDOCK_ORACLES does not name the folder with porcupine/ and knossos/");
    return;
  }
  const fs::path root(folder);
  std::size_t count = 0;
  std::ifstream table(root / "porcupine" / "expected.tsv");
  for (std::string path, verdict; table >> path >> verdict; ++count) {
    CheckFile(root / path,
              verdict == "linearizable" ? Judgement::kLinearizable : Judgement::kNotLinearizable);
  }
  for (const bool good : {true, false}) {
    for (const fs::path& path : FilesIn(root / "knossos/cas-register" / (good ? "good" : "bad"))) {
      CheckFile(path, good ? Judgement::kLinearizable : Judgement::kNotLinearizable);
      ++count;
    }
  }
  CHECK(count == 103);
}

}  // namespace drydock::sim
