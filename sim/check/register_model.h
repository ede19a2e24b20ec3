// The operations on one key, boiled down to what the search needs: numbers instead of bytes, ranks
// instead of times, and only what constrains anything.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/check/history.h"

namespace drydock::sim {

// Stands for one content of the register.
using ValueId = std::uint32_t;
inline constexpr ValueId kMissing = 0;
// Every content that nothing still to come can tell from any other such content.
inline constexpr ValueId kForgotten = 1;

// A place in the order of all calls and returns of the key.
using Rank = std::uint32_t;
inline constexpr Rank kNeverRank = std::numeric_limits<Rank>::max();

enum class Role : std::uint8_t {
  kRead,     // sees exactly `seen`
  kDiffers,  // sees anything but `seen`
  kSwap,     // sees `seen` and leaves `made`
  kWrite,    // leaves `made`, whatever was there
  kAppend,   // leaves what was there followed by suffix number `made`
  kNothing,  // sees what no register can show: an answer that contradicts itself
};

struct Step {
  Role role = Role::kRead;
  bool optional = false;  // may never happen; then `response` is kNeverRank
  ValueId seen = kMissing;
  ValueId made = kMissing;
  Rank invoke = 0;
  Rank response = kNeverRank;
  std::size_t operation = 0;  // its position in History::ops
};

// The contents that matter of one key. In a key without appends every content has its own id; with
// appends only those have one that some observation starts with, and all others are kForgotten,
// since adding to them leads nowhere.
class Values {
 public:
  // `observed`: each content that is seen, with the rank of the return that saw it.
  Values(std::vector<std::pair<std::string_view, Rank>> observed, bool appends);

  ValueId IdOf(const std::optional<Bytes>& content);
  ValueId SuffixOf(const Bytes& suffix);
  ValueId Append(ValueId content, ValueId suffix);
  // The last return that may tell this content from others: from then on it is forgotten.
  Rank told_until(ValueId id) const { return told_until_[id]; }
  void KeepMissing(Rank until) { told_until_[kMissing] = std::max(told_until_[kMissing], until); }
  std::size_t size() const { return contents_.size(); }
  // Nullopt: missing. Must not be asked for kForgotten.
  std::optional<std::string_view> ContentOf(ValueId id) const;

 private:
  ValueId Intern(std::string_view content);
  Rank ToldUntil(std::string_view content) const;

  bool appends_;
  std::vector<std::pair<std::string_view, Rank>> observed_;  // sorted, each content once
  std::vector<std::vector<Rank>> maxima_;  // sparse table over observed_, for appends only
  std::map<std::string, ValueId, std::less<>> ids_;
  std::vector<std::string_view> contents_;  // of ids_
  std::vector<Rank> told_until_;
  std::map<std::string, ValueId, std::less<>> suffix_ids_;
  std::vector<std::string_view> suffixes_;
  std::map<std::pair<ValueId, ValueId>, ValueId> appended_;
};

// One end of one step.
struct StepEvent {
  std::uint32_t step = 0;
  bool is_return = false;
};

struct KeyProblem {
  std::vector<Step> steps;
  std::vector<StepEvent> events;  // in order of rank
  Values values;
  ValueId initial = kMissing;
  bool appends = false;
};

// The problem of the operations at `positions` (all on one key).
KeyProblem MakeKeyProblem(const History& history, const std::vector<std::size_t>& positions);

}  // namespace drydock::sim
