// Changing the members: joint consensus (paper, section 6; thesis, section 4.3). One change at a
// time, each step taken once the one before is committed:
//   1. nodes that are to vote join as learners, are bound to their stores (founding.cc), and catch
//      up (thesis, section 4.2.1);
//   2. C_old,new: both majorities decide. A change that concerns no voter skips it;
//   3. C_new: appended by whoever leads when C_old,new is committed, its author or not.
#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/raft/raft.h"

namespace drydock {
namespace {

constexpr std::uint64_t kMaxRounds = 10;        // thesis, section 4.2.1
constexpr std::uint64_t kMaxIdleTimeouts = 10;  // a node that holds nothing new is not there

std::string Name(NodeId node) {
  return "n" + std::to_string(node.value());
}

std::vector<NodeId> NewVoters(const MembershipChange& change) {
  std::vector<NodeId> nodes = change.add;
  nodes.insert(nodes.end(), change.promote.begin(), change.promote.end());
  return nodes;
}

}  // namespace

// A wiped node that is still bound to its old store would vote for itself alone.
bool Raft::IsVoterBy(const Configuration& configuration) const {
  const StoreId bound = configuration.StoreOf(id_);
  return configuration.IsVoter(id_) && (bound == StoreId(0) || bound == store_);
}

// Who is removed by an entry that may not be committed yet can be the only one that can bring the
// others that far: it campaigns, without counting its own vote (thesis, section 4.2.2).
bool Raft::MayCampaign() const {
  return IsVoterBy(configuration()) || IsVoterBy(ConfigurationAt(commit_).second);
}

// Our configuration may be older than the sender's: it may lead us, or need our vote, without being
// a member that we know (paper, section 6). It must then know our store, which proves that it is of
// our cluster. Who has no log yet may follow any leader: it has nothing to lose.
bool Raft::AdmitStranger(const Message& message) const {
  if (!IsRequest(message.body)) return false;
  const bool of_leader = !std::holds_alternative<PreVoteRequest>(message.body) &&
                         !std::holds_alternative<VoteRequest>(message.body);
  const bool waits = configuration().members().empty() || log_.last() == Index(0);
  if (message.addressee != store_ && !(of_leader && waits)) return false;
  if (!of_leader) return !configuration().members().empty();
  // Our term has a leader already: this one leads another cluster.
  return message.term != term_ || !leader().has_value() || leader() == message.from;
}

// --- Asking for a change ------------------------------------------------------------------------

void Raft::ChangeMembers(CallId call, MembershipChange change, RaftOutput& out) {
  if (std::optional<ChangeAnswer> refusal = ReasonToRefuse(change)) {
    refusal->term = term_;
    out.trace.emplace_back(trace::ChangeAnswered{refusal->outcome});
    out.changes.push_back({call, std::move(*refusal)});
    return;
  }
  std::get<Leader>(state_).change = PendingChange{.call = call, .change = std::move(change)};
}

std::optional<ChangeAnswer> Raft::ReasonToRefuse(const MembershipChange& change) const {
  const auto refuse = [](ChangeOutcome outcome, std::string reason) {
    return ChangeAnswer{.outcome = outcome, .reason = std::move(reason)};
  };
  const auto* own = std::get_if<Leader>(&state_);
  if (own == nullptr) {
    ChangeAnswer answer = refuse(ChangeOutcome::kNotLeader, "this node does not lead");
    answer.leader = leader();
    return answer;
  }
  if (!configuration().founded()) {
    return refuse(ChangeOutcome::kNotReady, "the cluster is not founded yet");
  }
  // Without it, two leaders could each change a configuration that the other has not seen (thesis,
  // section 4.1, and Ongaro's note on single-server changes of 2015).
  if (commit_ < own->term_start) {
    return refuse(ChangeOutcome::kNotReady, "the leader has committed nothing in its term yet");
  }
  if (own->change.has_value() || configuration().IsJoint()) {
    return refuse(ChangeOutcome::kBusy, "a change is under way");
  }
  if (!configuration().IsVoter(id_)) {
    return refuse(ChangeOutcome::kNotReady, "the leader is about to step down");
  }
  if (change.empty()) return refuse(ChangeOutcome::kBadRequest, "the change names no node");
  const Result<Configuration> wanted = Changed(configuration(), change);
  if (!wanted.ok()) return refuse(ChangeOutcome::kBadRequest, wanted.error().text);
  return std::nullopt;
}

void Raft::AnswerChange(ChangeOutcome outcome, std::string reason, RaftOutput& out) {
  Leader* leader = AsLeader();
  if (leader == nullptr || !leader->change.has_value()) return;
  const bool done = outcome == ChangeOutcome::kDone;
  out.trace.emplace_back(trace::ChangeAnswered{outcome});
  out.changes.push_back(
      {leader->change->call, ChangeAnswer{.outcome = outcome,
                                          .reason = std::move(reason),
                                          .leader = std::nullopt,
                                          .term = term_,
                                          .index = done ? configuration_index() : Index(0)}});
  leader->change.reset();
  Disarm(TimerId::kCatchUp);
}

void Raft::DropChange(RaftOutput& out) {
  Leader* leader = AsLeader();
  if (leader == nullptr || !leader->change.has_value()) return;
  out.drops.push_back(leader->change->call);
  leader->change.reset();
  Disarm(TimerId::kCatchUp);
}

// --- The next step ------------------------------------------------------------------------------

// At the end of a step, when nobody holds on to a peer. Only one configuration is ever uncommitted,
// and none is appended before an entry of our own term is committed.
void Raft::AdvanceConfiguration(RaftOutput& out) {
  Leader& leader = std::get<Leader>(state_);
  const Index in_force = configuration_index();
  if (in_force > commit_ || commit_ < leader.term_start) return;
  if (leader.settled == in_force && !leader.founding && !leader.change.has_value()) return;
  if (configuration().IsJoint()) {
    return ProposeConfiguration(LeaveJoint(configuration()).value(), out);
  }
  ForgetRemovedPeers(out);
  MaybeFound(out);
  if (configuration_index() != in_force) return;
  leader.settled = in_force;
  if (leader.change.has_value()) AdvanceChange(out);
  StepDownIfRemoved(out);
}

void Raft::AdvanceChange(RaftOutput& out) {
  PendingChange& pending = *std::get<Leader>(state_).change;
  if (pending.proposed != Index(0)) return AnswerChange(ChangeOutcome::kDone, "", out);
  if (ProposeLearners(out)) return;
  if (!AreCaughtUp(out) || !std::get<Leader>(state_).change.has_value()) return;
  MembershipChange rest = pending.change;
  rest.promote = NewVoters(pending.change);
  rest.add.clear();
  const Result<Configuration> wanted = Changed(configuration(), rest);
  if (!wanted.ok()) return AnswerChange(ChangeOutcome::kBadRequest, wanted.error().text, out);
  const bool same_voters = wanted.value().incoming() == configuration().incoming();
  pending.proposed = Next(log_.last());
  Disarm(TimerId::kCatchUp);
  ProposeConfiguration(same_voters ? wanted.value() : EnterJoint(configuration(), rest).value(),
                       out);
}

// Who is to vote follows first, so that it does not hold up commitment while it is behind.
bool Raft::ProposeLearners(RaftOutput& out) {
  MembershipChange learners;
  for (const NodeId node : std::get<Leader>(state_).change->change.add) {
    if (!configuration().IsMember(node)) learners.add_learners.push_back(node);
  }
  if (learners.empty()) return false;
  learners.addresses = std::get<Leader>(state_).change->change.addresses;
  ProposeConfiguration(Changed(configuration(), learners).value(), out);
  return true;
}

// --- Catching up (thesis, section 4.2.1) --------------------------------------------------------

// Of the nodes that are to vote, the one that holds the least; null if none is to. Who is not bound
// to a store yet, or is not there, holds nothing.
const Peer* Raft::FurthestBehind() {
  const Peer* last = nullptr;
  for (const NodeId node : NewVoters(std::get<Leader>(state_).change->change)) {
    const Peer* peer = FindPeer(node);
    DRYDOCK_CHECK(peer != nullptr, node);
    if (configuration().StoreOf(node) == StoreId(0)) return peer;
    if (last == nullptr || peer->match < last->match) last = peer;
  }
  return last;
}

// A round brings the new nodes all that the log held at its beginning. Once one lasts less than an
// election timeout, they are near enough not to hold up the cluster for longer than an election.
bool Raft::AreCaughtUp(RaftOutput& out) {
  PendingChange& pending = *std::get<Leader>(state_).change;
  const Peer* last = FurthestBehind();
  if (last == nullptr) return true;
  if (pending.round == 0) BeginRound(out);
  const bool bound = configuration().StoreOf(last->node) != StoreId(0);
  if (!bound || last->match < pending.round_end) return false;
  if (!pending.slow) return true;
  if (pending.round < kMaxRounds) {
    BeginRound(out);
    return false;
  }
  AnswerChange(ChangeOutcome::kNotCaughtUp,
               Name(last->node) + " is not caught up after " + std::to_string(kMaxRounds) +
                   " rounds and stays a learner",
               out);
  return false;
}

void Raft::BeginRound(RaftOutput& out) {
  PendingChange& pending = *std::get<Leader>(state_).change;
  ++pending.round;
  pending.round_end = log_.last();
  pending.slow = false;
  Arm(TimerId::kCatchUp, settings_.election_timeout_min, out);
}

void Raft::CatchUpTimeout(RaftOutput& out) {
  PendingChange& pending = *std::get<Leader>(state_).change;
  const Peer& last = *FurthestBehind();
  pending.slow = true;
  const std::uint64_t received = last.installation.has_value() ? last.installation->offset : 0;
  const bool progress = last.match > pending.progress || received > pending.received;
  pending.idle = progress ? 0 : pending.idle + 1;
  pending.progress = last.match;
  pending.received = received;
  if (pending.idle < kMaxIdleTimeouts) {
    return Arm(TimerId::kCatchUp, settings_.election_timeout_min, out);
  }
  const bool heard = configuration().StoreOf(last.node) != StoreId(0);
  AnswerChange(ChangeOutcome::kNotCaughtUp,
               Name(last.node) + (heard ? " takes no entries" : " was not heard of") +
                   " and stays a learner",
               out);
}

// --- The configuration in force -----------------------------------------------------------------

void Raft::ProposeConfiguration(const Configuration& configuration, RaftOutput& out) {
  Propose(EntryKind::kConfiguration, Bytes(configuration.Encode()), out);
}

// New members become peers at once. Who is removed stays one until that is committed, so that it is
// sent the entry that removes it, and is quiet from then on.
void Raft::FollowConfiguration() {
  Leader* leader = AsLeader();
  if (leader == nullptr) return;
  ForgetLease();  // it stood on the quorums of the configuration before
  for (const Member& member : configuration().members()) {
    if (member.node == id_ || FindPeer(member.node) != nullptr) continue;
    Peer peer{.node = member.node, .in_flight = {}};
    peer.next = Next(log_.last());
    peer.next_sequence = leader->first_sequence;
    const auto at = std::find_if(leader->peers.begin(), leader->peers.end(),
                                 [&](const Peer& other) { return member.node < other.node; });
    leader->peers.insert(at, std::move(peer));
  }
  NoteStores();
}

// They are told once that they are out, so that they need not campaign to learn it.
void Raft::ForgetRemovedPeers(RaftOutput& out) {
  Leader& leader = std::get<Leader>(state_);
  for (const Peer& peer : leader.peers) {
    const bool told = configuration().IsMember(peer.node) || peer.commit_told == commit_;
    if (!told) SendNow(peer.node, CommitNotice{commit_}, out);
  }
  std::erase_if(leader.peers, [&](Peer& peer) {
    if (configuration().IsMember(peer.node)) return false;
    leader.first_sequence = std::max(leader.first_sequence, peer.next_sequence);
    DropQuestion(peer, out);
    return true;
  });
}

// It has led until the configuration without it is committed, without counting itself (thesis,
// section 4.2.2).
void Raft::StepDownIfRemoved(RaftOutput& out) {
  if (!configuration().IsVoter(id_)) BecomeFollower(std::nullopt, RoleCause::kRemoved, out);
}

}  // namespace drydock
