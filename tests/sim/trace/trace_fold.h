// Rebuilds the state of every node from the text of a trace alone, the way docs/trace.md tells it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/bytes.h"
#include "core/kv/command.h"

namespace drydock::sim::testing {

using Json = nlohmann::ordered_json;

// What JsonWriter::Bytes wrote.
inline std::string BytesOf(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  const std::string hex = value.at("hex").get<std::string>();
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoul(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

inline ClientOp OpOf(const Json& command) {
  const std::string op = command.at("op").get<std::string>();
  if (op == "register") return RegisterOp{command.at("max_sessions").get<std::uint64_t>()};
  const Bytes key(BytesOf(command.at("key")));
  if (op == "delete") return DeleteOp{key};
  const Bytes value(BytesOf(command.at("value")));
  if (op == "put") return PutOp{key, value};
  CompareAndSetOp cas{key, std::nullopt, value};
  if (!command.at("expected").is_null()) cas.expected = Bytes(BytesOf(command.at("expected")));
  return cas;
}

struct FoldedEntry {
  std::uint64_t term = 0;
  std::string kind;
  std::string payload;  // of a command: encoded again from what the trace tells of it
  Json configuration;
};

struct FoldedNode {
  bool started = false;
  std::uint64_t term = 0;
  Json vote;
  std::string role;
  std::vector<FoldedEntry> log;  // entry 1 first
  std::uint64_t commit = 0, applied = 0, durable = 0;
  std::uint64_t configuration_index = 0;
  Json configuration;
  std::map<std::string, std::string> map;
  std::vector<std::string> parts;                  // of a large command, as far as they are applied
  std::uint64_t log_version = 0, map_version = 0;  // grow with each change
};

class TraceFold {
 public:
  explicit TraceFold(std::size_t nodes) : nodes_(nodes) {}

  void Add(const Json& line) {
    if (!line.contains("node")) return;
    const std::string name = line.at("node").get<std::string>();
    Change(nodes_.at(std::stoul(name.substr(1))), line.at("event").get<std::string>(), line);
  }
  const FoldedNode& node(std::size_t number) const { return nodes_.at(number); }

 private:
  void Change(FoldedNode& node, const std::string& event, const Json& line) {
    if (event == "started") Start(node, line);
    if (event == "snapshot_installed") Install(node, line);
    if (event == "role_changed") node.role = line.at("role").get<std::string>();
    if (event == "term_and_vote") {
      node.term = line.at("term").get<std::uint64_t>();
      node.vote = line.at("vote");
    }
    if (event == "appended") Append(node, line);
    if (event == "truncated") Keep(node, line.at("last").get<std::uint64_t>());
    if (event == "durable") node.durable = line.at("last").get<std::uint64_t>();
    if (event == "committed") node.commit = line.at("commit").get<std::uint64_t>();
    if (event == "applied") Apply(node, line);
    if (event == "configuration_in_force") {
      node.configuration_index = line.at("index").get<std::uint64_t>();
      node.configuration = ConfigurationOf(line);
    }
  }

  // What it had in memory is gone; of its log remains what was on disk, too.
  void Start(FoldedNode& node, const Json& line) {
    Keep(node, line.at("kept").get<std::uint64_t>());
    node.started = true;
    node.term = line.at("term").get<std::uint64_t>();
    node.vote = line.at("vote");
    node.role = "follower";
    const bool snapshot = line.contains("snapshot");
    Restore(node, snapshot ? line.at("snapshot").get<std::uint64_t>() : 0);
    if (snapshot) StartLogBehind(node, line.at("base").get<std::uint64_t>());
  }

  // The state after an entry that some node has applied.
  void Restore(FoldedNode& node, std::uint64_t index) {
    node.commit = node.applied = index;
    const FoldedNode& state = states_.at(index);
    node.map = state.map;
    node.parts = state.parts;
    ++node.map_version;
  }

  // What is compacted is known from those who had it.
  void StartLogBehind(FoldedNode& node, std::uint64_t base) {
    while (node.log.size() < base) node.log.push_back(applied_.at(node.log.size() + 1));
    ++node.log_version;
  }

  void Install(FoldedNode& node, const Json& line) {
    const auto index = line.at("index").get<std::uint64_t>();
    const std::uint64_t commit = node.commit;
    Restore(node, index);
    if (line.at("log_kept").get<bool>()) {
      node.commit = commit;  // told by the event that follows
      return;
    }
    Keep(node, commit);
    StartLogBehind(node, index);
    node.durable = index;
  }

  void Keep(FoldedNode& node, std::uint64_t last) {
    if (last > node.log.size()) throw std::out_of_range("kept more than there was");
    node.log.resize(last);
    node.durable = std::min(node.durable, last);
    ++node.log_version;
  }

  void Append(FoldedNode& node, const Json& line) {
    if (line.at("index").get<std::uint64_t>() != node.log.size() + 1) {
      throw std::out_of_range("appended out of order");
    }
    FoldedEntry entry{.term = line.at("term").get<std::uint64_t>(),
                      .kind = line.at("kind").get<std::string>(),
                      .payload = {},
                      .configuration = {}};
    if (line.contains("payload")) entry.payload = BytesOf(line.at("payload"));
    if (line.contains("configuration")) entry.configuration = line.at("configuration");
    if (line.contains("command")) {
      const Json& command = line.at("command");
      entry.payload =
          EncodeCommand({.session = SessionId(command.at("session").get<std::uint64_t>()),
                         .sequence = command.at("sequence").get<std::uint64_t>(),
                         .first_unanswered = command.at("first_unanswered").get<std::uint64_t>(),
                         .op = OpOf(command)});
    }
    node.log.push_back(std::move(entry));
    ++node.log_version;
  }

  void Apply(FoldedNode& node, const Json& line) {
    node.applied = line.at("index").get<std::uint64_t>();
    ++node.map_version;
    ApplyEntry(node, line);
    applied_.emplace(node.applied, node.log.at(node.applied - 1));
    states_.emplace(node.applied, FoldedNode{.map = node.map, .parts = node.parts});
  }

  void ApplyEntry(FoldedNode& node, const Json& line) {
    const FoldedEntry& entry = node.log.at(node.applied - 1);
    if (entry.kind == "part") return node.parts.push_back(entry.payload);
    std::string command;
    for (const std::string& part : node.parts) command += part;
    node.parts.clear();
    if (entry.kind == "command") command = entry.payload;
    if (entry.kind == "last_part") command += entry.payload;
    const bool wrote = line.at("outcome") == "ok" && !line.at("duplicate").get<bool>();
    if (!wrote || (entry.kind != "command" && entry.kind != "last_part")) return;
    const auto request = DecodeCommand(Bytes(command));
    if (!request.has_value()) throw std::invalid_argument("applied what is no command");
    if (const auto* put = std::get_if<PutOp>(&request->op)) Put(node, put->key, put->value);
    if (const auto* cas = std::get_if<CompareAndSetOp>(&request->op)) {
      Put(node, cas->key, cas->value);
    }
    if (const auto* erase = std::get_if<DeleteOp>(&request->op)) {
      node.map.erase(std::string(erase->key.view()));
    }
  }

  static void Put(FoldedNode& node, const Bytes& key, const Bytes& value) {
    node.map[std::string(key.view())] = std::string(value.view());
  }

  static Json ConfigurationOf(const Json& line) {
    Json configuration;
    for (const char* key : {"voters", "outgoing", "learners", "members", "founded"}) {
      configuration[key] = line.at(key);
    }
    return configuration;
  }

  std::vector<FoldedNode> nodes_;
  std::map<std::uint64_t, FoldedEntry> applied_;                   // by index
  std::map<std::uint64_t, FoldedNode> states_{{0, FoldedNode{}}};  // after applying it
};

}  // namespace drydock::sim::testing
