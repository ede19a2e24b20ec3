// Strong types for the numbers of the protocol: none converts into another by accident.
#pragma once

#include <compare>
#include <cstdint>

namespace drydock {

// A number with a name. Copying is free; arithmetic exists only where a type asks for it below.
template <class Tag, class Rep>
class Strong {
 public:
  constexpr Strong() = default;
  constexpr explicit Strong(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(Strong, Strong) = default;

 private:
  Rep value_{};
};

// A Raft term (Raft paper, section 5.1). Term 0 is before the first election.
using Term = Strong<struct TermTag, std::uint64_t>;
// A position in the replicated log; the first entry has index 1, index 0 is "nothing".
using Index = Strong<struct IndexTag, std::uint64_t>;
// A member of the cluster, as the configuration names it: n0, n1, ...
using NodeId = Strong<struct NodeIdTag, std::uint32_t>;
// What one bootstrap drew for one data directory; 0 is "not known". A wiped node has another one.
using StoreId = Strong<struct StoreIdTag, std::uint64_t>;
// How many times a store was started; the first start is 1, 0 is "not known".
using Incarnation = Strong<struct IncarnationTag, std::uint64_t>;
// A driver's name for one request; it comes back in exactly one reply or drop.
using CallId = Strong<struct CallIdTag, std::uint64_t>;
// A driver's disk operation; it comes back in exactly one DiskDone.
using Ticket = Strong<struct TicketTag, std::uint64_t>;
// A client session: the index of the entry that registered it; 0 is "no session".
using SessionId = Strong<struct SessionIdTag, std::uint64_t>;

constexpr Term Next(Term term) {
  return Term(term.value() + 1);
}
constexpr Index Next(Index index) {
  return Index(index.value() + 1);
}
constexpr Index Previous(Index index) {
  return Index(index.value() - 1);
}
constexpr Index operator+(Index index, std::uint64_t count) {
  return Index(index.value() + count);
}
constexpr std::uint64_t operator-(Index a, Index b) {
  return a.value() - b.value();
}

}  // namespace drydock
