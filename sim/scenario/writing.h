// What the parts of the scenario writer share; for sim/scenario/write*.cc only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

std::string WriteText(std::string_view text);
std::string WriteTime(Duration duration);
std::string WriteProbability(Probability probability);
std::string WriteTargets(const Targets& targets);
std::string WriteLatency(const Latency& latency);
std::string WriteNetwork(const NetworkSettings& network);
std::string WriteWorkload(const Workload& workload);
std::string WriteEvent(const Event& event);
std::string WriteExpectation(const Expectation& expectation);
// "[a, b]"
std::string WriteArray(const std::vector<std::string>& items);

// Collects the members of one object; the Optional ones only if there is something to say.
class ObjectWriter {
 public:
  // `json` is written as it is.
  ObjectWriter& Add(std::string_view key, const std::string& json);
  ObjectWriter& Text(std::string_view key, std::string_view text);
  ObjectWriter& OptionalText(std::string_view key, std::string_view text);
  ObjectWriter& Count(std::string_view key, std::uint64_t count);
  ObjectWriter& OptionalCount(std::string_view key, std::optional<std::uint64_t> count);
  ObjectWriter& Bool(std::string_view key, bool value);
  ObjectWriter& Time(std::string_view key, Duration time);
  ObjectWriter& OptionalTime(std::string_view key, std::optional<Duration> time);
  ObjectWriter& OptionalProbability(std::string_view key, std::optional<Probability> probability);
  ObjectWriter& OptionalTargets(std::string_view key, const Targets& targets);
  ObjectWriter& OptionalLatency(std::string_view key, const std::optional<Latency>& latency);

  bool empty() const { return members_.empty(); }
  std::string OneLine() const;    // { "a": 1, "b": 2 }
  std::string ManyLines() const;  // one member a line

 private:
  std::vector<std::string> members_;
};

}  // namespace drydock::sim
