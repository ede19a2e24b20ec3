#include "net/client/endpoints.h"

#include <algorithm>

#include "net/config/cluster_config.h"
#include "net/config/host_port.h"

namespace drydock::net {
namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// The error of one endpoint, or "".
std::string Reject(std::string_view text) {
  if (text.empty()) return "an endpoint is empty; write host:port,host:port";
  const Result<HostPort> place = ParseHostPort(text);
  if (!place.ok()) return place.error().text;
  if (!place.value().IsWildcard()) return "";
  return "\"" + std::string(text) + "\" means every interface of a node, which is no place to " +
         "connect to; name the node's address";
}

Result<std::vector<std::string>> FromConfig(const std::string& path) {
  const Result<ClusterConfig> config = LoadClusterConfig(path);
  if (!config.ok()) return config.error();
  std::vector<std::string> endpoints;
  for (const auto& [node, address] : config.value().nodes) endpoints.push_back(address.address);
  return endpoints;
}

Result<std::vector<std::string>> Chosen(const EndpointSources& sources) {
  if (!sources.flag.empty()) return ParseEndpoints(sources.flag, sources.flag_name);
  if (!sources.config.empty()) return FromConfig(sources.config);
  if (!sources.environment.empty()) return ParseEndpoints(sources.environment, kEndpointsVariable);
  return Error{"no cluster is named; give " + sources.flag_name + " host:port,host:port or " +
               sources.config_flag_name + " cluster.json, or set " + kEndpointsVariable};
}

}  // namespace

Result<std::vector<std::string>> ParseEndpoints(std::string_view text, const std::string& source) {
  std::vector<std::string> endpoints;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    const std::string endpoint(Trim(text.substr(begin, comma - begin)));
    if (const std::string why = Reject(endpoint); !why.empty()) {
      return Error{std::string(source).append(": ").append(why)};
    }
    if (std::find(endpoints.begin(), endpoints.end(), endpoint) == endpoints.end()) {
      endpoints.push_back(endpoint);
    }
    begin = comma + 1;
  }
  return endpoints;
}

Result<std::vector<std::string>> EndpointsFrom(const EndpointSources& sources) {
  Result<std::vector<std::string>> endpoints = Chosen(sources);
  if (!endpoints.ok()) return endpoints;
  const ControlNetwork control(sources.control_interface);
  for (const std::string& endpoint : endpoints.value()) {
    const Status allowed = control.CheckTarget(ParseHostPort(endpoint).value());
    if (!allowed.ok()) return allowed.error();
  }
  return endpoints;
}

}  // namespace drydock::net
