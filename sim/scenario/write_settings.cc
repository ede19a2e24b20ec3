#include <nlohmann/json.hpp>

#include "core/text/units.h"
#include "sim/scenario/names.h"
#include "sim/scenario/writing.h"

namespace drydock::sim {
namespace {

constexpr int kWeightPlaces = 6;
constexpr int kMillisecondPlaces = 6;

std::string WriteTarget(const Target& target) {
  if (target.kind == Target::Kind::kNode) {
    return WriteText("n" + std::to_string(target.node.value()));
  }
  if (target.kind == Target::Kind::kBound) return WriteText("$" + target.name);
  for (const TargetName& known : kTargetNames) {
    if (known.kind == target.kind) return WriteText(known.name);
  }
  return "";
}

std::string WriteMatrix(const MatrixLatency& matrix) {
  std::vector<std::string> rows;
  for (std::size_t from = 0; from < matrix.rows.size(); ++from) {
    std::vector<std::string> cells;
    for (std::size_t to = 0; to < matrix.rows[from].size(); ++to) {
      const auto nanoseconds = static_cast<std::uint64_t>(matrix.rows[from][to].nanoseconds());
      cells.push_back(from == to ? "null" : FormatScaled(nanoseconds, kMillisecondPlaces));
    }
    rows.push_back(WriteArray(cells));
  }
  ObjectWriter out;
  out.Text("model", "matrix").Text("kind", "one_way").Text("unit", "ms");
  if (matrix.jitter != 0) out.OptionalProbability("jitter", matrix.jitter);
  return out.Add("rows", WriteArray(rows)).OneLine();
}

struct LatencyWriter {
  std::string operator()(const ConstantLatency& model) const { return WriteTime(model.value); }
  std::string operator()(const UniformLatency& model) const {
    ObjectWriter out;
    out.Text("model", "uniform").Time("min", model.min).Time("max", model.max);
    return out.OneLine();
  }
  std::string operator()(const NormalLatency& model) const {
    ObjectWriter out;
    out.Text("model", "normal").Time("mean", model.mean).Time("stddev", model.stddev);
    if (model.min != Duration()) out.Time("min", model.min);
    return out.OneLine();
  }
  std::string operator()(const LognormalLatency& model) const {
    ObjectWriter out;
    out.Text("model", "lognormal").Time("median", model.median).Time("p99", model.p99);
    return out.OneLine();
  }
  std::string operator()(const MatrixLatency& model) const { return WriteMatrix(model); }
};

std::string WriteLink(const LinkSettings& link) {
  ObjectWriter out;
  out.OptionalTargets("from", link.from).OptionalTargets("to", link.to);
  if (!link.both_ways) out.Bool("both_ways", false);
  out.OptionalLatency("latency", link.latency).OptionalProbability("loss", link.loss);
  out.OptionalProbability("duplicate", link.duplicate);
  return out.OptionalProbability("reorder", link.reorder).OneLine();
}

}  // namespace

std::string WriteText(std::string_view text) {
  // Invalid UTF-8 has no spelling in JSON; a scenario from a file never has any.
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}
std::string WriteTime(Duration duration) {
  return "\"" + FormatDuration(duration) + "\"";
}
std::string WriteProbability(Probability probability) {
  return FormatProbability(probability);
}

std::string WriteTargets(const Targets& targets) {
  if (targets.size() == 1) return WriteTarget(targets[0]);
  std::vector<std::string> items;
  for (const Target& target : targets) items.push_back(WriteTarget(target));
  return WriteArray(items);
}

std::string WriteLatency(const Latency& latency) {
  return std::visit(LatencyWriter{}, latency);
}

std::string WriteNetwork(const NetworkSettings& network) {
  ObjectWriter out;
  out.OptionalLatency("latency", network.latency);
  out.OptionalLatency("client_latency", network.client_latency);
  out.OptionalProbability("loss", network.loss);
  out.OptionalProbability("duplicate", network.duplicate);
  out.OptionalProbability("reorder", network.reorder);
  out.OptionalProbability("stale", network.stale);
  std::vector<std::string> links;
  for (const LinkSettings& link : network.links) links.push_back(WriteLink(link));
  if (!links.empty()) out.Add("links", WriteArray(links));
  return out.OneLine();
}

std::string WriteWorkload(const Workload& workload) {
  const Workload defaults;
  ObjectWriter out;
  out.Count("clients", workload.clients);
  if (workload.start != defaults.start) out.Time("start", workload.start);
  out.OptionalTime("stop", workload.stop);
  if (workload.rate > 0) {
    out.Count("rate", workload.rate).Count("max_in_flight", workload.max_in_flight);
  } else if (workload.think_time != defaults.think_time) {
    out.OptionalLatency("think_time", workload.think_time);
  }
  out.Count("keys", workload.keys);
  out.Add("value_bytes", WriteArray({std::to_string(workload.value_bytes_min),
                                     std::to_string(workload.value_bytes_max)}));
  ObjectWriter mix;
  const auto weight = [&](std::string_view name, std::uint64_t millionths) {
    if (millionths > 0) mix.Add(name, FormatScaled(millionths, kWeightPlaces));
  };
  weight("put", workload.put);
  weight("get", workload.get);
  weight("delete", workload.del);
  weight("cas", workload.cas);
  out.Add("mix", mix.OneLine());
  if (!workload.sessions) out.Bool("sessions", false);
  if (workload.attempt_timeout != defaults.attempt_timeout) {
    out.Time("attempt_timeout", workload.attempt_timeout);
  }
  if (workload.deadline != defaults.deadline) out.Time("deadline", workload.deadline);
  if (workload.read_mode != defaults.read_mode) out.Text("read_mode", NameOf(workload.read_mode));
  if (workload.any_node) out.Bool("any_node", true);
  return out.OneLine();
}

std::string WriteArray(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) text += (text.size() > 1 ? ", " : "") + item;
  return text + "]";
}

ObjectWriter& ObjectWriter::Add(std::string_view key, const std::string& json) {
  members_.push_back(WriteText(key) + ": " + json);
  return *this;
}
ObjectWriter& ObjectWriter::Text(std::string_view key, std::string_view text) {
  return Add(key, WriteText(text));
}
ObjectWriter& ObjectWriter::OptionalText(std::string_view key, std::string_view text) {
  return text.empty() ? *this : Text(key, text);
}
ObjectWriter& ObjectWriter::Count(std::string_view key, std::uint64_t count) {
  return Add(key, std::to_string(count));
}
ObjectWriter& ObjectWriter::OptionalCount(std::string_view key,
                                          std::optional<std::uint64_t> count) {
  return count.has_value() ? Count(key, *count) : *this;
}
ObjectWriter& ObjectWriter::Bool(std::string_view key, bool value) {
  return Add(key, value ? "true" : "false");
}
ObjectWriter& ObjectWriter::Time(std::string_view key, Duration time) {
  return Add(key, WriteTime(time));
}
ObjectWriter& ObjectWriter::OptionalTime(std::string_view key, std::optional<Duration> time) {
  return time.has_value() ? Time(key, *time) : *this;
}
ObjectWriter& ObjectWriter::OptionalProbability(std::string_view key,
                                                std::optional<Probability> probability) {
  return probability.has_value() ? Add(key, WriteProbability(*probability)) : *this;
}
ObjectWriter& ObjectWriter::OptionalTargets(std::string_view key, const Targets& targets) {
  return targets.empty() ? *this : Add(key, WriteTargets(targets));
}
ObjectWriter& ObjectWriter::OptionalLatency(std::string_view key,
                                            const std::optional<Latency>& latency) {
  return latency.has_value() ? Add(key, WriteLatency(*latency)) : *this;
}

std::string ObjectWriter::OneLine() const {
  if (members_.empty()) return "{}";
  std::string text = "{ ";
  for (const std::string& member : members_) text += (text.size() > 2 ? ", " : "") + member;
  return text + " }";
}

std::string ObjectWriter::ManyLines() const {
  std::string text = "{\n";
  for (const std::string& member : members_) text += (text.size() > 2 ? ",\n  " : "  ") + member;
  return text + "\n}\n";
}

}  // namespace drydock::sim
