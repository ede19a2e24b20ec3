// etcd 3 as a target.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"
#include "tools/load/grpc_loop.h"
#include "tools/load/target.h"

namespace drydock::tools {

// Reads are linearizable unless `stale` (etcd: serializable). All calls go to `address`.
std::unique_ptr<LoadTarget> MakeEtcdTarget(GrpcLoop& loop, const std::string& address, bool stale,
                                           Duration deadline);

// The endpoint that leads, waiting for one at most so long.
Result<std::string> FindEtcdLeader(const std::vector<std::string>& endpoints, Duration patience);

}  // namespace drydock::tools
