#include "core/raft/log.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "core/base/check.h"

namespace drydock {
namespace {

Entry Command(std::uint64_t term, std::string_view payload = "") {
  return {Term(term), EntryKind::kCommand, Bytes(payload)};
}

Log LogOf(std::uint64_t entries) {
  Log log;
  for (std::uint64_t i = 1; i <= entries; ++i) log.Append(Command(1 + i / 10, std::to_string(i)));
  return log;
}

// The reference count stands in the four bytes before the bytes themselves.
std::uint32_t References(const Bytes& bytes) {
  std::uint32_t count;
  std::memcpy(&count, bytes.view().data() - sizeof(count), sizeof(count));
  return count;
}

TEST_CASE("an empty log matches index 0 of term 0 and nothing else") {
  const Log log;
  CHECK(log.last() == Index(0));
  CHECK(log.last_term() == Term(0));
  CHECK(log.Matches(Index(0), Term(0)));
  CHECK_FALSE(log.Matches(Index(0), Term(1)));
  CHECK_FALSE(log.Matches(Index(1), Term(0)));
  CHECK_FALSE(log.Contains(Index(0)));
  CHECK(log.LastNotAfter(Index(5), Term(5)) == Index(0));
  CHECK_THROWS_AS(log.At(Index(1)), CheckFailed);
}

TEST_CASE("entries are found over many chunks") {
  const Log log = LogOf(1000);
  CHECK(log.last() == Index(1000));
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    REQUIRE(log.At(Index(i)).payload.view() == std::to_string(i));
    REQUIRE(log.Matches(Index(i), Term(1 + i / 10)));
    REQUIRE_FALSE(log.Matches(Index(i), Term(2 + i / 10)));
  }
  CHECK_FALSE(log.Matches(Index(1001), Term(101)));
}

TEST_CASE("LastNotAfter agrees with a walk through the log") {
  const Log log = LogOf(150);
  for (std::uint64_t limit = 0; limit <= 160; ++limit) {
    for (std::uint64_t term = 0; term <= 18; ++term) {
      std::uint64_t expected = std::min<std::uint64_t>(limit, 150);
      while (expected > 0 && log.TermAt(Index(expected)) > Term(term)) --expected;
      REQUIRE(log.LastNotAfter(Index(limit), Term(term)) == Index(expected));
    }
  }
}

TEST_CASE("copies go on independently from any length") {
  for (const std::uint64_t size : {0u, 1u, 63u, 64u, 65u, 128u, 200u}) {
    Log a = LogOf(size);
    Log b = a;
    const Log untouched = a;
    for (int i = 0; i < 70; ++i) {
      a.Append(Command(30, "a"));
      b.Append(Command(40, "b"));
    }
    b.TruncateAfter(Index(size));
    b.Append(Command(50, "c"));
    CHECK(untouched.last() == Index(size));
    CHECK(a.At(Index(size + 1)).payload.view() == "a");
    CHECK(a.last() == Index(size + 70));
    CHECK(b.At(Index(size + 1)).payload.view() == "c");
    CHECK(b.last() == Index(size + 1));
    for (std::uint64_t i = 1; i <= size; ++i) {
      REQUIRE(a.At(Index(i)) == untouched.At(Index(i)));
      REQUIRE(b.At(Index(i)) == untouched.At(Index(i)));
    }
  }
}

TEST_CASE("a copy taken back into a chunk that the original fills further stays its own") {
  Log a = LogOf(20);
  Log b = a;
  b.TruncateAfter(Index(10));
  b.Append(Command(9, "mine"));
  CHECK(a.At(Index(11)).payload.view() == "11");
  CHECK(b.At(Index(11)).payload.view() == "mine");
}

TEST_CASE("truncation lets go of the payloads of what it drops, at once") {
  for (const std::uint64_t before : {3u, 64u, 70u, 128u}) {
    for (const bool shared : {false, true}) {
      const Bytes payload(std::string(1000, 'x'));
      Log log = LogOf(before);
      for (int i = 0; i < 100; ++i) log.Append({Term(99), EntryKind::kCommand, payload});
      CHECK(References(payload) == 101);
      {
        const Log copy = shared ? log : Log();
        log.TruncateAfter(Index(before));
        CHECK((References(payload) == 1) == !shared);
      }
      CHECK(References(payload) == 1);
      CHECK(log.last() == Index(before));
    }
  }
}

TEST_CASE("truncation to 0, to the end, and beyond it") {
  Log log = LogOf(130);
  log.TruncateAfter(Index(130));
  CHECK(log.last() == Index(130));
  CHECK_THROWS_AS(log.TruncateAfter(Index(131)), CheckFailed);
  log.TruncateAfter(Index(0));
  CHECK(log.last_term() == Term(0));
  log.Append(Command(1, "again"));
  CHECK(log.At(Index(1)).payload.view() == "again");
}

TEST_CASE("a term that goes back along the log is a bug") {
  Log log;
  log.Append(Command(5));
  CHECK_THROWS_AS(log.Append(Command(4)), CheckFailed);
}

TEST_CASE("a log that was compacted is the same behind its base") {
  for (const std::uint64_t base : {1u, 63u, 64u, 65u, 128u, 149u, 150u}) {
    CAPTURE(base);
    Log log = LogOf(150);
    const Log before = log;
    const Term term = log.TermAt(Index(base));
    log.CompactTo(Index(base));
    CHECK(log.base() == Index(base));
    CHECK(log.base_term() == term);
    CHECK(log.TermAt(Index(base)) == term);
    CHECK(log.last() == Index(150));
    CHECK_FALSE(log.Contains(Index(base)));
    CHECK_THROWS_AS(log.At(Index(base)), CheckFailed);
    for (std::uint64_t i = base + 1; i <= 150; ++i) {
      REQUIRE(log.At(Index(i)) == before.At(Index(i)));
    }
    log.Append(Command(20, "151"));
    CHECK(log.At(Index(151)).payload.view() == "151");
    log.TruncateAfter(Index(base));
    CHECK(log.last() == Index(base));
    CHECK(log.last_term() == term);
    log.Append(Command(30, "again"));
    CHECK(log.At(Index(base + 1)).payload.view() == "again");
    CHECK(before.last() == Index(150));
    CHECK(before.At(Index(1)).payload.view() == "1");
  }
}

TEST_CASE("what a log has forgotten matches, and is not looked for") {
  Log log = LogOf(150);
  log.CompactTo(Index(100));
  CHECK(log.Matches(Index(100), Term(11)));
  CHECK_FALSE(log.Matches(Index(100), Term(10)));
  CHECK(log.Matches(Index(50), Term(6)));
  CHECK(log.LastNotAfter(Index(150), Term(3)) == Index(100));
  CHECK(log.LastNotAfter(Index(40), Term(50)) == Index(100));
  CHECK(log.LastNotAfter(Index(120), Term(50)) == Index(120));
}

TEST_CASE("a log behind a snapshot goes on where that ends") {
  Log log(Index(1000), Term(7));
  CHECK(log.last() == Index(1000));
  CHECK(log.last_term() == Term(7));
  CHECK_THROWS_AS(log.Append(Command(6)), CheckFailed);
  log.Append(Command(7, "1001"));
  CHECK(log.At(Index(1001)).payload.view() == "1001");
  log.CompactTo(Index(1001));
  CHECK(log.last_term() == Term(7));
}

}  // namespace
}  // namespace drydock
