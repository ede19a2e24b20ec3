// Every chance decision of a run has an address: a stream (a node, a link, a disk, a client), a
// kind and its ordinal there. Its value is a pure function of the run's seed and that address,
// unless the scenario pins it; so one decision can be taken away or edited and all others stay.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/random.h"

namespace drydock::sim {

enum class Decision : std::uint8_t {
  kElectionTimeout,  // node n0: nanoseconds
  kTie,              // any stream: the order of two events at one instant
  kLatency,          // link n0>n1, client c0: nanoseconds
  kLoss,             // link: 0 or 1
  kDuplicate,        // link: 0 or 1
  kReorder,          // link: 0 or 1
  kStale,            // link: 0 or 1, delivered though an end restarted
  kFilter,           // link: 0 or 1
  kSyncTime,         // disk d0: nanoseconds
  kSyncFails,        // disk: 0 or 1
  kSyncLies,         // disk: 0 or 1
  kReadFlips,        // disk: 0 or 1
  kFlippedBit,       // disk: which bit of a read
  kCrashKeeps,       // disk: what a crash leaves of an unsynced write: 0 nothing, 1 all, 2 torn
  kTornSectors,      // disk: a bit per sector of a torn write: kept or not
  kNameVanishes,     // disk: 0 or 1, a rename or a new file without a directory sync
  kPick,             // scenario: which node a symbolic target is
  kOperation,        // client: which operation comes next
  kKey,              // client
  kValueBytes,       // client
  kThinkTime,        // client: nanoseconds
  kTarget,           // client: which node to ask
  kDuplicateDelay,   // link: nanoseconds from a message to its duplicate; only ever pinned
  kCount,
};
inline constexpr std::size_t kDecisionKinds = static_cast<std::size_t>(Decision::kCount);
std::string_view NameOf(Decision decision);  // "election_timeout", ... as scenario files spell it
std::optional<Decision> DecisionNamed(std::string_view name);

// What a scenario pins: stream name, kind, ordinal -> value.
using PinKey = std::pair<Decision, std::uint64_t>;
using StreamPins = std::map<PinKey, std::int64_t>;
using Pins = std::map<std::string, StreamPins, std::less<>>;

// A chance out of 2^32.
using Probability = std::uint64_t;
inline constexpr Probability kCertain = std::uint64_t{1} << 32;

// One stream of decisions; each kind counts its own ordinals.
class Stream {
 public:
  Stream() = default;
  // `pins` and `taken` must outlive the stream. Into `taken`, if it is there, go the decisions by
  // chance that came out yes: pinned so in another run, they need no chance any more.
  Stream(std::uint64_t run_seed, std::string_view name, const Pins& pins, Pins* taken = nullptr);

  // 64 even bits for the next decision of this kind.
  std::uint64_t Bits(Decision kind) { return At(kind, Ordinal(kind)++); }
  // The next decision as one of `bound` values; a pin out of range is reduced to the last.
  std::uint64_t Pick(Decision kind, std::uint64_t bound) {
    return pins_ == nullptr ? Reduce(Bits(kind), bound) : PickOrPin(kind, bound);
  }
  // The next decision as yes or no. Asked with chance 0 it still counts an ordinal, so that a fault
  // switched off leaves the other ordinals alone.
  bool Chance(Decision kind, Probability chance) {
    if (chance > 0 || pins_ != nullptr) return DrawChance(kind, chance);
    Skip(kind);  // as for most faults in most runs
    return false;
  }
  // The pinned value of the next decision, if there is one; then the ordinal is used up.
  std::optional<std::int64_t> TakePin(Decision kind) {
    return pins_ == nullptr ? std::nullopt : FindAndTakePin(kind);
  }
  // Uses up an ordinal for a decision that is no longer one (a constant, say): the later ones stay.
  void Skip(Decision kind) { ++Ordinal(kind); }
  std::uint64_t seed() const { return seed_; }
  const StreamPins* pins() const { return pins_; }

 private:
  std::uint64_t& Ordinal(Decision kind) { return ordinals_[static_cast<std::size_t>(kind)]; }
  std::uint64_t At(Decision kind, std::uint64_t ordinal) const {
    return Mix(seed_ + Mix((static_cast<std::uint64_t>(kind) << 56) ^ ordinal));
  }
  // Where something is pinned in this stream, or may come out yes.
  std::uint64_t PickOrPin(Decision kind, std::uint64_t bound);
  bool DrawChance(Decision kind, Probability chance);
  std::optional<std::int64_t> FindAndTakePin(Decision kind);
  const std::int64_t* FindPin(Decision kind, std::uint64_t ordinal) const;

  std::uint64_t seed_ = 0;
  const StreamPins* pins_ = nullptr;  // null: nothing pinned here
  StreamPins* taken_ = nullptr;       // null: nobody wants to know
  std::array<std::uint64_t, kDecisionKinds> ordinals_{};
};

}  // namespace drydock::sim
