// Measures how long the other nodes take to answer a call that does nothing: one call to each at a
// time, the next one when it is over.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/base/strong.h"
#include "core/base/time.h"

namespace drydock::net {

// What the calls to one node came to.
struct RoundTripsTo {
  std::uint32_t asked = 0;
  std::uint32_t failed = 0;
  std::vector<std::chrono::nanoseconds> took;  // of those that were answered
  std::string failure;                         // of the last one that failed
};

// Lives on the loop's thread.
class RoundTrips {
 public:
  // Begins a call; Answered or Failed is told with the number. False: there is no way to the node.
  using Call = std::function<bool(NodeId node, std::uint64_t number)>;
  using Done = std::function<void(const grpc::Status&, const std::map<NodeId, RoundTripsTo>&)>;

  explicit RoundTrips(Call call) : call_(std::move(call)) {}

  // `done` is called exactly once, at `end` at the latest; or at once with an error if another
  // measurement is under way.
  void Measure(const std::vector<NodeId>& nodes, std::uint32_t count, TimePoint end, Done done);
  void Answered(NodeId node, std::uint64_t number, std::chrono::nanoseconds took);
  void Failed(NodeId node, std::uint64_t number, const grpc::Status& why);
  // To be called now and then.
  void Expire(TimePoint now);
  // The node stops.
  void Abandon();

 private:
  // Null: the call is not of the measurement that is under way.
  RoundTripsTo* Find(NodeId node, std::uint64_t number);
  void Next(NodeId node, RoundTripsTo& results);
  void FinishIfOver();
  void Finish(const grpc::Status& status);

  const Call call_;
  std::uint64_t number_ = 0;  // of the measurement; all its calls have it
  std::uint32_t count_ = 0;
  TimePoint end_;
  Done done_;             // empty: none is under way
  std::size_t open_ = 0;  // nodes that have a call under way
  std::map<NodeId, RoundTripsTo> results_;
};

}  // namespace drydock::net
