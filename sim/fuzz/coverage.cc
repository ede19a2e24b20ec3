#include "sim/fuzz/coverage.h"

#include <algorithm>
#include <tuple>
#include <variant>

#include "sim/fuzz/plain_situations.h"

namespace drydock::sim {
namespace {

Standing StandingOf(const Configuration& configuration, NodeId node) {
  if (configuration.members().empty()) return Standing::kWaiting;
  const bool incoming = configuration.incoming().Contains(node);
  const bool outgoing = configuration.outgoing().Contains(node);
  if (incoming && outgoing) return Standing::kJointBoth;
  if (outgoing) return Standing::kJointOld;
  if (incoming) return configuration.IsJoint() ? Standing::kJointNew : Standing::kVoter;
  return configuration.IsMember(node) ? Standing::kLearner : Standing::kNone;
}

bool HasVote(Standing standing) {
  return standing >= Standing::kVoter;
}

std::optional<Loss> LossOf(RoleCause cause) {
  switch (cause) {
    case RoleCause::kHigherTerm:
      return Loss::kHigherTerm;
    case RoleCause::kQuorumLost:
      return Loss::kQuorumLost;
    case RoleCause::kSuspended:
      return Loss::kSuspended;
    case RoleCause::kDiskStalled:
      return Loss::kDiskStalled;
    case RoleCause::kRemoved:
      return Loss::kRemoved;
    default:
      return std::nullopt;
  }
}

}  // namespace

CoverageObserver::CoverageObserver(std::uint32_t nodes) : table_(TheSituations()), nodes_(nodes) {
  for (View& node : nodes_) node.outgoing.resize(nodes);
}

void CoverageObserver::OnNodeEvent(const EventMeta& meta, const TraceEvent& event) {
  std::visit([&](const auto& e) { On(meta, e); }, event);
}

void CoverageObserver::OnSimEvent(const EventMeta& meta, const SimEvent& event) {
  std::visit([&](const auto& e) { On(meta, e); }, event);
}

// A process that was paused takes several messages at once, and a timer that is due comes first:
// then the message is not known.
std::optional<MessageType> CoverageObserver::TypeBehind(const EventMeta& meta, const View& node) {
  if (meta.cause == 0 || meta.cause != node.delivered) return std::nullopt;
  return node.type;
}

// --- Roles --------------------------------------------------------------------------------------

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::RoleChanged& event) {
  View& node = At(meta);
  Reach(table_.roles.At(node.role, event.role, event.cause));
  if (node.role == Role::kLeader) {
    if (const auto loss = LossOf(event.cause)) LosesLeadership(node, *loss);
  }
  node.role = event.role;
  if (event.cause == RoleCause::kSuspended) node.handover.reset();
  node.suspended = event.cause == RoleCause::kSuspended;
  if (event.role == Role::kPreCandidate || event.role == Role::kCandidate) Campaigns(node);
  if (event.role == Role::kLeader) Wins(node);
}

void CoverageObserver::Campaigns(const View& node) {
  Reach(table_.campaigns.At(node.standing));
  if (node.role != Role::kCandidate) return;
  std::size_t rivals = 0;
  for (const View& other : nodes_) {
    const bool campaigns = other.running && other.role == Role::kCandidate;
    if (campaigns && other.term == node.term) ++rivals;
  }
  ReachIf(rivals > 1, Plain("election/two_candidates"));
  ReachIf(rivals > 2, Plain("election/three_candidates"));
}

void CoverageObserver::Wins(View& node) {
  Reach(table_.elected.At(node.standing));
  ReachIf(node.last() > node.commit, Plain("election/winner_inherits_entries"));
  ReachIf(!node.led.empty(), Plain("election/winner_led_before"));
  const auto length = [](const View& view) { return std::tuple(view.last_term(), view.last()); };
  std::size_t leaders = 0;
  bool longer = false, led_before = false;
  for (const View& other : nodes_) {
    if (other.leads()) ++leaders;
    longer |= other.running && length(other) > length(node);
    led_before |= !other.led.empty();
  }
  ReachIf(longer, Plain("election/winner_log_is_shorter"));
  ReachIf(!node.founded && led_before, Plain("election/unfounded_again"));
  ReachIf(leaders > 1, Plain("election/second_leader"));
  ReachIf(leaders > 2, Plain("election/third_leader"));
  node.led.push_back(node.term);
}

bool CoverageObserver::IsSucceeded(const View& leader) const {
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [&](const View& other) { return other.leads() && other.term > leader.term; });
}

void CoverageObserver::LosesLeadership(const View& node, Loss loss) {
  const auto reach = [&](bool so, Burden burden) {
    if (so) Reach(table_.losses.At(loss, burden));
  };
  bool writes = false;
  for (std::size_t i = node.commit.value(); i < node.log.size(); ++i) {
    const EntryKind kind = node.log[i].kind;
    writes |= kind != EntryKind::kNoop && kind != EntryKind::kConfiguration;
  }
  // By now it may have learnt of a higher term.
  const Term own = node.led.empty() ? node.term : node.led.back();
  const bool committed = node.commit > Index(0) && node.log[node.commit.value() - 1].term == own;
  reach(writes, Burden::kWrites);
  reach(!committed, Burden::kOwnTerm);
  reach(node.configuration_index > node.commit, Burden::kChange);
  reach(node.joint, Burden::kJoint);
  reach(node.handover.has_value(), Burden::kTransfer);
  reach(std::any_of(node.outgoing.begin(), node.outgoing.end(),
                    [](const Outgoing& sent) { return sent.offered; }),
        Burden::kSnapshot);
  reach(!node.founded, Burden::kFounding);
  View as_leader;
  as_leader.term = own;
  reach(IsSucceeded(as_leader), Burden::kOthersCommitted);
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::TermAndVote& event) {
  View& node = At(meta);
  if (event.term > node.term && !event.vote.has_value()) {
    if (const auto type = TypeBehind(meta, node)) Reach(table_.terms_learnt.At(*type));
    ReachIf(event.term.value() > node.term.value() + 1, Plain("election/term_jumps"));
  }
  node.term = event.term;
  node.vote = event.vote;
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::TimerFired& event) {
  Reach(table_.timers.At(event.timer, At(meta).role));
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::Refused& event) {
  const View& node = At(meta);
  if (const auto type = TypeBehind(meta, node)) {
    Reach(table_.refusals.At(event.reason, node.role, *type));
  }
}

// --- Logs ---------------------------------------------------------------------------------------

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::Appended& event) {
  View& node = At(meta);
  const EntryKind kind = event.entry.kind;
  const bool in_parts = !node.log.empty() && node.log.back().kind == EntryKind::kPart;
  ReachIf(in_parts && kind != EntryKind::kPart && kind != EntryKind::kLastPart,
          Plain("parts/run_broken"));
  node.log.resize(event.index.value() - 1);
  node.log.push_back({event.entry.term, kind});
  node.held = 0;
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::Truncated& event) {
  View& node = At(meta);
  const auto holds_durably = [&](const View& other, std::size_t i) {
    return other.durable.value() > i && i < other.log.size() &&
           other.log[i].term == node.log[i].term;
  };
  for (std::size_t i = event.last.value(); i < node.log.size(); ++i) {
    Reach(table_.truncated.At(node.log[i].kind));
    const bool own =
        std::find(node.led.begin(), node.led.end(), node.log[i].term) != node.led.end();
    ReachIf(own, Plain("log/truncated/own_entries"));
    const auto holders = std::count_if(nodes_.begin(), nodes_.end(),
                                       [&](const View& other) { return holds_durably(other, i); });
    ReachIf(static_cast<std::size_t>(holders) * 2 > nodes_.size(),
            Plain("log/truncated/durable_on_majority"));
  }
  ReachIf(node.durable > event.last, Plain("log/truncated/durable"));
  node.log.resize(event.last.value());
  node.durable = std::min(node.durable, event.last);
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::Durable& event) {
  View& node = At(meta);
  node.durable = event.last;
  node.durable_term = event.term;
  node.durable_vote = event.vote;
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::Committed& event) {
  View& node = At(meta);
  if (const auto type = TypeBehind(meta, node)) {
    Reach(table_.committed_by.At(*type));
  } else {
    ReachIf(node.role == Role::kLeader, Plain("commit/own_disk_is_last"));
  }
  ReachIf(node.joint, Plain("commit/joint"));
  for (std::size_t i = node.commit.value(); i < event.commit.value() && i < node.log.size(); ++i) {
    if (node.role != Role::kLeader || node.log[i].term == node.term) continue;
    Reach(table_.inherited.At(node.log[i].kind));
  }
  node.commit = event.commit;
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::Applied& event) {
  View& node = At(meta);
  node.applied = event.index;
  Reach(table_.applied.At(event.outcome, event.duplicate));
  const bool last_part = node.log[event.index.value() - 1].kind == EntryKind::kLastPart;
  ReachIf(last_part, Plain("parts/joined"));
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::AppendHeld&) {
  View& node = At(meta);
  ++node.held;
  Reach(Plain("append/held"));
  ReachIf(node.held > 1, Plain("append/held/several"));
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::PeerLost&) {
  const auto type = TypeBehind(meta, At(meta));
  ReachIf(type == MessageType::kAppendResponse, Plain("peer_lost/append_response"));
  ReachIf(type == MessageType::kHeartbeatResponse, Plain("peer_lost/heartbeat_response"));
  ReachIf(type == MessageType::kSnapshotChunkResponse, Plain("peer_lost/snapshot_chunk_response"));
}

// --- Members ------------------------------------------------------------------------------------

void CoverageObserver::On(const EventMeta& meta,
                          const drydock::trace::ConfigurationInForce& event) {
  View& node = At(meta);
  const Standing standing = StandingOf(event.configuration, *meta.node);
  const bool backwards = event.index < node.configuration_index;
  const bool leads = node.role == Role::kLeader;
  if (node.started) {
    Reach(table_.recovered.At(standing));
    ReachIf(backwards, Plain("recovery/configuration_lost"));
  } else if (standing != node.standing) {
    const Way way = node.installed ? Way::kSnapshot : backwards ? Way::kTruncated : Way::kAppended;
    Reach(table_.moves.At(way, node.standing, standing));
  }
  ReachIf(!node.founded && event.configuration.founded() && leads, Plain("member/founded"));
  ReachIf(leads && !HasVote(standing), Plain("member/leader_is_no_voter"));
  // Who entered it is told by the term of its entry.
  const bool left = node.joint && !event.configuration.IsJoint() && leads;
  const Index entered = node.configuration_index;
  ReachIf(left && entered > Index(0) && node.log[entered.value() - 1].term < node.term,
          Plain("member/joint_left_by_another_leader"));
  node.standing = standing;
  node.joint = event.configuration.IsJoint();
  node.founded = event.configuration.founded();
  node.configuration_index = event.index;
  node.started = false;
  node.installed = false;
}

void CoverageObserver::On(const EventMeta&, const drydock::trace::ChangeAnswered& event) {
  Reach(table_.changes.At(event.outcome));
}

// --- Handing over -------------------------------------------------------------------------------

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::TransferStarted& event) {
  View& node = At(meta);
  node.handover = Handover{.target = event.target, .cause = event.cause};
  ReachIf(node.joint || node.configuration_index > node.commit, Plain("transfer/during_change"));
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::TransferEnded& event) {
  View& node = At(meta);
  if (node.handover.has_value()) Reach(table_.transfers.At(node.handover->cause, event.outcome));
  node.handover.reset();
}

void CoverageObserver::On(const EventMeta&, const drydock::trace::TransferRefused& event) {
  Reach(table_.transfers_refused.At(event.why));
}

// --- Reads --------------------------------------------------------------------------------------

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::ReadConfirmed& event) {
  const View& node = At(meta);
  Reach(Plain("read/confirmed"));
  ReachIf(event.count > 1, Plain("read/confirmed/several"));
  ReachIf(event.index > node.commit, Plain("read/confirmed/before_first_commit"));
  ReachIf(IsSucceeded(node), Plain("read/confirmed/after_succession"));
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::ReadIndexLearnt& event) {
  Reach(Plain("read/index_learnt"));
  ReachIf(event.index > At(meta).applied, Plain("read/index_learnt/behind"));
}

void CoverageObserver::On(const EventMeta&, const drydock::trace::ReadsGivenUp&) {
  Reach(Plain("read/index_given_up"));
}

void CoverageObserver::On(const EventMeta&, const drydock::trace::ReadUnderLease&) {
  Reach(Plain("read/under_lease"));
}

// --- Snapshots ----------------------------------------------------------------------------------

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::SnapshotSaved& event) {
  View& node = At(meta);
  Reach(table_.snapshots_saved.At(node.role));
  ReachIf(event.index <= node.snapshot, Plain("snapshot/saved/overtaken"));
  node.snapshot = std::max(node.snapshot, event.index);
  node.writing_snapshot = false;
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::Compacted&) {
  Reach(table_.compacted.At(At(meta).role));
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::SnapshotOffered& event) {
  Outgoing& sent = At(meta).outgoing[event.peer.value()];
  Reach(table_.snapshots_offered.At(nodes_[event.peer.value()].standing));
  ReachIf(sent.offered, Plain("snapshot/offered/again"));
  sent = Outgoing{.offered = true, .index = event.index};
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::SnapshotInstalled& event) {
  View& node = At(meta);
  Reach(table_.snapshots_installed.At(node.standing));
  node.incoming.reset();
  node.snapshot = event.index;
  node.applied = event.index;
  if (event.log_kept) return Reach(Plain("snapshot/installed/log_kept"));
  Reach(Plain("snapshot/installed/log_replaced"));
  ReachIf(node.last() > node.commit, Plain("snapshot/installed/entries_given_up"));
  node.log.assign(event.index.value(), {});
  node.log.back().term = event.term;
  node.base = event.index;
  node.commit = event.index;
  node.durable = event.index;
  node.installed = true;
}

}  // namespace drydock::sim
