// What the tests of the client share.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/client/client.h"
#include "tests/net/client/fake_node.h"

namespace drydock::net {

using std::chrono::milliseconds;

inline constexpr milliseconds kPlenty{20000};

inline std::unique_ptr<Client> Open(std::vector<std::string> endpoints,
                                    ClientOptions options = {}) {
  if (options.deadline == ClientOptions().deadline) options.deadline = kPlenty;
  Result<std::unique_ptr<Client>> client = Client::Open(std::move(endpoints), options);
  REQUIRE(client.ok());
  return std::move(client.value());
}

// Long enough for a slow machine to send, short enough to be waited for to its end.
inline constexpr milliseconds kShort{1500};

// A port where nobody listens: it was free a moment ago.
inline std::string DeadEndpoint() {
  FakeNode node(Always(v1::OUTCOME_OK));
  return node.address();
}

inline bool Has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

}  // namespace drydock::net
