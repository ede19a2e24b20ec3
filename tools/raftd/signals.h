// SIGTERM and SIGINT as a call of a function.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace drydock::tools {

// To be made before any other thread, so that no other thread gets the signals.
class BlockedSignals {
 public:
  BlockedSignals();
};

// Calls `stop` on a thread of its own at the first of these signals; at the second the process ends
// at once, as without it.
class StopSignals {
 public:
  StopSignals(const BlockedSignals&, std::function<void()> stop);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  void Run();

  std::function<void()> stop_;
  std::atomic<bool> over_ = false;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace drydock::tools
