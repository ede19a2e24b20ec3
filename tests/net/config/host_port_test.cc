#include "net/config/host_port.h"

#include <doctest/doctest.h>

namespace drydock::net {
namespace {

std::string ErrorOf(const char* text) {
  const Result<HostPort> result = ParseHostPort(text);
  return result.ok() ? "" : result.error().text;
}

HostPort Parsed(const char* text) {
  const Result<HostPort> result = ParseHostPort(text);
  REQUIRE_MESSAGE(result.ok(), text);
  return result.value();
}

}  // namespace

TEST_CASE("an address is taken apart and put together as it was") {
  for (const char* text : {"localhost:1", "10.0.0.1:7000", "[::1]:65535", "[fe80::1%eth0]:80",
                           "node-1.example.org:7000", "a_b:9", "[::ffff:10.0.0.1]:1"}) {
    CAPTURE(text);
    CHECK(Parsed(text).Text() == text);
  }
  CHECK(Parsed("[::1]:7000").host == "::1");
  CHECK(Parsed("[::1]:7000").port == 7000);
  CHECK(Parsed("Host:1") == Parsed("hOST:1"));
  CHECK_FALSE(Parsed("host:1") == Parsed("host:2"));
}

TEST_CASE("wildcards and loopback addresses are known in every spelling") {
  for (const char* text : {"0.0.0.0:1", "[::]:1", "[0:0::0]:1"}) CHECK(Parsed(text).IsWildcard());
  for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "LOCALHOST:1"}) {
    CHECK(Parsed(text).IsLoopback());
    CHECK_FALSE(Parsed(text).IsWildcard());
  }
  for (const char* text : {"10.0.0.1:1", "127.example.org:1", "[::2]:1", "localhost.example:1"}) {
    CHECK_FALSE(Parsed(text).IsLoopback());
    CHECK_FALSE(Parsed(text).IsWildcard());
  }
}

TEST_CASE("what is no host:port is told so") {
  const std::string example = "; expected host:port, such as \"10.0.0.1:7000\" or \"[::1]:7000\"";
  const std::string port = " must be a whole number from 1 to 65535";
  CHECK(ErrorOf("") == "\"\" lacks its port" + example);
  CHECK(ErrorOf("host") == "\"host\" lacks its port" + example);
  CHECK(ErrorOf("[::1]") == "\"[::1]\" lacks its port" + example);
  CHECK(ErrorOf("[::1:7000") == "\"[::1:7000\" lacks a ]" + example);
  CHECK(ErrorOf("[::1]x:7000") == "\"[::1]x:7000\" is no address" + example);
  CHECK(ErrorOf(":7000") == "\":7000\" names no host" + example);
  CHECK(ErrorOf("[]:7000") == "\"[]:7000\" names no host" + example);
  CHECK(ErrorOf("[10.0.0.1]:7000") == "\"10.0.0.1\" in brackets is no IPv6 address" + example);
  CHECK(ErrorOf("::1:7000") ==
        "\"::1:7000\" has an IPv6 address without brackets; write \"[::1]:PORT\"");
  CHECK(ErrorOf("http://host:80") == "\"http://host\" is no host" + example);
  CHECK(ErrorOf("a b:80") == "\"a b\" is no host" + example);
  CHECK(ErrorOf("300.0.0.1:80") ==
        "\"300.0.0.1\" is no IPv4 address: it takes four numbers from 0 to 255");
  CHECK(ErrorOf((std::string(254, 'a') + ":1").c_str()).find("is no host") != std::string::npos);
  for (const char* text : {"h:", "h:0", "h:65536", "h:-1", "h:+1", "h:07", "h:1 ", "h:99999999999",
                           "[::1]:0", "h:http"}) {
    CHECK(ErrorOf(text) == "the port of \"" + std::string(text) + "\"" + port);
  }
}

}  // namespace drydock::net
