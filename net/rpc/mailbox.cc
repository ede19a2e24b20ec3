#include "net/rpc/mailbox.h"

#include <utility>

namespace drydock::net {

void Mailbox::Post(std::function<void()> what) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  posted_.push_back(std::move(what));
  if (ringing_) return;
  ringing_ = true;
  // A time that is past for certain rings at once. "Now" is rounded up to the next millisecond and
  // goes through gRPC's timers: it would ring that much later.
  alarm_.Set(&queue_, gpr_inf_past(GPR_CLOCK_MONOTONIC), static_cast<Tag*>(this));
}

void Mailbox::Close() {
  std::vector<std::function<void()>> dropped;  // outside of the lock: what dies may post
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(posted_);
}

void Mailbox::Proceed(bool /*ok*/) {
  {
    const std::lock_guard lock(mutex_);
    ringing_ = false;
    running_.swap(posted_);
  }
  for (const std::function<void()>& what : running_) what();
  running_.clear();
}

}  // namespace drydock::net
