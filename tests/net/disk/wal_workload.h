// A seeded stream of mutations through a WalWriter: which operations it asks of the disk, and what
// the store must hold after each batch. The same for the same seed, whoever carries it out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/random.h"
#include "core/storage/recovery.h"
#include "core/storage/wal_format.h"
#include "core/storage/wal_writer.h"
#include "tests/support/wal_fixture.h"

namespace drydock::net {

// Where on the disk something was written.
struct Place {
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

inline Place PlaceOf(const WriteAndSync& write) {
  Place place{write.path, write.offset, 0};
  for (const Bytes& piece : write.pieces) place.bytes += piece.size();
  return place;
}

class WalWorkload {
 public:
  WalWorkload(std::uint64_t seed, const Recovered& recovered)
      : seed_(seed), writer_(recovered, kMinSegmentBytes), state_(StateOf(recovered)) {}

  // The next operation, to be followed by Done when it was carried out.
  DiskOp Next() {
    std::vector<DiskOp> ops;
    writer_.Flush(ops);
    if (ops.empty()) {
      before_ = state_;
      AddGroup();
      writer_.Flush(ops);
    }
    DRYDOCK_CHECK(ops.size() == 1);
    return std::move(ops[0]);
  }
  void Done(Ticket ticket) {
    if (writer_.Done(ticket).has_value()) before_ = state_;
  }
  // Goes on with what a new start found.
  void Restart(const Recovered& recovered) { writer_ = WalWriter(recovered, kMinSegmentBytes); }

  const StoredState& durable() const { return before_; }
  const StoredState& next() const { return state_; }  // with the batch that is under way

  static bool IsBatch(const DiskOp& op) {
    const auto* const write = std::get_if<WriteAndSync>(&op.action);
    return write != nullptr && write->offset != 0;
  }

 private:
  std::uint64_t Below(std::uint64_t bound) { return Reduce(Mix(seed_, ++draws_), bound); }
  template <class M>
  void Add(const M& mutation) {
    writer_.Add(mutation);
    state_.Apply(mutation);
  }
  // At most half a segment, so that it is one batch; often enough much of one, so that segments
  // change.
  void AddGroup() {
    if (state_.term == Term(0) || Below(8) == 0) {
      const Term term(state_.term.value() + 1 + Below(2));
      Add(StoreTermAndVote{term, Below(2) == 0 ? std::optional(NodeId(1)) : std::nullopt});
    }
    if (!state_.entries.empty() && Below(10) == 0) {
      const std::uint64_t last = Below(state_.entries.size());
      Add(StoreTruncation{Index(last), last == 0 ? Term(0) : state_.entries[last - 1].term});
    }
    for (std::uint64_t left = 1 + Below(4); left > 0; --left) {
      Add(StoreEntry{Index(state_.entries.size() + 1),
                     Entry{state_.term, EntryKind::kCommand, Bytes(Payload())}});
    }
  }
  // No sector of it is like another one, nor all zeros.
  std::string Payload() {
    static constexpr std::uint64_t kBounds[] = {40, 700, 5000, 120000, 40, 120000};
    std::string payload(Below(kBounds[Below(6)]), '\0');
    const std::uint64_t salt = Below(~std::uint64_t{0});
    for (std::size_t i = 0; i < payload.size(); ++i) {
      payload[i] = static_cast<char>(Mix(salt, i / 8) >> (8 * (i % 8)));
    }
    return payload;
  }

  std::uint64_t seed_;
  std::uint64_t draws_ = 0;
  WalWriter writer_;
  StoredState state_;
  StoredState before_ = state_;
};

}  // namespace drydock::net
