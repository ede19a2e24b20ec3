// Looks at files once a second, on a thread of its own: the loop must not wait for them.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace drydock::net {

class Reloader {
 public:
  using Job = std::function<void()>;

  explicit Reloader(std::vector<Job> jobs);
  // Waits for the job that is running.
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

 private:
  void Run();

  const std::vector<Job> jobs_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace drydock::net
