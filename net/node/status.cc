#include "net/node/status.h"

#include <algorithm>

#include "core/storage/data_format.h"
#include "core/text/names.h"
#include "net/peers/peer_links.h"
#include "proto/drydock/v1/drydock.pb.h"

namespace drydock::net {
namespace {

std::int64_t Signed(Term term) {
  return static_cast<std::int64_t>(term.value());
}

std::uint64_t Milliseconds(Duration duration) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(duration.nanoseconds(), 0)) / 1000000;
}

v1::Role OnWire(Role role) {
  return static_cast<v1::Role>(static_cast<int>(role) + 1);
}
static_assert(static_cast<int>(Role::kFollower) + 1 == v1::ROLE_FOLLOWER);
static_assert(static_cast<int>(Role::kLeader) + 1 == v1::ROLE_LEADER);

void FillLog(const Node& node, v1::GetStatusResponse& out) {
  const Raft& raft = node.raft();
  out.set_commit(raft.commit().value());
  out.set_applied(node.applied().value());
  out.set_last_index(raft.log().last().value());
  out.set_last_term(Signed(raft.log().TermAt(raft.log().last())));
  out.set_durable(raft.durable_index().value());
}

void FillSnapshots(const Node& node, v1::GetStatusResponse& out) {
  out.set_log_base(node.raft().log().base().value());
  const StoredSnapshot* snapshot = node.snapshot();
  if (snapshot == nullptr) return;
  out.set_snapshot_index(snapshot->meta.index.value());
  out.set_snapshot_bytes(snapshot->meta.bytes);
}

void FillOthers(const StatusSource& source, TimePoint now, v1::GetStatusResponse& out) {
  const Raft& raft = source.node.raft();
  const auto silence = [&](NodeId node) -> std::optional<std::uint64_t> {
    const std::optional<TimePoint> heard = source.observer.LastHeard(node);
    if (!heard.has_value()) return std::nullopt;
    return Milliseconds(now - *heard);
  };
  if (const std::optional<NodeId> leader = raft.leader()) {
    out.set_leader(leader->value());
    const std::optional<std::uint64_t> silent = silence(*leader);
    if (*leader != raft.id() && silent.has_value()) out.set_leader_silent_ms(*silent);
  }
  if (raft.leadership() == nullptr) return;
  for (const Peer& peer : raft.leadership()->peers) {
    v1::FollowerStatus& follower = *out.add_followers();
    follower.set_node(peer.node.value());
    follower.set_match(peer.match.value());
    if (const auto silent = silence(peer.node)) follower.set_silent_ms(*silent);
  }
}

v1::MemberRole RoleOf(NodeId node, const Configuration& configuration) {
  if (configuration.incoming().Contains(node)) return v1::MEMBER_ROLE_VOTER;
  return configuration.outgoing().Contains(node) ? v1::MEMBER_ROLE_LEAVING
                                                 : v1::MEMBER_ROLE_LEARNER;
}

void FillMembers(const StatusSource& source, v1::GetStatusResponse& out) {
  const Configuration& configuration = source.node.raft().configuration();
  for (const Member& member : configuration.members()) {
    v1::MemberStatus& told = *out.add_members();
    told.set_node(member.node.value());
    told.set_role(RoleOf(member.node, configuration));
    told.set_store(member.store.value());
    told.set_address(AddressOf(member.node, configuration, source.file).clients);
  }
  out.set_members_changing(configuration.IsJoint());
}

std::uint64_t Nanoseconds(Duration duration) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(duration.nanoseconds(), 0));
}

void Encode(const LeadTimes::Proposal& proposal, v1::ProposalTimes& out) {
  out.set_index(proposal.index.value());
  out.set_term(Signed(proposal.term));
  const auto& took = proposal.took;
  if (const auto time = took[LeadTimes::kDurable]) out.set_durable_ns(Nanoseconds(*time));
  if (const auto time = took[LeadTimes::kCommitted]) out.set_commit_ns(Nanoseconds(*time));
  if (const auto time = took[LeadTimes::kEverywhere]) out.set_everywhere_ns(Nanoseconds(*time));
  if (const auto time = took[LeadTimes::kKnown]) out.set_known_ns(Nanoseconds(*time));
}

void Encode(const ElectionTimes::Election& election, v1::ElectionTimes& out) {
  out.set_number(election.number);
  out.set_term(Signed(election.term));
  out.set_began(std::string(NameOf(election.began)));
  out.set_ended(std::string(NameOf(election.ended)));
  out.set_took_ns(Nanoseconds(election.took));
  if (election.asked_after) out.set_asked_after_ns(Nanoseconds(*election.asked_after));
}

void FillRecent(Observer& observer, v1::GetStatusResponse& out) {
  for (const LeadTimes::Proposal& proposal : observer.lead_times().recent()) {
    Encode(proposal, *out.add_recent_proposals());
  }
  for (const ElectionTimes::Election& election : observer.election_times().recent()) {
    Encode(election, *out.add_recent_elections());
  }
}

}  // namespace

void Encode(const Histogram& histogram, v1::DurationHistogram& out) {
  const Histogram::Sparse sparse = histogram.Export();
  for (const Histogram::BucketCount& bucket : sparse.buckets) {
    out.add_buckets(bucket.bucket);
    out.add_counts(bucket.count);
  }
  out.set_sum_ns(sparse.sum);
  out.set_max_ns(sparse.max);
  out.set_too_long(sparse.too_long);
}

std::optional<v1::SnapshotOutcome> WhyNoSnapshot(const Node& node) {
  if (node.raft().suspended()) return v1::SNAPSHOT_OUTCOME_SUSPENDED;
  if (node.applied() == Index(0)) return v1::SNAPSHOT_OUTCOME_EMPTY;
  const StoredSnapshot* newest = node.snapshot();
  if (newest != nullptr && newest->meta.index == node.applied()) {
    return v1::SNAPSHOT_OUTCOME_UP_TO_DATE;
  }
  return std::nullopt;
}

void FillSnapshot(const Node& node, v1::TakeSnapshotResponse& out) {
  const StoredSnapshot* newest = node.snapshot();
  if (newest == nullptr) return;
  out.set_index(newest->meta.index.value());
  out.set_term(Signed(newest->meta.term));
  out.set_bytes(newest->meta.bytes);
}

void FillStatus(const StatusSource& source, TimePoint now, const v1::GetStatusRequest& request,
                v1::GetStatusResponse& out) {
  const Raft& raft = source.node.raft();
  out.set_cluster(source.file.cluster);
  out.set_node(raft.id().value());
  out.set_version(source.version);
  out.set_data_format(DataFormat());
  out.set_role(OnWire(raft.role()));
  out.set_term(Signed(raft.term()));
  FillLog(source.node, out);
  FillSnapshots(source.node, out);
  FillOthers(source, now, out);
  FillMembers(source, out);
  out.set_suspended(raft.suspended());
  out.set_incarnation(raft.incarnation().value());
  out.set_uptime_ms(Milliseconds(now - source.started));
  out.set_store(raft.store().value());
  out.set_ready(source.observer.IsReady());
  out.set_elections_won(source.observer.elections_won());
  if (request.has_key()) {
    if (const auto value = source.node.kv().Get(request.key())) {
      out.set_value(std::string(value->view()));
    }
  }
  if (request.histograms()) {
    Encode(source.observer.lead_times().commit(), *out.mutable_commit_times());
    Encode(source.observer.lead_times().everywhere(), *out.mutable_everywhere_times());
  }
  if (request.recent()) FillRecent(source.observer, out);
}

}  // namespace drydock::net
