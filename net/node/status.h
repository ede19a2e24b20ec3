// A node's state as GetStatus tells it.
#pragma once

#include <optional>
#include <string>

#include "core/base/time.h"
#include "core/node/node.h"
#include "net/config/cluster_config.h"
#include "net/metrics/histogram.h"
#include "net/node/observer.h"

namespace drydock::v1 {
class DurationHistogram;
class GetStatusRequest;
class GetStatusResponse;
class TakeSnapshotResponse;
enum SnapshotOutcome : int;
}  // namespace drydock::v1

namespace drydock::net {

struct StatusSource {
  const ClusterConfig& file;
  const std::string& version;
  TimePoint started;
  const Node& node;
  Observer& observer;
};

void FillStatus(const StatusSource& source, TimePoint now, const v1::GetStatusRequest& request,
                v1::GetStatusResponse& out);

// Nullopt: asked for a snapshot, the node would take one, or is taking one.
std::optional<v1::SnapshotOutcome> WhyNoSnapshot(const Node& node);
// Of the newest snapshot.
void FillSnapshot(const Node& node, v1::TakeSnapshotResponse& out);

void Encode(const Histogram& histogram, v1::DurationHistogram& out);

}  // namespace drydock::net
