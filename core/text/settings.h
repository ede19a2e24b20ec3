// The `config` object: node settings under the same names in a scenario and in a real cluster's
// file.
#pragma once

#include <span>
#include <string_view>

#include "core/protocol/settings.h"
#include "core/text/fields.h"
#include "core/text/json.h"

namespace drydock {

// Reads the object over `defaults`; what is absent stays. Beyond types and ranges: election min <=
// max, heartbeat below the election minimum, a piece no larger than an append, an append no larger
// than what may be in flight or uncommitted.
Settings ReadSettings(const JsonValue& config, const Settings& defaults, Mistakes& mistakes);

// The keys of the object, for whoever must know them all (the schema's test).
std::span<const std::string_view> SettingKeys();

// The counts and sizes among the settings: name, member, range.
struct CountSetting {
  std::string_view name;
  std::uint64_t Settings::*member;
  std::uint64_t min;
  std::uint64_t max;
};
std::span<const CountSetting> CountSettings();

}  // namespace drydock
