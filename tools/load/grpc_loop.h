// The one thread of the load generator, on a gRPC completion queue.
#pragma once

#include <memory>

#include "core/base/time.h"
#include "tools/load/target.h"

namespace grpc {
class CompletionQueue;
}

namespace drydock::tools {

// What is put into the queue carries a net::Tag. Targets must be gone before the loop.
//
// gRPC waits in whole milliseconds, much longer than an operation takes: a small thread of its own
// keeps the time and wakes the loop to within some ten microseconds.
class GrpcLoop final : public LoadLoop {
 public:
  GrpcLoop();
  ~GrpcLoop() override;
  GrpcLoop(const GrpcLoop&) = delete;
  GrpcLoop& operator=(const GrpcLoop&) = delete;

  grpc::CompletionQueue& queue();
  TimePoint Now() override;  // the steady clock
  void Run(TimePoint latest) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace drydock::tools
