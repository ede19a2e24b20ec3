// What the operating system knows of this process, for its metrics.
#pragma once

#include <cstdint>

namespace drydock::net {

struct ProcessFigures {
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  double cpu_seconds = 0;  // of all threads, user and system
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;  // more cannot be open at once
  std::uint64_t threads = 0;
  double start_time = 0;  // seconds since 1970, to a hundredth
};

// From any thread. What cannot be read is 0.
ProcessFigures ReadProcessFigures();

}  // namespace drydock::net
