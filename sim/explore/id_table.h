// Keys of 64 bits, numbered in the order in which they came: a flat table with open addressing,
// since a search holds millions of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/check.h"
#include "core/base/random.h"

namespace drydock::sim::explore {

class IdTable {
 public:
  struct Added {
    std::uint32_t id = 0;
    bool is_new = false;
  };

  IdTable() : slots_(kSmallest, kEmpty) {}

  // The number of the key, from 0 on; a new one gets the next.
  Added Add(std::uint64_t key) {
    if ((keys_.size() + 1) * 4 > slots_.size() * 3) Grow();
    std::uint32_t& slot = slots_[SlotOf(key)];
    if (slot != kEmpty) return {slot, false};
    DRYDOCK_CHECK(keys_.size() < kEmpty, keys_.size());
    slot = static_cast<std::uint32_t>(keys_.size());
    keys_.push_back(key);
    return {slot, true};
  }
  std::size_t size() const { return keys_.size(); }
  std::size_t bytes() const {
    return keys_.capacity() * sizeof(std::uint64_t) + slots_.size() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::uint32_t kEmpty = ~std::uint32_t{0};
  static constexpr std::size_t kSmallest = 1024;

  // Where the key is, or where it is to be put.
  std::size_t SlotOf(std::uint64_t key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = Mix(key) & mask;
    while (slots_[at] != kEmpty && keys_[slots_[at]] != key) at = (at + 1) & mask;
    return at;
  }

  void Grow() {
    slots_.assign(slots_.size() * 2, kEmpty);
    for (std::uint32_t id = 0; id < keys_.size(); ++id) slots_[SlotOf(keys_[id])] = id;
  }

  std::vector<std::uint64_t> keys_;
  std::vector<std::uint32_t> slots_;
};

}  // namespace drydock::sim::explore
