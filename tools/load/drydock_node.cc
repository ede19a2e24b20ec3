// What is asked of a Drydock node before and after a run, one question at a time.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <thread>

#include "net/client/credentials.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"
#include "tools/load/channel.h"
#include "tools/load/drydock_target.h"

namespace drydock::tools {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kAskDeadline{500};
constexpr std::chrono::milliseconds kAskAgainAfter{20};

// Over a channel of its own; MakeLoadChannel tells why.
Result<v1::GetStatusResponse> AskStatus(const std::string& address,
                                        const v1::GetStatusRequest& request,
                                        std::chrono::nanoseconds deadline,
                                        const LoadCredentials& credentials) {
  const auto stub = v1::AdminService::NewStub(MakeLoadChannel(address, credentials));
  grpc::ClientContext context;
  if (credentials != nullptr) credentials->AddTo(context, address);
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  v1::GetStatusResponse response;
  const grpc::Status status = stub->GetStatus(&context, request, &response);
  if (!status.ok()) return Error{address + ": " + status.error_message()};
  return response;
}

Result<net::Histogram> Import(const v1::DurationHistogram& in) {
  if (in.buckets_size() != in.counts_size()) {
    return Error{"a histogram has " + std::to_string(in.buckets_size()) + " buckets and " +
                 std::to_string(in.counts_size()) + " counts"};
  }
  net::Histogram::Sparse sparse{.sum = in.sum_ns(), .max = in.max_ns(), .too_long = in.too_long()};
  for (int i = 0; i < in.buckets_size(); ++i) {
    sparse.buckets.push_back({in.buckets(i), in.counts(i)});
  }
  return net::Histogram::Import(sparse);
}

}  // namespace

Result<std::string> FindDrydockLeader(const std::vector<std::string>& endpoints, Duration patience,
                                      const LoadCredentials& credentials) {
  const auto limit = Clock::now() + std::chrono::nanoseconds(patience.nanoseconds());
  std::string last = "no endpoints were given";
  while (true) {
    for (const std::string& endpoint : endpoints) {
      const auto status = AskStatus(endpoint, {}, kAskDeadline, credentials);
      if (!status.ok()) {
        last = status.error().text;
      } else if (status.value().role() != v1::ROLE_LEADER) {
        last = endpoint + " does not lead";
      } else if (!status.value().ready()) {
        last = endpoint + " leads, but does not take calls yet";
      } else {
        return endpoint;
      }
    }
    if (Clock::now() >= limit) return Error{"no leader among the endpoints (" + last + ")"};
    std::this_thread::sleep_for(kAskAgainAfter);
  }
}

Result<CommitTimes> AskCommitTimes(const std::string& address, Duration deadline,
                                   const LoadCredentials& credentials) {
  v1::GetStatusRequest request;
  request.set_histograms(true);
  const auto status =
      AskStatus(address, request, std::chrono::nanoseconds(deadline.nanoseconds()), credentials);
  if (!status.ok()) return status.error();
  const Result<net::Histogram> commit = Import(status.value().commit_times());
  if (!commit.ok()) return Error{address + ": " + commit.error().text};
  const Result<net::Histogram> everywhere = Import(status.value().everywhere_times());
  if (!everywhere.ok()) return Error{address + ": " + everywhere.error().text};
  return CommitTimes{commit.value(), everywhere.value(), status.value().incarnation()};
}

}  // namespace drydock::tools
