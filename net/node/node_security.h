// The security of a running node: its gatekeeper, what the log tells of it, and renewed files.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/strong.h"
#include "core/base/time.h"
#include "net/config/cluster_config.h"
#include "net/log/event_log.h"
#include "net/node/call_refusals.h"
#include "net/peers/peer_links.h"
#include "net/rpc/mailbox.h"
#include "net/security/gatekeeper.h"
#include "net/security/security.h"

namespace drydock::net {

// Of the loop's thread. Outlives the services, which ask its gatekeeper.
class NodeSecurity {
 public:
  using Now = std::function<TimePoint()>;  // of this turn of the loop

  NodeSecurity(EventLog& log, Now now) : log_(log), now_(std::move(now)), refusals_(log) {}

  // Once, before anybody is listened to. Errors as those of Security::Open.
  Status Open(const SecurityOptions& options, const ClusterConfig& config, NodeId self);

  const Gatekeeper& gate() const { return gate_; }
  std::vector<Door> Doors() const { return security_->Doors(); }
  // Connections to other nodes are made with the certificate in force.
  void ConnectWith(PeerLinks& links) const;

  // From now on renewed files are taken, on a thread of its own that posts into the mailbox;
  // `renew_links` is called on the loop's thread.
  void Watch(Mailbox& mailbox, const std::function<void()>& renew_links);
  // Before the mailbox goes.
  void StopWatching();

  // Writes what is held back of the log. To be called now and then.
  void Flush() { refusals_.Flush(now_()); }

 private:
  EventLog& log_;
  const Now now_;
  CallRefusals refusals_;
  Gatekeeper gate_;
  std::unique_ptr<Security> security_;  // from Open on
};

}  // namespace drydock::net
