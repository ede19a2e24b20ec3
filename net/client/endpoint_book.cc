#include "net/client/endpoint_book.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "net/config/host_port.h"

namespace drydock::net {
namespace {

// About the time of an election: the nodes that are there tell the new leader before this is over.
constexpr std::chrono::milliseconds kPassedOver{300};
// A node that names a new leader each time must not make the book grow for ever.
constexpr std::size_t kMaxEntries = 64;

bool IsPlace(const std::string& address) {
  const Result<HostPort> place = ParseHostPort(address);
  return place.ok() && !place.value().IsWildcard();
}

}  // namespace

EndpointBook::EndpointBook(std::vector<std::string> endpoints, bool learn) : learn_(learn) {
  DRYDOCK_CHECK(!endpoints.empty());
  for (std::string& endpoint : endpoints) entries_.push_back({std::move(endpoint)});
}

std::size_t EndpointBook::Leader() const {
  const std::scoped_lock lock(mutex_);
  return leader_;
}

void EndpointBook::NoteLeader(std::size_t node) {
  const std::scoped_lock lock(mutex_);
  leader_ = node;
  entries_[node].passed_over_until = {};
}

std::size_t EndpointBook::NoteFailure(std::size_t node, TimePoint now) {
  const std::scoped_lock lock(mutex_);
  entries_[node].passed_over_until = now + kPassedOver;
  return MoveOn(node, now);
}

std::size_t EndpointBook::NoteNotLeader(std::size_t node, const std::string& hint, TimePoint now) {
  const std::scoped_lock lock(mutex_);
  const std::size_t hinted = Find(hint);
  const bool useful = hinted < entries_.size() && hinted != node;
  if (!useful || entries_[hinted].passed_over_until > now) return MoveOn(node, now);
  leader_ = hinted;
  return leader_;
}

std::string EndpointBook::AddressOf(std::size_t node) const {
  const std::scoped_lock lock(mutex_);
  return entries_.at(node).address;
}

std::size_t EndpointBook::size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

// Another call may have found out meanwhile who leads: then its finding stands.
std::size_t EndpointBook::MoveOn(std::size_t node, TimePoint now) {
  if (leader_ == node) leader_ = After(node, now);
  return leader_;
}

std::size_t EndpointBook::After(std::size_t node, TimePoint now) const {
  for (std::size_t step = 1; step < entries_.size(); ++step) {
    const std::size_t next = (node + step) % entries_.size();
    if (entries_[next].passed_over_until <= now) return next;
  }
  return (node + 1) % entries_.size();
}

std::size_t EndpointBook::Find(const std::string& address) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.address == address; });
  const auto index = static_cast<std::size_t>(found - entries_.begin());
  const bool wanted = learn_ && entries_.size() < kMaxEntries;
  if (found == entries_.end() && wanted && IsPlace(address)) entries_.push_back({address});
  return index;
}

}  // namespace drydock::net
