#include "net/peers/round_trips.h"

#include <utility>

#include "net/rpc/failure_text.h"

namespace drydock::net {

void RoundTrips::Measure(const std::vector<NodeId>& nodes, std::uint32_t count, TimePoint end,
                         Done done) {
  if (done_) {
    return done({grpc::StatusCode::RESOURCE_EXHAUSTED, "another measurement is under way"}, {});
  }
  ++number_;
  count_ = count;
  end_ = end;
  done_ = std::move(done);
  open_ = 0;
  results_.clear();
  for (const NodeId node : nodes) {
    ++open_;
    Next(node, results_[node]);
  }
  FinishIfOver();
}

// What came of a measurement that was given up must not be taken for the next one's.
RoundTripsTo* RoundTrips::Find(NodeId node, std::uint64_t number) {
  if (!done_ || number != number_) return nullptr;
  const auto found = results_.find(node);
  return found == results_.end() ? nullptr : &found->second;
}

void RoundTrips::Answered(NodeId node, std::uint64_t number, std::chrono::nanoseconds took) {
  RoundTripsTo* results = Find(node, number);
  if (results == nullptr) return;
  results->took.push_back(took);
  Next(node, *results);
  FinishIfOver();
}

void RoundTrips::Failed(NodeId node, std::uint64_t number, const grpc::Status& why) {
  RoundTripsTo* results = Find(node, number);
  if (results == nullptr) return;
  results->failure = WhyCallFailed(why);
  ++results->failed;
  Next(node, *results);
  FinishIfOver();
}

void RoundTrips::Next(NodeId node, RoundTripsTo& results) {
  if (results.asked < count_ && call_(node, number_)) {
    ++results.asked;
    return;
  }
  if (results.asked == 0) results.failure = "there is no connection to it yet";
  --open_;
}

void RoundTrips::FinishIfOver() {
  if (done_ && open_ == 0) Finish(grpc::Status::OK);
}

// What is under way still says nothing and does not count, unless it is all there is.
void RoundTrips::Expire(TimePoint now) {
  if (!done_ || now < end_) return;
  for (auto& [node, results] : results_) {
    if (results.asked == results.took.size() + results.failed) continue;
    if (results.asked > 1) --results.asked;
    if (results.took.empty() && results.failure.empty()) results.failure = "no answer in time";
  }
  Finish(grpc::Status::OK);
}

void RoundTrips::Abandon() {
  if (done_) Finish({grpc::StatusCode::UNAVAILABLE, "the node stops"});
}

void RoundTrips::Finish(const grpc::Status& status) {
  const Done done = std::exchange(done_, {});
  done(status, results_);
}

}  // namespace drydock::net
