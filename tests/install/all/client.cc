// What a program that talks to a cluster needs: the client library of the installed package.
#include <chrono>
#include <string>

#include "net/client/client.h"

int main() {
  auto client =
      drydock::net::Client::Open({"127.0.0.1:1"}, {.deadline = std::chrono::milliseconds(500)});
  if (!client.ok()) return 1;
  // Nobody listens there: the answer must come, and say so.
  const auto result = client.value()->Get("key");
  return result.outcome == drydock::net::CallOutcome::kNoLeader ? 0 : 1;
}
