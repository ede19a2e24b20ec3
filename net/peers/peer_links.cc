#include "net/peers/peer_links.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace drydock::net {
namespace {

// Who is removed is still told so; and a change that is taken back needs its link again.
constexpr Duration kKept = Duration::Seconds(5);

}  // namespace

MemberAddress AddressOf(NodeId node, const Configuration& configuration,
                        const ClusterConfig& file) {
  const Member* member = configuration.FindMember(node);
  if (member != nullptr && !member->address.empty()) {
    const Result<MemberAddress> added = ParseMemberAddress(member->address);
    return added.ok() ? added.value() : MemberAddress{};
  }
  const auto place = file.nodes.find(node);
  return place == file.nodes.end() ? MemberAddress{} : AddressesOf(place->second);
}

PeerLinks::PeerLinks(NodeId self, const ClusterConfig& file, PeerEvents events)
    : self_(self),
      file_(file),
      options_{
          .cluster = file.cluster, .fingerprint = ClusterFingerprint(file.cluster), .self = self},
      events_(std::move(events)) {}

// A leader's peers may be members no longer: they are still sent the entry that removes them.
void PeerLinks::Follow(const Raft& raft, TimePoint now) {
  for (const Member& member : raft.configuration().members()) Need(member.node, raft, now);
  if (raft.leadership() != nullptr) {
    for (const Peer& peer : raft.leadership()->peers) {
      const auto link = links_.find(peer.node);
      if (link != links_.end()) link->second.needed = now;
    }
  }
  for (auto link = links_.begin(); link != links_.end();) {
    const bool kept = now - link->second.needed < kKept;
    if (!kept) End(link->second);
    link = kept ? std::next(link) : links_.erase(link);
  }
  std::erase_if(ended_, [](const auto& link) { return link->live() == 0; });
}

// Who was removed and added again may be somewhere else.
void PeerLinks::Need(NodeId node, const Raft& raft, TimePoint now) {
  if (node == self_) return;
  std::string address = AddressOf(node, raft.configuration(), file_).peers;
  if (address.empty()) {
    return events_.failed(node,
                          {grpc::StatusCode::UNAVAILABLE,
                           "neither the configuration nor the cluster's file tells its address"});
  }
  Link& link = links_[node];
  link.needed = now;
  if (link.address == address) return;
  End(link);
  link.address = std::move(address);
  Make(node, link);
}

void PeerLinks::Make(NodeId node, Link& link) {
  link.wire = std::make_unique<PeerLink>(node, link.address, options_, events_, *queue_);
  link.wire->Greet();
}

void PeerLinks::Renew() {
  for (auto& [node, link] : links_) {
    End(link);
    Make(node, link);
  }
}

void PeerLinks::End(Link& link) {
  if (link.wire == nullptr) return;
  link.wire->Cancel();
  ended_.push_back(std::move(link.wire));
}

void PeerLinks::Send(const Message& message, const Raft& raft, TimePoint now) {
  auto link = links_.find(message.to);
  if (link == links_.end() && raft.configuration().IsMember(message.to)) {
    Need(message.to, raft, now);
    link = links_.find(message.to);
  }
  if (link != links_.end()) link->second.wire->Send(message);
}

bool PeerLinks::Ping(NodeId node, std::uint64_t number) {
  const auto link = links_.find(node);
  if (link == links_.end()) return false;
  link->second.wire->Ping(number);
  return true;
}

bool PeerLinks::ReconnectNow(NodeId node) {
  const auto link = links_.find(node);
  if (link == links_.end()) return false;
  link->second.wire->ReconnectNow();
  return true;
}

void PeerLinks::Cancel() {
  for (const auto& [node, link] : links_) link.wire->Cancel();
}

bool PeerLinks::HasLiveStreams() const {
  return std::ranges::any_of(
             links_, [](const auto& link) { return link.second.wire->live_streams() > 0; }) ||
         std::ranges::any_of(ended_, [](const auto& link) { return link->live_streams() > 0; });
}

}  // namespace drydock::net
