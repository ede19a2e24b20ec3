// Histories as text: our own format, and those of Jepsen, Knossos and Porcupine.
//
// drydock: JSON Lines, one operation a line, in any order:
//   {"client":0,"op":"put","key":"k","value":"v","call":123,"return":456,"outcome":"ok"}
//   client    number of the process, from 0 on
//   op        put, get, delete, cas, append
//   key       bytes
//   value     bytes: what a put or cas writes, what an append adds
//   expected  bytes or null (missing): of a cas
//   result    bytes or null (missing): what a get returned, or a cas that failed found; left out if
//             it is not known
//   call, return    times, integers; equal times overlap; no "return": it never came back
//   outcome   ok, failed (did not happen), compare_failed, unknown (happened at any time, or never)
//   term, index     where the answer stands in the replicated log; optional
// Bytes are a string if they are valid UTF-8, else {"hex":"00ff"}. A first line
// {"history":"drydock","initial":"..."} says what every key holds at first; without it all are
// missing. Empty lines are skipped.
//
// jepsen-log: `INFO  jepsen.util - 3 :invoke :cas [1 2]`, tabs between the last four, about one
// register that starts missing (`nil`). `:fail` of a :cas is an answer: the register did not hold
// the first value. `:fail` of a :read says nothing; of a :write, that it did not happen. `:info`
// stays open for ever.
//
// edn: maps {:process 3, :type :invoke, :f :cas, :value [1 2]}, in a vector or one after another,
// about one register that starts as nil. `:fail` of anything did not happen. `:info` stays open for
// ever. A read that is `:ok` with nil is not known. What is no client (:process :nemesis) is
// skipped.
//
// porcupine: a map a line {:process 0, :type :invoke, :f :append, :key "1", :value "x"} with get,
// put and append; a missing key reads "". `:fail` and `:info` as in edn.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "sim/check/history.h"

namespace drydock::sim {

enum class HistoryFormat : std::uint8_t { kDrydock, kJepsenLog, kEdn, kPorcupine };

// "drydock", "jepsen-log", "edn", "porcupine".
std::optional<HistoryFormat> HistoryFormatNamed(std::string_view name);

// Errors name the line: "line 17: ...".
Result<History> ReadHistory(HistoryFormat format, std::string_view text);

// In the drydock format; ReadHistory gives back an equal history.
std::string WriteHistory(const History& history);

}  // namespace drydock::sim
