#include "net/client/endpoint_book.h"

#include <doctest/doctest.h>

namespace drydock::net {
namespace {

using std::chrono::milliseconds;

constexpr EndpointBook::TimePoint kNow{std::chrono::seconds(1000)};

}  // namespace

TEST_CASE("the first of the list is asked first, then whoever has decided something") {
  EndpointBook book({"a:1", "b:1"}, true);
  CHECK(book.Leader() == 0);
  book.NoteLeader(1);
  CHECK(book.Leader() == 1);
}

TEST_CASE("nodes that have just failed are passed over, until all have or some time is over") {
  EndpointBook book({"a:1", "b:1", "c:1"}, true);
  CHECK(book.NoteFailure(0, kNow) == 1);
  CHECK(book.NoteNotLeader(1, "", kNow) == 2);
  CHECK(book.NoteNotLeader(2, "", kNow) == 1);  // not 0
  CHECK(book.NoteFailure(1, kNow) == 2);
  CHECK(book.NoteFailure(2, kNow) == 0);  // there is no other
  CHECK(book.NoteNotLeader(0, "", kNow + milliseconds(5000)) == 1);
}

TEST_CASE("a hint is followed unless that node has just failed") {
  EndpointBook book({"a:1", "b:1", "c:1"}, true);
  CHECK(book.NoteNotLeader(0, "c:1", kNow) == 2);
  CHECK(book.NoteFailure(2, kNow) == 0);
  CHECK(book.NoteNotLeader(0, "c:1", kNow) == 1);
  CHECK(book.NoteNotLeader(1, "c:1", kNow + milliseconds(5000)) == 2);
  book.NoteLeader(2);
  CHECK(book.NoteNotLeader(2, "c:1", kNow) == 0);  // of itself: no hint
}

TEST_CASE("what one call has found out holds for the others that still failed elsewhere") {
  EndpointBook book({"a:1", "b:1", "c:1"}, true);
  book.NoteLeader(2);
  CHECK(book.NoteFailure(0, kNow) == 2);
  CHECK(book.NoteNotLeader(1, "", kNow) == 2);
}

TEST_CASE("addresses are learned from hints only if that is wanted, and not without bound") {
  EndpointBook book({"a:1"}, true);
  CHECK(book.AddressOf(book.NoteNotLeader(0, "b:1", kNow)) == "b:1");
  CHECK(book.size() == 2);
  book.NoteNotLeader(1, "b:1", kNow);
  book.NoteNotLeader(1, "nonsense", kNow);
  CHECK(book.size() == 2);
  for (int i = 0; i < 1000; ++i) book.NoteNotLeader(0, "h" + std::to_string(i) + ":1", kNow);
  CHECK(book.size() <= 100);
  EndpointBook strict({"a:1"}, false);
  CHECK(strict.NoteNotLeader(0, "b:1", kNow) == 0);
  CHECK(strict.size() == 1);
}

}  // namespace drydock::net
