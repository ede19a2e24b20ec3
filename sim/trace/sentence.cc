#include "sim/trace/sentence.h"

#include <cstdint>
#include <optional>
#include <variant>

#include "core/text/names.h"
#include "core/text/words.h"
#include "sim/engine/expectations.h"
#include "sim/trace/words.h"

namespace drydock::sim {
namespace {

std::string Number(std::uint64_t number) {
  return std::to_string(number);
}
std::string Number(Index index) {
  return Number(index.value());
}
std::string ClientName(std::uint32_t client) {
  return "client " + Number(client);
}

std::string RefusalWords(RefusalReason reason, const std::string& peer) {
  switch (reason) {
    case RefusalReason::kUnknownSender:
      return "ignores a message of " + peer + ", which is no other member of the cluster";
    case RefusalReason::kWrongAddressee:
      return "ignores a message of " + peer + " that is meant for another node";
    case RefusalReason::kWrongStore:
      return "ignores a message of " + peer +
             ": the store is another one than the cluster knows it by";
    case RefusalReason::kMalformed:
      return "ignores a message of " + peer + " that no correct node can have sent";
    case RefusalReason::kOldTerm:
      return "refuses a message of " + peer + ", which is in an older term";
    case RefusalReason::kLeaderIsAlive:
      return "refuses " + peer + " a vote: it has heard from a live leader just now";
    case RefusalReason::kAlreadyVoted:
      return "refuses " + peer + " a vote: it has voted for another node in this term";
    case RefusalReason::kLogBehind:
      return "refuses " + peer + " a vote: the log of " + peer + " lacks entries that it has";
    case RefusalReason::kLogMismatch:
      return "refuses an append of " + peer + ": its log differs in the entry before";
    case RefusalReason::kSequenceAhead:
      return "refuses an append of " + peer + " that is too far ahead of those it waits for";
    case RefusalReason::kStaleResponse:
      return "ignores an answer of " + peer + " to a question of the past";
    case RefusalReason::kOtherIncarnation:
      return "ignores an append of " + peer + " that was meant for it before it restarted";
    case RefusalReason::kDuplicate:
      return "ignores a message of " + peer + " that it has had already";
    case RefusalReason::kSuspended:
      return "is suspended and does not answer " + peer;
    case RefusalReason::kHalted:
      return "has halted and does not answer " + peer;
    case RefusalReason::kNotVoter:
      return "does not campaign as " + peer + " bids it: it is no voter";
    case RefusalReason::kNotCaughtUp:
      return "does not campaign as " + peer + " bids it: it does not hold the whole log";
    case RefusalReason::kNoReadIndex:
      return "cannot tell " + peer +
             " a read index: it does not lead, or has committed nothing in its term yet";
  }
  return "";
}

std::string TimerSentence(TimerId timer) {
  switch (timer) {
    case TimerId::kElection:
      return "hears nothing from a leader for its election timeout";
    case TimerId::kStickiness:
      return "has not heard from the leader for so long that it may vote for others again";
    case TimerId::kHeartbeat:
      return "is due to send heartbeats";
    case TimerId::kCheckQuorum:
      return "checks whether a quorum still answers it";
    case TimerId::kResume:
      return "has been suspended for long enough";
    case TimerId::kTransfer:
      return "has tried to hand over for an election timeout";
    case TimerId::kPreference:
      return "looks whether a preferred node could lead";
    case TimerId::kDisk:
      return "finds that its disk has completed no write for about an election timeout";
    case TimerId::kCatchUp:
      return "has been sending entries to new members for an election timeout";
    case TimerId::kSnapshot:
      return "checks whether what it sent of a snapshot is answered";
    case TimerId::kReadIndex:
      return "has no answer from the leader on its reads yet";
    case TimerId::kLease:
      return "has no lease any more: reads need the answers of a quorum";
  }
  return "";
}

std::string BecauseOf(RoleCause cause) {
  switch (cause) {
    case RoleCause::kElectionTimeout:
      return "since its election timeout has passed";
    case RoleCause::kPreVoteWon:
      return "since a quorum would vote for it";
    case RoleCause::kElectionWon:
      return "since a quorum has voted for it";
    case RoleCause::kElectionLost:
      return "since a quorum has refused it";
    case RoleCause::kNoVotesInTime:
      return "since no quorum decided within its election timeout";
    case RoleCause::kHigherTerm:
      return "since somebody is in a higher term";
    case RoleCause::kLeaderAppeared:
      return "since it has heard from the leader of its term";
    case RoleCause::kVotedForAnother:
      return "since it has voted for another node";
    case RoleCause::kQuorumLost:
      return "since a quorum no longer answers it";
    case RoleCause::kSuspended:
      return "since it is suspended";
    case RoleCause::kResumed:
      return "since it is resumed";
    case RoleCause::kTransfer:
      return "since the leader hands over to it";
    case RoleCause::kDiskStalled:
      return "since its disk is stalled";
    case RoleCause::kRemoved:
      return "since it is removed from the cluster";
  }
  return "";
}

std::string BecauseOf(TransferCause cause) {
  switch (cause) {
    case TransferCause::kAsked:
      return "as it was asked to";
    case TransferCause::kPriority:
      return "which is preferred";
    case TransferCause::kDiskStalled:
      return "since its own disk is stalled";
  }
  return "";
}

std::string WhyNotHandedOver(TransferOutcome why) {
  switch (why) {
    case TransferOutcome::kNotLeader:
      return "it does not lead";
    case TransferOutcome::kUnknownTarget:
      return "that is no member";
    case TransferOutcome::kNotVoter:
      return "that is no voter";
    case TransferOutcome::kAlreadyLeader:
      return "it leads itself";
    case TransferOutcome::kUnderWay:
      return "another transfer is under way";
    case TransferOutcome::kNoSuccessor:
      return "no other voter answers";
    default:
      return "the cluster, its leader or the target is too new";
  }
}

std::string ChangeWords(ChangeOutcome outcome) {
  switch (outcome) {
    case ChangeOutcome::kDone:
      return "the change of members is done";
    case ChangeOutcome::kNotLeader:
      return "it does not lead, and changes no members";
    case ChangeOutcome::kNotReady:
      return "it cannot change members yet, or no longer";
    case ChangeOutcome::kBusy:
      return "another change of members is under way";
    case ChangeOutcome::kBadRequest:
      return "the change of members makes no sense";
    case ChangeOutcome::kNotCaughtUp:
      return "the nodes that were to vote do not catch up, and stay learners";
    case ChangeOutcome::kUnknown:
      return "it does not know what becomes of the change of members";
  }
  return "";
}

std::string RoleWords(Role role) {
  switch (role) {
    case Role::kFollower:
      return "becomes a follower";
    case Role::kPreCandidate:
      return "becomes a pre-candidate and asks who would vote for it";
    case Role::kCandidate:
      return "becomes a candidate";
    case Role::kLeader:
      return "becomes the leader";
  }
  return "";
}

std::string TimerName(TimerId timer) {
  switch (timer) {
    case TimerId::kElection:
      return "election timer";
    case TimerId::kStickiness:
      return "timer for trusting the leader";
    case TimerId::kHeartbeat:
      return "heartbeat timer";
    case TimerId::kCheckQuorum:
      return "timer for checking its quorum";
    case TimerId::kResume:
      return "timer for waking up";
    case TimerId::kTransfer:
      return "timer for handing over";
    case TimerId::kPreference:
      return "timer for looking at preferred nodes";
    case TimerId::kDisk:
      return "timer for its disk";
    case TimerId::kCatchUp:
      return "timer for new members to catch up";
    case TimerId::kSnapshot:
      return "timer for answers to a snapshot";
    case TimerId::kReadIndex:
      return "timer for an answer on its reads";
    case TimerId::kLease:
      return "timer for its lease";
  }
  return "";
}

// What a node does; one overload for each event, and a new event without one does not compile.
class NodeSentence {
 public:
  explicit NodeSentence(NodeId node) : node_(node), me_(NameOf(node)) {}

  std::string operator()(const drydock::trace::RoleChanged& e) const {
    std::string text = me_ + " " + RoleWords(e.role);
    if (e.role == Role::kFollower && e.leader.has_value()) text += " of " + NameOf(*e.leader);
    return text + ", " + BecauseOf(e.cause);
  }
  std::string operator()(const drydock::trace::LeaderKnown& e) const {
    return me_ + " learns that " + NameOf(e.leader) + " leads";
  }
  std::string operator()(const drydock::trace::TermAndVote& e) const {
    const std::string term = TermText(e.term);
    if (!e.vote.has_value()) return me_ + " enters " + term + " and has not voted in it";
    if (*e.vote == node_) return me_ + " enters " + term + " and votes for itself";
    return me_ + " grants its vote for " + term + " to " + NameOf(*e.vote);
  }
  std::string operator()(const drydock::trace::Appended& e) const {
    return me_ + " appends entry " + Number(e.index) + " of " + TermText(e.entry.term) + ": " +
           EntryText(e.entry);
  }
  std::string operator()(const drydock::trace::Truncated& e) const {
    return me_ + " drops its entries behind " + Number(e.last) +
           ", which differ from those of the leader";
  }
  std::string operator()(const drydock::trace::Durable& e) const {
    const std::string vote =
        e.vote.has_value() ? " and the vote for " + NameOf(*e.vote) : std::string(" and no vote");
    const std::string entries =
        e.last == Index(0) ? std::string("no entries") : "entries up to " + Number(e.last);
    return me_ + " has on disk: " + entries + ", " + TermText(e.term) + vote;
  }
  std::string operator()(const drydock::trace::Committed& e) const {
    return me_ + " knows that entries up to " + Number(e.commit) + " are committed";
  }
  std::string operator()(const drydock::trace::Applied& e) const {
    std::string text = me_ + " applies entry " + Number(e.index);
    if (e.duplicate) return text + ", a repeated request that was applied before";
    if (e.outcome == Outcome::kCompareFailed) return text + ": it finds another value, no change";
    if (e.outcome == Outcome::kSessionUnknown)
      return text + ": its session is not known, no change";
    if (e.outcome == Outcome::kBadRequest) return text + ": it makes no sense, no change";
    return text;
  }
  std::string operator()(const drydock::trace::ConfigurationInForce& e) const {
    const Configuration& now = e.configuration;
    std::string text = me_ + " uses the configuration of ";
    text += e.index == Index(0) ? std::string("its start") : "entry " + Number(e.index);
    text += ": " + Number(now.incoming().voters().size()) + " voters";
    if (!now.outgoing().voters().empty()) {
      text += ", on the way from " + Number(now.outgoing().voters().size()) + " others";
    }
    if (!now.learners().empty()) {
      text += ", " + Number(now.learners().size()) +
              (now.learners().size() == 1 ? " learner" : " learners");
    }
    return text + (now.founded() ? ", founded" : ", not founded yet");
  }
  std::string operator()(const drydock::trace::TimerArmed& e) const {
    return me_ + " sets its " + TimerName(e.timer) + " to " +
           TextOf(Duration::Nanoseconds(e.deadline.nanoseconds())) + " on its clock";
  }
  std::string operator()(const drydock::trace::TimerFired& e) const {
    return me_ + " " + TimerSentence(e.timer);
  }
  std::string operator()(const drydock::trace::Refused& e) const {
    return me_ + " " + RefusalWords(e.reason, NameOf(e.peer));
  }
  std::string operator()(const drydock::trace::AppendHeld& e) const {
    return me_ + " keeps append " + Number(e.sequence) + " of " + NameOf(e.peer) +
           " until the one before it arrives";
  }
  std::string operator()(const drydock::trace::PeerLost& e) const {
    return me_ + " starts over with " + NameOf(e.peer) + ", where appends did not arrive";
  }
  std::string operator()(const drydock::trace::ReadConfirmed& e) const {
    return me_ + " is confirmed as the leader by a quorum: " + Number(e.count) +
           (e.count == 1 ? " read" : " reads") + " may be answered once entry " + Number(e.index) +
           " is applied";
  }
  std::string operator()(const drydock::trace::TransferStarted& e) const {
    return me_ + " begins to hand leadership to " + NameOf(e.target) + ", " + BecauseOf(e.cause);
  }
  std::string operator()(const drydock::trace::TransferEnded& e) const {
    switch (e.outcome) {
      case TransferOutcome::kDone:
        return me_ + " has handed leadership to " + NameOf(e.target);
      case TransferOutcome::kFailed:
        return me_ + " serves on: " + NameOf(e.target) + " did not take over";
      case TransferOutcome::kOvertaken:
        return me_ + " finds " + (e.leader.has_value() ? NameOf(*e.leader) : "another node") +
               " leading, and not " + NameOf(e.target);
      default:
        return me_ + " no longer leads, and does not know whether " + NameOf(e.target) + " does";
    }
  }
  std::string operator()(const drydock::trace::Halted& e) const {
    return me_ + " stops for good: " + Shorten(e.reason);
  }
  std::string operator()(const drydock::trace::SnapshotSaved& e) const {
    return me_ + " has a snapshot of its state after entry " + Number(e.index) + " on disk (" +
           Number(e.bytes) + " bytes)";
  }
  std::string operator()(const drydock::trace::Compacted& e) const {
    return me_ + " forgets its entries up to " + Number(e.index) + ", which a snapshot covers";
  }
  std::string operator()(const drydock::trace::SnapshotOffered& e) const {
    return me_ + " no longer has the entries that " + NameOf(e.peer) +
           " lacks, and sends it the snapshot of entry " + Number(e.index);
  }
  std::string operator()(const drydock::trace::SnapshotInstalled& e) const {
    return me_ + " takes over the leader's snapshot of entry " + Number(e.index) +
           (e.log_kept ? " and keeps its log behind it" : " in place of its log");
  }
  std::string operator()(const drydock::trace::ReadIndexLearnt& e) const {
    return me_ + " learns from " + NameOf(e.leader) + " that " + Number(e.count) +
           (e.count == 1 ? " read" : " reads") + " may be answered once entry " + Number(e.index) +
           " is applied";
  }
  std::string operator()(const drydock::trace::ReadsGivenUp& e) const {
    return me_ + " refuses " + Number(e.count) + (e.count == 1 ? " read" : " reads") +
           ", about which " + NameOf(e.leader) + " does not answer";
  }
  std::string operator()(const drydock::trace::ReadUnderLease& e) const {
    return me_ + " answers a read under its lease once entry " + Number(e.index) +
           " is applied; the lease holds until " +
           TextOf(Duration::Nanoseconds(e.until.nanoseconds())) + " on its clock";
  }
  std::string operator()(const drydock::trace::TransferRefused& e) const {
    const std::string to = e.target.has_value() ? " to " + NameOf(*e.target) : std::string();
    return me_ + " does not hand leadership over" + to + ": " + WhyNotHandedOver(e.why);
  }
  std::string operator()(const drydock::trace::ChangeAnswered& e) const {
    return me_ + " answers that " + ChangeWords(e.outcome);
  }

 private:
  NodeId node_;
  std::string me_;
};

std::string Way(const Message& message) {
  return " from " + NameOf(message.from) + " to " + NameOf(message.to);
}

std::string FateOf(const Message& message, DropReason reason) {
  const std::string to = NameOf(message.to);
  switch (reason) {
    case DropReason::kLoss:
      return "is lost on the way";
    case DropReason::kPartition:
      return "is lost: " + NameOf(message.from) + " cannot reach " + to;
    case DropReason::kFilter:
      return "is lost: the scenario drops such messages";
    case DropReason::kNodeDown:
      return "is lost: " + to + " does not run";
    case DropReason::kRestarted:
      return "is lost: it was sent to " + to + " before it restarted";
  }
  return "";
}

// What happens around the nodes.
class SimSentence {
 public:
  explicit SimSentence(std::optional<NodeId> node)
      : me_(node.has_value() ? NameOf(*node) : std::string("the cluster")) {}

  // --- Messages ---
  std::string operator()(const trace::Sent& e) const {
    return me_ + " sends " + NameOf(e.message->to) + " " + MessageText(*e.message);
  }
  std::string operator()(const trace::Delivered& e) const {
    return me_ + " gets from " + NameOf(e.message->from) + " " + MessageText(*e.message);
  }
  std::string operator()(const trace::Dropped& e) const {
    return MessageText(*e.message) + Way(*e.message) + " " + FateOf(*e.message, e.reason);
  }
  std::string operator()(const trace::Duplicated& e) const {
    return MessageText(*e.message) + Way(*e.message) + " is doubled on the way";
  }

  // --- Nodes and faults ---
  std::string operator()(const trace::Started& e) const {
    std::string text = me_ + " starts";
    if (e.incarnation > Incarnation(1)) text += " for the " + Ordinal(e.incarnation.value());
    text += " in " + TermText(e.term);
    if (e.vote.has_value()) text += ", having voted for " + NameOf(*e.vote);
    text += e.last == Index(0) ? std::string(", with an empty log")
                               : ", with entries up to " + Number(e.last) + " on its disk";
    if (e.snapshot != Index(0)) text += " and the snapshot of entry " + Number(e.snapshot);
    if (!e.torn.empty()) text += "; it cuts off what a crash left half written in " + e.torn;
    return text;
  }
  std::string operator()(const trace::RefusedToStart& e) const {
    return me_ + " refuses to start: " + e.error;
  }
  std::string operator()(const trace::Crashed& e) const {
    const std::string loss = e.lose == "unsynced"     ? "; what was not synced may be gone"
                             : e.lose == "everything" ? "; its disk is wiped"
                                                      : "; its disk loses nothing";
    return me_ + " crashes" + loss +
           (e.lost_lies > 0 ? ", and with it what a sync had falsely called durable" : "");
  }
  std::string operator()(const trace::Fault& e) const {
    return (me_ == "the cluster" ? "the scenario: " : "a fault on " + me_ + ": ") + e.what;
  }

  std::string operator()(const trace::Refounded& e) const {
    return "what is on the disk of " + me_ + ", entries up to " + Number(e.last) +
           ", becomes a new store with " + me_ + " as the only member";
  }

  // --- Disks ---
  std::string operator()(const trace::DiskSubmitted& e) const {
    return me_ + " " + std::visit(*this, e.op->action) + " (disk operation " +
           Number(e.op->ticket.value()) + ")";
  }
  std::string operator()(const WriteAndSync& action) const {
    std::uint64_t bytes = 0;
    for (const Bytes& piece : action.pieces) bytes += piece.size();
    return "writes " + Number(bytes) + " bytes to " + action.path + " and syncs it";
  }
  std::string operator()(const CreateDurably& action) const {
    return "creates the file " + action.path + " of " + Number(action.size) + " bytes";
  }
  std::string operator()(const RenameDurably& action) const {
    return "renames " + action.from + " to " + action.to;
  }
  std::string operator()(const RemoveDurably& action) const {
    return "removes the file " + action.path;
  }
  std::string operator()(const ReadBytes& action) const {
    return "reads " + Number(action.size) + " bytes of " + action.path;
  }
  std::string operator()(const trace::DiskFinished& e) const {
    const std::string what = "disk operation " + Number(e.ticket.value()) + " of " + me_;
    if (e.error.has_value()) return what + " fails: " + *e.error;
    return what + (e.lied ? " is called done, which is a lie" : " is done");
  }

  // --- Clients ---
  std::string operator()(const trace::Called& e) const {
    return ClientName(e.client) + " begins call " + Number(e.operation) + ": " +
           OperationText(*e.request);
  }
  std::string operator()(const trace::Attempted& e) const {
    return ClientName(e.client) + " sends call " + Number(e.operation) + " to " + NameOf(e.target);
  }
  std::string operator()(const trace::Arrived&) const { return "a client's call reaches " + me_; }
  std::string operator()(const trace::Replied& e) const {
    return me_ + " answers a client: " + AnswerText(*e.answer);
  }
  std::string operator()(const trace::Answered& e) const {
    const std::string what =
        "call " + Number(e.operation) + " of " + ClientName(e.client) + " ends: ";
    if (e.given_up.empty()) return what + AnswerText(*e.answer);
    return what + "given up (" + e.given_up + "), and " + AnswerText(*e.answer);
  }

  // --- Verdicts ---
  std::string operator()(const trace::Expected& e) const {
    return "expectation " + Number(e.number) + (e.held ? " holds: " : " does not hold: ") + e.why;
  }
  std::string operator()(const trace::Violated& e) const {
    return e.property + " is broken: " + e.detail;
  }

 private:
  static std::string Ordinal(std::uint64_t number) {
    const std::uint64_t teen = number % 100;
    const bool regular = teen >= 11 && teen <= 13;
    const char* ending = regular            ? "th"
                         : number % 10 == 1 ? "st"
                         : number % 10 == 2 ? "nd"
                         : number % 10 == 3 ? "rd"
                                            : "th";
    return Number(number) + ending + " time";
  }

  std::string me_;
};

}  // namespace

std::string SentenceOf(const EventMeta& meta, const TraceEvent& event) {
  return std::visit(NodeSentence(meta.node.value_or(NodeId(0))), event);
}

std::string SentenceOf(const EventMeta& meta, const SimEvent& event) {
  return std::visit(SimSentence(meta.node), event);
}

}  // namespace drydock::sim
