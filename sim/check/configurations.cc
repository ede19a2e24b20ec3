#include "sim/check/configurations.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/base/random.h"

namespace drydock::sim {
namespace {

// Comparing all with all would be quadratic; the best ones come first and settle most.
constexpr std::size_t kComparedWith = 1024;

std::uint64_t HashOf(const std::uint64_t* words, std::size_t count) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < count; ++i) hash = (hash ^ words[i]) * 0x9fb21c651e98df25u + i;
  return Mix(hash);
}

bool Betters(const std::uint64_t* a, const std::uint64_t* b, std::size_t width) {
  if (a[0] != b[0]) return false;
  for (std::size_t i = 1; i < width; ++i) {
    if ((b[i] & ~a[i]) != 0) return false;
  }
  return true;
}

struct Rated {
  std::uint64_t content;
  std::uint32_t bits;
  std::uint32_t position;
};

std::vector<Rated> RatedOf(const ConfigurationList& list) {
  std::vector<Rated> rated;
  rated.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::uint64_t* words = list.At(i);
    std::uint32_t bits = 0;
    for (std::size_t w = 1; w < list.width(); ++w) {
      bits += static_cast<std::uint32_t>(std::popcount(words[w]));
    }
    rated.push_back({words[0], bits, static_cast<std::uint32_t>(i)});
  }
  return rated;
}

}  // namespace

void ConfigurationList::KeepBest() {
  if (size() < 2) return;
  std::vector<Rated> rated = RatedOf(*this);
  std::sort(rated.begin(), rated.end(), [this](const Rated& a, const Rated& b) {
    if (a.content != b.content) return a.content < b.content;
    if (a.bits != b.bits) return a.bits > b.bits;
    const std::uint64_t* words = At(a.position);
    return std::lexicographical_compare(words, words + width_, At(b.position),
                                        At(b.position) + width_);
  });
  ConfigurationList best(half_ * 64);
  std::size_t first_of_content = 0;
  for (std::size_t i = 0; i < rated.size(); ++i) {
    if (i == 0 || rated[i].content != rated[i - 1].content) first_of_content = best.size();
    const std::uint64_t* words = At(rated[i].position);
    // Equal ones are neighbours, so the last kept is compared whatever the limit says.
    bool worse = !best.empty() && Betters(best.At(best.size() - 1), words, width_);
    const std::size_t end = std::min(best.size(), first_of_content + kComparedWith);
    for (std::size_t k = first_of_content; k < end && !worse; ++k) {
      worse = Betters(best.At(k), words, width_);
    }
    if (!worse) best.Add(words);
  }
  Swap(best);
}

void ConfigurationList::KeepRichest(std::size_t count) {
  std::vector<Rated> rated = RatedOf(*this);
  std::stable_sort(rated.begin(), rated.end(), [](const Rated& a, const Rated& b) {
    return a.content != b.content ? a.content < b.content : a.bits > b.bits;
  });
  std::vector<std::pair<std::size_t, std::uint32_t>> by_turn;
  std::size_t first_of_content = 0;
  for (std::size_t i = 0; i < rated.size(); ++i) {
    if (rated[i].content != rated[first_of_content].content) first_of_content = i;
    by_turn.emplace_back(i - first_of_content, rated[i].position);
  }
  std::sort(by_turn.begin(), by_turn.end());
  ConfigurationList kept(half_ * 64);
  for (std::size_t i = 0; i < std::min(count, by_turn.size()); ++i) kept.Add(At(by_turn[i].second));
  Swap(kept);
}

void SeenSet::Clear() {
  for (const std::uint32_t cell : used_) cells_[cell] = 0;
  used_.clear();
}

bool SeenSet::AddLast(const ConfigurationList& list) {
  if (used_.size() * 2 >= cells_.size()) Grow(list);
  const std::size_t last = list.size() - 1;
  const std::uint64_t* words = list.At(last);
  const std::size_t mask = cells_.size() - 1;
  std::size_t cell = HashOf(words, list.width()) & mask;
  for (; cells_[cell] != 0; cell = (cell + 1) & mask) {
    if (std::equal(words, words + list.width(), list.At(cells_[cell] - 1))) return false;
  }
  cells_[cell] = static_cast<std::uint32_t>(last + 1);
  used_.push_back(static_cast<std::uint32_t>(cell));
  return true;
}

void SeenSet::Grow(const ConfigurationList& list) {
  std::vector<std::uint32_t> entries;
  entries.reserve(used_.size());
  for (const std::uint32_t cell : used_) entries.push_back(cells_[cell]);
  cells_.assign(std::max<std::size_t>(64, cells_.size() * 4), 0);
  used_.clear();
  const std::size_t mask = cells_.size() - 1;
  for (const std::uint32_t entry : entries) {
    std::size_t cell = HashOf(list.At(entry - 1), list.width()) & mask;
    while (cells_[cell] != 0) cell = (cell + 1) & mask;
    cells_[cell] = entry;
    used_.push_back(static_cast<std::uint32_t>(cell));
  }
}

}  // namespace drydock::sim
