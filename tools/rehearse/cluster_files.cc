#include "tools/rehearse/cluster_files.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/text/names.h"
#include "sim/scenario/write.h"

namespace drydock::tools {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

// A scenario's config has the names of the cluster's file. Its segments are smaller than a node's.
Json SettingsOf(const sim::Scenario& scenario) {
  const Json written = Json::parse(sim::WriteScenario(scenario));
  Json settings = written.contains("config") ? written.at("config") : Json::object();
  settings["segment_bytes"] = scenario.config.segment_bytes;
  return settings;
}

Error SystemError(const std::string& what) {
  return Error{what + ": " + std::strerror(errno)};
}

}  // namespace

Result<ClusterFiles> ClusterFiles::Make(const std::string& folder) {
  std::error_code error;
  if (folder.empty()) {
    const char* temporary = getenv("TMPDIR");
    std::string path = std::string(temporary == nullptr ? "/tmp" : temporary) + "/rehearse-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) return SystemError(path);
    return ClusterFiles(path);
  }
  fs::create_directories(folder, error);
  if (error) return Error{folder + ": " + error.message()};
  if (!fs::is_empty(folder, error) || error) {
    return Error{folder + ": is not empty; name a new folder"};
  }
  const std::string full = fs::absolute(folder, error).string();
  if (error) return Error{folder + ": " + error.message()};
  return ClusterFiles(full);
}

std::string ClusterFiles::DataOf(NodeId node) const {
  return folder_ + "/" + NameOf(node);
}

std::string ClusterFiles::LogOf(NodeId node) const {
  return folder_ + "/" + NameOf(node) + ".log";
}

Status ClusterFiles::WriteConfig(const sim::Scenario& scenario,
                                 const std::vector<std::string>& addresses) const {
  Json nodes = Json::object();
  for (std::uint32_t i = 0; i < addresses.size(); ++i) {
    nodes[NameOf(NodeId(i))] = {{"address", addresses[i]}};
  }
  Json json;
  json["cluster"] = "rehearsal";
  json["nodes"] = std::move(nodes);
  json["config"] = SettingsOf(scenario);
  std::ofstream file(config());
  file << json.dump(2) << "\n";
  file.close();
  return file.fail() ? Status(SystemError(config())) : Ok();
}

void ClusterFiles::Remove() const {
  std::error_code error;
  fs::remove_all(folder_, error);
}

std::vector<std::string> FreeLoopbackAddresses(std::uint32_t count) {
  std::vector<std::string> addresses;
  std::vector<int> sockets;  // all held until the last is found, so that no two are the same
  for (std::uint32_t i = 0; i < count; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (fd < 0) break;
    sockets.push_back(fd);
    if (bind(fd, any, size) != 0 || getsockname(fd, any, &size) != 0) break;
    addresses.push_back("127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
  }
  for (const int fd : sockets) close(fd);
  return addresses;
}

}  // namespace drydock::tools
