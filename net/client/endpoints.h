// Where a client finds the cluster: a list of "host:port", or the cluster's own file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "net/config/control_network.h"

namespace drydock::net {

inline constexpr const char* kEndpointsVariable = "DRYDOCK_ENDPOINTS";

// "host:port,host:port,..." with blanks around the commas allowed. At least one; what stands there
// twice counts once. Errors begin with `source`, the name of where the text is from:
//   --endpoints: "localhost" lacks its port; write host:port
Result<std::vector<std::string>> ParseEndpoints(std::string_view text, const std::string& source);

// What there is to choose from; "" for what is not given.
struct EndpointSources {
  std::string flag;                           // a list
  std::string config;                         // the path of a cluster file
  std::string environment;                    // a list, the value of kEndpointsVariable
  std::string flag_name = "--endpoints";      // for messages
  std::string config_flag_name = "--config";  // for messages
  std::string control_interface = kControlInterfaceFile;
};

// The first that is given, in the order of EndpointSources; the error of a bad one is not passed
// over. The error when none is given tells how to give one. None may be on the control network.
Result<std::vector<std::string>> EndpointsFrom(const EndpointSources& sources);

}  // namespace drydock::net
