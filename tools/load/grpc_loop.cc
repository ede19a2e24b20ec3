#include "tools/load/grpc_loop.h"

#include <absl/synchronization/mutex.h>
#include <grpcpp/completion_queue.h>
#include <sys/prctl.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "net/rpc/mailbox.h"
#include "net/rpc/tag.h"

namespace drydock::tools {
namespace {

using Clock = std::chrono::steady_clock;

Clock::time_point ToClock(TimePoint time) {
  return Clock::time_point(std::chrono::nanoseconds(time.nanoseconds()));
}

// Wakes a loop at a given time.
class Pacer {
 public:
  explicit Pacer(net::Mailbox& mailbox) : mailbox_(mailbox), thread_([this] { Keep(); }) {}
  ~Pacer() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  // At `time` or before: an earlier time that was asked for and has not come yet stays.
  void WakeBy(TimePoint time) {
    {
      const std::lock_guard lock(mutex_);
      if (at_ <= time) return;
      at_ = time;
    }
    changed_.notify_one();
  }

 private:
  void Keep() {
    prctl(PR_SET_TIMERSLACK, 1);  // nanosecond; 50 us otherwise
    std::unique_lock lock(mutex_);
    while (!stop_) {
      if (at_ == TimePoint::Max()) {
        changed_.wait(lock);
      } else if (Clock::now() < ToClock(at_)) {
        changed_.wait_until(lock, ToClock(at_));
      } else {
        at_ = TimePoint::Max();
        mailbox_.Post([] {});
      }
    }
  }

  net::Mailbox& mailbox_;
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  bool stop_ = false;
  TimePoint at_ = TimePoint::Max();
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace

struct GrpcLoop::State {
  grpc::CompletionQueue queue;
  net::Mailbox mailbox{queue};
  Pacer pacer{mailbox};
};

GrpcLoop::GrpcLoop() {
  // Debian's build of Abseil looks for deadlocks at each lock: a tenth of the time of a call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  state_ = std::make_unique<State>();
}

GrpcLoop::~GrpcLoop() {
  state_->mailbox.Close();
  state_->queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (state_->queue.Next(&tag, &ok)) static_cast<net::Tag*>(tag)->Proceed(ok);
}

grpc::CompletionQueue& GrpcLoop::queue() {
  return state_->queue;
}

TimePoint GrpcLoop::Now() {
  return TimePoint::FromNanoseconds(
      std::chrono::nanoseconds(Clock::now().time_since_epoch()).count());
}

void GrpcLoop::Run(TimePoint latest) {
  const gpr_timespec past = gpr_inf_past(GPR_CLOCK_MONOTONIC);
  const bool wait = latest > Now();
  if (wait && latest != TimePoint::Max()) state_->pacer.WakeBy(latest);
  gpr_timespec deadline = wait ? gpr_inf_future(GPR_CLOCK_MONOTONIC) : past;
  void* tag = nullptr;
  bool ok = false;
  while (state_->queue.AsyncNext(&tag, &ok, deadline) == grpc::CompletionQueue::GOT_EVENT) {
    static_cast<net::Tag*>(tag)->Proceed(ok);
    deadline = past;
  }
}

}  // namespace drydock::tools
