#include "net/config/control_network.h"

#include <doctest/doctest.h>

#include "tests/net/disk/temporary_directory.h"

namespace drydock::net {
namespace {

// The loopback interface, which every machine has, stands for the control network.
struct OnLoopback {
  TemporaryDirectory directory;
  std::string file = directory / "controlif";
  OnLoopback() { WriteWhole(file, "lo\n"); }
};

HostPort At(const std::string& text) {
  return ParseHostPort(text).value();
}

std::string Why(const Status& status) {
  return status.ok() ? "" : status.error().text;
}

ClusterConfig Cluster(const std::string& listen) {
  ClusterConfig config;
  config.nodes[NodeId{0}] = {"192.0.2.1:7000", listen, ""};
  config.nodes[NodeId{1}] = {"192.0.2.2:7000", "192.0.2.2:7000", "127.0.0.1:9100"};
  return config;
}

}  // namespace

TEST_CASE("where no file names a control network, every place is allowed") {
  const TemporaryDirectory directory;
  const ControlNetwork network(directory / "controlif");
  CHECK(network.CheckTarget(At("127.0.0.1:7000")).ok());
  CHECK(network.CheckListen(At("0.0.0.0:7000")).ok());
}

TEST_CASE("an interface that is not there has no addresses to refuse") {
  const TemporaryDirectory directory;
  WriteWhole(directory / "controlif", "none0\n");
  CHECK(ControlNetwork(directory / "controlif").CheckListen(At("0.0.0.0:7000")).ok());
}

TEST_CASE("a place on the control network is refused, by address and by name, and why is said") {
  const OnLoopback control;
  const ControlNetwork network(control.file);
  for (const char* place : {"127.0.0.1:7000", "127.5.6.7:7000", "localhost:7000"}) {
    CAPTURE(place);
    CHECK(Contains(Why(network.CheckTarget(At(place))), "is reached over lo, the control network"));
    CHECK(Contains(Why(network.CheckListen(At(place))), place));
  }
  CHECK(Contains(Why(network.CheckTarget(At("127.0.0.1:7000"))), "experiment's own LAN"));
}

TEST_CASE("a wildcard may not be listened at, for it includes the control network") {
  const OnLoopback control;
  const ControlNetwork network(control.file);
  CHECK(Contains(Why(network.CheckListen(At("0.0.0.0:7000"))), "also on lo"));
  CHECK(Contains(Why(network.CheckListen(At("[::]:7000"))), "also on lo"));
}

TEST_CASE("other places and names that are not known are allowed") {
  const OnLoopback control;
  const ControlNetwork network(control.file);
  CHECK(network.CheckTarget(At("192.0.2.1:7000")).ok());
  CHECK(network.CheckTarget(At("no-such-name.invalid:7000")).ok());
}

TEST_CASE("of a cluster all addresses count, and where the node itself listens") {
  const OnLoopback control;
  const ControlNetwork network(control.file);
  CHECK(CheckControlNetwork(network, Cluster("192.0.2.1:7000"), NodeId{0}).ok());
  CHECK(CheckControlNetwork(network, Cluster("0.0.0.0:7000"), std::nullopt).ok());
  CHECK(Contains(Why(CheckControlNetwork(network, Cluster("0.0.0.0:7000"), NodeId{0})), "n0: "));
  CHECK(Contains(Why(CheckControlNetwork(network, Cluster("192.0.2.1:7000"), NodeId{1})), "n1: "));
  ClusterConfig config = Cluster("192.0.2.1:7000");
  config.nodes[NodeId{1}].address = "127.0.0.1:7001";
  CHECK(Contains(Why(CheckControlNetwork(network, config, NodeId{0})), "n1: \"127.0.0.1:7001\""));
}

}  // namespace drydock::net
