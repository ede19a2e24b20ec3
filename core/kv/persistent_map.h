// An ordered map that is a value: a copy costs one reference, and both go on independently.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/prefetch.h"

namespace drydock {

// A balanced (AVL) tree whose nodes are shared between copies. A change copies the nodes on its
// path that another map holds as well, O(log n) of them, and writes in place where none does: a
// map without copies is changed without allocating anything but new pairs.
//
// Compare is three-way, called as compare(wanted, key); it may accept other types for `wanted`.
// Copies may live in different threads; one map is used by one thread at a time.
template <class Key, class Value, class Compare = std::compare_three_way>
class PersistentMap {
 public:
  struct Item {
    Key key;
    Value value;
  };

  PersistentMap() = default;
  PersistentMap(const PersistentMap& other) noexcept
      : root_(Retain(other.root_)), size_(other.size_) {}
  PersistentMap(PersistentMap&& other) noexcept
      : root_(std::exchange(other.root_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  PersistentMap& operator=(PersistentMap other) noexcept {
    std::swap(root_, other.root_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~PersistentMap() { Release(root_); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // The value of `key`, or null. Valid until the next change of this map, as are all pointers here.
  template <class Wanted>
  const Value* Find(const Wanted& key) const;
  // The same for writing; other copies keep what they have.
  template <class Wanted>
  Value* FindMutable(const Wanted& key);
  // The pair with the least key, or null.
  const Item* First() const;
  // Brings the way to each of the keys into the processor's caches, and calls found(const Item&)
  // for those that are there. All go down together, so that their waits for memory overlap.
  template <class Wanted, class Found>
  void Prefetch(std::span<const Wanted> keys, Found found) const;

  // Makes `key` hold `value`; true if the key is new. The key object is replaced in any case, so
  // that nothing of the former pair stays alive through storage it shares.
  bool Assign(Key key, Value value);
  // False if there was no such key.
  template <class Wanted>
  bool Erase(const Wanted& key);

  // Calls visit(const Key&, const Value&) in key order; `visit` must not change this map.
  template <class Visit>
  void ForEach(Visit visit) const;
  // The same from behind `after` on (null: from the first), until `visit` gives false. The key need
  // not be there.
  template <class Visit>
  void VisitAfter(const Key* after, Visit visit) const;

  // Frees what the maps hold, as far as no copy shares it, up to `pairs` of it: a large map given
  // up at once would hold its thread up. Maps that are done with leave the vector.
  static void FreeSome(std::vector<PersistentMap>& maps, std::size_t pairs);

  // Checks order, balance, heights and size: O(n), for tests.
  void CheckInvariants() const;

 private:
  struct Node {
    std::atomic<std::uint32_t> references{1};
    std::int32_t height = 1;
    Node* left = nullptr;
    Node* right = nullptr;
    Item item;

    explicit Node(Item content) : item(std::move(content)) {}
    // Another owner of the same children.
    Node(const Node& other)
        : height(other.height),
          left(Retain(other.left)),
          right(Retain(other.right)),
          item(other.item) {}
    Node& operator=(const Node&) = delete;
  };
  static constexpr std::size_t kTogether = 16;  // beyond it, waits for memory overlap no better
  // No AVL tree that fits a 64-bit address space is higher than this.
  static constexpr std::size_t kMaxHeight = 92;

  // The links followed from the root; each points into a node that this map alone owns.
  class Path {
   public:
    void Push(Node** link) { links_[depth_++] = link; }
    void Rebalance();

   private:
    std::array<Node**, kMaxHeight> links_;
    std::size_t depth_ = 0;
  };

  template <class Wanted, class Found>
  static const Node* Below(const Node* node, const Wanted& key, Found& found);

  static Node* Retain(Node* node) {
    if (node != nullptr) node->references.fetch_add(1, std::memory_order_relaxed);
    return node;
  }
  static void Release(Node* node);
  static Node* Own(Node*& link);
  static std::int32_t HeightOf(const Node* node) { return node == nullptr ? 0 : node->height; }
  static void UpdateHeight(Node* node) {
    node->height = 1 + std::max(HeightOf(node->left), HeightOf(node->right));
  }
  static void RotateLeft(Node*& link);
  static void RotateRight(Node*& link);
  static void Balance(Node*& link);
  static void Unlink(Node*& link);
  static Node** OwnLeast(Node** link, Path& path);
  static std::size_t CheckSubtree(const Node* node);

  Node* root_ = nullptr;
  std::size_t size_ = 0;
};

template <class Key, class Value, class Compare>
template <class Wanted>
const Value* PersistentMap<Key, Value, Compare>::Find(const Wanted& key) const {
  const Node* node = root_;
  while (node != nullptr) {
    const auto order = Compare()(key, node->item.key);
    if (order == 0) return &node->item.value;
    node = order < 0 ? node->left : node->right;
  }
  return nullptr;
}

template <class Key, class Value, class Compare>
template <class Wanted>
Value* PersistentMap<Key, Value, Compare>::FindMutable(const Wanted& key) {
  Node** link = &root_;
  while (*link != nullptr) {
    Node* node = Own(*link);
    const auto order = Compare()(key, node->item.key);
    if (order == 0) return &node->item.value;
    link = order < 0 ? &node->left : &node->right;
  }
  return nullptr;
}

template <class Key, class Value, class Compare>
auto PersistentMap<Key, Value, Compare>::First() const -> const Item* {
  const Node* node = root_;
  if (node == nullptr) return nullptr;
  while (node->left != nullptr) node = node->left;
  return &node->item;
}

template <class Key, class Value, class Compare>
template <class Wanted, class Found>
void PersistentMap<Key, Value, Compare>::Prefetch(std::span<const Wanted> keys, Found found) const {
  std::array<const Node*, kTogether> nodes;
  for (; !keys.empty(); keys = keys.subspan(std::min(keys.size(), kTogether))) {
    const std::size_t count = std::min(keys.size(), kTogether);
    nodes.fill(root_);
    for (bool on_the_way = root_ != nullptr; on_the_way;) {
      on_the_way = false;
      for (std::size_t i = 0; i < count; ++i) {
        if (nodes[i] == nullptr) continue;
        nodes[i] = Below(nodes[i], keys[i], found);
        on_the_way = on_the_way || nodes[i] != nullptr;
      }
    }
  }
}

// The next node on the way to the key, which is asked for; null at the end.
template <class Key, class Value, class Compare>
template <class Wanted, class Found>
auto PersistentMap<Key, Value, Compare>::Below(const Node* node, const Wanted& key, Found& found)
    -> const Node* {
  const auto order = Compare()(key, node->item.key);
  if (order == 0) {
    found(node->item);
    return nullptr;
  }
  const Node* const next = order < 0 ? node->left : node->right;
  PrefetchObject(next);
  return next;
}

template <class Key, class Value, class Compare>
bool PersistentMap<Key, Value, Compare>::Assign(Key key, Value value) {
  Path path;
  Node** link = &root_;
  while (*link != nullptr) {
    Node* node = Own(*link);
    const auto order = Compare()(std::as_const(key), std::as_const(node->item.key));
    if (order == 0) {
      node->item.key = std::move(key);
      node->item.value = std::move(value);
      return false;
    }
    path.Push(link);
    link = order < 0 ? &node->left : &node->right;
  }
  *link = new Node(Item{std::move(key), std::move(value)});
  ++size_;
  path.Rebalance();
  return true;
}

template <class Key, class Value, class Compare>
template <class Wanted>
bool PersistentMap<Key, Value, Compare>::Erase(const Wanted& key) {
  // Looked up first, so that erasing what is not there copies no shared path.
  if (Find(key) == nullptr) return false;
  Path path;
  Node** link = &root_;
  while (true) {
    const auto order = Compare()(key, (*link)->item.key);
    if (order == 0) break;
    Node* node = Own(*link);
    path.Push(link);
    link = order < 0 ? &node->left : &node->right;
  }
  if ((*link)->left != nullptr && (*link)->right != nullptr) {
    Node* node = Own(*link);
    path.Push(link);
    link = OwnLeast(&node->right, path);
    node->item = std::move((*link)->item);
  }
  Unlink(*link);
  --size_;
  path.Rebalance();
  return true;
}

template <class Key, class Value, class Compare>
template <class Visit>
void PersistentMap<Key, Value, Compare>::ForEach(Visit visit) const {
  std::array<const Node*, kMaxHeight> pending;
  std::size_t depth = 0;
  const Node* node = root_;
  while (node != nullptr || depth > 0) {
    for (; node != nullptr; node = node->left) pending[depth++] = node;
    node = pending[--depth];
    visit(std::as_const(node->item.key), std::as_const(node->item.value));
    node = node->right;
  }
}

template <class Key, class Value, class Compare>
template <class Visit>
void PersistentMap<Key, Value, Compare>::VisitAfter(const Key* after, Visit visit) const {
  std::array<const Node*, kMaxHeight> pending;
  std::size_t depth = 0;
  for (const Node* node = root_; node != nullptr;) {
    const bool behind = after == nullptr || Compare()(*after, node->item.key) < 0;
    if (behind) pending[depth++] = node;
    node = behind ? node->left : node->right;
  }
  while (depth > 0) {
    const Node* node = pending[--depth];
    if (!visit(std::as_const(node->item.key), std::as_const(node->item.value))) return;
    for (node = node->right; node != nullptr; node = node->left) pending[depth++] = node;
  }
}

template <class Key, class Value, class Compare>
void PersistentMap<Key, Value, Compare>::FreeSome(std::vector<PersistentMap>& maps,
                                                  std::size_t pairs) {
  for (; pairs > 0 && !maps.empty(); --pairs) {
    const PersistentMap top = std::move(maps.back());
    maps.pop_back();
    if (top.root_ == nullptr || top.root_->references.load(std::memory_order_acquire) > 1) continue;
    for (Node** child : {&top.root_->left, &top.root_->right}) {
      if (*child == nullptr) continue;
      maps.emplace_back();
      maps.back().root_ = std::exchange(*child, nullptr);
    }
  }
}

template <class Key, class Value, class Compare>
void PersistentMap<Key, Value, Compare>::CheckInvariants() const {
  DRYDOCK_CHECK(CheckSubtree(root_) == size_, size_);
  const Key* previous = nullptr;
  ForEach([&previous](const Key& key, const Value&) {
    DRYDOCK_CHECK(previous == nullptr || Compare()(*previous, key) < 0);
    previous = &key;
  });
}

// Gives up one reference to the subtree. Recursion goes no deeper than the tree is high, which its
// balance bounds.
template <class Key, class Value, class Compare>
void PersistentMap<Key, Value, Compare>::Release(Node* node) {
  while (node != nullptr && node->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    Release(node->left);
    Node* const right = node->right;
    delete node;
    node = right;
  }
}

// Puts a copy into the link if another map or tree holds its node too. A count of one is ours
// alone: nobody else has a reference from which to make another.
template <class Key, class Value, class Compare>
auto PersistentMap<Key, Value, Compare>::Own(Node*& link) -> Node* {
  if (link->references.load(std::memory_order_acquire) != 1) {
    Node* const copy = new Node(*link);
    Release(std::exchange(link, copy));
  }
  return link;
}

template <class Key, class Value, class Compare>
void PersistentMap<Key, Value, Compare>::RotateLeft(Node*& link) {
  Node* const node = link;
  Node* const pivot = Own(node->right);
  node->right = pivot->left;
  pivot->left = node;
  link = pivot;
  UpdateHeight(node);
  UpdateHeight(pivot);
}

template <class Key, class Value, class Compare>
void PersistentMap<Key, Value, Compare>::RotateRight(Node*& link) {
  Node* const node = link;
  Node* const pivot = Own(node->left);
  node->left = pivot->right;
  pivot->right = node;
  link = pivot;
  UpdateHeight(node);
  UpdateHeight(pivot);
}

// Restores the balance of one owned node whose subtrees are balanced and differ by two at most.
template <class Key, class Value, class Compare>
void PersistentMap<Key, Value, Compare>::Balance(Node*& link) {
  Node* const node = link;
  const std::int32_t lean = HeightOf(node->left) - HeightOf(node->right);
  if (lean > 1) {
    Node* const left = Own(node->left);
    if (HeightOf(left->left) < HeightOf(left->right)) RotateLeft(node->left);
    RotateRight(link);
  } else if (lean < -1) {
    Node* const right = Own(node->right);
    if (HeightOf(right->right) < HeightOf(right->left)) RotateRight(node->right);
    RotateLeft(link);
  } else {
    UpdateHeight(node);
  }
}

template <class Key, class Value, class Compare>
void PersistentMap<Key, Value, Compare>::Path::Rebalance() {
  while (depth_ > 0) {
    Node*& link = *links_[--depth_];
    const std::int32_t before = link->height;
    Balance(link);
    if (link->height == before) return;  // nothing above can tell that anything changed
  }
}

// Takes out a node that has one child at most.
template <class Key, class Value, class Compare>
void PersistentMap<Key, Value, Compare>::Unlink(Node*& link) {
  Node* const node = link;
  link = Retain(node->left != nullptr ? node->left : node->right);
  Release(node);
}

// The link to the least node below `link`, the way to it owned and put on the path.
template <class Key, class Value, class Compare>
auto PersistentMap<Key, Value, Compare>::OwnLeast(Node** link, Path& path) -> Node** {
  while (Own(*link)->left != nullptr) {
    path.Push(link);
    link = &(*link)->left;
  }
  return link;
}

template <class Key, class Value, class Compare>
std::size_t PersistentMap<Key, Value, Compare>::CheckSubtree(const Node* node) {
  if (node == nullptr) return 0;
  const std::size_t size = CheckSubtree(node->left) + 1 + CheckSubtree(node->right);
  const std::int32_t left = HeightOf(node->left);
  const std::int32_t right = HeightOf(node->right);
  DRYDOCK_CHECK(left - right <= 1 && right - left <= 1, left, right);
  DRYDOCK_CHECK(node->height == 1 + std::max(left, right), node->height, left, right);
  DRYDOCK_CHECK(node->references.load(std::memory_order_relaxed) > 0);
  return size;
}

}  // namespace drydock
