#include "net/config/cluster_config.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "core/base/random.h"
#include "core/text/json.h"
#include "core/text/settings.h"

namespace drydock::net {
namespace {

using nlohmann::json;

std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  REQUIRE_MESSAGE(in.good(), path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

json Schema() {
  return json::parse(ReadFile("tools/raftd/cluster.schema.json"));
}

std::string ErrorOf(const std::string& text) {
  const Result<ClusterConfig> result = ParseClusterConfig(text, "F");
  return result.ok() ? "" : result.error().text;
}

ClusterConfig Parsed(const std::string& text) {
  const Result<ClusterConfig> result = ParseClusterConfig(text, "F");
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().text));
  return result.value();
}

std::string WithNodes(const std::string& nodes) {
  return R"({"cluster":"c","nodes":{)" + nodes + "}}";
}

// A small file with more members at its end.
std::string With(const std::string& members) {
  return R"({"cluster":"c","nodes":{"n0":{"address":"h:1"}})" + members + "}";
}

std::set<std::string> KeysOf(const json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object["properties"].items()) keys.insert(key);
  return keys;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    const char* base = std::getenv("TMPDIR");
    path_ = std::string(base == nullptr ? "/tmp" : base) + "/cluster_config_XXXXXX";
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  ~TemporaryFolder() {
    unlink(File().c_str());
    rmdir(path_.c_str());
  }
  const std::string& path() const { return path_; }
  std::string File() const { return path_ + "/cluster.json"; }

 private:
  std::string path_;
};

struct Bad {
  std::string text;
  std::string message;
};

// clang-format off
const Bad kBadFiles[] = {
    {"[]",
     R"(F:1:1: expected an object for a cluster's file, found an array)"},
    {R"({"cluster":"c"})",
     R"(F:1:1: a cluster's file needs "nodes")"},
    {R"({"nodes":{"n0":{"address":"h:1"}}})",
     R"(F:1:1: a cluster's file needs "cluster")"},
    {R"({"cluster":5,"nodes":{"n0":{"address":"h:1"}}})",
     R"(F:1:12: /cluster: expected a name such as "demo", found the number 5)"},
    {R"({"cluster":"","nodes":{"n0":{"address":"h:1"}}})",
     R"(F:1:12: /cluster: the name of a cluster is made of A-Z, a-z, 0-9, '.', '_' and '-' and has 1 to 64 characters, found "")"},
    {R"({"cluster":"a b","nodes":{"n0":{"address":"h:1"}}})",
     R"(F:1:12: /cluster: the name of a cluster is made of A-Z, a-z, 0-9, '.', '_' and '-' and has 1 to 64 characters, found "a b")"},
    {R"({"cluster":"c","nodes":[]})",
     R"(F:1:24: /nodes: expected an object for the nodes, found an array)"},
    {R"({"cluster":"c","nodes":{}})",
     R"(F:1:24: /nodes: a cluster has 1 to 31 nodes, found 0)"},
    {"{\"cluster\":\"c\",\n \"nodes\":{\"n0\":{\"address\":\"h:1\"},\n  \"n0\":{\"address\":\"h:2\"}}}",
     R"(F:3:3: duplicate key "n0"; it is already in line 2, column 11)"},
    {With(R"(,"limit":{})"),
     R"(F:1:49: /limit: unknown key "limit" in a cluster's file; did you mean "limits"?)"},
    {With(R"(,"zebra":{})"),
     R"(F:1:49: /zebra: unknown key "zebra" in a cluster's file; known here: $schema, cluster, nodes, config, limits)"},
    {With(R"(,"$schema":1)"),
     R"(F:1:59: /$schema: expected a string, found the number 1)"},
    {With(R"(,"config":{"hartbeat_interval":"1ms"})"),
     R"(F:1:59: /config/hartbeat_interval: unknown key "hartbeat_interval" in config; did you mean "heartbeat_interval"?)"},
    {With(R"(,"config":{"heartbeat_interval":"150ms"})"),
     R"(F:1:80: /config/heartbeat_interval: heartbeat_interval (150ms) must be less than the shortest election_timeout (150ms))"},
    {With(R"(,"limits":5)"),
     R"(F:1:58: /limits: expected an object for limits, found the number 5)"},
    {With(R"(,"limits":{"max_calls":5})"),
     R"(F:1:59: /limits/max_calls: unknown key "max_calls" in limits; known here: connection_memory, stream_operations, concurrent_calls)"},
    {With(R"(,"limits":{"connection_memory":1000})"),
     R"(F:1:79: /limits/connection_memory: expected a whole number from 16777216 to 1099511627776, found the number 1000)"},
    {With(R"(,"limits":{"concurrent_calls":0})"),
     R"(F:1:78: /limits/concurrent_calls: expected a whole number from 1 to 1000000, found the number 0)"},
    {With(R"(,"limits":{"stream_operations":"many"})"),
     R"(F:1:79: /limits/stream_operations: expected a whole number from 1 to 1000000, found the string "many")"},
    {With(R"(,"limits":{"connection_memory":16777216})"),
     R"(F:1:79: /limits/connection_memory: connection_memory (16777216) must not be less than max_value_bytes and max_key_bytes together (67174400))"},
    {With(R"(,"config":{"max_value_bytes":1000000000})"),
     R"(F:1:58: /config: connection_memory (268435456) must not be less than max_value_bytes and max_key_bytes together (1000065536))"},
};

// The members of "nodes", which begin in column 25.
const Bad kBadNodes[] = {
    {R"("x0":{"address":"h:1"})",
     R"(F:1:25: /nodes/x0: "x0" is no name of a node; nodes are n0, n1, n2, ...)"},
    {R"("n01":{"address":"h:1"})",
     R"(F:1:25: /nodes/n01: "n01" is no name of a node; nodes are n0, n1, n2, ...)"},
    {R"("n4294967295":{"address":"h:1"})",
     R"(F:1:25: /nodes/n4294967295: "n4294967295" is no name of a node; nodes are n0, n1, n2, ...)"},
    {R"("n0":"h:1")",
     R"(F:1:30: /nodes/n0: expected an object for a node, found the string "h:1")"},
    {R"("n0":{})",
     R"(F:1:30: /nodes/n0: a node needs "address")"},
    {R"("n0":{"adress":"h:1"})",
     R"(F:1:31: /nodes/n0/adress: unknown key "adress" in a node; did you mean "address"?)"},
    {R"("n0":{"address":7000})",
     R"(F:1:41: /nodes/n0/address: expected an address such as "127.0.0.1:7000", found the number 7000)"},
    {R"("n0":{"address":"localhost"})",
     R"(F:1:41: /nodes/n0/address: "localhost" lacks its port; expected host:port, such as "10.0.0.1:7000" or "[::1]:7000")"},
    {R"("n0":{"address":":7000"})",
     R"(F:1:41: /nodes/n0/address: ":7000" names no host; expected host:port, such as "10.0.0.1:7000" or "[::1]:7000")"},
    {R"("n0":{"address":"h:1","metrics":"h:65536"})",
     R"(F:1:57: /nodes/n0/metrics: the port of "h:65536" must be a whole number from 1 to 65535)"},
    {R"("n0":{"address":"0.0.0.0:7000"})",
     R"(F:1:41: /nodes/n0/address: "0.0.0.0:7000" means every interface: the other nodes could not know where to connect; name an address of this machine here, and "0.0.0.0:7000" under "listen")"},
    {R"("n0":{"address":"[::]:7000"})",
     R"(F:1:41: /nodes/n0/address: "[::]:7000" means every interface: the other nodes could not know where to connect; name an address of this machine here, and "[::]:7000" under "listen")"},
    {R"("n0":{"address":"h:1"},"n1":{"address":"H:1"})",
     R"(F:1:64: /nodes/n1/address: "H:1" cannot be the address of n1: it is the address of n0 already)"},
    {R"("n0":{"address":"h:1"},"n1":{"address":"h:2","metrics":"h:1"})",
     R"(F:1:80: /nodes/n1/metrics: "h:1" cannot be the metrics address of n1: it is the address of n0 already)"},
    {R"("n0":{"address":"h:1","metrics":"h:2"},"n1":{"address":"h:2"})",
     R"(F:1:80: /nodes/n1/address: "h:2" cannot be the address of n1: it is the metrics address of n0 already)"},
    {R"("n0":{"address":"h:1","metrics":"h:3"},"n1":{"address":"h:2","metrics":"h:3"})",
     R"(F:1:96: /nodes/n1/metrics: "h:3" cannot be the metrics address of n1: it is the metrics address of n0 already)"},
    {R"("n0":{"address":"h:1","metrics":"h:1"})",
     R"(F:1:57: /nodes/n0/metrics: "h:1" cannot be the metrics address of n0: the node itself listens at "h:1")"},
    {R"("n0":{"address":"h:1","listen":"0.0.0.0:1","metrics":"127.0.0.1:1"})",
     R"(F:1:78: /nodes/n0/metrics: "127.0.0.1:1" cannot be the metrics address of n0: the node itself listens at "0.0.0.0:1")"},
    {R"("n0":{"address":"h:1","peer_port":0})",
     R"(F:1:59: /nodes/n0/peer_port: expected a whole number from 1 to 65535, found the number 0)"},
    {R"("n0":{"address":"h:1","peer_port":1})",
     R"(F:1:59: /nodes/n0/peer_port: the peers' port of n0 must be another one: it listens at "h:1" already)"},
    {R"("n0":{"address":"h:1","metrics":"0.0.0.0:2","peer_port":2})",
     R"(F:1:81: /nodes/n0/peer_port: the peers' port of n0 must be another one: it listens at "0.0.0.0:2" already)"},
    {R"("n0":{"address":"h:1"},"n1":{"address":"h:2","peer_port":1})",
     R"(F:1:82: /nodes/n1/peer_port: "h:1" cannot be the peers' address of n1: it is the address of n0 already)"},
};
// clang-format on

}  // namespace

TEST_CASE("the shipped example is a cluster of five nodes") {
  const Result<ClusterConfig> result = LoadClusterConfig("tools/raftd/cluster.example.json");
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().text));
  const ClusterConfig& config = result.value();
  CHECK(config.cluster == "demo");
  CHECK(config.nodes.size() == 5);
  CHECK(config.nodes.at(NodeId(4)).address == "127.0.0.1:7004");
  CHECK(config.nodes.at(NodeId(4)).listen == "127.0.0.1:7004");
  CHECK(config.nodes.at(NodeId(4)).metrics == "127.0.0.1:9104");
  CHECK(config.settings == Settings());
}

TEST_CASE("a file says what it must, and the rest has its documented default") {
  const ClusterConfig config =
      Parsed(WithNodes(R"("n7":{"address":"[::1]:7000","listen":"0.0.0.0:1"},)"
                       R"("n2147483647":{"address":"[fe80::1%eth0]:65535"})"));
  CHECK(config.nodes.at(NodeId(7)).address == "[::1]:7000");
  CHECK(config.nodes.at(NodeId(7)).listen == "0.0.0.0:1");
  CHECK(config.nodes.at(NodeId(7)).metrics.empty());
  CHECK(config.nodes.at(NodeId(7)).peer_port == 0);
  CHECK(config.nodes.at(NodeId(kMaxNodeId)).listen == "[fe80::1%eth0]:65535");
  CHECK(config.settings == Settings());
  CHECK(config.limits.connection_memory == 256 << 20);
  CHECK(config.limits.stream_operations == 4096);
  CHECK(config.limits.concurrent_calls == 10000);
}

TEST_CASE("settings and limits are those of the file") {
  const ClusterConfig config = Parsed(With(
      R"(,"config":{"election_timeout":["1s","2s"],"pre_vote":false,"max_value_bytes":1000},)"
      R"("limits":{"connection_memory":16777216,"stream_operations":1,"concurrent_calls":2})"));
  CHECK(config.settings.election_timeout_max == Duration::Seconds(2));
  CHECK_FALSE(config.settings.pre_vote);
  CHECK(config.limits.connection_memory == 16 << 20);
  CHECK(config.limits.stream_operations == 1);
  CHECK(config.limits.concurrent_calls == 2);
}

TEST_CASE("each mistake is told with its place and what was expected") {
  for (const Bad& bad : kBadFiles) {
    CAPTURE(bad.text);
    CHECK(ErrorOf(bad.text) == bad.message);
  }
  for (const Bad& bad : kBadNodes) {
    CAPTURE(bad.text);
    CHECK(ErrorOf(WithNodes(bad.text)) == bad.message);
  }
}

TEST_CASE("a cluster has at most 31 nodes") {
  const auto nodes = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      const std::string number = std::to_string(i);
      text += (i > 0 ? ",\"n" : "\"n") + number + R"(":{"address":"h)" + number + ":1\"}";
    }
    return WithNodes(text);
  };
  CHECK(Parsed(nodes(31)).nodes.size() == 31);
  CHECK(ErrorOf(nodes(32)) == "F:1:24: /nodes: a cluster has 1 to 31 nodes, found 32");
}

TEST_CASE("what is local to a machine may repeat on another one") {
  const ClusterConfig config = Parsed(WithNodes(
      R"("n0":{"address":"10.0.0.1:7000","listen":"0.0.0.0:7000","metrics":"127.0.0.1:9100"},)"
      R"("n1":{"address":"10.0.0.2:7000","listen":"0.0.0.0:7000","metrics":"127.0.0.1:9100"},)"
      R"("n2":{"address":"10.0.0.3:7000","listen":"0.0.0.0:7000","metrics":"[::]:9100"},)"
      R"("n3":{"address":"10.0.0.4:7000","listen":"0.0.0.0:7000","metrics":"[::]:9100"})"));
  CHECK(config.nodes.size() == 4);
  CHECK(ErrorOf(WithNodes(R"("n0":{"address":"127.0.0.1:1","metrics":"127.0.0.1:9"},)"
                          R"("n1":{"address":"127.0.0.1:2","metrics":"127.0.0.1:9"})")) ==
        "F:1:120: /nodes/n1/metrics: \"127.0.0.1:9\" cannot be the metrics address of n1: it is "
        "the metrics address of n0 already");
}

TEST_CASE("node names have one spelling each") {
  for (const std::uint32_t number : {0u, 1u, 10u, 2147483647u}) {
    CHECK(ParseNodeName("n" + std::to_string(number)) == NodeId(number));
  }
  for (const char* name : {"", "n", "0", "N0", "n00", "n01", "n-1", "n+1", "n1 ", " n1", "n1x",
                           "n4294967295", "n4294967296", "n99999999999999999999"}) {
    CAPTURE(name);
    CHECK_FALSE(ParseNodeName(name).has_value());
  }
}

TEST_CASE("the fingerprint of a name never changes, and other names have others") {
  CHECK(ClusterFingerprint("demo") == ClusterFingerprint("demo"));
  CHECK(ClusterFingerprint("demo") == 0xbb8b6b63e5a31218u);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 10000; ++i) seen.insert(ClusterFingerprint("c" + std::to_string(i)));
  CHECK(seen.size() == 10000);
  CHECK_FALSE(seen.contains(0));
  CHECK(ClusterFingerprint("") != 0);
}

TEST_CASE("a file that cannot be read is told with its path and why") {
  const TemporaryFolder folder;
  const auto load = [](const std::string& path) {
    const Result<ClusterConfig> result = LoadClusterConfig(path);
    return result.ok() ? "" : result.error().text;
  };
  const std::string file = folder.File();
  CHECK(load(file) == file + ": cannot be read: No such file or directory");
  CHECK(load(folder.path()) == folder.path() + ": is a folder; name the cluster's file in it");
  CHECK(load("") == "the path of the cluster's file is empty");
  std::ofstream(file) << "{";
  CHECK(load(file).starts_with(file + ":1:2: not valid JSON: "));
  CHECK(load(file + "/x") == file + "/x: cannot be read: Not a directory");
  std::ofstream(file) << std::string(kMaxJsonBytes + 1, ' ');
  CHECK(load(file) == file + ": is larger than 4194304 bytes; is it the file of a cluster?");
  std::ofstream(file) << With("");
  CHECK(load(file).empty());
}

TEST_CASE("the parser and the schema of clusters know the same keys, ranges and defaults") {
  const json schema = Schema();
  const json& definitions = schema["definitions"];
  std::size_t closed = 0;
  for (const AcceptedKeys& one : AllAcceptedKeys()) {
    const std::string object(one.object);
    CAPTURE(object);
    const json& described = object == "cluster" ? schema : definitions[object];
    CHECK(KeysOf(described) == std::set<std::string>(one.keys.begin(), one.keys.end()));
    CHECK(described["additionalProperties"] == false);
    ++closed;
  }
  CHECK(closed == 4);
  const auto compare = [](const json& described, const auto& setting, std::uint64_t fallback) {
    const json& one = described["properties"][std::string(setting.name)];
    CAPTURE(one.dump());
    CHECK(one["minimum"] == setting.min);
    CHECK(one["maximum"] == setting.max);
    CHECK(one["default"] == fallback);
  };
  for (const LimitSetting& one : LimitSettings()) {
    compare(definitions["limits"], one, Limits().*one.member);
  }
  for (const CountSetting& one : CountSettings()) {
    compare(definitions["config"], one, Settings().*one.member);
  }
  CHECK(schema["properties"]["nodes"]["maxProperties"] == kMaxClusterNodes);
}

TEST_CASE("settings of a cluster and of a scenario are described alike") {
  const json cluster = Schema()["definitions"];
  const json scenario =
      json::parse(ReadFile("scenarios/schema/scenario.schema.json"))["definitions"];
  CHECK(cluster["duration"] == scenario["duration"]);
  CHECK(cluster["range_duration"] == scenario["range_duration"]);
  for (const auto& one : cluster["config"]["properties"].items()) {
    const std::string& key = one.key();
    CAPTURE(key);
    // The one default that differs: a simulated segment is small.
    if (key == "segment_bytes") continue;
    CHECK(one.value() == scenario["config"]["properties"][key]);
  }
}

TEST_CASE("a cluster's file cut anywhere, or with changed bytes, is never worse than an error") {
  const std::string text = ReadFile("tools/raftd/cluster.example.json");
  for (std::size_t size = 0; size + 2 < text.size(); ++size) {
    const Result<ClusterConfig> result = ParseClusterConfig(text.substr(0, size), "F");
    REQUIRE_FALSE(result.ok());
    REQUIRE(result.error().text.find('\n') == std::string::npos);
  }
  std::uint64_t draw = 1;
  const auto next = [&](std::uint64_t bound) { return Reduce(Mix(++draw), bound); };
  for (int round = 0; round < 5000; ++round) {
    std::string changed = text;
    for (std::uint64_t i = 0; i <= next(4); ++i) {
      changed[next(changed.size())] = static_cast<char>(next(256));
    }
    const Result<ClusterConfig> result = ParseClusterConfig(changed, "F");
    if (!result.ok()) REQUIRE(result.error().text.find('\n') == std::string::npos);
  }
}

}  // namespace drydock::net
