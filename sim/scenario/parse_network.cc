#include <algorithm>
#include <array>

#include "core/text/words.h"
#include "sim/scenario/reading.h"

namespace drydock::sim {
namespace {

using Kind = JsonValue::Kind;

constexpr std::array<std::string_view, 4> kModels = {"uniform", "normal", "lognormal", "matrix"};
constexpr std::array<std::string_view, 3> kUniformKeys = {"model", "min", "max"};
constexpr std::array<std::string_view, 4> kNormalKeys = {"model", "mean", "stddev", "min"};
constexpr std::array<std::string_view, 3> kLognormalKeys = {"model", "median", "p99"};
constexpr std::array<std::string_view, 6> kMatrixKeys = {"model", "source", "unit",
                                                         "kind",  "rows",   "jitter"};
constexpr std::array<std::string_view, 3> kUnits = {"us", "ms", "s"};
constexpr std::array<int, 3> kUnitPlaces = {3, 6, 9};  // decimal places down to a nanosecond
constexpr std::array<std::string_view, 2> kMatrixKinds = {"rtt", "one_way"};
constexpr std::array<std::string_view, 7> kNetworkKeys = {
    "latency", "client_latency", "loss", "duplicate", "reorder", "stale", "links"};
constexpr std::array<std::string_view, 7> kLinkKeys = {"from", "to",        "both_ways", "latency",
                                                       "loss", "duplicate", "reorder"};

Duration NeedTime(const Fields& fields, std::string_view key) {
  const JsonValue* value = fields.Need(key);
  return value == nullptr ? Duration() : ReadTime(*value, Duration(), fields.mistakes());
}

std::size_t NeedWord(const Fields& fields, std::string_view key,
                     std::span<const std::string_view> words) {
  const JsonValue* value = fields.Need(key);
  return value == nullptr ? 0 : ReadWord(*value, key, words, fields.mistakes());
}

Latency ReadUniform(const JsonValue& value, Mistakes& mistakes) {
  const Fields fields(value, "a uniform latency", kUniformKeys, mistakes);
  const UniformLatency model{NeedTime(fields, "min"), NeedTime(fields, "max")};
  if (model.min > model.max) mistakes.Add(value, "\"min\" must not be more than \"max\"");
  return model;
}

Latency ReadNormal(const JsonValue& value, Mistakes& mistakes) {
  const Fields fields(value, "a normal latency", kNormalKeys, mistakes);
  const NormalLatency model{NeedTime(fields, "mean"), NeedTime(fields, "stddev"),
                            fields.Time("min", Duration())};
  if (model.min > model.mean) mistakes.Add(value, "\"min\" must not be more than \"mean\"");
  return model;
}

Latency ReadLognormal(const JsonValue& value, Mistakes& mistakes) {
  const Fields fields(value, "a lognormal latency", kLognormalKeys, mistakes);
  const LognormalLatency model{NeedTime(fields, "median"), NeedTime(fields, "p99")};
  if (model.median == Duration()) mistakes.Add(value, "\"median\" must be more than 0");
  if (model.median > model.p99) mistakes.Add(value, "\"median\" must not be more than \"p99\"");
  return model;
}

struct Cell {
  int places;
  bool halved;
};

Duration ReadCell(const JsonValue& value, bool diagonal, Cell cell, Mistakes& mistakes) {
  if (diagonal) {
    const bool zero = value.kind == Kind::kNumber && value.text == "0";
    if (value.kind != Kind::kNull && !zero) {
      mistakes.Add(value, "expected null from a node to itself, found " + Describe(value));
    }
    return Duration();
  }
  if (value.kind == Kind::kNull) {
    mistakes.Add(value, "only the diagonal may be null: a number is needed between two nodes");
    return Duration();
  }
  const auto limit = static_cast<std::uint64_t>(kMaxFileDuration);
  const std::uint64_t read = ReadScaled(value, cell.places, limit, mistakes);
  return Duration::Nanoseconds(static_cast<std::int64_t>(cell.halved ? read / 2 : read));
}

std::vector<std::vector<Duration>> ReadRows(const JsonValue& value, Cell cell,
                                            const Reading& reading) {
  const std::string size = std::to_string(reading.nodes);
  std::vector<std::vector<Duration>> rows;
  for (const JsonValue& row :
       ReadItems(value, "one row for each of the " + size + " nodes, an array", reading.nodes,
                 reading.nodes, reading.mistakes)) {
    std::vector<Duration>& cells = rows.emplace_back();
    for (const JsonValue& item :
         ReadItems(row, "one number for each of the " + size + " nodes, an array", reading.nodes,
                   reading.nodes, reading.mistakes)) {
      cells.push_back(ReadCell(item, cells.size() + 1 == rows.size(), cell, reading.mistakes));
    }
  }
  return rows;
}

Latency ReadMatrix(const JsonValue& value, const Reading& reading) {
  Mistakes& mistakes = reading.mistakes;
  const Fields fields(value, "a latency matrix", kMatrixKeys, mistakes);
  fields.Text("source");
  const Cell cell{kUnitPlaces[NeedWord(fields, "unit", kUnits)],
                  NeedWord(fields, "kind", kMatrixKinds) == 0};
  MatrixLatency model;
  if (const JsonValue* rows = fields.Need("rows"); rows != nullptr && reading.nodes > 0) {
    model.rows = ReadRows(*rows, cell, reading);
  }
  model.jitter = fields.OptionalProbability("jitter").value_or(0);
  return model;
}

LinkSettings ReadLink(const JsonValue& value, const Reading& reading) {
  const Fields fields(value, "a link", kLinkKeys, reading.mistakes);
  LinkSettings link;
  link.from = NeedTargets(fields, "from", reading);
  link.to = NeedTargets(fields, "to", reading);
  link.both_ways = fields.Bool("both_ways", true);
  link.latency = OptionalLatency(fields, "latency", MatrixAllowed::kYes, reading);
  link.loss = fields.OptionalProbability("loss");
  link.duplicate = fields.OptionalProbability("duplicate");
  link.reorder = fields.OptionalProbability("reorder");
  const bool from_one = link.from.size() == 1 && link.from[0].kind == Target::Kind::kNode;
  if (from_one && link.from == link.to) {
    reading.mistakes.Add(value, "there is no link from a node to itself");
  }
  if (!link.latency && !link.loss && !link.duplicate && !link.reorder) {
    reading.mistakes.Add(value, "a link needs \"latency\", \"loss\", \"duplicate\" or \"reorder\"");
  }
  return link;
}

}  // namespace

Latency ReadLatency(const JsonValue& value, MatrixAllowed matrix, const Reading& reading) {
  Mistakes& mistakes = reading.mistakes;
  if (value.kind == Kind::kString) return ConstantLatency{ReadTime(value, Duration(), mistakes)};
  if (value.kind != Kind::kObject) {
    mistakes.Add(value, "expected a duration such as \"100us\" or an object with a \"model\" (" +
                            Join(kModels) + "), found " + Describe(value));
    return ConstantLatency{};
  }
  const JsonMember* model = value.Find("model");
  if (model == nullptr) {
    mistakes.Add(value, "a latency needs \"model\" (" + Join(kModels) + ")");
    return ConstantLatency{};
  }
  switch (ReadWord(model->value, "model", kModels, mistakes)) {
    case 0:
      return ReadUniform(value, mistakes);
    case 1:
      return ReadNormal(value, mistakes);
    case 2:
      return ReadLognormal(value, mistakes);
    default:
      if (matrix == MatrixAllowed::kYes) return ReadMatrix(value, reading);
      mistakes.Add(model->value, "a matrix tells times between nodes and cannot be used here");
      return ConstantLatency{};
  }
}

std::optional<Latency> OptionalLatency(const Fields& fields, std::string_view key,
                                       MatrixAllowed matrix, const Reading& reading) {
  const JsonValue* value = fields.Find(key);
  if (value == nullptr) return std::nullopt;
  return ReadLatency(*value, matrix, reading);
}

NetworkSettings ReadNetwork(const JsonValue& value, const Reading& reading) {
  const Fields fields(value, "a network", kNetworkKeys, reading.mistakes);
  NetworkSettings network;
  network.latency = OptionalLatency(fields, "latency", MatrixAllowed::kYes, reading);
  network.client_latency = OptionalLatency(fields, "client_latency", MatrixAllowed::kNo, reading);
  network.loss = fields.OptionalProbability("loss");
  network.duplicate = fields.OptionalProbability("duplicate");
  network.reorder = fields.OptionalProbability("reorder");
  network.stale = fields.OptionalProbability("stale");
  if (const JsonValue* links = fields.Find("links")) {
    for (const JsonValue& link :
         ReadItems(*links, "an array of links", 0, 10000, reading.mistakes)) {
      network.links.push_back(ReadLink(link, reading));
    }
  }
  return network;
}

void CheckFirstNetwork(const JsonValue& value, const NetworkSettings& network,
                       const Reading& reading) {
  for (std::size_t i = 0; i < network.links.size(); ++i) {
    for (const Targets* side : {&network.links[i].from, &network.links[i].to}) {
      const bool leads = std::any_of(side->begin(), side->end(), [](const Target& target) {
        return target.kind == Target::Kind::kLeader;
      });
      if (leads && !reading.mistakes.any()) {
        reading.mistakes.Add(
            value.Find("links")->value.items[i],
            "nobody leads when the run begins: name the nodes of this link, or use "
            "a set_network event");
      }
    }
  }
}

void AddNetworkKeys(std::vector<AcceptedKeys>& all) {
  all.push_back({"uniform", kUniformKeys});
  all.push_back({"normal", kNormalKeys});
  all.push_back({"lognormal", kLognormalKeys});
  all.push_back({"matrix", kMatrixKeys});
  all.push_back({"network", kNetworkKeys});
  all.push_back({"link", kLinkKeys});
}

}  // namespace drydock::sim
