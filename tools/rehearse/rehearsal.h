// One scenario on real nodes, from start to judgement.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "sim/check/history.h"
#include "sim/check/linearizability.h"
#include "sim/engine/expectations.h"
#include "sim/report/story.h"
#include "sim/scenario/scenario.h"
#include "tools/rehearse/live_cluster.h"

namespace drydock::tools {

struct RehearsalOptions {
  std::uint64_t seed = 0;
  std::string raftd;
  std::ostream* trace = nullptr;  // null: none
  bool namespaces = false;
  bool disks = false;
  bool aloud = true;                              // tell the story as it happens
  Duration patience = Duration::Seconds(30);      // for what should take a moment
  const std::atomic<int>* interrupted = nullptr;  // becomes a signal's number
};

struct RehearsalResult {
  std::optional<Error> not_possible;  // on this machine
  std::optional<Error> not_started;   // the nodes: their logs tell more
  bool interrupted = false;
  std::vector<sim::ExpectationResult> expectations;
  std::vector<std::string> problems;
  std::vector<Takeover> takeovers;
  std::vector<sim::StoryLine> story;
  sim::History history;
  sim::Verdict verdict;
  std::string conflict;                             // in words, when it is not linearizable
  std::uint64_t done = 0, failed = 0, unknown = 0;  // calls
  // Keys that were read at the end, so that no acknowledged write can be missing unseen; nullopt:
  // too few nodes were left to ask.
  std::optional<std::size_t> read_at_end;
  std::uint64_t elections = 0;
  std::int64_t time = 0;  // nanoseconds

  bool Passed() const;
};

// `files` must be empty and outlive the call. No process is left when it returns.
RehearsalResult Rehearse(const sim::Scenario& scenario, const RehearsalOptions& options,
                         const ClusterFiles& files);

}  // namespace drydock::tools
