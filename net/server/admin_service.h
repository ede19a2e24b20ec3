// What an operator asks of one node (drydock.v1.AdminService). Answered even while the node is
// suspended.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/strong.h"
#include "core/protocol/configuration_change.h"
#include "net/peers/round_trips.h"
#include "net/runtime/call_table.h"
#include "net/security/gatekeeper.h"
#include "net/server/backup_stream.h"

namespace grpc {
class Service;
class ServerCompletionQueue;
}  // namespace grpc

namespace drydock::net {

struct AdminServiceHooks {
  std::function<void(const v1::GetStatusRequest&, v1::GetStatusResponse&)> status;
  std::function<bool()> resume;  // true: the node was suspended
  // Asks the node; the caller is told by OnTransfer.
  std::function<void(std::optional<NodeId> target, Question)> transfer;
  // Asks the node for a snapshot; the caller is told by OnAnswer. Or tells why there will be none,
  // and asks nobody.
  std::function<std::optional<v1::SnapshotOutcome>(Question)> snapshot;
  // Which snapshot the node has now.
  std::function<void(v1::TakeSnapshotResponse&)> newest_snapshot;
  // Asks the node; the caller is told by OnChange.
  std::function<void(MembershipChange, Question)> change;
  // Measures, and calls `done` exactly once.
  std::function<void(const v1::MeasureRoundTripsRequest&, RoundTrips::Done done)> measure;
  // Which node this is.
  NodeId self;
  // Where a node is; "" when that is not known.
  std::function<std::string(NodeId)> address_of;
  const Gatekeeper* gate = nullptr;  // outlives the service; null: everybody may do everything
  BackupHooks backup;
};

// Lives on the loop's thread, until its queue is drained.
class AdminService {
 public:
  explicit AdminService(AdminServiceHooks hooks);
  ~AdminService();

  grpc::Service& async_service();
  // To be called once the server has been started; until then calls wait.
  void Start(grpc::ServerCompletionQueue& queue);

  // To be called a few times a second.
  void Tick();
  // Takes no more calls.
  void Close();
  // Calls that the queue knows of: with 0 it may be shut down.
  std::size_t live() const;

 private:
  class Methods;
  std::unique_ptr<Methods> methods_;
};

}  // namespace drydock::net
