// Who may make which call: judged by what the connection has proved (its certificate) and what the
// call brings along (its token). docs/security.md tells the rules.
#pragma once

#include <grpcpp/support/status.h>

#include <cstdint>
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

  // From now on.
  void Guard(GateRules rules, Refused refused);
  // From the next call on, and from the next operation in streams that stand.
  void SetPermissions(Permissions permissions);
  bool open() const { return open_; }
  // Another number each time the permissions change.
  std::uint64_t version() const { return version_; }

  // May who calls speak as this node, or is it any node at all? OK, or the error for the call.
  grpc::Status AdmitPeer(const grpc::ServerContext& context, std::optional<NodeId> node) const;
  // May who calls do it?
  grpc::Status AdmitClient(const grpc::ServerContext& context, Permission permission) const;
  // All that who calls may do; the error if that is nothing.
  std::pair<grpc::Status, Rights> RightsOf(const grpc::ServerContext& context) const;

 private:
  struct Caller;

  Caller Look(const grpc::ServerContext& context) const;
  grpc::Status JudgePeer(const Caller& caller, std::optional<NodeId> node) const;
  bool AtPortForClients(const Caller& caller) const;
  grpc::Status Identify(const grpc::ServerContext& context, const Caller& caller,
                        Rights& rights) const;
  Rights WithoutFile(const Caller& caller) const;
  grpc::Status Tell(const grpc::ServerContext& context, grpc::Status status) const;

  bool open_ = true;
  std::uint64_t version_ = 0;
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
bool Admitted(Call& call, const Gatekeeper* gate, std::optional<NodeId> node) {
  if (gate == nullptr || gate->open()) return true;
  const grpc::Status status = gate->AdmitPeer(call.context(), node);
  if (!status.ok()) call.Finish(status);
  return status.ok();
}

// What the client of a stream may do, as long as the stream stands.
class StreamRights {
 public:
  // Without a gate everything. Both outlive this.
  StreamRights(const Gatekeeper* gate, const grpc::ServerContext& context);

  // Not OK: nothing, and this is the error for it.
  const grpc::Status& status() const { return status_; }
  // As of now.
  bool Include(Permission permission);

 private:
  void Judge();

  const Gatekeeper* const gate_;
  const grpc::ServerContext& context_;
  grpc::Status status_;
  Rights rights_{.read = true, .write = true, .admin = true};
  std::uint64_t judged_ = 0;  // the version of the gate
};

}  // namespace drydock::net
