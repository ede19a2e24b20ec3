// Opening the gRPC server of a node: its limits, its port, and the reason when it does not open.
#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/server.h>

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "net/config/cluster_config.h"

namespace drydock::net {

struct OpenServer {
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  std::unique_ptr<grpc::Server> server;
};

// The services must outlive the server. The error names the address, the system's reason and what
// to do.
Result<OpenServer> ListenAt(const std::string& address, const std::vector<grpc::Service*>& services,
                            const ClusterConfig& config);

}  // namespace drydock::net
