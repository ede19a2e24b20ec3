// Ends connections that flood the server with calls that they take back at once ("rapid reset").
// gRPC keeps some 13 KB for each until it comes round to forgetting it, which its quota of memory
// does not count: one client would take gigabytes within seconds.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace drydock::net {

// What channelz counts of one connection.
struct StreamCounts {
  std::uint64_t started = 0;
  std::uint64_t succeeded = 0;
};
// By the number that channelz knows the connection by, which is never given twice.
using ConnectionCounts = std::map<std::int64_t, StreamCounts>;

// Those that began more than `most` streams beyond those that succeeded, from `before` until `now`:
// with the number of these streams. A connection that is missing in `before` is newer.
std::map<std::int64_t, std::uint64_t> FloodsBetween(const ConnectionCounts& before,
                                                    const ConnectionCounts& now,
                                                    std::uint64_t most);

// Memory that is not a file's, in bytes, at the times that it was looked at.
class GrowthWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // True if it has grown a lot within the last second.
  bool Note(Time now, std::uint64_t bytes);

 private:
  struct Sample {
    Time time;
    std::uint64_t bytes;
  };
  std::deque<Sample> samples_;  // of the last second
};

// Looks after all servers of this process that have channelz enabled, on a thread of its own: the
// one that reads may be busy with the flood. While the memory does not grow it only looks at its
// size, some times a second.
class ConnectionGuard {
 public:
  // Called on the guard's thread, once for each connection that it has ended. `peer` is its
  // address, such as "10.0.0.7:51234" or "[::1]:51234"; `unfinished` streams were too many.
  using Ended = std::function<void(const std::string& peer, std::uint64_t unfinished)>;

  // A connection may have `most_open` calls open at once, so beginning that many in a second is no
  // flood yet. The servers may come and go.
  ConnectionGuard(std::uint64_t most_open, Ended ended);
  // Ends the thread at once; only a call of `ended` is waited for.
  ~ConnectionGuard();
  ConnectionGuard(const ConnectionGuard&) = delete;
  ConnectionGuard& operator=(const ConnectionGuard&) = delete;

 private:
  using Time = GrowthWatch::Time;

  void Run();
  bool WaitFor(std::chrono::nanoseconds time);
  void Look(Time now);
  void CompareConnections(Time now);
  void EndFlood(std::int64_t connection, std::uint64_t unfinished);
  void BeCalm();

  const std::uint64_t most_unfinished_;
  const Ended ended_;
  GrowthWatch growth_;
  Time watch_until_;                        // the connections are compared until then
  std::optional<ConnectionCounts> before_;  // set while they are
  Time before_time_;
  std::set<std::int64_t> told_;  // ended since it was calm

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace drydock::net
