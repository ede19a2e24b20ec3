#include "net/client/errand.h"

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

namespace drydock::net {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortestPause{10};
constexpr milliseconds kLongestPause{200};

// A part of the time that has passed: the end of an outage is noticed late by that part at most,
// and a long outage is not filled with calls.
constexpr int kPauseShare = 6;

// Nodes that each name another one as the leader must not catch a call.
constexpr int kMostHints = 3;

// Spread from half to one and a half, so that many clients do not come back at the same instant.
Clock::duration Jittered(Clock::duration pause) {
  thread_local std::minstd_rand random(std::random_device{}());
  return pause * std::uniform_int_distribution<int>(512, 1536)(random) / 1024;
}

class Runner {
 public:
  Runner(Errand errand, EndpointBook& book, LinkPool& links)
      : errand_(std::move(errand)),
        book_(book),
        links_(links),
        attempt_(errand_.attempt),
        target_(errand_.of_any_node ? 0 : book.Leader()),
        left_(book.size()) {}

  Decision Run();

 private:
  // What follows from one attempt.
  enum class Next { kDone, kAskAgain, kPause };

  Next AskOnce();
  Next Judge(const Attempt& attempt, const v1::Answer& answer);
  Next JudgeAnswer(const v1::Answer& answer);
  Next NotLeader(const v1::Answer& answer);
  Next Failed(const std::string& what, bool unreachable = false);
  Next Finish(Decision::End end);
  bool Pause();
  std::string Explain();
  bool AllForeign() const { return foreign_ >= book_.size(); }

  struct Trouble {
    std::string what;
    bool unreachable = false;
  };

  Errand errand_;
  EndpointBook& book_;
  LinkPool& links_;
  const Clock::time_point began_ = Clock::now();
  milliseconds attempt_;
  std::size_t target_;
  // Attempts until the next pause. At first everybody is asked at once; later one at a time, so
  // that clients who wait for an election do not keep the nodes from it.
  std::size_t left_;
  int hints_ = 0;            // followed since the last pause
  std::size_t foreign_ = 0;  // attempts in a row that met something else than a node
  std::map<std::size_t, Trouble> troubles_;
  Decision decision_;
};

Decision Runner::Run() {
  for (;;) {
    const Next next = AskOnce();
    if (next == Next::kDone) break;
    if ((next == Next::kPause || left_ == 0) && !Pause()) break;
    if (Clock::now() >= errand_.deadline) break;
  }
  if (decision_.end != Decision::End::kAnswered) decision_.trouble = Explain();
  return std::move(decision_);
}

Runner::Next Runner::AskOnce() {
  if (errand_.refresh) errand_.refresh(*errand_.request.mutable_operation());
  Link& link = links_.To(book_.AddressOf(target_));
  v1::ExecuteResponse response;
  const Clock::time_point limit = std::min(errand_.deadline, Clock::now() + attempt_);
  const Attempt attempt = link.Execute(errand_.request, response, limit);
  --left_;
  if (attempt.end != Attempt::End::kNotConnected) ++decision_.attempts;
  foreign_ = attempt.end == Attempt::End::kForeign ? foreign_ + 1 : 0;
  if (attempt.end == Attempt::End::kAnswered) decision_.endpoint = link.address();
  return Judge(attempt, response.answer());
}

Runner::Next Runner::Judge(const Attempt& attempt, const v1::Answer& answer) {
  decision_.busy = false;
  if (attempt.end == Attempt::End::kAnswered) return JudgeAnswer(answer);
  decision_.maybe_done |= attempt.maybe_done();
  switch (attempt.end) {
    case Attempt::End::kRefused:
      troubles_[target_] = {attempt.text};
      return Finish(Decision::End::kRefused);
    case Attempt::End::kBusy:
      decision_.busy = true;
      troubles_[target_] = {attempt.text};
      return Next::kPause;
    case Attempt::End::kForeign:
      Failed(attempt.text);
      return AllForeign() ? Finish(Decision::End::kRefused) : Next::kAskAgain;
    case Attempt::End::kTimedOut:
      // Perhaps it is only slow: a value of many megabytes over a thin line.
      attempt_ *= 2;
      return Failed(attempt.text);
    default:
      return Failed(attempt.text, attempt.end == Attempt::End::kNotConnected);
  }
}

Runner::Next Runner::JudgeAnswer(const v1::Answer& answer) {
  switch (answer.outcome()) {
    case v1::OUTCOME_OK:
    case v1::OUTCOME_NOT_FOUND:
    case v1::OUTCOME_COMPARE_FAILED:
      if (!errand_.of_any_node) book_.NoteLeader(target_);
      [[fallthrough]];
    case v1::OUTCOME_TOO_LARGE:
    case v1::OUTCOME_BAD_REQUEST:
    case v1::OUTCOME_SESSION_UNKNOWN:
      decision_.answer = answer;
      return Finish(Decision::End::kAnswered);
    case v1::OUTCOME_NOT_LEADER:
      return NotLeader(answer);
    case v1::OUTCOME_NOT_READY:
      troubles_[target_] = {"takes no calls yet: not enough of the nodes have been started"};
      return Next::kPause;
    case v1::OUTCOME_BUSY:
      decision_.busy = true;
      troubles_[target_] = {"is busy"};
      return Next::kPause;
    default:  // also an outcome of a later version
      decision_.maybe_done = true;
      return Failed("could not tell the outcome");
  }
}

Runner::Next Runner::NotLeader(const v1::Answer& answer) {
  const std::string& hint = answer.leader_address();
  troubles_[target_] = {hint.empty() ? "knows no leader" : "says that " + hint + " leads"};
  target_ = errand_.of_any_node ? (target_ + 1) % book_.size()
                                : book_.NoteNotLeader(target_, hint, Clock::now());
  const bool follows = book_.AddressOf(target_) == hint;
  if (follows && ++hints_ <= kMostHints) ++left_;  // one hint more is worth no pause
  return Next::kAskAgain;
}

Runner::Next Runner::Failed(const std::string& what, bool unreachable) {
  troubles_[target_] = {what, unreachable};
  if (decision_.maybe_done && !errand_.repeatable) return Finish(Decision::End::kTooLate);
  const std::size_t instead = book_.NoteFailure(target_, Clock::now());
  target_ = errand_.of_any_node ? (target_ + 1) % book_.size() : instead;
  return Next::kAskAgain;
}

Runner::Next Runner::Finish(Decision::End end) {
  decision_.end = end;
  return Next::kDone;
}

// False if the deadline would come first: then there is nothing more to try.
bool Runner::Pause() {
  left_ = 1;
  hints_ = 0;
  const Clock::time_point now = Clock::now();
  const Clock::duration pause = Jittered(
      std::clamp<Clock::duration>((now - began_) / kPauseShare, kShortestPause, kLongestPause));
  if (now + pause >= errand_.deadline) return false;
  std::this_thread::sleep_for(pause);
  return true;
}

std::string Runner::Explain() {
  constexpr std::size_t kMost = 5;
  std::string text;
  std::size_t told = 0;
  for (const auto& [node, trouble] : troubles_) {
    if (told++ == kMost) {
      return text + ", and so on for " + std::to_string(troubles_.size() - kMost) + " more";
    }
    const std::string address = book_.AddressOf(node);
    text += (text.empty() ? "" : ", ") + address + " " + trouble.what;
    if (trouble.unreachable) text += " (" + links_.To(address).WhyUnreachable() + ")";
  }
  return text;
}

}  // namespace

Decision Run(Errand errand, EndpointBook& book, LinkPool& links) {
  return Runner(std::move(errand), book, links).Run();
}

}  // namespace drydock::net
