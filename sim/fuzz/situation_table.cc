// What is possible, and why the rest is not. Combinations that tell the same story share a place.
#include "sim/fuzz/situation_table.h"

#include <string>
#include <type_traits>
#include <utility>

#include "core/base/check.h"
#include "core/text/names.h"
#include "sim/fuzz/plain_situations.h"

namespace drydock::sim {
namespace {

using A = Asked;
using C = RoleCause;
using M = MessageType;
using O = Outcome;
using R = Role;
using S = Standing;
using W = RefusalReason;

std::string_view Word(MessageType type) {
  return kMessageTypeNames[static_cast<std::size_t>(type)];
}
std::string_view Word(Standing standing) {
  return kStandingNames[static_cast<std::size_t>(standing)];
}
std::string_view Word(Asked asked) {
  return kAskedNames[static_cast<std::size_t>(asked)];
}
std::string_view Word(Loss loss) {
  return kLossNames[static_cast<std::size_t>(loss)];
}
std::string_view Word(Burden burden) {
  return kBurdenNames[static_cast<std::size_t>(burden)];
}
std::string_view Word(Way way) {
  return kWayNames[static_cast<std::size_t>(way)];
}
std::string_view Word(Crash::Lose lose) {
  return kLoseNames[static_cast<std::size_t>(lose)];
}
std::string_view Word(const std::string& name) {
  return name;
}
template <std::size_t kSize>
std::string_view Word(const char (&name)[kSize]) {
  return name;
}
std::string_view Word(std::string_view name) {
  return name;
}
template <class Enum>
requires std::is_enum_v<Enum> std::string_view Word(Enum value) {
  return drydock::NameOf(value);
}

template <class Enum>
using Some = std::vector<Enum>;

// All values of an enum, by their number.
template <class Enum>
Some<Enum> All(std::size_t count) {
  Some<Enum> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(static_cast<Enum>(i));
  return all;
}
const auto kAllRoles = All<Role>(kRoles);
const auto kAllTypes = All<MessageType>(kMessageTypes);
const auto kAllStandings = All<Standing>(kStandings);
const Some<Role> kNoLeader = {R::kFollower, R::kPreCandidate, R::kCandidate};

bool IsRequestType(MessageType type) {
  return static_cast<std::size_t>(type) % 2 == 0;
}
Some<MessageType> Types(bool requests) {
  Some<MessageType> types;
  for (const MessageType type : kAllTypes) {
    if (IsRequestType(type) == requests) types.push_back(type);
  }
  return types;
}

class Builder {
 public:
  SituationTable Build();

 private:
  // "a/b/c"
  template <class... Parts>
  SituationId Add(const Parts&... parts) {
    std::string name;
    ((name.append(name.empty() ? "" : "/").append(Word(parts))), ...);
    table_.names.push_back(std::move(name));
    return static_cast<SituationId>(table_.names.size() - 1);
  }

  void AddRole(const Some<Role>& from, Role to, RoleCause cause);
  // One place for all of them.
  void Refuses(const Some<Role>& roles, const Some<MessageType>& types, RefusalReason reason,
               std::string_view rest);
  void Replies(const Some<Asked>& asked, Outcome outcome, bool by_leader, std::string_view name);
  void AddMove(Way way, Standing from, Standing to);

  void AddRoles();
  void AddRefusals();
  void AddVoteRefusals();
  void AddTermsLearnt();
  void AddReceived();
  void AddLost();
  void AddTimers();
  void AddElections();
  void AddLosses();
  void AddCrashes();
  void AddMoves();
  void AddLogs();
  void AddReplies();
  void AddReads();
  void AddAnswers();
  void AddSnapshots();
  void AddRequests();

  SituationTable table_;
};

SituationTable Builder::Build() {
  for (const std::string_view name : kPlainSituations) table_.names.emplace_back(name);
  AddRoles();
  AddRefusals();
  AddVoteRefusals();
  AddTermsLearnt();
  AddReceived();
  AddLost();
  AddTimers();
  AddElections();
  AddLosses();
  AddCrashes();
  AddMoves();
  AddLogs();
  AddReplies();
  AddReads();
  AddAnswers();
  AddSnapshots();
  AddRequests();
  DRYDOCK_CHECK(table_.names.size() <= SituationSet::kCapacity, table_.names.size());
  return std::move(table_);
}

// --- Roles --------------------------------------------------------------------------------------

void Builder::AddRole(const Some<Role>& from, Role to, RoleCause cause) {
  for (const Role role : from) {
    const std::string way = std::string(Word(role)) + "->" + std::string(Word(to));
    table_.roles.At(role, to, cause) = Add("role", way, cause);
  }
}

// A follower that meets a higher term stays one, and says nothing about its role.
void Builder::AddRoles() {
  AddRole({R::kFollower}, R::kPreCandidate, C::kElectionTimeout);
  AddRole({R::kPreCandidate, R::kCandidate}, R::kPreCandidate, C::kNoVotesInTime);
  // Without pre-votes.
  AddRole({R::kFollower}, R::kCandidate, C::kElectionTimeout);
  AddRole({R::kCandidate}, R::kCandidate, C::kNoVotesInTime);
  AddRole({R::kPreCandidate}, R::kCandidate, C::kPreVoteWon);
  AddRole({R::kFollower}, R::kCandidate, C::kTransfer);
  AddRole({R::kCandidate}, R::kLeader, C::kElectionWon);
  AddRole({R::kCandidate}, R::kFollower, C::kElectionLost);
  AddRole({R::kPreCandidate, R::kCandidate, R::kLeader}, R::kFollower, C::kHigherTerm);
  AddRole({R::kPreCandidate, R::kCandidate}, R::kFollower, C::kLeaderAppeared);
  // Candidates and leaders have voted for themselves.
  AddRole({R::kPreCandidate}, R::kFollower, C::kVotedForAnother);
  AddRole({R::kLeader}, R::kFollower, C::kQuorumLost);
  AddRole({R::kLeader}, R::kFollower, C::kDiskStalled);
  AddRole({R::kLeader}, R::kFollower, C::kRemoved);
  AddRole(kAllRoles, R::kFollower, C::kSuspended);
  AddRole({R::kFollower}, R::kFollower, C::kResumed);
}

// --- Refusals -----------------------------------------------------------------------------------

void Builder::Refuses(const Some<Role>& roles, const Some<MessageType>& types, RefusalReason reason,
                      std::string_view rest) {
  const std::string_view refused = "refused";
  const SituationId id = rest.empty() ? Add(refused, reason) : Add(refused, reason, rest);
  for (const Role role : roles) {
    for (const MessageType type : types) table_.refusals.At(reason, role, type) = id;
  }
}

// Not in the list: kMalformed and kNotCaughtUp, which take a bug or a disk that lied; kHalted,
// since who has halted tells nothing.
void Builder::AddRefusals() {
  for (const RefusalReason reason : {W::kUnknownSender, W::kWrongStore, W::kSuspended}) {
    Refuses(kAllRoles, Types(true), reason, "request");
    Refuses(kAllRoles, Types(false), reason, "response");
  }
  Refuses(kAllRoles, kAllTypes, W::kWrongAddressee, "");
  for (const MessageType type : kAllTypes) {
    const RefusalReason reason = IsRequestType(type) ? W::kOldTerm : W::kStaleResponse;
    const std::string name(Word(type));
    Refuses(kNoLeader, {type}, reason, name);
    Refuses({R::kLeader}, {type}, reason, name + "/leader");
  }
  for (const RefusalReason reason :
       {W::kLogMismatch, W::kSequenceAhead, W::kOtherIncarnation, W::kDuplicate}) {
    Refuses({R::kFollower}, {M::kAppendRequest}, reason, "");
  }
  Refuses({R::kFollower}, {M::kTimeoutNow}, W::kNotVoter, "");
  Refuses(kNoLeader, {M::kReadIndexRequest}, W::kNoReadIndex, "");
  Refuses({R::kLeader}, {M::kReadIndexRequest}, W::kNoReadIndex, "leader");
}

// Who campaigns protects no leader. Candidates and leaders have voted, and look at the log of
// strangers only.
void Builder::AddVoteRefusals() {
  for (const Role role : {R::kFollower, R::kLeader}) {
    for (const MessageType type : {M::kPreVoteRequest, M::kVoteRequest}) {
      Refuses({role}, {type}, W::kLeaderIsAlive,
              std::string(Word(type)) + "/" + std::string(Word(role)));
    }
  }
  for (const Role role : kAllRoles) {
    Refuses({role}, {M::kVoteRequest}, W::kAlreadyVoted, Word(role));
    Refuses({role}, {M::kPreVoteRequest}, W::kLogBehind,
            "pre_vote_request/" + std::string(Word(role)));
  }
  Refuses({R::kFollower}, {M::kVoteRequest}, W::kLogBehind, "vote_request/follower");
  Refuses({R::kPreCandidate}, {M::kVoteRequest}, W::kLogBehind, "vote_request/pre_candidate");
  Refuses({R::kCandidate, R::kLeader}, {M::kVoteRequest}, W::kLogBehind, "vote_request/stranger");
}

// --- Messages and timers ------------------------------------------------------------------------

// A pre-vote moves no term. Who is bidden to campaign, and whom a follower asks for a read index,
// were in the sender's term before.
void Builder::AddTermsLearnt() {
  for (const MessageType type : kAllTypes) {
    const bool known =
        type == M::kPreVoteRequest || type == M::kTimeoutNow || type == M::kReadIndexRequest;
    if (!known) table_.terms_learnt.At(type) = Add("term/learnt_from", type);
  }
}

// Who waits to be added has asked nothing, and is a leader's business at most; it may have the
// number of a node that others still ask for votes, or tell that it is removed. What is left of
// that one's own questions is told by what was sent before a restart.
bool IsReceivedBy(Standing standing, MessageType type) {
  if (standing != S::kWaiting) return true;
  return type == M::kPreVoteRequest || type == M::kVoteRequest || type == M::kAppendRequest ||
         type == M::kHeartbeat || type == M::kCommitNotice || type == M::kSnapshotChunk;
}

void Builder::AddReceived() {
  const std::string_view received = "received";
  for (const MessageType type : kAllTypes) {
    table_.received_by_role.At(type, R::kFollower) = Add(received, type, R::kFollower);
    const SituationId campaigns = Add(received, type, "campaigning");
    table_.received_by_role.At(type, R::kPreCandidate) = campaigns;
    table_.received_by_role.At(type, R::kCandidate) = campaigns;
    table_.received_by_role.At(type, R::kLeader) = Add(received, type, R::kLeader);
    for (const Standing standing : kAllStandings) {
      if (!IsReceivedBy(standing, type)) continue;
      table_.received_by_standing.At(type, standing) = Add(received, type, standing);
    }
  }
}

void Builder::AddLost() {
  for (const MessageType type : kAllTypes) {
    table_.lost.At(type) = Add("lost", type);
    table_.duplicated.At(type) = Add("duplicated", type);
  }
  const SituationId request = Add("sent_before_restart/request");
  const SituationId response = Add("sent_before_restart/response");
  for (const MessageType type : kAllTypes) {
    table_.from_before_restart.At(type) = IsRequestType(type) ? request : response;
  }
}

// Those of a role are disarmed with it.
void Builder::AddTimers() {
  using T = TimerId;
  const auto add = [&](TimerId timer, const Some<Role>& roles, std::string_view rest) {
    const std::string_view name = "timer";
    const SituationId id = rest.empty() ? Add(name, timer) : Add(name, timer, rest);
    for (const Role role : roles) table_.timers.At(timer, role) = id;
  };
  for (const Role role : kNoLeader) add(T::kElection, {role}, Word(role));
  for (const TimerId timer : {T::kStickiness, T::kResume, T::kReadIndex}) {
    add(timer, {R::kFollower}, "");
  }
  for (const TimerId timer :
       {T::kHeartbeat, T::kCheckQuorum, T::kCatchUp, T::kSnapshot, T::kLease}) {
    add(timer, {R::kLeader}, "");
  }
  for (const TimerId timer : {T::kTransfer, T::kPreference, T::kDisk}) {
    add(timer, {R::kLeader}, "leader");
    add(timer, kNoLeader, "another");
  }
}

// --- Elections, and the end of leadership and of nodes ------------------------------------------

// A node may vote by an older configuration than the candidate's; without any it admits nobody.
// Who is removed or demoted campaigns until that is committed (thesis, section 4.2.2).
void Builder::AddElections() {
  for (const Standing standing : kAllStandings) {
    if (standing == S::kWaiting) continue;
    table_.votes.At(standing) = Add("election/vote_of", standing);
    table_.campaigns.At(standing) = Add("election/campaign_of", standing);
    table_.elected.At(standing) = Add("election/won_by", standing);
  }
}

// A leader steps down as removed once the configuration without it is committed.
void Builder::AddLosses() {
  for (const Loss loss : All<Loss>(kLossNames.size())) {
    for (const Burden burden : All<Burden>(kBurdenNames.size())) {
      const bool in_time =
          burden == Burden::kWrites || burden == Burden::kTransfer || burden == Burden::kSnapshot;
      if (loss == Loss::kRemoved && !in_time) continue;
      table_.losses.At(loss, burden) = Add("leader_lost", loss, burden);
    }
  }
}

void Builder::AddCrashes() {
  for (const auto lose : All<Crash::Lose>(kLoseNames.size())) {
    for (const Role role : kAllRoles) {
      table_.crashes_by_role.At(lose, role) = Add("crash", lose, role);
    }
  }
  for (const Standing standing : kAllStandings) {
    table_.crashes_by_standing.At(standing) = Add("crash", standing);
    table_.recovered.At(standing) = Add("recovery", standing);
  }
  for (const Role role : kAllRoles) table_.halted.At(role) = Add("halted", role);
}

// --- Members ------------------------------------------------------------------------------------

void Builder::AddMove(Way way, Standing from, Standing to) {
  const std::string change = std::string(Word(from)) + "->" + std::string(Word(to));
  table_.moves.At(way, from, to) = Add("member", way, change);
}

// One step at a time, and back by as many as are cut off: only one is ever uncommitted. A node that
// was wiped meets its own past in the log that it is sent, and one that joins a refounded cluster
// the removal of all others.
void Builder::AddMoves() {
  const Some<std::pair<Standing, Standing>> forward = {
      {S::kNone, S::kLearner},     {S::kLearner, S::kJointNew}, {S::kJointNew, S::kVoter},
      {S::kVoter, S::kJointBoth},  {S::kJointBoth, S::kVoter},  {S::kVoter, S::kJointOld},
      {S::kJointOld, S::kLearner}, {S::kJointOld, S::kNone},    {S::kLearner, S::kNone}};
  for (const auto& [from, to] : forward) AddMove(Way::kAppended, from, to);
  for (const auto& [from, to] : forward) AddMove(Way::kTruncated, to, from);
  AddMove(Way::kAppended, S::kWaiting, S::kNone);
  AddMove(Way::kAppended, S::kWaiting, S::kVoter);
  AddMove(Way::kAppended, S::kVoter, S::kNone);
  for (const Standing to : kAllStandings) {
    if (to == S::kWaiting) continue;
    const SituationId id = Add("member", Way::kSnapshot, to);
    for (const Standing from : kAllStandings) table_.moves.At(Way::kSnapshot, from, to) = id;
  }
}

// --- Logs ---------------------------------------------------------------------------------------

// What a snapshot brings a follower up to was committed by its leader before.
void Builder::AddLogs() {
  for (const EntryKind kind : All<EntryKind>(kEntryKinds)) {
    table_.truncated.At(kind) = Add("log/truncated", kind);
    table_.inherited.At(kind) = Add("commit/of_older_term", kind);
  }
  for (const MessageType type :
       {M::kAppendRequest, M::kHeartbeat, M::kCommitNotice, M::kReadIndexResponse,
        M::kAppendResponse, M::kHeartbeatResponse}) {
    table_.committed_by.At(type) = Add("commit/by", type);
  }
  for (const Outcome outcome : {O::kOk, O::kCompareFailed}) {
    table_.applied.At(outcome, false) = Add("applied", outcome);
    table_.applied.At(outcome, true) = Add("applied", outcome, "again");
  }
  table_.applied.At(O::kBadRequest, false) = Add("applied", O::kBadRequest);
  table_.applied.At(O::kSessionUnknown, false) = Add("applied", O::kSessionUnknown);
}

// --- Clients ------------------------------------------------------------------------------------

void Builder::Replies(const Some<Asked>& asked, Outcome outcome, bool by_leader,
                      std::string_view name) {
  const SituationId id = Add("reply", name, outcome);
  for (const Asked one : asked) table_.replies.At(one, outcome, by_leader) = id;
}

// Only a leader takes writes; that it lost its leadership it tells when it has.
void Builder::AddReplies() {
  const Some<Asked> writes = {A::kWrite, A::kCas, A::kRegister};
  for (const Outcome outcome : {O::kNotLeader, O::kUnknown}) {
    Replies(writes, outcome, false, "write");
  }
  for (const Outcome outcome :
       {O::kNotReady, O::kBusy, O::kTooLarge, O::kBadRequest, O::kSessionUnknown}) {
    Replies(writes, outcome, true, "write");
  }
  for (const Asked asked : writes) Replies({asked}, O::kOk, true, Word(asked));
  Replies({A::kCas}, O::kCompareFailed, true, "cas");
}

void Builder::AddReads() {
  for (const Outcome outcome : {O::kOk, O::kNotFound}) {
    for (const Asked asked : {A::kRead, A::kReadAnywhere, A::kReadStale, A::kReadLease}) {
      Replies({asked}, outcome, true, Word(asked));
    }
    Replies({A::kReadAnywhere}, outcome, false, "read_anywhere_by_another");
    Replies({A::kReadStale}, outcome, false, "read_stale_by_another");
  }
  const Some<Asked> by_leader = {A::kRead, A::kReadAnywhere, A::kReadLease};
  for (const Outcome outcome : {O::kNotReady, O::kBusy, O::kTooLarge}) {
    Replies(by_leader, outcome, true, "read");
    if (outcome != O::kTooLarge) {
      Replies({A::kReadAnywhere}, outcome, false, "read_anywhere_by_another");
    }
  }
  Replies({A::kRead, A::kReadLease}, O::kNotLeader, false, "read");
  Replies({A::kReadAnywhere}, O::kNotLeader, false, "read_anywhere_by_another");
  for (const Asked asked : by_leader) Replies({asked}, O::kUnknown, false, Word(asked));
}

void Builder::AddAnswers() {
  for (const Outcome outcome : All<Outcome>(kOutcomes)) {
    const SituationId id = Add("client", outcome);
    table_.answers.At(outcome, false) = id;
    table_.answers.At(outcome, true) =
        IsRefusal(outcome) ? id : Add("client", outcome, "after_retries");
  }
}

// --- Snapshots ----------------------------------------------------------------------------------

void Builder::AddSnapshots() {
  const auto by_role = [&](Family<kRoles>& family, std::string_view name) {
    family.At(R::kLeader) = Add(name, R::kLeader);
    const SituationId another = Add(name, "another");
    for (const Role role : kNoLeader) family.At(role) = another;
  };
  by_role(table_.snapshots_saved, "snapshot/saved");
  by_role(table_.compacted, "snapshot/compacted");
  const auto by_standing = [&](Family<kStandings>& family, std::string_view name) {
    const SituationId joint = Add(name, "joint");
    for (const Standing standing : kAllStandings) {
      family.At(standing) = standing > S::kVoter ? joint : Add(name, standing);
    }
  };
  by_standing(table_.snapshots_offered, "snapshot/offered_to");
  by_standing(table_.snapshots_installed, "snapshot/installed_by");
}

// --- What operators ask for ---------------------------------------------------------------------

void Builder::AddRequests() {
  for (const ChangeOutcome outcome : All<ChangeOutcome>(kChangeOutcomes)) {
    table_.changes.At(outcome) = Add("member/change", outcome);
  }
  for (const TransferOutcome outcome : All<TransferOutcome>(kTransferOutcomes)) {
    if (IsRefusal(outcome)) {
      table_.transfers_refused.At(outcome) = Add("transfer/refused", outcome);
      continue;
    }
    for (const TransferCause cause : All<TransferCause>(kTransferCauses)) {
      table_.transfers.At(cause, outcome) = Add("transfer", cause, outcome);
    }
  }
}

}  // namespace

const SituationTable& TheSituations() {
  static const SituationTable table = Builder().Build();
  return table;
}

}  // namespace drydock::sim
