#include "tools/storebench/catch_up.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <cstdio>
#include <optional>
#include <thread>

#include "proto/drydock/v1/drydock.grpc.pb.h"
#include "tools/load/channel.h"

namespace drydock::tools {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kDeadline{200};
constexpr std::chrono::milliseconds kPause{2};

std::optional<std::uint64_t> AskCommit(const std::string& address) {
  // A channel of its own for each try: none waits because an earlier one has failed.
  const auto stub = v1::AdminService::NewStub(MakeLoadChannel(address));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  v1::GetStatusResponse response;
  if (!stub->GetStatus(&context, {}, &response).ok()) return std::nullopt;
  return response.commit();
}

void PrintNow(const char* what) {
  const auto now = std::chrono::nanoseconds(Clock::now().time_since_epoch());
  std::printf("%s %lld\n", what, static_cast<long long>(now.count()));
  std::fflush(stdout);
}

}  // namespace

int WatchCatchUp(const std::string& leader, const std::string& node,
                 std::chrono::milliseconds patience) {
  const auto limit = Clock::now() + patience;
  bool answered = false;
  PrintNow("watching");
  while (Clock::now() < limit) {
    const std::optional<std::uint64_t> wanted = AskCommit(leader);
    const std::optional<std::uint64_t> reached = AskCommit(node);
    if (reached.has_value() && !answered) {
      answered = true;
      PrintNow("answered");
    }
    if (wanted.has_value() && reached.has_value() && *reached >= *wanted) {
      PrintNow("caught_up");
      return 0;
    }
    std::this_thread::sleep_for(kPause);
  }
  std::fprintf(stderr, "storebench: %s did not catch up with %s\n", node.c_str(), leader.c_str());
  return 1;
}

}  // namespace drydock::tools
