// What a load run has measured.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/base/time.h"
#include "net/metrics/histogram.h"
#include "tools/load/target.h"

namespace drydock::tools {

// From the proposal of an entry to its commitment, and to its being durable on all nodes; as the
// leader saw it.
struct CommitTimes {
  net::Histogram commit;
  net::Histogram everywhere;
  std::uint64_t incarnation = 0;  // which start of the node they are of
};
// What came between two reports of the same node; nothing if it was restarted in between.
std::optional<CommitTimes> Difference(CommitTimes later, const CommitTimes& earlier);

struct LoadReport {
  // Operations that were meant to start within the measured time, by answer.
  AnswerCounts answers{};
  // Of those that were done: from the intended start to the answer.
  net::Histogram reads;
  net::Histogram writes;
  // Done within the measured time, and that time: what the rate is made of.
  std::uint64_t done_within = 0;
  Duration window;
  // The first text of each kind of failure.
  std::map<AnswerKind, std::string> texts;
  std::optional<CommitTimes> commit_times;
  // Processor time of the processes that were watched, and of the generator itself, within the
  // window.
  std::optional<Duration> watched_cpu;
  Duration own_cpu;

  std::uint64_t Operations() const;
  std::uint64_t Failures() const;
  double Rate() const;         // done, a second
  double FailedShare() const;  // of all operations; 0 if there was none
  // Nothing was done, or more than 1 % has failed: the figures tell nothing about the store.
  bool Failed() const;
};

// For people: a few lines.
std::string PlainText(const LoadReport& report);
// One JSON object on one line; times in microseconds.
std::string JsonText(const LoadReport& report);

}  // namespace drydock::tools
