// Scenario files (scenarios/schema/scenario.schema.json): JSON in, a Scenario or one clear error
// out.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/text/fields.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// Errors are one line with file, place and what was expected:
//   FILE:4:31: /events/3/node: unknown node "n7"; this scenario has n0 to n4
Result<Scenario> ParseScenario(std::string_view text, const std::string& file_name);

// The "name" of a file, which must have one: a-z, 0-9 and -, as it becomes part of a file's name.
inline constexpr std::size_t kLongestName = 63;
std::string ReadName(const Fields& fields, std::size_t longest);

// What the log's segments hold in a scenario that does not say: small, so that runs cross segments.
inline constexpr std::uint64_t kScenarioSegmentBytes = std::uint64_t{1} << 20;
inline constexpr std::uint32_t kMaxNodes = 15;

// The keys that the parser accepts in each kind of object, by the name it has in messages: lets a
// test compare them with the schema.
struct AcceptedKeys {
  std::string object;
  std::span<const std::string_view> keys;
};
std::vector<AcceptedKeys> AllAcceptedKeys();

}  // namespace drydock::sim
