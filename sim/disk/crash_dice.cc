#include "sim/disk/crash_dice.h"

#include <algorithm>

namespace drydock::sim {

Keeps CrashDice::ForWrite() {
  if (!torn_.has_value()) return static_cast<Keeps>(stream_.Pick(Decision::kCrashKeeps, 3));
  if (const auto pin = stream_.TakePin(Decision::kCrashKeeps)) {
    return static_cast<Keeps>(std::clamp<std::int64_t>(*pin, 0, 2));
  }
  const Probability torn = std::min(*torn_, kCertain);
  const std::uint64_t drawn = stream_.Bits(Decision::kCrashKeeps) >> 32;
  if (drawn < torn) return Keeps::kTorn;
  return drawn - torn < (kCertain - torn) / 2 ? Keeps::kNothing : Keeps::kAll;
}

}  // namespace drydock::sim
