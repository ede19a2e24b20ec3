// Ends connections that flood the server with calls that they take back at once ("rapid reset").
// gRPC keeps some 13 KB for each until it comes round to forgetting it, which its quota of memory
// does not count: one client would take gigabytes within seconds.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace drydock::net {

// What channelz counts of one connection. A stream is counted as succeeded or failed once gRPC has
// forgotten it, so the others are those that it keeps, taken back or not.
struct StreamCounts {
  std::uint64_t started = 0;
  std::uint64_t forgotten = 0;
};
// By the number that channelz knows the connection by, which is never given twice.
using ConnectionCounts = std::map<std::int64_t, StreamCounts>;

// The connections that gRPC keeps more than `most` streams of: with the number of these streams.
std::map<std::int64_t, std::uint64_t> Floods(const ConnectionCounts& counts, std::uint64_t most);

// Memory that is not a file's, in bytes. How fast it grows does not matter: on a machine that does
// other work a flood is slow, and takes as much in the end.
class GrowthWatch {
 public:
  // True once for each step that it has grown by since it was least.
  bool Note(std::uint64_t bytes);

 private:
  std::uint64_t least_ = UINT64_MAX;  // since the last step
};

// Looks after all servers of this process that have channelz enabled, on a thread of its own: the
// one that reads may be busy with the flood. While the memory does not grow it only looks at its
// size, some times a second.
class ConnectionGuard {
 public:
  // Called on the guard's thread, once for each connection that it has ended. `peer` is its
  // address, such as "10.0.0.7:51234" or "[::1]:51234"; `kept` streams were too many.
  using Ended = std::function<void(const std::string& peer, std::uint64_t kept)>;

  // A connection may have `most_open` calls open at once. It floods when gRPC keeps twice as many
  // streams of it: those would be open, and as many taken back. The servers may come and go.
  ConnectionGuard(std::uint64_t most_open, Ended ended);
  // Ends the thread at once; only a call of `ended` is waited for.
  ~ConnectionGuard();
  ConnectionGuard(const ConnectionGuard&) = delete;
  ConnectionGuard& operator=(const ConnectionGuard&) = delete;

 private:
  using Time = std::chrono::steady_clock::time_point;

  void Run();
  bool WaitFor(std::chrono::nanoseconds time);
  void Look(Time now);
  void EndFloods(Time now);
  void EndFlood(std::int64_t connection, std::uint64_t kept);
  void BeCalm();

  const std::uint64_t most_kept_;
  const Ended ended_;
  GrowthWatch growth_;
  std::optional<Time> watch_until_;  // set while the connections are looked at
  std::set<std::int64_t> told_;      // ended since it was calm

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace drydock::net
