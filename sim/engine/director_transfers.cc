// The transfers of leadership that a scenario asks for, and what it expects of them.
#include "core/text/names.h"
#include "sim/engine/director.h"
#include "sim/words.h"

namespace drydock::sim {
namespace {

std::string WordsOf(TransferOutcome outcome) {
  switch (outcome) {
    case TransferOutcome::kDone:
      return "done";
    case TransferOutcome::kNotLeader:
      return "refused by a node that does not lead";
    case TransferOutcome::kUnknownTarget:
      return "refused: the target is no member";
    case TransferOutcome::kNotVoter:
      return "refused: the target is no voter";
    case TransferOutcome::kAlreadyLeader:
      return "refused: the target leads already";
    case TransferOutcome::kUnderWay:
      return "refused: another transfer is under way";
    case TransferOutcome::kNotReady:
      return "refused: the leader is not ready for it";
    case TransferOutcome::kNoSuccessor:
      return "refused: nobody else could lead";
    case TransferOutcome::kFailed:
      return "failed: the old leader serves on";
    case TransferOutcome::kOvertaken:
      return "ended: another node leads";
    case TransferOutcome::kUnknown:
      return "unknown: the old leader lost its place and found no other";
  }
  return "";
}

std::string WordsOf(const std::optional<TransferAnswer>& answer) {
  if (!answer.has_value()) return "never answered";
  const bool tells = answer->leader.has_value() && answer->outcome != TransferOutcome::kDone;
  return WordsOf(answer->outcome) + (tells ? " (" + NodeName(*answer->leader) + " leads)" : "");
}

}  // namespace

void Director::Do(const TransferLeader& transfer) {
  const Target leader{.kind = Target::Kind::kLeader, .node = NodeId(0), .name = ""};
  const std::vector<NodeId> asked = targets_.Resolve({transfer.via.value_or(leader)});
  std::vector<NodeId> to;
  if (transfer.to.has_value()) to = targets_.Resolve({*transfer.to});
  const std::size_t place = transfers_.size();
  const std::string text =
      "the transfer to " + (transfer.to.has_value() ? NamesOf(to) : std::string("the best node"));
  transfers_.push_back(
      {&transfer, "at " + TextOf(Duration::Nanoseconds(now_)) + ", " + text, false});
  Tell(Deed::kTransfer,
       NamesOf(asked) + " is asked to hand leadership to " +
           (transfer.to.has_value() ? NamesOf(to) : std::string("the best node")),
       asked);
  if (asked.empty() || (transfer.to.has_value() && to.empty())) {
    return JudgeTransfer(place, std::nullopt);
  }
  const auto target = transfer.to.has_value() ? std::optional(to.front()) : std::nullopt;
  cluster_.Transfer(
      asked.front(), target,
      [this, place](const std::optional<TransferAnswer>& answer) { JudgeTransfer(place, answer); });
}

void Director::JudgeTransfer(std::size_t place, const std::optional<TransferAnswer>& answer) {
  PlayedTransfer& played = transfers_[place];
  played.judged = true;
  const auto& expect = played.event->expect;
  if (!expect.has_value()) return;
  ExpectationResult result{.text = played.text + " is answered: " + std::string(NameOf(*expect)),
                           .held = answer.has_value() && answer->outcome == *expect,
                           .decided = true,
                           .decided_at = cluster_.Time(),
                           .why = WordsOf(answer),
                           .because = ""};
  expectations_.AddResult(std::move(result));
}

void Director::FinishTransfers() {
  for (std::size_t place = 0; place < transfers_.size(); ++place) {
    if (!transfers_[place].judged) JudgeTransfer(place, std::nullopt);
  }
}

}  // namespace drydock::sim
