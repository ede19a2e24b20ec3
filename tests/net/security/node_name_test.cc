#include "net/security/node_name.h"

#include <doctest/doctest.h>

namespace drydock::net {

TEST_CASE("a node has one name in each cluster") {
  CHECK(NodeUri("demo", NodeId(2)) == "drydock://demo/n2");
  CHECK(NodeNamedBy("drydock://demo/n2", "demo") == NodeId(2));
  for (const char* uri :
       {"drydock://demo/n02", "drydock://demo/2", "drydock://other/n2", "drydock://demo/n2/",
        "drydock://demo//n2", "drydock:/demo/n2", "Drydock://demo/n2", "drydock://demo/x/n2",
        "drydock://demo/n2?", "n2", "/n2", "", "drydock://demo/n"}) {
    CAPTURE(uri);
    CHECK_FALSE(NodeNamedBy(uri, "demo").has_value());
  }
}

TEST_CASE("whatever is spelled as a node's name is none of a client") {
  CHECK(IsNodeUri("drydock://demo/n2"));
  CHECK(IsNodeUri("DryDock://demo/anything"));
  CHECK(IsNodeUri("drydock:x"));
  CHECK_FALSE(IsNodeUri("https://drydock/n2"));
  CHECK_FALSE(IsNodeUri("drydoc"));
  CHECK_FALSE(IsNodeUri(""));
}

}  // namespace drydock::net
