#include "sim/decisions.h"

#include "core/base/hasher.h"

namespace drydock::sim {
namespace {

constexpr std::array<std::string_view, kDecisionKinds> kNames = {
    "election_timeout", "tie",        "latency",        "loss",        "duplicate",
    "reorder",          "stale",      "filter",         "sync_time",   "sync_fails",
    "sync_lies",        "read_flips", "flipped_bit",    "crash_keeps", "torn_sectors",
    "name_vanishes",    "pick",       "operation",      "key",         "value_bytes",
    "think_time",       "target",     "duplicate_delay"};

}  // namespace

std::string_view NameOf(Decision decision) {
  return kNames[static_cast<std::size_t>(decision)];
}

std::optional<Decision> DecisionNamed(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Decision>(i);
  }
  return std::nullopt;
}

Stream::Stream(std::uint64_t run_seed, std::string_view name, const Pins& pins, Pins* taken) {
  Hasher hasher;
  hasher.Add(run_seed);
  hasher.Add(name);
  seed_ = hasher.Finish();
  if (const auto found = pins.find(name); found != pins.end()) pins_ = &found->second;
  if (taken != nullptr) taken_ = &(*taken)[std::string(name)];
}

const std::int64_t* Stream::FindPin(Decision kind, std::uint64_t ordinal) const {
  if (pins_ == nullptr) return nullptr;
  const auto found = pins_->find({kind, ordinal});
  return found == pins_->end() ? nullptr : &found->second;
}

std::optional<std::int64_t> Stream::FindAndTakePin(Decision kind) {
  const std::int64_t* pin = FindPin(kind, Ordinal(kind));
  if (pin == nullptr) return std::nullopt;
  ++Ordinal(kind);
  return *pin;
}

std::uint64_t Stream::PickOrPin(Decision kind, std::uint64_t bound) {
  const std::uint64_t ordinal = Ordinal(kind)++;
  if (const std::int64_t* pin = FindPin(kind, ordinal); pin != nullptr && bound > 0) {
    return std::min(static_cast<std::uint64_t>(*pin), bound - 1);
  }
  return Reduce(At(kind, ordinal), bound);
}

bool Stream::DrawChance(Decision kind, Probability chance) {
  const std::uint64_t ordinal = Ordinal(kind)++;
  if (const std::int64_t* pin = FindPin(kind, ordinal)) return *pin != 0;
  const bool yes = (At(kind, ordinal) >> 32) < chance;
  if (yes && taken_ != nullptr && chance < kCertain) taken_->emplace(PinKey{kind, ordinal}, 1);
  return yes;
}

}  // namespace drydock::sim
