// What a crash leaves of what was not durable: drawn, each choice a decision with an address.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/decisions.h"

namespace drydock::sim {

enum class Keeps : std::uint8_t { kNothing, kAll, kTorn };

// The draws of one crash of one disk.
class CrashDice {
 public:
  // `torn`: the chance that a write is torn by sector; unset is one in three. The other outcomes
  // share what remains evenly. `name_vanishes`: of each changed name; unset is one in two.
  CrashDice(Stream& stream, std::optional<Probability> torn,
            std::optional<Probability> name_vanishes)
      : stream_(stream), torn_(torn), name_vanishes_(name_vanishes.value_or(kCertain / 2)) {}

  Keeps ForWrite();
  bool KeepsSector() { return stream_.Pick(Decision::kTornSectors, 2) == 1; }
  // How many of the `sectors` zero sectors that a file was to grow by are there.
  std::uint64_t SectorsGrown(std::uint64_t sectors) {
    return stream_.Pick(Decision::kTornSectors, sectors + 1);
  }
  bool NameVanishes() { return stream_.Chance(Decision::kNameVanishes, name_vanishes_); }

 private:
  Stream& stream_;
  std::optional<Probability> torn_;
  Probability name_vanishes_;
};

}  // namespace drydock::sim
