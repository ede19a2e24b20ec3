// How a port of a node shakes hands.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "net/security/tls_store.h"

namespace drydock::net {

struct ServerTls {
  std::shared_ptr<const TlsStore> store;
  // Who connects must have a certificate. Without it, one that is shown must still be good; none is
  // asked for if the store believes nobody.
  bool client_must_have_certificate = false;
  // The port is for nodes: calls of connections without a node's certificate (node_name.h) are
  // refused. At other ports those with one are.
  bool for_nodes = false;
};

// Each new connection is shown what is current in the store. Must outlive the server.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(ServerTls tls);

}  // namespace drydock::net
