// raftsim linearize: judges anybody's history.
#include <iostream>
#include <memory>

#include "sim/check/foreign_history.h"
#include "sim/check/linearizability.h"
#include "tools/raftsim/commands.h"
#include "tools/raftsim/files.h"

namespace drydock::tools {
namespace {

struct LinearizeFlags {
  std::string file;
  std::string format = "drydock";
};

int Linearize(const LinearizeFlags& flags) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 30;
  const std::optional<sim::HistoryFormat> format = sim::HistoryFormatNamed(flags.format);
  const Result<std::string> text = ReadFile(flags.file, kLimit);
  if (!text.ok()) {
    PrintError(text.error().text);
    return kBadInput;
  }
  const Result<sim::History> history = sim::ReadHistory(*format, text.value());
  if (!history.ok()) {
    PrintError(flags.file + ": " + history.error().text);
    return kBadInput;
  }
  if (history.value().ops.empty()) {
    PrintError(flags.file + ": there is no operation in it; is --format " + flags.format +
               " right?");
    return kBadInput;
  }
  const sim::Verdict verdict = sim::Judge(history.value());
  std::cout << sim::Describe(verdict, history.value());
  switch (verdict.judgement) {
    case sim::Judgement::kLinearizable:
      return kHeld;
    case sim::Judgement::kNotLinearizable:
      return kBroken;
    case sim::Judgement::kUndecided:
      return kUndecided;
  }
  return kBadInput;
}

}  // namespace

std::function<int()> AddLinearize(CLI::App& app) {
  auto flags = std::make_shared<LinearizeFlags>();
  CLI::App* linearize = app.add_subcommand("linearize", "Judge whether a history is linearizable");
  linearize->add_option("FILE", flags->file, "The history")->required();
  linearize->add_option("--format", flags->format, "How it is written")
      ->check(CLI::IsMember({"drydock", "jepsen-log", "edn", "porcupine"}))
      ->capture_default_str();
  linearize->footer(
      "Exit code: 0 linearizable, 1 not linearizable, 3 undecided, 2 bad input.\n"
      "Example:\n  raftsim linearize jepsen.log --format jepsen-log");
  return [flags] { return Linearize(*flags); };
}

}  // namespace drydock::tools
