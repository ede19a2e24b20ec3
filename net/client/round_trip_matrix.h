// How far the nodes of a cluster are from each other, as they measured it: for people as a table,
// for programs as JSON, and as the network of a scenario.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "proto/drydock/v1/drydock.pb.h"

namespace drydock::net {

// One node, reached or not.
struct NodeMeasured {
  std::string name;  // "n1"; its address if that is not known
  std::string endpoint;
  Result<v1::MeasureRoundTripsResponse> told;
};

// From one node to another. Times in nanoseconds, 0 if no call was answered.
struct PairTimes {
  std::string from;
  std::string to;
  std::uint32_t asked = 0;
  std::uint32_t lost = 0;
  std::uint64_t min = 0;
  std::uint64_t median = 0;  // the lower one of the two in the middle
  std::uint64_t p99 = 0;     // 99 of 100 are no longer
  std::string failure;       // of the last call that failed

  bool answered() const { return asked > lost; }
};

class RoundTripMatrix {
 public:
  explicit RoundTripMatrix(std::vector<NodeMeasured> nodes);

  // In the order of the nodes; those of a node that was not reached are not among them.
  const std::vector<PairTimes>& pairs() const { return pairs_; }
  // Who was not reached, and why, and between whom no call was answered: a phrase each, with the
  // names of the nodes. Empty: all is known.
  std::vector<std::string> Gaps() const;

  std::string Table() const;
  std::string Json() const;
  // The value of the key "network" of a scenario. One way is half of a median round trip; where a
  // node could not measure, the other end's figure counts. Nothing is known between two that are
  // both silent: then there is no network, and the error names them. `source` says where the
  // figures come from.
  Result<std::string> Network(const std::string& source) const;
  // A whole scenario, with that network, a put and a get.
  Result<std::string> Scenario(const std::string& source) const;

 private:
  std::optional<std::uint64_t> MedianBetween(const std::string& from, const std::string& to) const;
  Result<std::string> Rows() const;

  std::vector<NodeMeasured> nodes_;
  std::vector<std::string> names_;  // ascending by number: row k of the matrix is names_[k]
  std::vector<PairTimes> pairs_;
};

}  // namespace drydock::net
