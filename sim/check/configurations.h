// Sets of configurations of the register search, packed into words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/check/register_model.h"

namespace drydock::sim {

// A list of equally wide configurations. Each is a word with the content of the register (and a
// mark), then the bits "done" and then the bits "usable" of every slot; a slot belongs to one
// pending operation.
class ConfigurationList {
 public:
  explicit ConfigurationList(std::size_t slots) : half_((slots + 63) / 64), width_(1 + 2 * half_) {}

  std::size_t size() const { return words_.size() / width_; }
  bool empty() const { return words_.empty(); }
  std::size_t words() const { return words_.size(); }
  std::size_t width() const { return width_; }
  std::size_t half() const { return half_; }
  std::uint64_t* At(std::size_t i) { return words_.data() + i * width_; }
  const std::uint64_t* At(std::size_t i) const { return words_.data() + i * width_; }
  void Clear() { words_.clear(); }
  // `configuration` must not lie within this list.
  void Add(const std::uint64_t* configuration) {
    words_.insert(words_.end(), configuration, configuration + width_);
  }
  void DropLast() { words_.resize(words_.size() - width_); }
  void Swap(ConfigurationList& other) { words_.swap(other.words_); }

  // Leaves only the best: drops what another one with the same first word equals or betters in
  // every bit. Compares each with a bounded number of others, so a few poorer ones may stay.
  void KeepBest();
  // Leaves only `count`: of each content in turn the one with the most bits, of equals the first.
  void KeepRichest(std::size_t count);

 private:
  std::size_t half_;
  std::size_t width_;
  std::vector<std::uint64_t> words_;
};

// Remembers which configurations of a list it has seen. Open addressing; nothing depends on the
// order within.
class SeenSet {
 public:
  void Clear();
  // Adds the last configuration of `list`; false if an equal one was added before. All calls since
  // Clear must be about one list, which only grows, or loses its last again after a false.
  bool AddLast(const ConfigurationList& list);

 private:
  void Grow(const ConfigurationList& list);

  std::vector<std::uint32_t> cells_;  // 1 + position in the list; 0 is empty
  std::vector<std::uint32_t> used_;   // cells to wipe
};

}  // namespace drydock::sim
