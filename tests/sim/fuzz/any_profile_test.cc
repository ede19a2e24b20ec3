// Profiles as no file of ours has them: at both ends of all that the parser takes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/fuzz/dice.h"
#include "sim/fuzz/generate.h"
#include "sim/fuzz/mutate.h"
#include "sim/fuzz/profile.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/write.h"

namespace drydock::sim {
namespace {

// Shuffled: what comes later may undo what came first.
std::string SomeWords(Dice& dice, std::size_t count, const std::string_view* names) {
  std::vector<std::string> all(names, names + count);
  std::string text;
  const std::uint64_t taken = dice.From({0, count});
  for (std::uint64_t i = 0; i < taken; ++i) {
    const auto at = all.begin() + static_cast<std::ptrdiff_t>(dice.Below(all.size()));
    text += (text.empty() ? "\"" : ", \"") + *at + "\"";
    all.erase(at);
  }
  return "[" + text + "]";
}

std::string Counts(Dice& dice, std::uint64_t least, std::uint64_t most) {
  const auto one = [&] {
    return dice.OneIn(3) ? least : dice.OneIn(4) ? most : dice.From({least, most});
  };
  const std::uint64_t first = one(), second = one();
  return "[" + std::to_string(std::min(first, second)) + ", " +
         std::to_string(std::max(first, second)) + "]";
}

std::string Times(Dice& dice, std::vector<std::uint64_t> nanoseconds) {
  const std::uint64_t first = dice.OneOf(nanoseconds), second = dice.OneOf(nanoseconds);
  return "[\"" + std::to_string(std::min(first, second)) + "ns\", \"" +
         std::to_string(std::max(first, second)) + "ns\"]";
}

std::string AnyProfile(Dice& dice) {
  const std::uint64_t most = dice.OneOf<std::uint64_t>({1, 5, 60});
  return R"({"version": 1, "name": "any", "nodes": )" + Counts(dice, 1, 9) +
         R"(, "spare_nodes": )" + (dice.OneIn(2) ? "true" : "false") + R"(, "fault_phase": )" +
         Times(dice, {10'000'000, 10'999'999, 250'000'000, 1'509'000'000, 1'511'000'000,
                      4'569'000'000, 3'600'000'000'000}) +
         R"(, "quiet_phase": ")" + dice.OneOf<std::string>({"3s", "3000000001ns", "9s"}) +
         R"(", "faults": )" + Counts(dice, 0, most) + R"(, "kinds": )" +
         SomeWords(dice, kFaultKinds, kFaultKindNames.data()) + R"(, "variations": )" +
         SomeWords(dice, kVariations, kVariationNames.data()) + R"(, "trials": )" +
         SomeWords(dice, kTrials, kTrialNames.data()) + R"(, "clients": )" + Counts(dice, 1, 100) +
         R"(, "think_time": )" + Times(dice, {0, 1, 999'999, 1'000'000, 3'600'000'000'000}) +
         R"(, "keys": )" + Counts(dice, 1, 1000) + R"(, "value_bytes": )" +
         Counts(dice, 1, 1 << 20) + "}";
}

void CheckIsRead(const Scenario& scenario, const std::string& profile) {
  const std::string written = WriteScenario(scenario);
  const Result<Scenario> read = ParseScenario(written, "drawn.json");
  REQUIRE_MESSAGE(read.ok(), read.error().text << "\n" << profile << "\n" << written);
  CHECK_MESSAGE(read.value() == scenario, profile << "\n" << written);
}

}  // namespace

TEST_CASE("whatever a profile says, what is drawn from it is a scenario that can be read") {
  Dice dice(1);
  for (int i = 0; i < 200; ++i) {
    const std::string text = AnyProfile(dice);
    const Result<Profile> profile = ParseProfile(text, "any.json");
    REQUIRE_MESSAGE(profile.ok(), profile.error().text);
    Scenario parent = Generate(profile.value(), 0);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const Scenario drawn = Generate(profile.value(), seed);
      CheckIsRead(drawn, text);
      parent = Mutate(parent, drawn, profile.value(), seed);
      CheckIsRead(parent, text);
    }
  }
}

}  // namespace drydock::sim
