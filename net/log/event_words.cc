#include "net/log/event_words.h"

#include <algorithm>
#include <variant>

#include "core/text/names.h"

namespace drydock::net {
namespace {

// One overload for each event; a new event without one does not compile.
struct Levels {
  LogLevel operator()(const trace::RoleChanged&) const { return LogLevel::kInfo; }
  LogLevel operator()(const trace::LeaderKnown&) const { return LogLevel::kInfo; }
  LogLevel operator()(const trace::TermAndVote&) const { return LogLevel::kDebug; }
  LogLevel operator()(const trace::Appended&) const { return LogLevel::kDebug; }
  LogLevel operator()(const trace::Truncated&) const { return LogLevel::kDebug; }
  LogLevel operator()(const trace::Durable&) const { return LogLevel::kDebug; }
  LogLevel operator()(const trace::Committed&) const { return LogLevel::kDebug; }
  LogLevel operator()(const trace::Applied&) const { return LogLevel::kDebug; }
  LogLevel operator()(const trace::ConfigurationInForce&) const { return LogLevel::kInfo; }
  LogLevel operator()(const trace::TimerArmed&) const { return LogLevel::kDebug; }
  LogLevel operator()(const trace::TimerFired&) const { return LogLevel::kDebug; }
  // What no correct member sends is for the operator; the rest happens in every election.
  LogLevel operator()(const trace::Refused& refused) const {
    switch (refused.reason) {
      case RefusalReason::kUnknownSender:
      case RefusalReason::kWrongAddressee:
      case RefusalReason::kWrongStore:
      case RefusalReason::kMalformed:
        return LogLevel::kWarning;
      default:
        return LogLevel::kDebug;
    }
  }
  LogLevel operator()(const trace::AppendHeld&) const { return LogLevel::kDebug; }
  LogLevel operator()(const trace::PeerLost&) const { return LogLevel::kDebug; }
  LogLevel operator()(const trace::ReadConfirmed&) const { return LogLevel::kDebug; }
  LogLevel operator()(const trace::TransferStarted&) const { return LogLevel::kInfo; }
  LogLevel operator()(const trace::TransferEnded&) const { return LogLevel::kInfo; }
  LogLevel operator()(const trace::Halted&) const { return LogLevel::kError; }
  LogLevel operator()(const trace::SnapshotSaved&) const { return LogLevel::kInfo; }
  LogLevel operator()(const trace::Compacted&) const { return LogLevel::kDebug; }
  LogLevel operator()(const trace::SnapshotOffered&) const { return LogLevel::kInfo; }
  LogLevel operator()(const trace::SnapshotInstalled&) const { return LogLevel::kInfo; }
  LogLevel operator()(const trace::ReadIndexLearnt&) const { return LogLevel::kDebug; }
  LogLevel operator()(const trace::ReadsGivenUp&) const { return LogLevel::kWarning; }
  LogLevel operator()(const trace::ReadUnderLease&) const { return LogLevel::kDebug; }
  LogLevel operator()(const trace::TransferRefused&) const { return LogLevel::kDebug; }
  LogLevel operator()(const trace::ChangeAnswered&) const { return LogLevel::kDebug; }
};

std::string_view WhyLost(RoleCause cause) {
  switch (cause) {
    case RoleCause::kQuorumLost:
      return "no quorum has answered it for an election timeout";
    case RoleCause::kSuspended:
      return "it is suspended";
    case RoleCause::kResumed:
      return "it is resumed";
    case RoleCause::kDiskStalled:
      return "its disk completes no write";
    case RoleCause::kRemoved:
      return "it is no longer a voter of the cluster";
    case RoleCause::kTransfer:
    case RoleCause::kHigherTerm:
    case RoleCause::kLeaderAppeared:
    case RoleCause::kVotedForAnother:
    case RoleCause::kElectionTimeout:
    case RoleCause::kPreVoteWon:
    case RoleCause::kElectionWon:
    case RoleCause::kElectionLost:
    case RoleCause::kNoVotesInTime:
      return "it met a higher term";
  }
  return "";
}

std::string TermText(Term term) {
  return "term " + std::to_string(term.value());
}

}  // namespace

std::optional<LogLevel> LogLevelNamed(std::string_view name) {
  const auto found = std::find(kLogLevelNames.begin(), kLogLevelNames.end(), name);
  if (found == kLogLevelNames.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kLogLevelNames.begin());
}

LogLevel LevelOf(const TraceEvent& event) {
  return std::visit(Levels(), event);
}

std::string LeadsSentence(NodeId node, Term term, const std::optional<LostLeader>& lost) {
  const std::string leads = NameOf(node) + " leads " + TermText(term);
  if (!lost.has_value()) return leads;
  return leads + ": " + NameOf(lost->node) + ", which led " + TermText(lost->term) +
         ", was silent for an election timeout";
}

std::string NoLongerLeadsSentence(NodeId node, Term term, RoleCause cause) {
  return NameOf(node) + " no longer leads " + TermText(term) + ": " + std::string(WhyLost(cause));
}

std::string HaltedSentence(NodeId node, std::string_view reason) {
  return NameOf(node) + " stops for good: " + std::string(reason);
}

}  // namespace drydock::net
