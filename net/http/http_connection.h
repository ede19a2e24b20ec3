// One connection to the metrics port: takes a request, answers it, and ends.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "net/disk/file_descriptor.h"
#include "net/http/http_exchange.h"

namespace drydock::net {

// Nothing here waits, and each phase has its time, so a peer that is slow, silent or hostile holds
// some kilobytes for some seconds.
class HttpConnection {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kRequestTime{5};   // from connecting to the end of the head
  static constexpr std::chrono::seconds kAnswerTime{5};    // to take the answer
  static constexpr std::chrono::seconds kFarewellTime{1};  // to close, once it has the answer

  // In the order in which they are given up first when there are too many connections.
  enum class Phase { kDone, kFarewell, kRequest, kAnswer };

  HttpConnection(FileDescriptor socket, Clock::time_point now);  // the socket does not block

  // Does what can be done without waiting.
  void Proceed(HttpExchange& exchange, Clock::time_point now);

  Phase phase() const { return phase_; }
  Clock::time_point deadline() const { return deadline_; }  // Proceed must be called then
  int fd() const { return socket_.get(); }
  short events() const;  // for poll(2): what Proceed waits for

 private:
  void Enter(Phase phase, Clock::time_point deadline);
  void Expire(Clock::time_point now);
  void Receive(HttpExchange& exchange, Clock::time_point now);
  void Send(Clock::time_point now);
  void Drain();

  FileDescriptor socket_;
  Phase phase_ = Phase::kRequest;
  Clock::time_point deadline_;
  std::string request_;
  std::string answer_;
  std::size_t sent_ = 0;
  std::size_t drained_ = 0;
};

}  // namespace drydock::net
