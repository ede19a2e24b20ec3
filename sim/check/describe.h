// Operations, contents and conflicts in words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/check/history.h"
#include "sim/check/register_model.h"

namespace drydock::sim {

// Bytes between quotes, those that do not print as \xNN, cut after 40; nullopt is `missing`.
std::string ContentText(const std::optional<std::string_view>& content);
// put "1", get, cas "1" -> "2", ...
std::string CallText(const Operation& op);
// ok, "3", found "2", unknown, ...
std::string AnswerText(const Operation& op);
// Why no order was left when `stuck` returned; `possible` is what the key could hold by then.
std::string WhyStuck(const Operation& stuck, const Values& values,
                     const std::vector<ValueId>& possible);

}  // namespace drydock::sim
