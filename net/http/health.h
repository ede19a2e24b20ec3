// Whether a node is alive and ready, from what its loop tells: for threads that must not touch it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace drydock::net {

// What is known at a moment.
struct HealthView {
  enum class Phase : std::uint8_t { kStarting, kRunning, kStopping };

  Phase phase = Phase::kStarting;         // kStarting: recovers what its disk holds
  std::chrono::nanoseconds since_beat{};  // while running: since the loop last ran
  bool founded = false;                   // the cluster takes client calls
  bool has_leader = false;                // the node leads, or knows who does
  bool suspended = false;
  std::optional<std::string> halt_reason;  // the node has stopped itself for good
};

// A loop that was not seen for so long is stuck. It wakes at least once a second, and a disk or
// machine that stands still for a moment is no reason to be restarted.
inline constexpr std::chrono::seconds kLongestSilenceOfLoop{5};

// Why the process should be restarted, in a line for a person; nothing when it is well. A node that
// starts, or has no leader, is well: to restart it would help nobody.
std::optional<std::string> ReasonNotAlive(const HealthView& view);
// Why clients should ask elsewhere; nothing when the node serves them, or tells them who does.
std::optional<std::string> ReasonNotReady(const HealthView& view);

class Health {
 public:
  using Clock = std::chrono::steady_clock;
  using Phase = HealthView::Phase;

  // --- For the thread that starts, runs and stops the node ---

  void Run(Clock::time_point now);  // the node is recovered, and its loop begins
  // The loop runs: at least once a second. Costs a few stores without a lock.
  void Beat(Clock::time_point now) { beat_ = now.time_since_epoch(); }
  void Show(bool founded, bool has_leader, bool suspended);
  void Halt(std::string reason);
  void Stop() { phase_ = Phase::kStopping; }  // it drains: no longer ready, but alive

  // --- For any thread ---

  HealthView View(Clock::time_point now) const;

 private:
  std::atomic<Phase> phase_ = Phase::kStarting;
  std::atomic<Clock::duration> beat_{};
  std::atomic<bool> founded_ = false;
  std::atomic<bool> has_leader_ = false;
  std::atomic<bool> suspended_ = false;
  mutable std::mutex mutex_;
  std::optional<std::string> halt_reason_;  // guarded by it
};

}  // namespace drydock::net
