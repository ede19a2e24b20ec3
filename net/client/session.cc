#include "net/client/session.h"

#include <utility>

namespace drydock::net {

std::uint64_t Session::FirstUnanswered() const {
  const std::scoped_lock lock(mutex_);
  return under_way_.empty() ? next_ : *under_way_.begin();
}

Session::Write::Write(std::shared_ptr<Session> session) : session_(std::move(session)) {
  const std::scoped_lock lock(session_->mutex_);
  sequence_ = session_->next_++;
  session_->under_way_.insert(sequence_);
}

Session::Write::~Write() {
  const std::scoped_lock lock(session_->mutex_);
  session_->under_way_.erase(sequence_);
}

std::shared_ptr<Session> SessionKeeper::Get(const OpenInStore& open, Deadline deadline) {
  std::unique_lock lock(mutex_);
  const bool my_turn =
      changed_.wait_until(lock, deadline, [this] { return present_ != nullptr || !opening_; });
  if (!my_turn || present_ != nullptr) return present_;
  opening_ = true;
  lock.unlock();
  const std::optional<std::uint64_t> id = open();
  lock.lock();
  opening_ = false;
  if (id.has_value()) present_ = std::make_shared<Session>(*id);
  changed_.notify_all();
  return present_;
}

void SessionKeeper::Forget(const Session& session) {
  const std::scoped_lock lock(mutex_);
  if (present_ != nullptr && present_->id() == session.id()) present_ = nullptr;
}

}  // namespace drydock::net
