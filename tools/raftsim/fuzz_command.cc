// raftsim fuzz, raftsim merge.
#include <signal.h>

#include <iostream>
#include <utility>

#include "sim/fuzz/profile.h"
#include "tools/raftsim/commands.h"
#include "tools/raftsim/files.h"
#include "tools/raftsim/fuzz/fuzzer.h"
#include "tools/raftsim/fuzz/summary.h"

namespace drydock::tools {
namespace {

volatile sig_atomic_t interrupted = 0;
void NoteInterrupt(int) {
  interrupted = 1;
}

Result<sim::Profile> ReadProfile(const std::string& path) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 20;
  const Result<std::string> text = ReadFile(path, kLimit);
  if (!text.ok()) return text.error();
  return sim::ParseProfile(text.value(), path);
}

int Tell(const FuzzSummary& summary, const std::string& json, bool situations) {
  if (json == "-") {
    std::cout << JsonOf(summary);
  } else {
    std::cout << TextOf(summary, situations);
    if (!json.empty() && !WriteFile(json, JsonOf(summary))) return kBadInput;
  }
  return summary.failures.empty() ? kHeld : kBroken;
}

}  // namespace

int Fuzz(const FuzzFlags& flags) {
  Result<sim::Profile> profile = ReadProfile(flags.profile);
  if (!profile.ok()) {
    PrintError(profile.error().text);
    return kBadInput;
  }
  struct sigaction action {};
  action.sa_handler = NoteInterrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  Fuzzer fuzzer(flags, std::move(profile.value()), [] { return interrupted != 0; });
  return Tell(fuzzer.Run(), flags.json, flags.situations);
}

int MergeSummaries(const MergeFlags& flags) {
  constexpr std::uint64_t kLimit = std::uint64_t{64} << 20;
  std::vector<FuzzSummary> shards;
  for (const std::string& file : flags.files) {
    const Result<std::string> text = ReadFile(file, kLimit);
    Result<FuzzSummary> shard = text.ok() ? ReadSummary(text.value(), file) : text.error();
    if (!shard.ok()) {
      PrintError(shard.error().text);
      return kBadInput;
    }
    shards.push_back(std::move(shard.value()));
  }
  const Result<FuzzSummary> sum = Merge(shards);
  if (!sum.ok()) {
    PrintError(sum.error().text);
    return kBadInput;
  }
  return Tell(sum.value(), flags.json, flags.situations);
}

}  // namespace drydock::tools
