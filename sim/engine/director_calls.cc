// The calls that a scenario makes itself, and what it expects of them.
#include "sim/engine/director.h"
#include "sim/words.h"

namespace drydock::sim {
namespace {

using Expect = ScriptedCall::Expect;

std::string TextOf(const ScriptedCall& call) {
  switch (call.kind) {
    case ScriptedCall::Kind::kPut:
      return "put " + call.key;
    case ScriptedCall::Kind::kGet:
      return "get " + call.key;
    case ScriptedCall::Kind::kDelete:
      return "delete " + call.key;
    case ScriptedCall::Kind::kCas:
      return "cas " + call.key;
  }
  return "";
}

std::string TextOf(const ScriptedCall& call, Expect expect) {
  switch (expect) {
    case Expect::kAnything:
      return "";
    case Expect::kOk:
      return "succeeds";
    case Expect::kNotFound:
      return "finds nothing";
    case Expect::kCompareFailed:
      return "finds another value";
    case Expect::kNotLeader:
      return "is sent to the leader";
    case Expect::kUnavailable:
      return "is not served";
    case Expect::kBusy:
      return "is refused as busy";
    case Expect::kTooLarge:
      return "is refused as too large";
    case Expect::kSessionUnknown:
      return "is refused as of an unknown session";
    case Expect::kValue:
      return "gives \"" + call.expect_value + "\"";
  }
  return "";
}

std::string TextOf(const ScriptedCall& call, const CallResult& result) {
  const bool is_read = call.kind == ScriptedCall::Kind::kGet;
  return result.given_up.empty() ? drydock::sim::TextOf(result.answer, is_read) : result.given_up;
}

bool Fits(const ScriptedCall& call, const CallResult& result) {
  const Outcome outcome = result.answer.outcome;
  switch (call.expect) {
    case Expect::kAnything:
      return true;
    case Expect::kOk:
      return outcome == Outcome::kOk;
    case Expect::kNotFound:
      return outcome == Outcome::kNotFound;
    case Expect::kCompareFailed:
      return outcome == Outcome::kCompareFailed;
    case Expect::kNotLeader:
      return outcome == Outcome::kNotLeader;
    case Expect::kUnavailable:
      return !result.given_up.empty();
    case Expect::kBusy:
      return outcome == Outcome::kBusy;
    case Expect::kTooLarge:
      return outcome == Outcome::kTooLarge;
    case Expect::kSessionUnknown:
      return outcome == Outcome::kSessionUnknown;
    case Expect::kValue:
      return outcome == Outcome::kOk && result.answer.value.view() == call.expect_value;
  }
  return false;
}

}  // namespace

void Director::Do(const ScriptedCall& call) {
  std::optional<NodeId> via;
  if (call.via.has_value()) {
    const std::vector<NodeId> nodes = targets_.Resolve({*call.via});
    if (nodes.empty()) {
      Tell(Deed::kNote, "nobody to send to: " + TextOf(call));
      if (call.expect == Expect::kAnything) return;
      ExpectationResult result{.text = TextOf(call) + " " + TextOf(call, call.expect),
                               .decided = true,
                               .decided_at = now_,
                               .why = "there is no such node now",
                               .because = ""};
      return expectations_.AddResult(std::move(result));
    }
    via = nodes.front();
  }
  const std::size_t place = calls_.size();
  calls_.push_back({&call, now_, false});
  cluster_.Call(call, via, [this, place](const CallResult& result) { JudgeCall(place, result); });
}

void Director::JudgeCall(std::size_t place, const CallResult& answer) {
  PlayedCall& played = calls_[place];
  played.answered = true;
  const ScriptedCall& call = *played.call;
  if (call.expect == Expect::kAnything) return;
  ExpectationResult result{.text = "at " + drydock::sim::TextOf(Duration::Nanoseconds(played.at)) +
                                   ", " + TextOf(call) + " " + TextOf(call, call.expect),
                           .held = Fits(call, answer),
                           .decided = true,
                           .decided_at = cluster_.Time(),
                           .why = TextOf(call, answer),
                           .because = ""};
  expectations_.AddResult(std::move(result));
}

// A call still open when the run ends was not served.
void Director::FinishCalls() {
  for (std::size_t place = 0; place < calls_.size(); ++place) {
    if (calls_[place].answered) continue;
    JudgeCall(place, {.answer = {.outcome = Outcome::kUnknown}, .given_up = "the run ended"});
  }
}

}  // namespace drydock::sim
