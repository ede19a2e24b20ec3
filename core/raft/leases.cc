// Reads under a lease (thesis, section 6.4.1): while a quorum holds its votes back, nobody else can
// be elected, and so nobody else can commit anything that we do not know. Whether that holds rests
// on clocks: docs/decisions/0012 tells what is promised, by whom, and for how long.
#include <algorithm>
#include <limits>

#include "core/base/check.h"
#include "core/raft/raft.h"

namespace drydock {
namespace {

constexpr std::uint64_t kMillion = 1000000;
// Whoever promises more is counted as promising this.
constexpr Duration kLongestPromise = Duration::Seconds(3600);

// What a clock that may be the slower one shows when the time has passed on the other; rounded
// down.
Duration OnSlowestClock(std::uint64_t promise_ns, std::uint64_t drift_ppm) {
  const std::uint64_t shortest = promise_ns / (kMillion + drift_ppm) * kMillion;
  return Duration::Nanoseconds(static_cast<std::int64_t>(shortest));
}

}  // namespace

// --- The follower's side: promises --------------------------------------------------------------

// Only what the disk knows of is promised: a restart must wait for it.
Duration Raft::VotePromise() const {
  const Duration promise = settings_.VotePromise();
  return promise <= vote_promise_ ? promise : Duration();
}

bool Raft::HasPromised() const {
  return vote_promise_ > Duration() && IsArmed(TimerId::kStickiness);
}

// The leader was heard. What may have been promised before a restart can last longer.
void Raft::HoldVotesBack(RaftOutput& out) {
  const TimePoint until = now_ + settings_.election_timeout_min;
  const TimePoint before = timers_[TimerId::kStickiness];
  if (IsArmed(TimerId::kStickiness) && before > until) return;
  Arm(TimerId::kStickiness, settings_.election_timeout_min, out);
}

// --- The leader's side: its lease ---------------------------------------------------------------

std::optional<TimePoint> Raft::LeaseUntil() const {
  const auto* leader = std::get_if<Leader>(&state_);
  if (leader == nullptr || !IsArmed(TimerId::kLease)) return std::nullopt;
  // What predecessors committed may be known only then (thesis, section 6.4).
  if (commit_ < leader->term_start) return std::nullopt;
  return timers_[TimerId::kLease];
}

// With a round of heartbeats, unless answers to an earlier one are still of use. One that a quorum
// leaves unanswered for so long will give no lease.
void Raft::BeginLease() {
  Leader& leader = std::get<Leader>(state_);
  const bool waits = leader.lease.open && now_ - leader.lease.sent < settings_.election_timeout_min;
  if (leader.lease_given_up || waits) return;
  leader.lease = {.open = true, .round = leader.round, .sent = now_};
}

// The length is what all of some quorum have promised, each for itself: their settings may differ.
void Raft::ConfirmLease() {
  Leader& leader = std::get<Leader>(state_);
  using Promise = Strong<struct PromiseTag, std::uint64_t>;
  constexpr auto kForEver = std::numeric_limits<std::uint64_t>::max();
  const Promise reached = configuration().Reached<Promise>([&](NodeId node) {
    if (node == id_) return Promise(kForEver);  // it votes for nobody while it leads
    const Peer* peer = FindPeer(node);
    const bool promises =
        peer != nullptr && peer->counts && peer->acked_round >= leader.lease.round;
    if (!promises || peer->promise < Duration()) return Promise(0);
    const Duration promise = std::min(peer->promise, kLongestPromise);
    return Promise(static_cast<std::uint64_t>(promise.nanoseconds()));
  });
  if (reached == Promise(0) || reached == Promise(kForEver)) return;
  leader.lease.open = false;
  const TimePoint until =
      leader.lease.sent + OnSlowestClock(reached.value(), settings_.clock_drift_ppm);
  if (until <= now_) return;
  const bool armed = IsArmed(TimerId::kLease);
  timers_.Set(TimerId::kLease, armed ? std::max(timers_[TimerId::kLease], until) : until);
}

void Raft::ForgetLease() {
  Leader* leader = AsLeader();
  if (leader == nullptr) return;
  leader->lease.open = false;
  Disarm(TimerId::kLease);
}

// Who is bidden to campaign is voted for whatever was promised. The bid may be late, so this is for
// the rest of the term.
void Raft::GiveUpLease() {
  std::get<Leader>(state_).lease_given_up = true;
  ForgetLease();
}

}  // namespace drydock
