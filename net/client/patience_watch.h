// Ends what takes too long between two signs of life, on a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace drydock::net {

class PatienceWatch {
 public:
  // `give_up` is called on the thread, once at most.
  PatienceWatch(std::chrono::milliseconds patience, std::function<void()> give_up)
      : patience_(patience), give_up_(std::move(give_up)), thread_([this] { Run(); }) {}
  ~PatienceWatch() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  PatienceWatch(const PatienceWatch&) = delete;
  PatienceWatch& operator=(const PatienceWatch&) = delete;

  void Heard() {
    const std::lock_guard lock(mutex_);
    heard_ = Clock::now();
  }
  bool ran_out() const {
    const std::lock_guard lock(mutex_);
    return ran_out_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void Run() {
    std::unique_lock lock(mutex_);
    while (!stop_ && Clock::now() < heard_ + patience_) wake_.wait_until(lock, heard_ + patience_);
    if (stop_) return;
    ran_out_ = true;
    lock.unlock();
    give_up_();
  }

  const std::chrono::milliseconds patience_;
  const std::function<void()> give_up_;
  mutable std::mutex mutex_;  // of these
  std::condition_variable wake_;
  Clock::time_point heard_ = Clock::now();
  bool stop_ = false;
  bool ran_out_ = false;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace drydock::net
