// The operations of a load: the n-th one is a pure function of the settings, seed included.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/load/settings.h"
#include "tools/load/target.h"

namespace drydock::tools {

class Workload {
 public:
  explicit Workload(const LoadSettings& settings);

  // Valid until the next call.
  LoadOperation At(std::uint64_t ordinal);
  // Puts key number `key`, to have something to read.
  LoadOperation Fill(std::uint64_t key);

 private:
  LoadOperation Operation(bool read, std::uint64_t key, std::uint64_t draw);

  const LoadSettings settings_;
  const std::string bytes_;  // values are pieces of it
  std::string key_;
};

}  // namespace drydock::tools
