// Runs of a fuzzer in processes of their own: one that crashes or hangs costs its own run, not the
// others', and memory does not grow with the number of runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace drydock::tools {

// Watched while runs go on.
struct PoolProgress {
  std::uint64_t runs = 0;
  std::uint64_t events = 0;
  std::uint64_t virtual_ns = 0;
  std::uint64_t failures = 0;
};

// What came of one run: what it printed of itself, or how its process ended instead.
struct PoolResult {
  std::string bytes;
  std::string died;  // "killed by signal 11", "no end after 120 s"; empty: it did not
};

struct PoolJob {
  std::uint64_t first = 0;  // runs are numbered from here on
  std::uint64_t count = 0;
  unsigned jobs = 1;
  // Does the run of that number, in a child process: its result as bytes, and what it adds to the
  // progress.
  std::function<std::string(std::uint64_t number, PoolProgress& adds)> run;
  // Called now and then in the parent; true: begin no further runs.
  std::function<bool(const PoolProgress&)> poll;
  // A run that takes longer is killed: no honest one comes near.
  std::chrono::seconds patience{120};
};

// By number: all from `first` up to some number are there, all of them unless `poll` ended it.
std::map<std::uint64_t, PoolResult> RunPool(const PoolJob& job);

}  // namespace drydock::tools
