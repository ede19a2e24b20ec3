#include <array>

#include "core/text/names.h"
#include "core/text/words.h"
#include "sim/scenario/reading.h"

namespace drydock::sim {
namespace {

constexpr std::array<std::string_view, 14> kWorkloadKeys = {
    "clients",     "start", "stop",     "think_time",      "rate",     "max_in_flight", "keys",
    "value_bytes", "mix",   "sessions", "attempt_timeout", "deadline", "read_mode",     "any_node"};
constexpr std::array<std::string_view, 4> kMixKeys = {"put", "get", "delete", "cas"};
constexpr std::array<std::string_view, 2> kDiskKeys = {"fsync", "capacity"};

constexpr std::uint64_t kMaxClients = 10000;
constexpr std::uint64_t kMaxRate = 1'000'000;
constexpr std::uint64_t kMaxKeys = 1'000'000'000;
constexpr int kWeightPlaces = 6;
constexpr std::uint64_t kMaxWeight = 1'000'000'000'000;  // a million, in millionths

void ReadMix(const JsonValue& value, const Reading& reading, Workload& workload) {
  const Fields fields(value, "a mix", kMixKeys, reading.mistakes);
  const std::array<std::uint64_t*, 4> weights = {&workload.put, &workload.get, &workload.del,
                                                 &workload.cas};
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const JsonValue* weight = fields.Find(kMixKeys[i]);
    *weights[i] =
        weight == nullptr ? 0 : ReadScaled(*weight, kWeightPlaces, kMaxWeight, reading.mistakes);
    sum += *weights[i];
  }
  if (sum == 0) reading.mistakes.Add(value, "a mix needs a weight above 0");
}

void ReadTimes(const Fields& fields, const Reading& reading, Workload& workload) {
  workload.start = fields.Time("start", workload.start);
  workload.stop = fields.OptionalTime("stop");
  for (const std::string_view key : {"start", "stop"}) {
    const std::optional<Duration> time = fields.OptionalTime(key);
    if (time.has_value() && *time > reading.until) {
      reading.mistakes.Add(*fields.Find(key), Quote(key) + " (" + FormatDuration(*time) +
                                                  ") is after \"until\" (" +
                                                  FormatDuration(reading.until) + ")");
    }
  }
  if (workload.stop.has_value() && *workload.stop < workload.start) {
    reading.mistakes.Add(*fields.Find("stop"), "\"stop\" must not be before \"start\" (" +
                                                   FormatDuration(workload.start) + ")");
  }
}

void ReadPace(const Fields& fields, const Reading& reading, Workload& workload) {
  if (const auto think = OptionalLatency(fields, "think_time", MatrixAllowed::kNo, reading)) {
    workload.think_time = *think;
  }
  workload.rate = fields.Count("rate", 0, 1, kMaxRate);
  workload.max_in_flight = fields.Count("max_in_flight", workload.max_in_flight, 1, kMaxRate);
  if (fields.Has("rate") && fields.Has("think_time")) {
    reading.mistakes.Add(*fields.Find("rate"),
                         "\"rate\" (calls at a fixed pace) and \"think_time\" (a pause after each "
                         "answer) exclude each other");
  }
  if (fields.Has("max_in_flight") && !fields.Has("rate")) {
    reading.mistakes.Add(
        *fields.Find("max_in_flight"),
        "\"max_in_flight\" needs \"rate\": without it a client waits for each answer");
  }
}

void ReadPatience(const Fields& fields, const Reading& reading, Workload& workload) {
  workload.attempt_timeout =
      fields.PositiveTime("attempt_timeout").value_or(workload.attempt_timeout);
  workload.deadline = fields.PositiveTime("deadline").value_or(workload.deadline);
  if (workload.attempt_timeout <= workload.deadline) return;
  const JsonValue* blamed = fields.Find("attempt_timeout");
  if (blamed == nullptr) blamed = fields.Find("deadline");
  reading.mistakes.Add(blamed == nullptr ? fields.value() : *blamed,
                       "attempt_timeout (" + FormatDuration(workload.attempt_timeout) +
                           ") must not be more than deadline (" +
                           FormatDuration(workload.deadline) + ")");
}

}  // namespace

Workload ReadWorkload(const JsonValue& value, const Reading& reading) {
  const Fields fields(value, "a workload", kWorkloadKeys, reading.mistakes);
  Workload workload;
  fields.Need("clients");
  workload.clients = static_cast<std::uint32_t>(fields.Count("clients", 1, 1, kMaxClients));
  ReadTimes(fields, reading, workload);
  ReadPace(fields, reading, workload);
  workload.keys = fields.Count("keys", workload.keys, 1, kMaxKeys);
  if (const JsonValue* range = fields.Find("value_bytes")) {
    const auto [min, max] =
        ReadCountRange(*range, {workload.value_bytes_min, workload.value_bytes_max}, kMaxValueBytes,
                       reading.mistakes);
    workload.value_bytes_min = min;
    workload.value_bytes_max = max;
  }
  workload.put = workload.get = 1'000'000;
  if (const JsonValue* mix = fields.Find("mix")) ReadMix(*mix, reading, workload);
  workload.sessions = fields.Bool("sessions", workload.sessions);
  if (const JsonValue* mode = fields.Find("read_mode")) {
    workload.read_mode =
        static_cast<ReadMode>(ReadWord(*mode, "read mode", kReadModeNames, reading.mistakes));
  }
  workload.any_node = fields.Bool("any_node", workload.any_node);
  ReadPatience(fields, reading, workload);
  return workload;
}

DiskSettings ReadDisk(const JsonValue& value, const Reading& reading) {
  const Fields fields(value, "a disk", kDiskKeys, reading.mistakes);
  DiskSettings disk;
  disk.fsync = OptionalLatency(fields, "fsync", MatrixAllowed::kNo, reading);
  disk.capacity = fields.OptionalCount("capacity", 0, UINT64_MAX);
  return disk;
}

void AddWorkloadKeys(std::vector<AcceptedKeys>& all) {
  all.push_back({"workload", kWorkloadKeys});
  all.push_back({"mix", kMixKeys});
  all.push_back({"disk settings", kDiskKeys});
}

}  // namespace drydock::sim
