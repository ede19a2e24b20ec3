// The operations of the lane kBulk: snapshots come and go beside the write-ahead log.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/storage/disk.h"

namespace drydock {

// Numbers them apart from those of the log. Carried out in the order of submission, so a failure
// comes before what relies on it. A value.
class BulkLane {
 public:
  static bool Owns(Ticket ticket) { return ticket.value() >= kFirst; }

  Ticket Submit(DiskAction action, std::vector<DiskOp>& out) {
    const Ticket ticket(next_++);
    out.push_back(DiskOp{Lane::kBulk, ticket, std::move(action)});
    return ticket;
  }

 private:
  static constexpr std::uint64_t kFirst = std::uint64_t{1} << 40;
  std::uint64_t next_ = kFirst;
};

}  // namespace drydock
