#include "tools/storebench/probe_followers.h"

#include <grpcpp/channel.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "net/peers/call_pool.h"
#include "proto/raft.grpc.pb.h"
#include "tools/load/channel.h"

namespace drydock::tools {
namespace {

constexpr std::size_t kWindow = 4;  // appends under way to one follower
constexpr std::size_t kAppendBytes = 1 << 20;
constexpr std::chrono::seconds kDeadline{10};

[[noreturn]] void Fail(const std::string& address, const grpc::Status& status) {
  std::fprintf(stderr, "storebench: the append to %s failed: %s\n", address.c_str(),
               status.error_message().c_str());
  std::_Exit(1);
}

}  // namespace

class ProbeFollowers::Follower {
 public:
  Follower(ProbeFollowers& all, const std::string& address, grpc::CompletionQueue& queue)
      : all_(all),
        queue_(queue),
        channel_(MakeLoadChannel(address)),
        stub_(::Raft::NewStub(channel_)),
        calls_([this, address](const appendEntry& /*request*/, const grpc::Status& status,
                               const appendEntry_pending& response, std::chrono::nanoseconds) {
          if (!status.ok()) Fail(address, status);
          match_ = std::max(match_, response.match());
          all_.matched_();
        }) {}

  bool Connect() {
    return channel_->WaitForConnected(std::chrono::system_clock::now() + kDeadline);
  }
  std::uint64_t match() const { return match_; }

  void Flush() {
    const std::uint64_t last = all_.first_ + all_.entries_.size() - 1;
    while (next_ <= last && calls_.under_way() < kWindow) SendFrom(last);
  }

 private:
  void SendFrom(std::uint64_t last) {
    calls_.Begin(
        kDeadline,
        [&](appendEntry& request) {
          request.clear_entries();
          request.set_previous_index(next_ - 1);
          for (std::size_t bytes = 0; next_ <= last && bytes < kAppendBytes; ++next_) {
            const std::string_view entry = all_.entries_[next_ - all_.first_].view();
            request.add_entries()->set_payload(entry.data(), entry.size());
            bytes += entry.size();
          }
        },
        [&](grpc::ClientContext* context, const appendEntry& request) {
          return stub_->PrepareAsyncAppendEntryRequest(context, request, &queue_);
        });
  }

  ProbeFollowers& all_;
  grpc::CompletionQueue& queue_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<::Raft::Stub> stub_;
  net::CallPool<appendEntry, appendEntry_pending> calls_;
  std::uint64_t next_ = 1;
  std::uint64_t match_ = 0;
};

ProbeFollowers::ProbeFollowers(const std::vector<std::string>& addresses,
                               grpc::CompletionQueue& queue, std::function<void()> matched)
    : matched_(std::move(matched)) {
  for (const std::string& address : addresses) {
    followers_.push_back(std::make_unique<Follower>(*this, address, queue));
  }
}

ProbeFollowers::~ProbeFollowers() = default;

Status ProbeFollowers::Connect() {
  for (const std::unique_ptr<Follower>& follower : followers_) {
    if (!follower->Connect()) return Error{"a follower of the probe is not there"};
  }
  return Ok();
}

void ProbeFollowers::Add(Bytes entry) {
  entries_.push_back(std::move(entry));
}

void ProbeFollowers::Flush() {
  DropMatched();
  for (const std::unique_ptr<Follower>& follower : followers_) follower->Flush();
}

std::uint64_t ProbeFollowers::match(std::size_t follower) const {
  return followers_[follower]->match();
}

void ProbeFollowers::DropMatched() {
  std::uint64_t least = first_ + entries_.size() - 1;
  for (const std::unique_ptr<Follower>& follower : followers_) {
    least = std::min(least, follower->match());
  }
  for (; first_ <= least; ++first_) entries_.pop_front();
}

}  // namespace drydock::tools
