// One client that puts again and again, on whatever node takes it: how long a store was away shows
// in what it prints.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace drydock::tools {

// Puts to one of several nodes, one at a time.
class BlockingStore {
 public:
  virtual ~BlockingStore() = default;
  virtual std::size_t nodes() const = 0;
  // True: done. The node does not pass a refusal on: ask another one.
  virtual bool Put(std::size_t node, const std::string& key, const std::string& value,
                   std::chrono::milliseconds deadline) = 0;
};
std::unique_ptr<BlockingStore> MakeBlockingDrydock(const std::vector<std::string>& endpoints);
std::unique_ptr<BlockingStore> MakeBlockingEtcd(const std::vector<std::string>& endpoints);

struct WaitingClientFlags {
  std::chrono::milliseconds deadline{100};  // of one try; then the next node is asked
  std::chrono::milliseconds pause{2};       // after a try that failed
  std::chrono::milliseconds interval{5};    // after one that succeeded
};

// Prints a line for each put that succeeded: when it began and when it was answered, in
// nanoseconds of the machine's monotonic clock. Ends when standard output is closed.
int RunWaitingClient(BlockingStore& store, const WaitingClientFlags& flags);

}  // namespace drydock::tools
