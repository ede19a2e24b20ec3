// How other threads reach the loop: what they post runs on the loop's thread.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <functional>
#include <mutex>
#include <vector>

#include "net/rpc/tag.h"

namespace drydock::net {

// Post may be called from any thread, as long as the mailbox exists. What was posted after Close,
// or is not reached before the loop ends, does not run.
class Mailbox final : public Tag {
 public:
  explicit Mailbox(grpc::CompletionQueue& queue) : queue_(queue) {}

  void Post(std::function<void()> what);
  // The loop is about to shut its queue down.
  void Close();
  void Proceed(bool ok) override;

 private:
  grpc::CompletionQueue& queue_;
  grpc::Alarm alarm_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  bool ringing_ = false;  // the alarm is set and has not come out of the queue yet
  bool closed_ = false;
  std::vector<std::function<void()>> running_;  // the loop's own; keeps its memory
};

}  // namespace drydock::net
