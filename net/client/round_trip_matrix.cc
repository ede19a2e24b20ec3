#include "net/client/round_trip_matrix.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/text/json_writer.h"
#include "core/text/words.h"
#include "net/client/text_table.h"

namespace drydock::net {
namespace {

constexpr std::size_t kMostNodes = 15;  // of a scenario

// "n2" before "n10".
bool Before(const std::string& a, const std::string& b) {
  return std::pair(a.size(), a) < std::pair(b.size(), b);
}

PairTimes TimesOf(const std::string& from, const v1::PeerRoundTrips& told) {
  std::vector<std::uint64_t> took(told.took_ns().begin(), told.took_ns().end());
  std::ranges::sort(took);
  const std::size_t count = took.size();
  PairTimes pair{.from = from,
                 .to = "n" + std::to_string(told.node()),
                 .asked = told.asked(),
                 .failure = told.failure()};
  pair.lost = told.asked() - std::min<std::uint32_t>(told.asked(), told.took_ns_size());
  if (count == 0) return pair;
  pair.min = took.front();
  pair.median = took[(count - 1) / 2];
  pair.p99 = took[(99 * count + 99) / 100 - 1];
  return pair;
}

// "812.345": microseconds.
std::string Microseconds(std::uint64_t ns) {
  std::string text;
  JsonWriter(text).Thousandths(static_cast<std::int64_t>(ns));
  return text;
}

void WritePair(const PairTimes& pair, JsonWriter& json) {
  json.BeginObject();
  json.TextMember("from", pair.from);
  json.TextMember("to", pair.to);
  json.Member("asked", pair.asked);
  json.Member("lost", pair.lost);
  if (pair.answered()) {
    json.Member("min_ns", pair.min);
    json.Member("median_ns", pair.median);
    json.Member("p99_ns", pair.p99);
  }
  if (!pair.failure.empty()) json.TextMember("failure", pair.failure);
  json.EndObject();
}

void WriteNode(const NodeMeasured& node, JsonWriter& json) {
  json.BeginObject();
  json.TextMember("node", node.name);
  json.TextMember("address", node.endpoint);
  json.Member("reachable", node.told.ok());
  if (!node.told.ok()) json.TextMember("reason", node.told.error().text);
  json.EndObject();
}

std::string Quoted(const std::string& text) {
  std::string quoted;
  JsonWriter(quoted).Text(text);
  return quoted;
}

Error NothingKnown(const std::string& from, const std::string& to) {
  std::string text = "nothing is known of the way between ";
  text.append(from).append(" and ").append(to);
  return Error{std::move(text)};
}

}  // namespace

RoundTripMatrix::RoundTripMatrix(std::vector<NodeMeasured> nodes) : nodes_(std::move(nodes)) {
  for (const NodeMeasured& node : nodes_) {
    names_.push_back(node.name);
    if (!node.told.ok()) continue;
    for (const v1::PeerRoundTrips& peer : node.told.value().peers()) {
      pairs_.push_back(TimesOf(node.name, peer));
      names_.push_back(pairs_.back().to);
    }
  }
  std::ranges::sort(names_, Before);
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
}

std::vector<std::string> RoundTripMatrix::Gaps() const {
  std::vector<std::string> gaps;
  for (const NodeMeasured& node : nodes_) {
    if (!node.told.ok()) gaps.push_back(node.name + " " + node.told.error().text);
  }
  for (const PairTimes& pair : pairs_) {
    if (!pair.answered()) gaps.push_back(pair.from + " to " + pair.to + ": " + pair.failure);
  }
  return gaps;
}

std::string RoundTripMatrix::Table() const {
  std::vector<std::array<std::string, 8>> lines = {
      {"FROM", "TO", "CALLS", "LOST", "MIN", "MEDIAN", "P99", ""}};
  for (const NodeMeasured& node : nodes_) {
    if (!node.told.ok()) {
      lines.push_back({node.name, "-", "-", "-", "-", "-", "-", node.told.error().text});
    }
    for (const PairTimes& pair : pairs_) {
      if (pair.from != node.name) continue;
      const auto time = [&](std::uint64_t ns) {
        return pair.answered() ? Microseconds(ns) + "us" : "-";
      };
      lines.push_back({pair.from, pair.to, std::to_string(pair.asked), std::to_string(pair.lost),
                       time(pair.min), time(pair.median), time(pair.p99), pair.failure});
    }
  }
  return RenderTable(lines);
}

std::string RoundTripMatrix::Json() const {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Key("nodes");
  json.BeginArray();
  for (const NodeMeasured& node : nodes_) WriteNode(node, json);
  json.EndArray();
  json.Key("pairs");
  json.BeginArray();
  for (const PairTimes& pair : pairs_) WritePair(pair, json);
  json.EndArray();
  json.EndObject();
  return text;
}

std::optional<std::uint64_t> RoundTripMatrix::MedianBetween(const std::string& from,
                                                            const std::string& to) const {
  const auto measured = [&](const std::string& a, const std::string& b) {
    return std::ranges::find_if(pairs_, [&](const PairTimes& pair) {
      return pair.from == a && pair.to == b && pair.answered();
    });
  };
  if (const auto there = measured(from, to); there != pairs_.end()) return there->median;
  if (const auto back = measured(to, from); back != pairs_.end()) return back->median;
  return std::nullopt;
}

Result<std::string> RoundTripMatrix::Rows() const {
  if (names_.size() > kMostNodes) {
    return Error{"a scenario has " + std::to_string(kMostNodes) + " nodes at most, and these are " +
                 std::to_string(names_.size())};
  }
  std::string rows;
  for (const std::string& from : names_) {
    std::string row;
    for (const std::string& to : names_) {
      if (!row.empty()) row += ", ";
      const std::optional<std::uint64_t> trip = MedianBetween(from, to);
      if (from == to) {
        row += "null";
      } else if (trip.has_value()) {
        row += Microseconds(*trip / 2);
      } else {
        return NothingKnown(from, to);
      }
    }
    rows += (rows.empty() ? "" : ",\n") + std::string("        [") + row + "]";
  }
  return rows;
}

Result<std::string> RoundTripMatrix::Network(const std::string& source) const {
  const Result<std::string> rows = Rows();
  if (!rows.ok()) return rows.error();
  const std::vector<std::string_view> names(names_.begin(), names_.end());
  return "{\n    \"latency\": {\n      \"model\": \"matrix\",\n      \"kind\": \"one_way\",\n"
         "      \"unit\": \"us\",\n      \"source\": " +
         Quoted(source + "; half of the median round trip; rows and columns: " + Join(names)) +
         ",\n      \"rows\": [\n" + rows.value() + "\n      ]\n    }\n  }";
}

Result<std::string> RoundTripMatrix::Scenario(const std::string& source) const {
  const Result<std::string> network = Network(source);
  if (!network.ok()) return network.error();
  return "{\n  \"version\": 1,\n  \"name\": \"measured-network\",\n  \"description\": " +
         Quoted("A network as raftctl ping measured it: " + source + ".") +
         ",\n  \"seed\": 1,\n  \"nodes\": " + std::to_string(names_.size()) +
         ",\n  \"until\": \"5s\",\n  \"network\": " + network.value() +
         ",\n  \"events\": [\n"
         "    { \"at\": \"2s\", \"do\": \"put\", \"key\": \"city\", \"value\": \"Logan\", "
         "\"expect\": \"ok\" },\n"
         "    { \"at\": \"3s\", \"do\": \"get\", \"key\": \"city\", \"expect\": { \"value\": "
         "\"Logan\" } }\n  ],\n"
         "  \"expect\": [{ \"that\": \"logs_equal\", \"at\": \"end\" }]\n}\n";
}

}  // namespace drydock::net
