#include "core/kv/kv_store.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "tests/core/kv/draws.h"
#include "tests/core/kv/kv_fixture.h"

namespace drydock {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using Model = std::map<std::string, std::string>;

Model Content(const KvStore& store) {
  Model content;
  std::string previous;
  store.ForEach([&](std::string_view key, const Bytes& value) {
    if (!content.empty()) CHECK(previous < key);
    previous = key;
    content.emplace(key, value.view());
  });
  return content;
}

std::string RandomText(Draws& draws) {
  std::string text;
  const std::uint64_t size = draws.Below(4);
  // Few and extreme bytes: signs and zeros are what an ordering gets wrong.
  for (std::uint64_t i = 0; i < size; ++i) text.push_back("\0a\x7f\x80\xff"[draws.Below(5)]);
  return text;
}

TEST_CASE("kv: put, overwrite, delete") {
  KvFixture kv;
  CHECK(kv.Do(PutOf("a", "1")).outcome == Outcome::kOk);
  CHECK(kv.Get("a") == "1");
  CHECK(kv.Do(PutOf("a", "2")).outcome == Outcome::kOk);
  CHECK(kv.Get("a") == "2");
  CHECK(kv.store.size() == 1);
  const ApplyResult deleted = kv.Do(DeleteOf("a"));
  CHECK(deleted.outcome == Outcome::kOk);
  CHECK(deleted.found);
  CHECK_FALSE(kv.Get("a"));
  const ApplyResult missing = kv.Do(DeleteOf("a"));
  CHECK(missing.outcome == Outcome::kOk);
  CHECK_FALSE(missing.found);
}

TEST_CASE("kv: compare-and-set sets only over what is expected, and tells what it found") {
  KvFixture kv;
  const ApplyResult missing = kv.Do(CasOf("a", "0", "1"));
  CHECK(missing.outcome == Outcome::kCompareFailed);
  CHECK_FALSE(missing.found);
  CHECK(kv.Do(CasOf("a", std::nullopt, "1")).outcome == Outcome::kOk);
  const ApplyResult held = kv.Do(CasOf("a", std::nullopt, "2"));
  CHECK(held.outcome == Outcome::kCompareFailed);
  CHECK(held.found);
  CHECK(held.value.view() == "1");
  CHECK(kv.Do(CasOf("a", "2", "3")).value.view() == "1");
  CHECK(kv.Do(CasOf("a", "1", "")).outcome == Outcome::kOk);
  // An empty value is a value.
  CHECK(kv.Do(CasOf("a", std::nullopt, "4")).outcome == Outcome::kCompareFailed);
  CHECK(kv.Do(CasOf("a", "", "4")).outcome == Outcome::kOk);
  CHECK(kv.Get("a") == "4");
}

TEST_CASE("kv: keys and values are any bytes, empty ones too, in byte order") {
  KvFixture kv;
  const Model model = {{"", "empty"},     {"\0"s, ""},      {"a", "\xff\xfe"}, {"a\0b"s, "x"},
                       {"\x7f", "a\0b"s}, {"\x80", "high"}, {"\xff", "last"}};
  for (const auto& [key, value] : model) kv.Do(PutOf(key, value));
  CHECK(Content(kv.store) == model);
  kv.Do(PutOf("a\0b"sv, "binary\0value"sv));
  CHECK(kv.Get("a\0b"sv) == "binary\0value"s);
  CHECK(kv.Get("") == "empty");
  CHECK(kv.Get("\0"sv) == "");
  CHECK_FALSE(kv.Get("\0\0"sv));
  std::vector<std::string> keys;
  kv.store.ForEach([&](std::string_view key, const Bytes&) { keys.emplace_back(key); });
  CHECK(keys == std::vector<std::string>{"", "\0"s, "a", "a\0b"s, "\x7f", "\x80", "\xff"});
}

TEST_CASE("kv: does what a std::map does, over copies that stay independent") {
  struct Pair {
    KvFixture kv;
    Model model;
  };
  Draws draws(11);
  std::vector<Pair> pairs(1);
  for (int step = 0; step < 20000; ++step) {
    if (step % 500 == 499) {
      const Pair copy = pairs[draws.Below(pairs.size())];
      if (pairs.size() < 5) {
        pairs.push_back(copy);
      } else {
        pairs[draws.Below(pairs.size())] = copy;
      }
      for (const Pair& pair : pairs) CHECK(Content(pair.kv.store) == pair.model);
    }
    auto& [kv, model] = pairs[draws.Below(pairs.size())];
    const std::string key = RandomText(draws);
    const std::string value = RandomText(draws);
    const auto held = model.find(key);
    switch (draws.Below(3)) {
      case 0:
        CHECK(kv.Do(PutOf(key, value)) == ApplyResult());
        model[key] = value;
        break;
      case 1:
        CHECK(kv.Do(DeleteOf(key)).found == (held != model.end()));
        model.erase(key);
        break;
      default: {
        const std::string expected = RandomText(draws);
        const bool missing = draws.Below(2) == 0;
        const auto result = kv.Do(
            CasOf(key, missing ? std::nullopt : std::optional<std::string_view>(expected), value));
        const bool equal = held == model.end() ? missing : (!missing && held->second == expected);
        CHECK((result.outcome == Outcome::kOk) == equal);
        CHECK(result.found == (!equal && held != model.end()));
        if (result.found) CHECK(result.value.view() == held->second);
        if (equal) model[key] = value;
      }
    }
    CHECK(kv.store.size() == model.size());
    CHECK(kv.Get(key).has_value() == model.contains(key));
  }
}

TEST_CASE("kv: a prefetch changes nothing, in a store of any size") {
  for (const int size : {0, 1, 40, 5000}) {
    KvFixture kv;
    for (int i = 0; i < size; ++i) kv.Do(PutOf("key" + std::to_string(i), std::to_string(i)));
    const std::uint64_t before = kv.Hash();
    const std::vector<std::string> texts = {"key0", "key39", "key4999", "", "no key", "key0\0"s};
    const std::vector<KeyProbe> keys(texts.begin(), texts.end());
    kv.store.Prefetch(keys);
    CHECK(kv.Hash() == before);
    CHECK(kv.Get("key39").has_value() == (size > 39));
  }
}

TEST_CASE("kv: a copy keeps sessions and pending parts apart as well") {
  KvFixture kv;
  const SessionId session = kv.Register();
  kv.Do(InSession(session, 1, 1, PutOf("a", "1")));
  const std::string big = EncodeCommand(InSession(session, 2, 1, PutOf("b", "2")));
  kv.Apply(EntryKind::kPart, big.substr(0, 10));
  KvFixture copy = kv;
  CHECK(copy.Hash() == kv.Hash());
  CHECK(copy.Apply(EntryKind::kLastPart, big.substr(10)).outcome == Outcome::kOk);
  copy.Do(InSession(session, 3, 3, PutOf("a", "3")));
  CHECK(copy.Hash() != kv.Hash());

  CHECK(kv.Get("a") == "1");
  CHECK(kv.Do(InSession(session, 1, 1, PutOf("a", "1"))).duplicate);
  CHECK(copy.Do(InSession(session, 1, 1, PutOf("a", "1"))).outcome == Outcome::kBadRequest);
  CHECK(kv.Apply(EntryKind::kLastPart, big.substr(10)).outcome == Outcome::kBadRequest);
  CHECK(copy.Get("b") == "2");
  CHECK_FALSE(kv.Get("b"));
}

TEST_CASE("kv: the hash tells states apart, not the ways that led to them") {
  std::vector<std::string> keys;
  for (int i = 0; i < 200; ++i) keys.push_back("key" + std::to_string(i));
  const auto hash_of = [](const std::vector<std::string>& order) {
    KvFixture kv;
    for (const std::string& key : order) kv.Do(PutOf(key, "of " + key));
    return kv.Hash();
  };
  const std::uint64_t expected = hash_of(keys);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Draws draws(seed);
    std::vector<std::string> order = keys;
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[draws.Below(i)]);
    CHECK(hash_of(order) == expected);
  }

  KvFixture roundabout;
  for (const std::string& key : keys) roundabout.Do(PutOf(key + "x", ""));
  for (const std::string& key : keys) roundabout.Do(PutOf(key, "of " + key));
  for (const std::string& key : keys) roundabout.Do(DeleteOf(key + "x"));
  CHECK(roundabout.Hash() == expected);
  roundabout.Do(PutOf("key7", "other"));
  CHECK(roundabout.Hash() != expected);
}

TEST_CASE("kv: the hash covers boundaries of bytes, sessions and pending parts") {
  KvFixture a;
  KvFixture b;
  a.Do(PutOf("ab", "c"));
  b.Do(PutOf("a", "bc"));
  CHECK(a.Hash() != b.Hash());

  KvFixture part;
  part.Apply(EntryKind::kPart, "x");
  CHECK(part.Hash() != KvFixture().Hash());
  part.Apply(EntryKind::kNoop, "");
  CHECK(part.Hash() == KvFixture().Hash());

  KvFixture with;
  KvFixture without;
  const SessionId session = with.Register();
  without.Apply(EntryKind::kNoop, "");
  CHECK(with.Hash() != without.Hash());
  const std::uint64_t before = with.Hash();
  with.Do(InSession(session, 1, 1, DeleteOf("a")));
  CHECK(with.Hash() != before);
}

TEST_CASE("kv: entries that are no commands change nothing") {
  KvFixture kv;
  kv.Do(PutOf("a", "1"));
  const std::uint64_t before = kv.Hash();
  CHECK(kv.Apply(EntryKind::kNoop, "") == ApplyResult());
  CHECK(kv.Apply(EntryKind::kConfiguration, EncodeCommand(Sessionless(PutOf("a", "2")))) ==
        ApplyResult());
  CHECK(kv.Hash() == before);
}

TEST_CASE("kv: a payload that is no command is a bad request and changes nothing") {
  KvFixture kv;
  kv.Do(PutOf("a", "1"));
  const std::uint64_t before = kv.Hash();
  const std::string good = EncodeCommand(Sessionless(PutOf("a", "2")));
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK(kv.Apply(EntryKind::kCommand, good.substr(0, size)).outcome == Outcome::kBadRequest);
  }
  CHECK(kv.Apply(EntryKind::kCommand, good + "x").outcome == Outcome::kBadRequest);
  CHECK(kv.Hash() == before);
}

TEST_CASE("kv: a command in parts is applied at the last one, wherever it was cut") {
  const std::string value(1000, 'v');
  const std::string command = EncodeCommand(Sessionless(PutOf("big", value)));
  for (std::size_t piece = 1; piece < command.size(); piece += 1 + piece / 3) {
    KvFixture kv;
    std::size_t at = 0;
    for (; at + piece < command.size(); at += piece) {
      CHECK(kv.Apply(EntryKind::kPart, command.substr(at, piece)) == ApplyResult());
      CHECK_FALSE(kv.Get("big"));
    }
    CHECK(kv.Apply(EntryKind::kLastPart, command.substr(at)).outcome == Outcome::kOk);
    CHECK(kv.Get("big") == value);
    KvFixture whole;
    whole.Do(PutOf("big", value));
    CHECK(kv.Hash() == whole.Hash());  // nothing of the parts stays behind
  }
}

TEST_CASE("kv: empty parts are parts") {
  KvFixture kv;
  const std::string command = EncodeCommand(Sessionless(PutOf("a", "1")));
  kv.Apply(EntryKind::kPart, "");
  kv.Apply(EntryKind::kPart, command);
  CHECK(kv.Apply(EntryKind::kLastPart, "").outcome == Outcome::kOk);
  CHECK(kv.Get("a") == "1");
}

TEST_CASE("kv: any other entry makes a run of parts void") {
  const std::string command = EncodeCommand(Sessionless(PutOf("big", "value")));
  const std::string other = EncodeCommand(Sessionless(PutOf("other", "1")));
  const std::vector<std::pair<EntryKind, std::string>> breakers = {
      {EntryKind::kNoop, ""},
      {EntryKind::kConfiguration, "c"},
      {EntryKind::kCommand, other},
      {EntryKind::kCommand, "garbage"},
      {EntryKind::kLastPart, "garbage"}};
  for (const auto& [kind, payload] : breakers) {
    KvFixture kv;
    kv.Apply(EntryKind::kPart, command.substr(0, 20));
    kv.Apply(kind, payload);
    CHECK(kv.Apply(EntryKind::kLastPart, command.substr(20)).outcome == Outcome::kBadRequest);
    CHECK_FALSE(kv.Get("big"));
    // The next run is none the worse for it.
    kv.Apply(EntryKind::kPart, command.substr(0, 20));
    CHECK(kv.Apply(EntryKind::kLastPart, command.substr(20)).outcome == Outcome::kOk);
    CHECK(kv.Get("big") == "value");
  }
}

TEST_CASE("kv: the last piece of a void run is no command, even if it reads like one") {
  KvFixture kv;
  const std::string command = EncodeCommand(Sessionless(PutOf("a", "1")));
  kv.Apply(EntryKind::kPart, "front");
  kv.Apply(EntryKind::kNoop, "");
  CHECK(kv.Apply(EntryKind::kLastPart, command).outcome == Outcome::kBadRequest);
  CHECK_FALSE(kv.Get("a"));
}

TEST_CASE("kv: an entry out of log order is a bug of ours") {
  KvStore store;
  store.Apply(Index(5), Entry{});
  CHECK_THROWS_AS(store.Apply(Index(5), Entry{}), CheckFailed);
}

}  // namespace
}  // namespace drydock
