#include "core/protocol/digest.h"

#include <algorithm>
#include <variant>
#include <vector>

#include "core/base/overloaded.h"

namespace drydock {
namespace {

bool Contains(const std::vector<NodeId>& nodes, NodeId node) {
  return std::binary_search(nodes.begin(), nodes.end(), node);
}

void AddBody(Hasher& hasher, const AppendRequest& request, Permutation permutation) {
  hasher.Add(request.receiver);
  hasher.Add(request.sequence * 2 + (request.probe ? 1 : 0));
  hasher.Add(request.previous_index);
  hasher.Add(request.previous_term);
  hasher.Add(request.commit);
  for (const Entry& entry : request.entries) AddEntry(hasher, entry, permutation);
}

void AddBody(Hasher& hasher, const AppendResponse& response) {
  hasher.Add(response.responder);
  hasher.Add(response.sequence * 2 + (response.accepted ? 1 : 0));
  hasher.Add(response.match);
  hasher.Add(response.hint);
  hasher.Add(response.hint_term);
}

void AddBody(Hasher& hasher, const HeartbeatResponse& response) {
  hasher.Add(response.responder);
  hasher.Add(response.round);
  hasher.Add(response.next_sequence);
  hasher.Add(response.match);
  hasher.Add(response.received);
  hasher.Add(static_cast<std::uint64_t>(response.promise.nanoseconds()));
}

void AddBody(Hasher& hasher, const SnapshotChunk& chunk) {
  hasher.Add(chunk.meta.index);
  hasher.Add(chunk.meta.term);
  hasher.Add(chunk.offset);
  hasher.Add(chunk.bytes.view());
}

void AddBody(Hasher& hasher, const SnapshotChunkResponse& response) {
  hasher.Add(response.responder);
  hasher.Add(response.index);
  hasher.Add(response.received * 2 + (response.installed ? 1 : 0));
}

void AddBody(Hasher& hasher, const MessageBody& body, Permutation permutation) {
  std::visit(
      Overloaded{
          [&](const PreVoteRequest& request) {
            hasher.Add(request.next_term);
            hasher.Add(request.last_index);
            hasher.Add(request.last_term);
          },
          [&](const PreVoteResponse& response) {
            hasher.Add(response.next_term);
            hasher.Add(std::uint64_t{response.granted});
          },
          [&](const VoteRequest& request) {
            hasher.Add(request.last_index);
            hasher.Add(request.last_term);
            hasher.Add(std::uint64_t{request.transfer});
          },
          [&](const VoteResponse& response) { hasher.Add(std::uint64_t{response.granted}); },
          [&](const AppendRequest& request) { AddBody(hasher, request, permutation); },
          [&](const AppendResponse& response) { AddBody(hasher, response); },
          [&](const Heartbeat& heartbeat) {
            hasher.Add(heartbeat.commit);
            hasher.Add(heartbeat.round);
          },
          [&](const HeartbeatResponse& response) { AddBody(hasher, response); },
          [&](const CommitNotice& notice) { hasher.Add(notice.commit); },
          [&](const CommitNoticeResponse&) {},
          [&](const TimeoutNow& bid) {
            hasher.Add(bid.last_index);
            hasher.Add(bid.last_term);
          },
          [&](const TimeoutNowResponse& response) { hasher.Add(std::uint64_t{response.taken}); },
          [&](const SnapshotChunk& chunk) { AddBody(hasher, chunk); },
          [&](const SnapshotChunkResponse& response) { AddBody(hasher, response); },
          [&](const ReadIndexRequest& request) {
            hasher.Add(request.asker);
            hasher.Add(request.number);
          },
          [&](const ReadIndexResponse& response) {
            hasher.Add(response.asker);
            hasher.Add(response.number * 2 + (response.confirmed ? 1 : 0));
            hasher.Add(response.index);
          }},
      body);
}

}  // namespace

void AddNode(Hasher& hasher, std::optional<NodeId> node, Permutation permutation) {
  hasher.Add(std::uint64_t{node.has_value()});
  if (node.has_value()) hasher.Add(Renamed(*node, permutation));
}

// Sums of hashes do not depend on the order of their terms, which renaming changes.
std::uint64_t DigestOf(const Configuration& configuration, Permutation permutation) {
  std::uint64_t sum = configuration.founded() ? 1 : 0;
  for (const Member& member : configuration.members()) {
    Hasher hasher;
    hasher.Add(Renamed(member.node, permutation));
    hasher.Add(std::uint64_t{configuration.incoming().Contains(member.node)});
    hasher.Add(std::uint64_t{configuration.outgoing().Contains(member.node)});
    hasher.Add(std::uint64_t{Contains(configuration.learners(), member.node)});
    hasher.Add(std::uint64_t{member.store != StoreId(0)});
    sum += hasher.Finish();
  }
  return sum;
}

void AddEntry(Hasher& hasher, const Entry& entry, Permutation permutation,
              const Configuration* decoded) {
  hasher.Add(entry.term);
  hasher.Add(static_cast<std::uint64_t>(entry.kind));
  if (entry.kind != EntryKind::kConfiguration) return hasher.Add(entry.payload.view());
  if (decoded != nullptr) return hasher.Add(DigestOf(*decoded, permutation));
  const auto found = Configuration::Decode(entry.payload.view());
  if (!found.has_value()) return hasher.Add(entry.payload.view());
  hasher.Add(DigestOf(*found, permutation));
}

std::uint64_t DigestOf(const Message& message, Permutation permutation) {
  Hasher hasher;
  hasher.Add(Renamed(message.from, permutation));
  hasher.Add(Renamed(message.to, permutation));
  hasher.Add(message.term);
  hasher.Add(message.body.index() * 2 + (message.addressee != StoreId(0) ? 1 : 0));
  AddBody(hasher, message.body, permutation);
  return hasher.Finish();
}

}  // namespace drydock
