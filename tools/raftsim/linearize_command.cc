// raftsim linearize: judges anybody's history.
#include <iostream>

#include "sim/check/foreign_history.h"
#include "sim/check/linearizability.h"
#include "tools/raftsim/commands.h"
#include "tools/raftsim/files.h"

namespace drydock::tools {

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

}  // namespace drydock::tools
