// What a cluster of real nodes has on disk: its folder, its configuration.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/strong.h"
#include "sim/scenario/scenario.h"

namespace drydock::tools {

class ClusterFiles {
 public:
  // In `folder`, which must not exist or be empty; "" makes a new one for temporary files.
  static Result<ClusterFiles> Make(const std::string& folder);

  const std::string& folder() const { return folder_; }
  std::string config() const { return folder_ + "/cluster.json"; }
  std::string DataOf(NodeId node) const;
  std::string LogOf(NodeId node) const;
  // The cluster's file for raftd: one address for each node, the scenario's settings.
  Status WriteConfig(const sim::Scenario& scenario,
                     const std::vector<std::string>& addresses) const;
  void Remove() const;

 private:
  explicit ClusterFiles(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

// So many ports of 127.0.0.1 that nobody listens at now: "127.0.0.1:38211". Fewer if there are no
// more.
std::vector<std::string> FreeLoopbackAddresses(std::uint32_t count);

}  // namespace drydock::tools
