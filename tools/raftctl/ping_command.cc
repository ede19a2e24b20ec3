// raftctl ping: how far the nodes are from each other.
#include <time.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>
#include <utility>

#include "core/text/words.h"
#include "net/client/round_trip_matrix.h"
#include "tools/raftctl/cluster.h"
#include "tools/raftctl/commands.h"
#include "tools/raftctl/output.h"

namespace drydock::tools {
namespace {

struct PingFlags {
  std::uint32_t count = 100;
  std::string scenario;  // the file to write; "" for none
  std::string network;
};

std::string Today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d", &utc);
  return text.data();
}

std::string SourceOf(const net::ClusterStatus& status, const PingFlags& flags) {
  std::string cluster;
  for (const net::NodeStatus& node : status.nodes) {
    if (cluster.empty() && node.told.has_value()) cluster = node.told->cluster();
  }
  return "raftctl ping, " + std::to_string(flags.count) + " calls a pair, cluster " +
         Quote(cluster) + ", " + Today();
}

// One node after another, so that they do not disturb each other.
Result<net::RoundTripMatrix> Measure(const CommonFlags& common, const PingFlags& flags,
                                     const net::ClusterStatus& status) {
  const Result<std::unique_ptr<net::Client>> client = OpenClient(common);
  if (!client.ok()) return client.error();
  std::vector<net::NodeMeasured> nodes;
  for (const net::NodeStatus& node : status.nodes) {
    const std::string& name = node.name.empty() ? node.endpoint : node.name;
    if (node.told.has_value()) {
      nodes.push_back(
          {name, node.endpoint, client.value()->MeasureRoundTrips(node.endpoint, flags.count)});
    } else {
      nodes.push_back({name, node.endpoint, Error{node.reason}});
    }
  }
  return net::RoundTripMatrix(std::move(nodes));
}

// False: it has been complained of.
bool Write(const std::string& path, const Result<std::string>& text) {
  if (path.empty()) return true;
  if (!text.ok()) {
    PrintError(path + " is not written: " + text.error().text);
    return false;
  }
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text.value();
  file.close();
  if (file.good()) return true;
  PrintError(path + " cannot be written: " + std::strerror(errno));
  return false;
}

bool WriteFiles(const PingFlags& flags, const net::RoundTripMatrix& matrix,
                const std::string& source) {
  const bool scenario = flags.scenario.empty() || Write(flags.scenario, matrix.Scenario(source));
  if (flags.network.empty()) return scenario;
  Result<std::string> network = matrix.Network(source);
  if (network.ok()) network.value() += "\n";
  return Write(flags.network, network) && scenario;
}

int Ping(const CommonFlags& common, const PingFlags& flags) {
  const Result<net::ClusterStatus> status = AskAll(common);
  if (!status.ok()) {
    PrintError(status.error().text);
    return kUsage;
  }
  const Result<net::RoundTripMatrix> matrix = Measure(common, flags, status.value());
  if (!matrix.ok()) {
    PrintError(matrix.error().text);
    return kUsage;
  }
  const std::vector<std::string> gaps = matrix.value().Gaps();
  if (!gaps.empty()) {
    const std::vector<std::string_view> words(gaps.begin(), gaps.end());
    PrintError("not all was measured: " + Join(words));
  }
  const bool written = WriteFiles(flags, matrix.value(), SourceOf(status.value(), flags));
  return Print(common.json ? matrix.value().Json() + "\n" : matrix.value().Table(),
               gaps.empty() && written ? kDone : kNo);
}

}  // namespace

std::function<int()> AddPing(CLI::App& app, const CommonFlags& common) {
  auto flags = std::make_shared<PingFlags>();
  CLI::App* ping = app.add_subcommand("ping", "Measure the time between all pairs of nodes");
  ping->add_option("--count", flags->count, "Calls from each node to each other, up to 1000")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  ping->add_option("--scenario", flags->scenario,
                   "Also write a scenario for raftsim that has this network")
      ->type_name("FILE");
  ping->add_option("--network", flags->network,
                   "Also write the value of \"network\" alone, for a scenario of yours")
      ->type_name("FILE");
  ping->footer(
      "The nodes are asked one after another; each calls the others over the connections that "
      "Raft\n"
      "uses, and times the answers on its own clock, --timeout for each node. The matrix has half "
      "of\nthe median round trip for each direction. Exits with 1 if a node or a pair could not "
      "be\n"
      "measured, and says which; a file that would lack figures is not written.\n"
      "Examples:\n  raftctl ping --config cluster.json\n"
      "  raftctl ping --scenario mine.json && raftsim run mine.json");
  return [flags, &common] { return Ping(common, *flags); };
}

}  // namespace drydock::tools
