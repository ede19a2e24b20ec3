// The control network of CloudLab, and of every testbed that runs Emulab: the interface over which
// a machine is managed. All experiments share it, and traffic of an experiment on it is a
// violation; so nothing of ours is reached over it, or listens there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/strong.h"
#include "net/config/cluster_config.h"
#include "net/config/host_port.h"

namespace drydock::net {

// Emulab writes the name of the interface there. Other machines have no such file, and no such
// network.
inline constexpr const char* kControlInterfaceFile = "/var/emulab/boot/controlif";

class ControlNetwork {
 public:
  explicit ControlNetwork(const std::string& file = kControlInterfaceFile);

  // An error, with the reason and what to use instead, if traffic to this place would take the
  // control network. A name that is not known (yet) is no error.
  Status CheckTarget(const HostPort& place) const;
  // The same of a place to listen at: a wildcard listens there, too.
  Status CheckListen(const HostPort& place) const;

 private:
  std::string interface_;               // "" when there is none
  std::vector<std::string> addresses_;  // that this machine has on it, as text
};

// Of all that the file says. Only node `id`, if it is given, listens here.
Status CheckControlNetwork(const ControlNetwork& network, const ClusterConfig& config,
                           std::optional<NodeId> id);

}  // namespace drydock::net
