// What load is put on a store, and for how long.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "core/base/time.h"

namespace drydock::tools {

enum class Arrivals : std::uint8_t { kPoisson, kConstant };

struct LoadSettings {
  // Closed loop: so many clients, each of which asks again once it is answered.
  std::uint32_t clients = 1;
  // Open loop: operations a second, whether or not earlier ones were answered. 0: closed loop.
  std::uint64_t rate = 0;
  Arrivals arrivals = Arrivals::kPoisson;
  // Open loop: what arrives while so many are under way waits; its time runs already.
  std::uint32_t max_outstanding = 4096;

  // Not measured, at first.
  Duration warm_up = Duration::Seconds(1);
  Duration length = Duration::Seconds(10);
  // Instead of `length`: so many operations. 0: by time.
  std::uint64_t operations = 0;
  // How long answers are waited for at the end; what is still open then has failed.
  Duration patience = Duration::Seconds(5);

  std::uint64_t keys = 10000;
  std::uint32_t key_size = 16;     // bytes
  std::uint32_t value_size = 256;  // bytes
  std::uint32_t read_percent = 0;
  std::uint64_t seed = 1;
};

// The error names the flag that is wrong and what it may be.
drydock::Status CheckLoadSettings(const LoadSettings& settings);

// How many operations may be under way at once.
std::uint32_t MostOutstanding(const LoadSettings& settings);

}  // namespace drydock::tools
