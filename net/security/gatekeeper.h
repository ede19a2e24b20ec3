// Who may make which call: judged by what the connection has proved (its certificate) and what the
// call brings along (its token). docs/security.md tells the rules.
#pragma once

#include <grpcpp/support/status.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "core/base/strong.h"
#include "net/security/permissions.h"

namespace grpc {
class ServerContext;
}

namespace drydock::net {

struct GateRules {
  std::string cluster;
  bool peer_tls = false;                   // nodes have a port of their own, with TLS
  bool client_tls = false;                 // clients have TLS at theirs
  std::optional<Permissions> permissions;  // none: everybody may do what goes without a file
};

// Open until it is told the rules: then everybody may do everything. Of the loop's thread.
class Gatekeeper {
 public:
  // Told of each call that is refused: the address that it came from, and why.
  using Refused = std::function<void(const std::string& peer, const std::string& why)>;

  // From now on. Streams keep the rights that they began with.
  void Guard(GateRules rules, Refused refused);
  void SetPermissions(Permissions permissions) { rules_.permissions = std::move(permissions); }
  bool open() const { return open_; }

  // May who calls speak as this node? OK, or the error for the call.
  grpc::Status AdmitPeer(const grpc::ServerContext& context, NodeId node) const;
  // May who calls do it?
  grpc::Status AdmitClient(const grpc::ServerContext& context, Permission permission) const;
  // All that who calls may do; the error if that is nothing.
  std::pair<grpc::Status, Rights> RightsOf(const grpc::ServerContext& context) const;

 private:
  struct Caller;

  Caller Look(const grpc::ServerContext& context) const;
  grpc::Status JudgePeer(const Caller& caller, NodeId node) const;
  bool AtPortForClients(const Caller& caller) const;
  grpc::Status Identify(const grpc::ServerContext& context, const Caller& caller,
                        Rights& rights) const;
  Rights WithoutFile(const Caller& caller) const;
  grpc::Status Tell(const grpc::ServerContext& context, grpc::Status status) const;

  bool open_ = true;
  GateRules rules_;
  Refused refused_;
};

// False: the call was refused, and is finished. Without a gate everybody may do everything.
template <class Call>
bool Admitted(Call& call, const Gatekeeper* gate, Permission permission) {
  if (gate == nullptr || gate->open()) return true;
  const grpc::Status status = gate->AdmitClient(call.context(), permission);
  if (!status.ok()) call.Finish(status);
  return status.ok();
}
template <class Call>
bool Admitted(Call& call, const Gatekeeper* gate, NodeId node) {
  if (gate == nullptr || gate->open()) return true;
  const grpc::Status status = gate->AdmitPeer(call.context(), node);
  if (!status.ok()) call.Finish(status);
  return status.ok();
}

}  // namespace drydock::net
