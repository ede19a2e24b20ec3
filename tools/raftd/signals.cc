#include "tools/raftd/signals.h"

#include <pthread.h>
#include <signal.h>

#include <cstdlib>
#include <utility>

namespace drydock::tools {
namespace {

sigset_t StopSet() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

BlockedSignals::BlockedSignals() {
  const sigset_t set = StopSet();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A client or a reader of the log that is gone is an error of one write, not the end.
  ::signal(SIGPIPE, SIG_IGN);
}

StopSignals::StopSignals(const BlockedSignals&, std::function<void()> stop)
    : stop_(std::move(stop)), thread_([this] { Run(); }) {}

StopSignals::~StopSignals() {
  over_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void StopSignals::Run() {
  const sigset_t set = StopSet();
  int signal = 0;
  sigwait(&set, &signal);
  if (over_) return;
  stop_();
  sigwait(&set, &signal);
  if (!over_) std::_Exit(128 + signal);
}

}  // namespace drydock::tools
