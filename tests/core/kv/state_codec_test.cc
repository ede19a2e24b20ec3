#include "core/kv/state_codec.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/kv/command.h"

namespace drydock {
namespace {

Entry Command(const ClientRequest& request) {
  return {Term(1), EntryKind::kCommand, Bytes(EncodeCommand(request))};
}

Entry Put(std::string_view key, std::string_view value) {
  return Command({.op = PutOp{Bytes(key), Bytes(value)}});
}

std::uint64_t HashOf(const KvStore& store) {
  Hasher hasher;
  store.AddTo(hasher);
  return hasher.Finish();
}

// Some of everything: pairs, large and empty values, sessions with and without kept answers, and
// the beginning of a command in parts.
KvStore Mixed() {
  KvStore store;
  Index index(0);
  const auto apply = [&](const Entry& entry) {
    index = Next(index);
    return store.Apply(index, entry);
  };
  const SessionId busy = apply(Command({.op = RegisterOp{100}})).session;
  apply(Command({.op = RegisterOp{100}}));
  for (int i = 0; i < 300; ++i) apply(Put("key" + std::to_string(i), std::string(i, 'v')));
  apply(Put("", "the empty key"));
  apply(Put("empty", ""));
  apply(Put("large", std::string(100000, 'l')));
  for (std::uint64_t i = 1; i <= 20; ++i) {
    apply(Command({.session = busy,
                   .sequence = i,
                   .first_unanswered = 5,
                   .op = CompareAndSetOp{Bytes("large"), Bytes("?"), Bytes("!")}}));
  }
  apply({Term(1), EntryKind::kPart, Bytes("begun")});
  apply({Term(1), EntryKind::kPart, Bytes(std::string(9000, 'p'))});
  return store;
}

std::string Encoded(const KvStore& store, std::size_t piece) {
  StateEncoder encoder(store);
  std::string all;
  while (!encoder.AtEnd()) {
    const Bytes bytes = encoder.Next(piece);
    REQUIRE(bytes.size() <= piece);
    REQUIRE(!bytes.empty());
    all += bytes.view();
  }
  CHECK(encoder.Next(piece).empty());
  return all;
}

TEST_CASE("a state that was written and read back is the same, whatever the pieces") {
  const KvStore store = Mixed();
  const std::string whole = Encoded(store, 1 << 30);
  for (const std::size_t piece : {1u, 7u, 512u, 4096u, 100000u}) {
    CHECK(Encoded(store, piece) == whole);
    StateDecoder decoder;
    for (std::size_t at = 0; at < whole.size(); at += piece) {
      REQUIRE_FALSE(decoder.complete());
      REQUIRE(decoder.Feed(std::string_view(whole).substr(at, piece)));
    }
    REQUIRE(decoder.complete());
    CHECK(HashOf(decoder.Take(Index(1))) == HashOf(store));
  }
}

TEST_CASE("what is read back goes on as the original does") {
  KvStore store = Mixed();
  const std::string whole = Encoded(store, 1 << 20);
  StateDecoder decoder;
  REQUIRE(decoder.Feed(whole));
  KvStore copy = decoder.Take(Index(1000));
  const std::vector<Entry> more = {
      {Term(1), EntryKind::kLastPart, Bytes("end")},
      Command({.session = SessionId(1),
               .sequence = 20,
               .first_unanswered = 5,
               .op = CompareAndSetOp{Bytes("large"), Bytes("?"), Bytes("!")}}),
      Command({.op = DeleteOp{Bytes("key7")}}),
      Put("new", "x")};
  for (std::uint64_t i = 0; i < more.size(); ++i) {
    CHECK(store.Apply(Index(1001 + i), more[i]) == copy.Apply(Index(1001 + i), more[i]));
  }
  CHECK(HashOf(store) == HashOf(copy));
}

TEST_CASE("the encoder is not disturbed by what the store does meanwhile") {
  KvStore store = Mixed();
  const std::string whole = Encoded(store, 1 << 20);
  StateEncoder encoder(store);
  std::string all;
  for (std::uint64_t i = 0; !encoder.AtEnd(); ++i) {
    all += encoder.Next(300).view();
    store.Apply(Index(2000 + i), Put("key" + std::to_string(i), "changed"));
  }
  CHECK(all == whole);
}

TEST_CASE("bytes that are no state are refused, wherever they are damaged") {
  const std::string whole = Encoded(Mixed(), 1 << 20);
  StateDecoder newer;
  CHECK_FALSE(newer.Feed("\x02"));
  StateDecoder longer;
  CHECK_FALSE(longer.Feed(whole + "x"));
  StateDecoder shorter;
  CHECK(shorter.Feed(std::string_view(whole).substr(0, whole.size() - 1)));
  CHECK_FALSE(shorter.complete());
  // An order that no state is written in.
  StateDecoder twice;
  const std::string pair("\x04\x01\0\0\0k\x01\0\0\0v", 11);
  CHECK_FALSE(twice.Feed("\x01" + pair + pair));
  for (std::size_t at = 0; at < whole.size(); at += 97) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    StateDecoder decoder;
    decoder.Feed(damaged);  // refused, cut short or another state; never a crash
  }
}

}  // namespace
}  // namespace drydock
