#include "net/client/endpoints.h"

#include <doctest/doctest.h>

#include "tests/net/disk/temporary_directory.h"

namespace drydock::net {
namespace {

using Endpoints = std::vector<std::string>;

Endpoints Good(const Result<Endpoints>& endpoints) {
  REQUIRE_MESSAGE(endpoints.ok(), (endpoints.ok() ? "" : endpoints.error().text));
  return endpoints.value();
}

std::string ErrorOf(const std::string& list) {
  const Result<Endpoints> endpoints = ParseEndpoints(list, "--endpoints");
  return endpoints.ok() ? "" : endpoints.error().text;
}

}  // namespace

TEST_CASE("a list of endpoints is read, blanks and repetitions left out") {
  CHECK(Good(ParseEndpoints("a:1", "list")) == Endpoints{"a:1"});
  CHECK(Good(ParseEndpoints("a:1,[::1]:2,10.0.0.1:3", "list")) ==
        Endpoints{"a:1", "[::1]:2", "10.0.0.1:3"});
  CHECK(Good(ParseEndpoints("  b:2 ,\ta:1\n", "list")) == Endpoints{"b:2", "a:1"});
  CHECK(Good(ParseEndpoints("b:2,a:1,b:2", "list")) == Endpoints{"b:2", "a:1"});
}

TEST_CASE("a bad endpoint is an error that names its source and what to write") {
  for (const char* list : {"", ",", "a:1,", ",a:1", "a:1,,b:2", "   "}) {
    CAPTURE(list);
    CHECK(ErrorOf(list) == "--endpoints: an endpoint is empty; write host:port,host:port");
  }
  CHECK(Contains(ErrorOf("a:1,localhost"), "--endpoints: \"localhost\" lacks its port"));
  CHECK(Contains(ErrorOf("0.0.0.0:7000"), "every interface"));
  CHECK_FALSE(ErrorOf("http://a:1").empty());
  CHECK_FALSE(ErrorOf("a:1;b:2").empty());
  CHECK_FALSE(ErrorOf(std::string("a:1\0,b:2", 8)).empty());
}

TEST_CASE("the flag goes before the file, the file before the environment") {
  const TemporaryDirectory directory;
  const std::string file = directory / "cluster.json";
  WriteWhole(file, R"({"cluster": "c", "nodes": {"n0": {"address": "127.0.0.1:7000"},
                       "n10": {"address": "127.0.0.1:7010"},
                       "n2": {"address": "127.0.0.1:7002"}}})");
  CHECK(Good(EndpointsFrom({.flag = "a:1", .config = file, .environment = "e:1"})) ==
        Endpoints{"a:1"});
  CHECK(Good(EndpointsFrom({.config = file, .environment = "e:1"})) ==
        Endpoints{"127.0.0.1:7000", "127.0.0.1:7002", "127.0.0.1:7010"});
  CHECK(Good(EndpointsFrom({.environment = "e:1"})) == Endpoints{"e:1"});
}

TEST_CASE("a source that is bad is told, not passed over") {
  const Result<Endpoints> no_file = EndpointsFrom({.config = "/none/c.json", .environment = "e:1"});
  REQUIRE_FALSE(no_file.ok());
  CHECK(Contains(no_file.error().text, "/none/c.json"));
  const Result<Endpoints> bad = EndpointsFrom({.environment = "e"});
  REQUIRE_FALSE(bad.ok());
  CHECK(Contains(bad.error().text, "DRYDOCK_ENDPOINTS: "));
  const Result<Endpoints> none = EndpointsFrom({});
  REQUIRE_FALSE(none.ok());
  for (const char* way : {"--endpoints", "--config", "DRYDOCK_ENDPOINTS"}) {
    CHECK(Contains(none.error().text, way));
  }
}

TEST_CASE("an endpoint on the control network is refused, wherever it is named") {
  const TemporaryDirectory directory;
  const std::string control = directory / "controlif";
  WriteWhole(control, "lo\n");
  const Result<Endpoints> flag =
      EndpointsFrom({.flag = "192.0.2.1:1,127.0.0.1:2", .control_interface = control});
  REQUIRE_FALSE(flag.ok());
  CHECK(Contains(flag.error().text, "\"127.0.0.1:2\" is reached over lo"));
  CHECK_FALSE(EndpointsFrom({.environment = "127.0.0.1:2", .control_interface = control}).ok());
  CHECK(Good(EndpointsFrom({.flag = "192.0.2.1:1", .control_interface = control})) ==
        Endpoints{"192.0.2.1:1"});
}

}  // namespace drydock::net
