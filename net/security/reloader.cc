#include "net/security/reloader.h"

#include <chrono>
#include <utility>

namespace drydock::net {

Reloader::Reloader(std::vector<Job> jobs) : jobs_(std::move(jobs)), thread_([this] { Run(); }) {}

Reloader::~Reloader() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Reloader::Run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::seconds(1), [this] { return over_; })) {
    lock.unlock();
    for (const Job& job : jobs_) job();
    lock.lock();
  }
}

}  // namespace drydock::net
