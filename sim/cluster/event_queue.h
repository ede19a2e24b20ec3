// The one queue of a run, ordered by (time, tie, sequence). The tie is a drawn decision, so that
// the order of two things at the same instant is chance, and chance that can be pinned.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <utility>
#include <vector>

namespace drydock::sim {

// The soonest few are in order, so that one is taken without a comparison, and a new one, which is
// among the first most of the time, finds its place after few. The others wait in a heap of keys
// with four children each: half as deep as a binary one, and the children share a cache line or
// two.
template <class Item>
class EventQueue {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  EventQueue() = default;
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  bool empty() const { return soonest_.empty() && others_.empty(); }
  std::int64_t NextTime() const {
    if (!soonest_.empty()) return soonest_.back().time;
    return others_.empty() ? kNever : others_.front().time;
  }

  template <class NewItem>  // an Item, or what becomes one: moved once, to its place
  void Push(std::int64_t time, std::uint64_t tie, NewItem&& item) {
    const Key key{time, tie, sequence_++, Place(std::forward<NewItem>(item))};
    if (!others_.empty() && others_.front().Before(key)) return PushToOthers(key);
    Insert(key);
    if (soonest_.size() <= kSoonest) return;
    PushToOthers(soonest_.front());
    soonest_.erase(soonest_.begin());
  }

  // Takes the first item out and gives it to `use`, where it is: `use` may push others.
  template <class Use>
  void Pop(Use use) {
    Item* const item = TakeFirst().item;
    use(*item);
    free_.push_back(item);
  }

 private:
  static constexpr std::size_t kSoonest = 32;
  static constexpr std::size_t kChildren = 4;
  struct Key {
    std::int64_t time = 0;
    std::uint64_t tie = 0;
    std::uint64_t sequence = 0;
    Item* item = nullptr;
    bool Before(const Key& other) const {
      if (time != other.time) return time < other.time;
      if (tie != other.tie) return tie < other.tie;
      return sequence < other.sequence;
    }
  };

  template <class NewItem>
  Item* Place(NewItem&& item) {
    if (free_.empty()) return &items_.emplace_back(std::forward<NewItem>(item));
    Item* const place = free_.back();
    free_.pop_back();
    *place = std::forward<NewItem>(item);
    return place;
  }

  void Insert(const Key& key) {
    std::size_t hole = soonest_.size();
    soonest_.emplace_back();
    for (; hole > 0 && soonest_[hole - 1].Before(key); --hole) soonest_[hole] = soonest_[hole - 1];
    soonest_[hole] = key;
  }

  void PushToOthers(const Key& key) {
    std::size_t hole = others_.size();
    others_.emplace_back();
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / kChildren;
      if (!key.Before(others_[parent])) break;
      others_[hole] = others_[parent];
      hole = parent;
    }
    others_[hole] = key;
  }

  Key TakeFirst() {
    if (!soonest_.empty()) {
      const Key first = soonest_.back();
      soonest_.pop_back();
      return first;
    }
    const Key first = others_.front();
    const Key last = others_.back();
    others_.pop_back();
    if (!others_.empty()) Sink(last);
    return first;
  }

  void Sink(const Key& key) {
    std::size_t hole = 0;
    for (;;) {
      const std::size_t first = hole * kChildren + 1;
      if (first >= others_.size()) break;
      const std::size_t end = std::min(first + kChildren, others_.size());
      std::size_t least = first;
      for (std::size_t child = first + 1; child < end; ++child) {
        if (others_[child].Before(others_[least])) least = child;
      }
      if (!others_[least].Before(key)) break;
      others_[hole] = others_[least];
      hole = least;
    }
    others_[hole] = key;
  }

  std::vector<Key> soonest_;  // the last is the first to come; all before any of the others
  std::vector<Key> others_;   // the heap
  std::deque<Item> items_;    // none moves when others are added
  std::vector<Item*> free_;
  std::uint64_t sequence_ = 0;
};

}  // namespace drydock::sim
