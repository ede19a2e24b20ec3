// Opening the gRPC server of a node: its limits, its ports, and the reason when it does not open.
#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "net/config/cluster_config.h"

namespace drydock::net {

// One port.
struct Door {
  std::string address;
  std::shared_ptr<grpc::ServerCredentials> credentials;
};

struct OpenServer {
  std::vector<Door> doors;  // outlive the server, which asks their credentials
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  std::unique_ptr<grpc::Server> server;
};

// The services must outlive the server, which has all of them at each door. The error names the
// address, the system's reason and what to do.
Result<OpenServer> ListenAt(std::vector<Door> doors, const std::vector<grpc::Service*>& services,
                            const ClusterConfig& config);

}  // namespace drydock::net
