// Named protocol situations: what an engineer would ask a fuzzer whether it ever got there. The
// list is fixed and knows only what can happen (situation_table.cc); its names are what reports,
// corpora and tests/golden/situations.txt go by.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace drydock::sim {

// A place in the list. Numbers move when the list grows; names do not.
using SituationId = std::uint16_t;

class Situations {
 public:
  static std::size_t Count();
  static const std::string& NameOf(SituationId id);
  static std::optional<SituationId> Find(std::string_view name);
};

class SituationSet {
 public:
  static constexpr std::size_t kCapacity = 1024;

  void Add(SituationId id) { words_[id / 64] |= std::uint64_t{1} << id % 64; }
  bool Contains(SituationId id) const { return (words_[id / 64] >> id % 64 & 1) != 0; }
  std::size_t Count() const;
  // Takes over what the other one has; gives how many of them are new here.
  std::size_t Merge(const SituationSet& other);

  // 16 hexadecimal digits for each 64 situations of the list, the first ones first.
  std::string Write() const;
  // An error if it is not what Write makes of sets of this list.
  static Result<SituationSet> Read(std::string_view text);

  friend bool operator==(const SituationSet&, const SituationSet&) = default;

 private:
  std::array<std::uint64_t, kCapacity / 64> words_{};
};

}  // namespace drydock::sim
