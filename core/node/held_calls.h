// The calls of clients that wait while leadership is on its way to another node: none of them has
// been proposed, so each may still be refused.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/node/effects.h"

namespace drydock {

class HeldCalls {
 public:
  // `bytes` that a write will cost in the log; a read counts by its number.
  void Add(ClientCall call, bool is_read, std::uint64_t bytes) {
    reads_ += is_read ? 1 : 0;
    bytes_ += is_read ? 0 : bytes;
    calls_.push_back(std::move(call));
  }
  // All of them, in the order in which they came.
  std::vector<ClientCall> Take() {
    reads_ = 0;
    bytes_ = 0;
    return std::exchange(calls_, {});
  }

  std::uint64_t size() const { return calls_.size(); }
  bool empty() const { return calls_.empty(); }
  std::uint64_t reads() const { return reads_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::vector<ClientCall> calls_;
  std::uint64_t reads_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace drydock
