// Calls to the nodes, all on one completion queue that the rehearsal's one thread drains.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/protocol/client.h"
#include "core/protocol/trace_event.h"
#include "core/protocol/transfer.h"

namespace drydock::tools {

// What a node says of itself.
struct NodeReport {
  Role role = Role::kFollower;
  Term term;
  Index commit, applied, last;
  Term last_term;
  bool suspended = false;
  Incarnation incarnation;
  std::optional<Bytes> value;  // of the key asked for
  friend bool operator==(const NodeReport&, const NodeReport&) = default;
};

class NodeClient {
 public:
  using Clock = std::chrono::steady_clock;

  // One address for each node: "127.0.0.1:7000".
  explicit NodeClient(std::vector<std::string> addresses);
  // Cancels what is under way; what is not done yet is never told.
  ~NodeClient();
  NodeClient(const NodeClient&) = delete;
  NodeClient& operator=(const NodeClient&) = delete;

  // Forgets the connections to a node whose process is another one now.
  void Reconnect(NodeId node);

  // Each hook is called once, from RunOne, unless the client goes before.

  // Nullopt: no answer came, and whether the node acted on it is not known.
  using OnAnswer = std::function<void(std::optional<ClientAnswer>)>;
  void Execute(NodeId node, const ClientRequest& request, Duration timeout, OnAnswer done);
  // Whether the last attempts to connect for Execute failed; then it tries anew.
  bool IsUnreachable(NodeId node);

  using OnReport = std::function<void(std::optional<NodeReport>)>;
  void GetStatus(NodeId node, const std::optional<std::string>& key, Duration timeout,
                 OnReport done);

  using OnDone = std::function<void(const std::string& error)>;  // "": done
  void Suspend(NodeId node, std::uint32_t milliseconds, Duration timeout, OnDone done);
  void Resume(NodeId node, Duration timeout, OnDone done);
  // Done as well if there was nothing new for a snapshot to hold.
  void TakeSnapshot(NodeId node, Duration timeout, OnDone done);
  // Nullopt: no answer came.
  using OnTransfer = std::function<void(std::optional<TransferAnswer>)>;
  void Transfer(NodeId node, std::optional<NodeId> target, Duration timeout, OnTransfer done);

  // Waits for one call to end, at most until then, and tells its hook.
  void RunOne(Clock::time_point until);

 private:
  class Calls;
  std::unique_ptr<Calls> calls_;
};

}  // namespace drydock::tools
