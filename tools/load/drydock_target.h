// Drydock's own service as a target. (The bare probe speaks it as well.)
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"
#include "tools/load/grpc_loop.h"
#include "tools/load/report.h"
#include "tools/load/target.h"

namespace drydock::net {
class ClientCredentials;
}

namespace drydock::tools {

// What is shown to the nodes; null: nothing, over plaintext.
using LoadCredentials = std::shared_ptr<const net::ClientCredentials>;

struct DrydockTargetOptions {
  std::string address;                       // who is asked first: the leader, or any node if stale
  std::vector<std::string> endpoints;        // whom to ask once that one is gone
  bool stale = false;                        // reads from what the node has applied
  Duration deadline = Duration::Seconds(5);  // of one operation
  LoadCredentials credentials = nullptr;
};

// One call an operation. If the node says who leads now, what comes next goes there.
std::unique_ptr<LoadTarget> MakeDrydockUnary(GrpcLoop& loop, const DrydockTargetOptions& options);
// One stream; operations that are started together travel in one message. The deadline does not
// apply: what is never answered fails when the stream breaks or at the end of the run.
std::unique_ptr<LoadTarget> MakeDrydockStream(GrpcLoop& loop, const DrydockTargetOptions& options);

// The address of the endpoint that leads and takes calls, waiting for one at most so long.
Result<std::string> FindDrydockLeader(const std::vector<std::string>& endpoints, Duration patience,
                                      const LoadCredentials& credentials = nullptr);

// How long entries took to commit since the node was started, as it has them now.
Result<CommitTimes> AskCommitTimes(const std::string& address, Duration deadline,
                                   const LoadCredentials& credentials = nullptr);

}  // namespace drydock::tools
