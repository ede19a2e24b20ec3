#include "tools/raftctl/cluster.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "core/text/names.h"
#include "net/client/endpoints.h"
#include "net/config/cluster_config.h"
#include "net/security/read_file.h"

namespace drydock::tools {
namespace {

constexpr std::chrono::milliseconds kStatusDeadline{1000};
constexpr std::chrono::milliseconds kPause{50};  // before all are asked again

// So that a node that does not answer has its name in the list, too. An unreadable file has been
// complained of by then, if it matters.
std::map<std::string, std::string> NamesFromConfig(const CommonFlags& common) {
  std::map<std::string, std::string> names;
  if (common.config.empty()) return names;
  const Result<net::ClusterConfig> config = net::LoadClusterConfig(common.config);
  if (!config.ok()) return names;
  for (const auto& [node, address] : config.value().nodes) {
    names.emplace(address.address, NameOf(node));
  }
  return names;
}

bool HasReadyLeader(const net::ClusterStatus& status) {
  return status.leader.has_value() && status.nodes[*status.leader].told->ready();
}

}  // namespace

Result<std::vector<std::string>> EndpointsOf(const CommonFlags& common) {
  const char* environment = std::getenv(net::kEndpointsVariable);
  return net::EndpointsFrom({.flag = common.endpoints,
                             .config = common.config,
                             .environment = environment == nullptr ? "" : environment});
}

Result<net::ClientSecurity> SecurityOf(const CommonFlags& common) {
  net::ClientSecurity security = common.security;
  const char* environment = std::getenv("DRYDOCK_TOKEN");
  if (environment != nullptr) security.token = environment;
  if (common.token_file.empty()) return security;
  Result<std::string> token = net::ReadSmallFile(common.token_file);
  if (!token.ok()) return token.error();
  security.token = std::move(token.value());
  while (security.token.ends_with('\n') || security.token.ends_with('\r')) {
    security.token.pop_back();
  }
  return security;
}

Result<std::unique_ptr<net::Client>> OpenClient(const CommonFlags& common,
                                                std::vector<std::string> endpoints) {
  Result<net::ClientSecurity> security = SecurityOf(common);
  if (!security.ok()) return security.error();
  return net::Client::Open(std::move(endpoints),
                           {.deadline = common.timeout, .security = std::move(security.value())});
}

Result<std::unique_ptr<net::Client>> OpenClient(const CommonFlags& common) {
  Result<std::vector<std::string>> endpoints = EndpointsOf(common);
  if (!endpoints.ok()) return endpoints.error();
  return OpenClient(common, std::move(endpoints.value()));
}

Result<net::ClusterStatus> AskAll(const CommonFlags& common, const net::StatusQuery& query) {
  const Result<std::unique_ptr<net::Client>> client = OpenClient(common);
  if (!client.ok()) return client.error();
  return net::Summarize(
      client.value()->GetStatusOfMembers(query, std::min(common.timeout, kStatusDeadline)),
      NamesFromConfig(common));
}

Result<net::ClusterStatus> AwaitLeader(const CommonFlags& common) {
  const auto end = std::chrono::steady_clock::now() + common.timeout;
  Result<net::ClusterStatus> asked = AskAll(common);
  while (asked.ok() && !HasReadyLeader(asked.value()) &&
         std::chrono::steady_clock::now() + kPause < end) {
    std::this_thread::sleep_for(kPause);
    asked = AskAll(common);
  }
  return asked;
}

}  // namespace drydock::tools
