// How the bare probe's leader keeps its followers supplied: entries gather while appends are under
// way, a few appends at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace grpc {
class CompletionQueue;
}

namespace drydock::tools {

class ProbeFollowers {
 public:
  // `matched` is called whenever a follower has more; ends the process when one fails.
  ProbeFollowers(const std::vector<std::string>& addresses, grpc::CompletionQueue& queue,
                 std::function<void()> matched);
  ~ProbeFollowers();

  // An error if one of them cannot be reached within ten seconds.
  Status Connect();
  // Entry numbers are consecutive, from 1 on.
  void Add(Bytes entry);
  // Nothing more is added for now.
  void Flush();
  // Up to where the n-th of them has entries, durably.
  std::uint64_t match(std::size_t follower) const;
  std::size_t size() const { return followers_.size(); }

 private:
  class Follower;
  void DropMatched();

  std::function<void()> matched_;
  std::uint64_t first_ = 1;    // number of the first of entries_
  std::deque<Bytes> entries_;  // those that some follower may lack
  std::vector<std::unique_ptr<Follower>> followers_;
};

}  // namespace drydock::tools
