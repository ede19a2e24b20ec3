// Puts load on a target and measures it. In a closed loop each client asks again once it is
// answered; in an open loop operations are due at given times, and the time of each counts from
// when it was due, whatever kept it waiting: a stall of the store is not hidden by the requests
// that could not be sent meanwhile (coordinated omission).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tools/load/arrivals.h"
#include "tools/load/report.h"
#include "tools/load/settings.h"
#include "tools/load/target.h"
#include "tools/load/workload.h"

namespace drydock::tools {

// Called at the two ends of the measured time.
struct LoadHooks {
  std::function<void()> begin = [] {};
  std::function<void()> end = [] {};
};

// Works on the loop's thread; loop and target must outlive it. The settings must have passed
// CheckLoadSettings.
class LoadGenerator final : public AnswerSink {
 public:
  LoadGenerator(const LoadSettings& settings, LoadTarget& target, LoadLoop& loop);
  ~LoadGenerator() override;

  // Puts every key once, many at a time. An error when a key could not be put after several tries.
  drydock::Status FillKeys();
  // To be called once. Comes back when every operation was answered or given up.
  LoadReport Run(const LoadHooks& hooks = {});

  void OnAnswer(std::uint32_t slot, AnswerKind kind, std::string_view text) override;

 private:
  struct Slot {
    TimePoint intended;
    bool read = false;
    bool counts = false;    // meant to start within the measured time
    std::uint64_t key = 0;  // while keys are put
  };
  enum class Stage : std::uint8_t { kIdle, kFilling, kWarmUp, kMeasuring, kDraining };

  void StartDue(TimePoint now);
  void StartClosed(TimePoint now);
  void StartOpen(TimePoint now);
  void StartOne(TimePoint intended);
  bool MayStart() const;
  bool Backlog() const;
  void Advance(TimePoint now, const LoadHooks& hooks);
  void EndWindow(TimePoint at, const LoadHooks& hooks);
  TimePoint NextEvent() const;
  void Drain();
  void CountNeverStarted();
  void Record(const Slot& slot, AnswerKind kind, std::string_view text, TimePoint now);
  void OnFilled(const Slot& slot, AnswerKind kind, std::string_view text);
  void StartFills(TimePoint now);
  void PauseAfter(AnswerKind kind, TimePoint now);

  const LoadSettings settings_;
  LoadTarget& target_;
  LoadLoop& loop_;
  Workload workload_;
  std::optional<ArrivalTimes> arrivals_;  // of an open loop
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  Stage stage_ = Stage::kIdle;
  std::uint64_t ordinal_ = 0;
  TimePoint begin_;  // of the measured time
  TimePoint end_;    // Max() when it ends with the last of a number of operations
  TimePoint paused_until_;
  std::uint64_t counted_ = 0;   // operations started that count
  std::uint64_t answered_ = 0;  // of these
  TimePoint last_answer_;       // of these
  LoadReport report_;

  // While keys are put: what is left, and how it went.
  std::vector<std::uint64_t> to_fill_;
  std::uint64_t fill_failures_ = 0;
  std::string fill_text_;
};

}  // namespace drydock::tools
