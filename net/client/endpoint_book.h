// Whom to ask: the nodes that a client knows, and which of them is believed to lead. What one call
// learns, all calls go by.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace drydock::net {

// Thread-safe. Nodes are numbered in the order of the list; a number stays valid.
class EndpointBook {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // `endpoints` must not be empty. With `learn`, leaders that are not in it are added.
  EndpointBook(std::vector<std::string> endpoints, bool learn);

  // Who is believed to lead; at first, the first of the list.
  std::size_t Leader() const;
  // `node` has decided something.
  void NoteLeader(std::size_t node);
  // `node` cannot be reached or is silent: gives whom to ask instead. It is passed over for a
  // while, as long as there are others.
  std::size_t NoteFailure(std::size_t node, TimePoint now);
  // `node` does not lead. It says that `hint` does ("" if it does not know). The hint is not
  // followed if that node has just failed: then `node` knows less than we do.
  std::size_t NoteNotLeader(std::size_t node, const std::string& hint, TimePoint now);

  std::string AddressOf(std::size_t node) const;
  std::size_t size() const;

 private:
  struct Entry {
    std::string address;
    TimePoint passed_over_until{};
  };

  std::size_t After(std::size_t node, TimePoint now) const;
  // size() if unknown and not to be learned.
  std::size_t Find(const std::string& address);
  std::size_t MoveOn(std::size_t node, TimePoint now);

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  const bool learn_;
  std::size_t leader_ = 0;
};

}  // namespace drydock::net
