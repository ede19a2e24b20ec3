// What consensus wants on disk, in order. The storage writes it and tells how far it is durable.
#pragma once

#include <optional>
#include <variant>

#include "core/base/strong.h"
#include "core/protocol/entry.h"

namespace drydock {

struct StoreTermAndVote {
  Term term;
  std::optional<NodeId> vote;
};
struct StoreEntry {
  Index index;
  Entry entry;
};
struct StoreTruncation {
  Index last;  // what is kept
  Term last_term;
};
// The log holds nothing and goes on behind a snapshot, which is durable already.
struct StoreLogStart {
  Index base;
  Term base_term;
};
using Mutation = std::variant<StoreTermAndVote, StoreEntry, StoreTruncation, StoreLogStart>;

// The number of a mutation since the node was started, from 1 on. Durability is counted in it, not
// in log indexes: an index can be written twice with different entries, a Lsn never.
using Lsn = Strong<struct LsnTag, std::uint64_t>;
inline Lsn Next(Lsn lsn) {
  return Lsn(lsn.value() + 1);
}

}  // namespace drydock
