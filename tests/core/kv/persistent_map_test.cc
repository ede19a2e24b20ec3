#include "core/kv/persistent_map.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "tests/core/kv/draws.h"

namespace drydock {
namespace {

using Map = PersistentMap<std::uint64_t, std::uint64_t>;
using Model = std::map<std::uint64_t, std::uint64_t>;

Model Content(const Map& map) {
  Model content;
  std::vector<std::uint64_t> order;
  map.ForEach([&](std::uint64_t key, std::uint64_t value) {
    content.emplace(key, value);
    order.push_back(key);
  });
  CHECK(order.size() == content.size());
  std::size_t at = 0;
  for (const auto& [key, value] : content) CHECK(order[at++] == key);
  return content;
}

void CheckSame(const Map& map, const Model& model) {
  map.CheckInvariants();
  CHECK(map.size() == model.size());
  CHECK(map.empty() == model.empty());
  CHECK(Content(map) == model);
  REQUIRE((map.First() == nullptr) == model.empty());
  if (!model.empty()) CHECK(map.First()->key == model.begin()->first);
}

// Counts what happens to the values inside a map.
struct Counted {
  static inline std::int64_t alive = 0;
  static inline std::int64_t copies = 0;

  Counted() { ++alive; }
  Counted(const Counted&) {
    ++alive;
    ++copies;
  }
  Counted(Counted&&) noexcept { ++alive; }
  Counted& operator=(const Counted&) {
    ++copies;
    return *this;
  }
  Counted& operator=(Counted&&) noexcept { return *this; }
  ~Counted() { --alive; }
};

TEST_CASE("persistent map: does what std::map does, and copies go on independently") {
  struct Pair {
    Map map;
    Model model;
  };
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Draws draws(seed);
    std::vector<Pair> pairs(1);
    for (int step = 0; step < 4000; ++step) {
      Pair& pair = pairs[draws.Below(pairs.size())];
      const std::uint64_t key = draws.Below(seed * 40);
      switch (draws.Below(8)) {
        case 0:
        case 1:
        case 2:
          CHECK(pair.map.Assign(key, step) ==
                pair.model.insert_or_assign(key, static_cast<std::uint64_t>(step)).second);
          break;
        case 3:
        case 4:
        case 5:
          CHECK(pair.map.Erase(key) == (pair.model.erase(key) == 1));
          break;
        case 6: {
          std::uint64_t* value = pair.map.FindMutable(key);
          const auto expected = pair.model.find(key);
          REQUIRE((value != nullptr) == (expected != pair.model.end()));
          if (value != nullptr) expected->second = *value += 1;
          break;
        }
        default:
          if (draws.Below(20) != 0) break;
          if (pairs.size() < 6) {
            pairs.push_back(Pair(pair));
          } else {
            pair = Pair(pairs[draws.Below(pairs.size())]);
          }
      }
      if (step % 100 == 0) {
        for (const Pair& each : pairs) CheckSame(each.map, each.model);
      }
    }
    for (const Pair& each : pairs) {
      CheckSame(each.map, each.model);
      for (std::uint64_t key = 0; key < seed * 40; ++key) {
        const std::uint64_t* found = each.map.Find(key);
        const auto expected = each.model.find(key);
        REQUIRE((found != nullptr) == (expected != each.model.end()));
        if (found != nullptr) CHECK(*found == expected->second);
      }
    }
  }
}

TEST_CASE("persistent map: every order of erasing from every small tree keeps it balanced") {
  for (std::uint64_t size = 1; size <= 40; ++size) {
    for (std::uint64_t stride = 1; stride <= 40; ++stride) {
      Map map;
      Model model;
      for (std::uint64_t i = 0; i < size; ++i) {
        map.Assign(i * stride % 41, i);
        model[i * stride % 41] = i;
      }
      const Map kept = map;
      const Model kept_model = model;
      for (std::uint64_t i = 0; i < size; ++i) {
        CHECK(map.Erase(i * 7 * stride % 41) == (model.erase(i * 7 * stride % 41) == 1));
        map.CheckInvariants();
      }
      CHECK(Content(map) == model);
      CHECK(Content(kept) == kept_model);
    }
  }
}

TEST_CASE("persistent map: a copy copies nothing, and a change of it only one path") {
  Counted::copies = 0;
  PersistentMap<std::uint64_t, Counted> map;
  for (std::uint64_t key = 0; key < 4096; ++key) map.Assign(key, Counted());
  for (std::uint64_t key = 0; key < 4096; key += 2) map.Erase(key);
  for (std::uint64_t key = 0; key < 4096; key += 2) map.Assign(key, Counted());
  CHECK(map.FindMutable(std::uint64_t{77}) != nullptr);
  CHECK(Counted::copies == 0);

  // The height is at most 1.44 log2(4096); rebalancing copies two nodes more a level at worst.
  constexpr std::int64_t kPath = 18;
  for (std::uint64_t key = 0; key < 4096; key += 5) {
    auto copy = map;
    CHECK(Counted::copies == 0);
    copy.Assign(key, Counted());
    CHECK(Counted::copies <= kPath);
    Counted::copies = 0;
    copy.Assign(key, Counted());
    CHECK(copy.FindMutable(key) != nullptr);
    CHECK(Counted::copies == 0);  // that path is our own now
  }
  for (std::uint64_t key = 0; key < 4096; key += 5) {
    auto copy = map;
    copy.Erase(key);
    CHECK(Counted::copies <= 3 * kPath);
    Counted::copies = 0;
  }
  for (std::uint64_t key = 0; key < 4096; key += 5) {
    auto copy = map;
    copy.FindMutable(key);
    CHECK(Counted::copies <= kPath);
    Counted::copies = 0;
  }
}

TEST_CASE(
    "persistent map: a prefetch of many keys tells those that are there, and copies nothing") {
  for (const std::uint64_t size : {0, 1, 2, 15, 16, 17, 1000}) {
    PersistentMap<std::uint64_t, Counted> map;
    for (std::uint64_t key = 0; key < size; ++key) map.Assign(2 * key, Counted());
    const auto copy = map;
    Counted::copies = 0;
    std::vector<std::uint64_t> wanted;
    for (std::uint64_t key = 0; key < 2 * size + 3; ++key)
      wanted.push_back(key * 7 % (2 * size + 3));
    std::multiset<std::uint64_t> found;
    map.Prefetch(std::span<const std::uint64_t>(wanted),
                 [&](const auto& item) { found.insert(item.key); });
    std::multiset<std::uint64_t> expected;
    for (const std::uint64_t key : wanted) {
      if (key % 2 == 0 && key < 2 * size) expected.insert(key);
    }
    CHECK(found == expected);
    CHECK(Counted::copies == 0);
  }
}

TEST_CASE("persistent map: erasing a missing key copies nothing") {
  PersistentMap<std::uint64_t, Counted> map;
  for (std::uint64_t key = 0; key < 100; key += 2) map.Assign(key, Counted());
  auto copy = map;
  Counted::copies = 0;
  for (std::uint64_t key = 1; key < 100; key += 2) CHECK_FALSE(copy.Erase(key));
  CHECK(Counted::copies == 0);
}

TEST_CASE("persistent map: nothing is leaked or freed twice, whoever goes first") {
  REQUIRE(Counted::alive == 0);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Draws draws(seed);
    std::vector<PersistentMap<std::uint64_t, Counted>> maps(4);
    for (int step = 0; step < 500; ++step) {
      auto& map = maps[draws.Below(4)];
      const std::uint64_t what = draws.Below(10);
      if (what < 6) map.Assign(draws.Below(64), Counted());
      if (what == 6 || what == 7) map.Erase(draws.Below(64));
      if (what == 8) map = maps[draws.Below(4)];
      if (what == 9) maps[draws.Below(4)] = std::move(map);
    }
  }
  CHECK(Counted::alive == 0);
}

TEST_CASE("persistent map: a moved-from map is empty, and assigning a map to itself keeps it") {
  Map map;
  map.Assign(1, 10);
  Map moved = std::move(map);
  CHECK(map.empty());  // NOLINT(bugprone-use-after-move)
  CHECK(map.First() == nullptr);
  const Map& alias = moved;
  moved = alias;
  REQUIRE(moved.Find(std::uint64_t{1}) != nullptr);
  CHECK(*moved.Find(std::uint64_t{1}) == 10);
}

TEST_CASE("persistent map: sorted input makes no list, and a large map is freed") {
  Map ascending;
  Map descending;
  for (std::uint64_t i = 0; i < 300000; ++i) {
    ascending.Assign(i, i);
    descending.Assign(300000 - i, i);
  }
  ascending.CheckInvariants();  // heights, so that recursion over them is bounded
  descending.CheckInvariants();
  CHECK(ascending.size() == 300000);
  CHECK(descending.First()->key == 1);
}

TEST_CASE("a visit goes on behind any key, there or not, and ends when it is told to") {
  Map map;
  for (std::uint64_t key = 0; key < 200; key += 2) map.Assign(key, key * 10);
  const auto visit = [&map](const std::uint64_t* after, std::size_t most) {
    std::vector<std::uint64_t> keys;
    map.VisitAfter(after, [&](std::uint64_t key, std::uint64_t value) {
      CHECK(value == key * 10);
      keys.push_back(key);
      return keys.size() < most;
    });
    return keys;
  };
  std::vector<std::uint64_t> all = visit(nullptr, 1000);
  CHECK(all.size() == 100);
  for (std::uint64_t after = 0; after < 202; ++after) {
    const std::vector<std::uint64_t> rest = visit(&after, 1000);
    const std::vector<std::uint64_t> wanted(std::upper_bound(all.begin(), all.end(), after),
                                            all.end());
    CHECK(rest == wanted);
    const std::vector<std::uint64_t> few = visit(&after, 3);
    CHECK(few.size() == std::min<std::size_t>(3, wanted.size()));
    CHECK(std::equal(few.begin(), few.end(), wanted.begin()));
  }
}

TEST_CASE("a map is freed a little at a time, and what a copy shares stays") {
  REQUIRE(Counted::alive == 0);
  using CountedMap = PersistentMap<std::uint64_t, Counted>;
  CountedMap map;
  for (std::uint64_t key = 0; key < 1000; ++key) map.Assign(key, Counted());
  CountedMap copy = map;
  std::vector<CountedMap> garbage;
  garbage.push_back(std::move(map));
  for (std::uint64_t key = 0; key < 10; ++key) copy.Assign(key, Counted());
  const std::int64_t both = Counted::alive;
  CountedMap::FreeSome(garbage, 1000);
  CHECK(garbage.empty());
  CHECK(Counted::alive < both);
  CHECK(copy.size() == 1000);
  copy.CheckInvariants();

  garbage.push_back(std::move(copy));
  for (std::int64_t before = Counted::alive; !garbage.empty(); before = Counted::alive) {
    CountedMap::FreeSome(garbage, 64);
    CHECK(before - Counted::alive <= 64);
    CHECK(garbage.size() <= 20);
  }
  CHECK(Counted::alive == 0);
}

}  // namespace
}  // namespace drydock
