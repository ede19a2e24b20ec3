// The client's side of a session: numbers its writes, and tells the store which answers it may
// forget (core/kv/session.h has the store's side).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

namespace drydock::net {

// Thread-safe. Many writes may be under way.
class Session {
 public:
  explicit Session(std::uint64_t id) : id_(id) {}
  std::uint64_t id() const { return id_; }
  // The smallest sequence that is under way; the next one if none is.
  std::uint64_t FirstUnanswered() const;

  // One write of the session, from before it is first sent until nobody waits for its answer any
  // more: sending it later would be refused.
  class Write {
   public:
    explicit Write(std::shared_ptr<Session> session);
    ~Write();
    Write(const Write&) = delete;
    Write& operator=(const Write&) = delete;

    const Session& session() const { return *session_; }
    std::uint64_t sequence() const { return sequence_; }

   private:
    std::shared_ptr<Session> session_;
    std::uint64_t sequence_;
  };

 private:
  const std::uint64_t id_;
  mutable std::mutex mutex_;
  std::uint64_t next_ = 1;
  std::set<std::uint64_t> under_way_;
};

// The present session of a client, opened by whoever needs it first. Thread-safe.
class SessionKeeper {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  // Opens a session in the store and gives its id; nullopt if that failed. May take its time.
  using OpenInStore = std::function<std::optional<std::uint64_t>()>;

  // The present session, or a new one: one caller opens it, the others wait for it. Null when
  // `open` failed or another caller's had not come back by the deadline.
  std::shared_ptr<Session> Get(const OpenInStore& open, Deadline deadline);
  // The store does not know this session any more: the next Get opens another.
  void Forget(const Session& session);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool opening_ = false;
  std::shared_ptr<Session> present_;
};

}  // namespace drydock::net
