// The one queue of a run, ordered by (time, tie, sequence). The tie is a drawn decision, so that
// the order of two things at the same instant is chance, and chance that can be pinned.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace drydock::sim {

// A heap of small keys with four children each: half as deep as a binary one, and the children
// share a cache line or two. The items themselves stay in place until they are taken.
template <class Item>
class EventQueue {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  bool empty() const { return heap_.empty(); }
  std::int64_t NextTime() const { return heap_.empty() ? kNever : heap_.front().time; }

  template <class NewItem>  // an Item, or what becomes one: moved once, to its place
  void Push(std::int64_t time, std::uint64_t tie, NewItem&& item) {
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(items_.size());
      items_.emplace_back(std::forward<NewItem>(item));
    } else {
      slot = free_.back();
      free_.pop_back();
      items_[slot] = std::forward<NewItem>(item);
    }
    heap_.emplace_back();
    Rise(heap_.size() - 1, {time, tie, sequence_++, slot});
  }

  Item Pop() {
    const std::uint32_t slot = heap_.front().slot;
    const Key last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) Sink(last);
    free_.push_back(slot);
    return std::move(items_[slot]);
  }

 private:
  static constexpr std::size_t kChildren = 4;
  struct Key {
    std::int64_t time = 0;
    std::uint64_t tie = 0;
    std::uint64_t sequence = 0;
    std::uint32_t slot = 0;
    bool Before(const Key& other) const {
      if (time != other.time) return time < other.time;
      if (tie != other.tie) return tie < other.tie;
      return sequence < other.sequence;
    }
  };

  void Rise(std::size_t hole, const Key& key) {
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / kChildren;
      if (!key.Before(heap_[parent])) break;
      heap_[hole] = heap_[parent];
      hole = parent;
    }
    heap_[hole] = key;
  }

  void Sink(const Key& key) {
    std::size_t hole = 0;
    for (;;) {
      const std::size_t first = hole * kChildren + 1;
      if (first >= heap_.size()) break;
      const std::size_t end = first + kChildren < heap_.size() ? first + kChildren : heap_.size();
      std::size_t least = first;
      for (std::size_t child = first + 1; child < end; ++child) {
        if (heap_[child].Before(heap_[least])) least = child;
      }
      if (!heap_[least].Before(key)) break;
      heap_[hole] = heap_[least];
      hole = least;
    }
    heap_[hole] = key;
  }

  std::vector<Key> heap_;
  std::vector<Item> items_;
  std::vector<std::uint32_t> free_;
  std::uint64_t sequence_ = 0;
};

}  // namespace drydock::sim
