#include "net/config/member_address.h"

#include <doctest/doctest.h>

namespace drydock::net {
namespace {

MemberAddress Parsed(const char* text) {
  const Result<MemberAddress> result = ParseMemberAddress(text);
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().text));
  return result.value();
}

}  // namespace

TEST_CASE("a member is at one port, or has another one for peers") {
  CHECK(Parsed("10.0.0.4:7000").clients == "10.0.0.4:7000");
  CHECK(Parsed("10.0.0.4:7000").peers == "10.0.0.4:7000");
  CHECK(Parsed("10.0.0.4:7000+7001").clients == "10.0.0.4:7000");
  CHECK(Parsed("10.0.0.4:7000+7001").peers == "10.0.0.4:7001");
  CHECK(Parsed("[::1]:7000+1").peers == "[::1]:1");
}

TEST_CASE("what stands behind the + must be another port") {
  for (const char* text :
       {"h:7000+", "h:7000+x", "h:7000+0", "h:7000+65536", "h:7000+7000", "h:7000+h:7001",
        "h:7000++7001", "h:7000+7001+7002", "+7001", "h+7001", "", "h:7000 +7001"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseMemberAddress(text).ok());
  }
}

TEST_CASE("the peers' port is at the hosts of the address and of the place to listen") {
  const NodeAddress node{
      .address = "10.0.0.1:7000", .listen = "0.0.0.0:7000", .metrics = "", .peer_port = 7001};
  CHECK(AddressesOf(node).clients == "10.0.0.1:7000");
  CHECK(AddressesOf(node).peers == "10.0.0.1:7001");
  CHECK(ListeningPlacesOf(node).clients == "0.0.0.0:7000");
  CHECK(ListeningPlacesOf(node).peers == "0.0.0.0:7001");
}

}  // namespace drydock::net
