#include "net/client/result_text.h"

#include <algorithm>
#include <utility>

#include "core/text/units.h"

namespace drydock::net {
namespace {

std::string In(std::chrono::milliseconds length) {
  return FormatDuration(Duration::Milliseconds(length.count()));
}

// " (what went wrong at whom)"
std::string Because(const std::string& trouble) {
  return trouble.empty() ? "" : ": " + trouble;
}

std::string SizesOf(const CallTopic& topic) {
  return "a key of " + std::to_string(topic.key_bytes) + " bytes and a value of " +
         std::to_string(topic.value_bytes);
}

CallResult Answered(Decision& decision, CallOutcome outcome, std::string text) {
  CallResult result{.outcome = outcome, .text = std::move(text)};
  result.found = decision.answer.found();
  result.value = std::move(*decision.answer.mutable_value());
  result.term = static_cast<std::uint64_t>(decision.answer.term());
  result.index = decision.answer.index();
  return result;
}

CallResult Unknown(const Decision& decision, const CallTopic& topic, const std::string& why) {
  return {.outcome = CallOutcome::kUnknown,
          .text = "the outcome of " + topic.what +
                  " is unknown, it may have happened or may still" + " happen: " + why +
                  Because(decision.trouble) + "; read the key to see"};
}

CallResult Refused(const Decision& decision, const CallTopic& topic, const std::string& why) {
  // An earlier sending may have been taken by a node that sees this otherwise.
  if (decision.maybe_done && !topic.read) return Unknown(decision, topic, why);
  return {.outcome = CallOutcome::kRefused, .text = "nothing happened: " + why};
}

CallResult TooLate(const Decision& decision, const CallTopic& topic) {
  if (decision.maybe_done && !topic.read) {
    return Unknown(decision, topic, "no answer within " + In(topic.length));
  }
  if (decision.busy) {
    return {.outcome = CallOutcome::kRefused,
            .text = "nothing happened: too much is under way" + Because(decision.trouble) +
                    "; try again later, or with a longer deadline than " + In(topic.length)};
  }
  if (decision.attempts == 0) {
    return {.outcome = CallOutcome::kNoLeader,
            .text = "nothing happened: no node could be reached within " + In(topic.length) +
                    Because(decision.trouble) + "; check the endpoints, and that the nodes run"};
  }
  return {.outcome = CallOutcome::kNoLeader,
          .text = "nothing happened: no leader was found within " + In(topic.length) +
                  Because(decision.trouble) +
                  "; see that more than half of the nodes run and reach each other"};
}

// A node of an earlier version does not tell it.
std::string LimitOf(const v1::Answer& answer) {
  if (answer.limit() == 0) return "";
  return ": at most " + std::to_string(answer.limit()) + " bytes";
}

CallResult JudgeAnswer(Decision& decision, const CallTopic& topic) {
  switch (decision.answer.outcome()) {
    case v1::OUTCOME_OK:
      return Answered(decision, CallOutcome::kOk, "");
    case v1::OUTCOME_NOT_FOUND:
      return Answered(decision, CallOutcome::kNotFound, "there is no such key");
    case v1::OUTCOME_COMPARE_FAILED:
      return Answered(decision, CallOutcome::kCompareFailed,
                      "the key does not hold the expected value; nothing was changed");
    case v1::OUTCOME_TOO_LARGE:
      return Refused(decision, topic,
                     decision.endpoint + " refuses " + SizesOf(topic) + " as too large" +
                         LimitOf(decision.answer) +
                         "; see max_key_bytes and max_value_bytes of the cluster");
    case v1::OUTCOME_SESSION_UNKNOWN:
      return Refused(decision, topic,
                     "the session of this client has expired; more clients write than the "
                     "cluster's max_sessions");
    default:
      return Refused(decision, topic,
                     decision.endpoint +
                         " calls the request not valid; is the client of another "
                         "version than the node?");
  }
}

}  // namespace

CallTopic TopicOf(const v1::Operation& operation, std::chrono::milliseconds length) {
  switch (operation.kind_case()) {
    case v1::Operation::kPut:
      return {"the put", false, operation.put().key().size(), operation.put().value().size(),
              length};
    case v1::Operation::kGet:
      return {"the get", true, operation.get().key().size(), 0, length};
    case v1::Operation::kDelete:
      return {"the delete", false, operation.delete_().key().size(), 0, length};
    case v1::Operation::kCompareAndSet: {
      const v1::CompareAndSetOperation& cas = operation.compare_and_set();
      return {"the compare-and-set", false, cas.key().size(),
              std::max(cas.expected().size(), cas.value().size()), length};
    }
    default:
      return {"the call", false, 0, 0, length};
  }
}

CallResult ResultOf(Decision decision, const CallTopic& topic) {
  CallResult result;
  switch (decision.end) {
    case Decision::End::kAnswered:
      result = JudgeAnswer(decision, topic);
      break;
    case Decision::End::kRefused:
      result = Refused(decision, topic, decision.trouble);
      break;
    case Decision::End::kTooLate:
      result = TooLate(decision, topic);
      break;
  }
  result.endpoint = std::move(decision.endpoint);
  result.attempts = decision.attempts;
  return result;
}

CallResult TooLargeToSend(const CallTopic& topic) {
  return {.outcome = CallOutcome::kRefused,
          .text = "nothing happened: " + SizesOf(topic) + " are more than a message can hold"};
}

CallResult ResultOf(const Attempt& attempt, Link& link) {
  const std::string node = link.address() + " " + attempt.text;
  switch (attempt.end) {
    case Attempt::End::kAnswered:
      return {.outcome = CallOutcome::kOk, .endpoint = link.address(), .attempts = 1};
    case Attempt::End::kNotConnected:
      return {.outcome = CallOutcome::kNoLeader,
              .text = "nothing happened: " + node + ": " + link.WhyUnreachable()};
    case Attempt::End::kBusy:
    case Attempt::End::kRefused:
    case Attempt::End::kForeign:
      return {.outcome = CallOutcome::kRefused, .text = "nothing happened: " + node, .attempts = 1};
    default:
      return {.outcome = CallOutcome::kUnknown,
              .text = "the outcome is unknown: " + node + "; its status tells whether it happened",
              .attempts = 1};
  }
}

void JudgeTransfer(const v1::TransferLeadershipResponse& response, CallResult& result) {
  const auto name = [](bool known, std::uint32_t node) {
    return known ? "n" + std::to_string(node) : std::string("nobody known");
  };
  const std::string leader = name(response.has_leader(), response.leader());
  const std::string target = name(response.has_target(), response.target());
  const auto tell = [&](CallOutcome outcome, const std::string& text) {
    result.outcome = outcome;
    result.text = text;
  };
  result.value = response.has_leader() ? leader : "";
  result.term = static_cast<std::uint64_t>(response.term());
  switch (response.outcome()) {
    case v1::TRANSFER_OUTCOME_DONE:
      return tell(CallOutcome::kOk, "");
    case v1::TRANSFER_OUTCOME_NOT_LEADER:
      return tell(CallOutcome::kNoLeader,
                  "nothing happened: the node that was asked does not lead, and " + leader +
                      " does; see raftctl status");
    case v1::TRANSFER_OUTCOME_UNKNOWN_TARGET:
      return tell(CallOutcome::kRefused,
                  "nothing happened: " + target + " is no member; see raftctl status");
    case v1::TRANSFER_OUTCOME_NOT_VOTER:
      return tell(CallOutcome::kRefused,
                  "nothing happened: " + target + " has no vote; promote it first");
    case v1::TRANSFER_OUTCOME_ALREADY_LEADER:
      return tell(CallOutcome::kRefused, "nothing happened: " + target + " leads already");
    case v1::TRANSFER_OUTCOME_UNDER_WAY:
      return tell(CallOutcome::kRefused,
                  "nothing happened: another transfer is under way; see raftctl status");
    case v1::TRANSFER_OUTCOME_NOT_READY:
      return tell(CallOutcome::kRefused,
                  "nothing happened: the leader is not ready to hand over; try again");
    case v1::TRANSFER_OUTCOME_NO_SUCCESSOR:
      return tell(CallOutcome::kRefused,
                  "nothing happened: no other voter answers the leader; see raftctl status");
    case v1::TRANSFER_OUTCOME_FAILED:
      return tell(
          CallOutcome::kRefused,
          target + " did not take over within an election timeout; " + leader + " serves on");
    case v1::TRANSFER_OUTCOME_OVERTAKEN:
      return tell(CallOutcome::kRefused, target + " did not take over; " + leader + " leads now");
    default:
      return tell(CallOutcome::kUnknown,
                  "leadership was lost before " + target +
                      " was seen to lead; raftctl status tells who leads now");
  }
}

void JudgeChange(const v1::ChangeMembersResponse& response, CallResult& result) {
  const auto tell = [&](CallOutcome outcome, const std::string& text) {
    result.outcome = outcome;
    result.text = text;
  };
  result.term = static_cast<std::uint64_t>(response.term());
  result.index = response.index();
  switch (response.outcome()) {
    case v1::CHANGE_OUTCOME_DONE:
      return tell(CallOutcome::kOk, "");
    case v1::CHANGE_OUTCOME_NOT_LEADER:
      return tell(CallOutcome::kNoLeader,
                  "nothing happened: the node that was asked does not lead, and " +
                      (response.has_leader() ? "n" + std::to_string(response.leader())
                                             : std::string("nobody known")) +
                      " does; see raftctl status");
    case v1::CHANGE_OUTCOME_NOT_READY:
    case v1::CHANGE_OUTCOME_BUSY:
      return tell(CallOutcome::kRefused, "nothing happened: " + response.reason() + "; try again");
    case v1::CHANGE_OUTCOME_BAD_REQUEST:
      return tell(CallOutcome::kRefused,
                  "nothing happened: " + response.reason() + "; see raftctl members");
    case v1::CHANGE_OUTCOME_NOT_CAUGHT_UP:
      return tell(
          CallOutcome::kRefused,
          response.reason() + ", and nothing else was changed; promote it later, or remove it");
    default:
      return tell(CallOutcome::kUnknown,
                  "leadership was lost before the change was done: it may be done by now, or be "
                  "done by the next leader; raftctl members tells");
  }
}

void JudgeSnapshot(const v1::TakeSnapshotResponse& response, CallResult& result) {
  const auto tell = [&](CallOutcome outcome, const std::string& text) {
    result.outcome = outcome;
    result.text = text;
  };
  result.index = response.index();
  result.term = static_cast<std::uint64_t>(response.term());
  result.value = std::to_string(response.bytes());
  result.found = response.outcome() == v1::SNAPSHOT_OUTCOME_SAVED;
  switch (response.outcome()) {
    case v1::SNAPSHOT_OUTCOME_SAVED:
    case v1::SNAPSHOT_OUTCOME_UP_TO_DATE:
      return tell(CallOutcome::kOk, "");
    case v1::SNAPSHOT_OUTCOME_EMPTY:
      return tell(CallOutcome::kRefused,
                  "nothing happened: the node has applied nothing that a snapshot could hold");
    case v1::SNAPSHOT_OUTCOME_UNDER_WAY:
      return tell(CallOutcome::kRefused,
                  "nothing happened: the node is writing a snapshot already; see raftctl status");
    case v1::SNAPSHOT_OUTCOME_SUSPENDED:
      return tell(CallOutcome::kRefused,
                  "nothing happened: the node is suspended; raftctl resume ends that");
    default:
      return tell(CallOutcome::kUnknown,
                  "the node tells an outcome that this program does not know; raftctl status "
                  "tells which snapshot it has");
  }
}

}  // namespace drydock::net
