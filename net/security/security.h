// All that a node does for its security: what it is asked to do, whether it can, and its parts.
#pragma once

#include <grpcpp/security/credentials.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/strong.h"
#include "net/config/cluster_config.h"
#include "net/security/gatekeeper.h"
#include "net/security/reloader.h"
#include "net/security/tls_store.h"
#include "net/server/setup.h"

namespace drydock::net {

struct SecurityOptions {
  TlsFiles clients;                 // "" each: plaintext
  bool client_cert_auth = false;    // clients must have a certificate
  TlsFiles peers;                   // "" each: plaintext
  std::string clients_file;         // their permissions; "" for none
  bool insecure_plaintext = false;  // plaintext is wanted also where other machines can come
  bool insecure_metrics = false;    // the same of the HTTP port alone
};

// What can be said of the flags and the cluster's file without the files of TLS: plaintext beyond
// loopback that was not asked for, TLS without a port for peers.
Status CheckSecurity(const SecurityOptions& options, const ClusterConfig& config, NodeId self);

class Security {
 public:
  // Errors, in words for the operator: those of CheckSecurity, files that are of no use, a
  // certificate of another node.
  static Result<std::unique_ptr<Security>> Open(SecurityOptions options,
                                                const ClusterConfig& config, NodeId self);

  // Where the node listens, and how.
  std::vector<Door> Doors() const;
  // For a connection to another node, as of now.
  std::shared_ptr<grpc::ChannelCredentials> CredentialsTo(NodeId node) const;
  bool peer_tls() const { return peers_ != nullptr; }
  // Nothing: everybody may do everything.
  std::optional<GateRules> Rules() const;

  // Called on a thread of their own.
  struct Events {
    std::function<void(const std::string& file)> renewed;  // whichever file it is
    std::function<void(const std::string& why)> refused;   // what is new is of no use
    std::function<void()> peers_renewed;
    std::function<void(Permissions)> permissions;
  };
  // Looks at the files again and again, while this lives. Does nothing if there are none.
  void Watch(const Events& events);
  // Waits for what is being called.
  void StopWatching() { reloader_.reset(); }

 private:
  Security(SecurityOptions options, const ClusterConfig& config, NodeId self)
      : options_(std::move(options)), cluster_(config.cluster), at_(config.nodes.at(self)) {}
  Status OpenFiles(NodeId self);
  Reloader::Job WatchStore(const std::shared_ptr<TlsStore>& store, const TlsFiles& files,
                           Events events, std::function<void()> renewed);
  Reloader::Job WatchPermissions(Events events);

  const SecurityOptions options_;
  const std::string cluster_;
  const NodeAddress at_;
  std::shared_ptr<TlsStore> clients_;  // null: plaintext
  std::shared_ptr<TlsStore> peers_;
  std::optional<Permissions> permissions_;
  std::unique_ptr<Reloader> reloader_;  // last: its thread uses the others
};

}  // namespace drydock::net
