#include "sim/view/words.h"

#include "sim/view/trace_file.h"

namespace drydock::sim {
namespace {

std::string EntriesOf(const nlohmann::json& sent) {
  const auto entries = sent.find("entries");
  if (entries == sent.end() || !entries->is_array()) return "";
  if (entries->empty()) return ", no entries";
  const std::string first = TextOf(entries->front(), "index");
  if (entries->size() == 1) return ", entry " + first;
  return ", entries " + first + " to " + TextOf(entries->back(), "index");
}

}  // namespace

std::string MessageWords(const nlohmann::json& sent) {
  std::string words = TextOf(sent, "type") + ", term " + TextOf(sent, "term") + EntriesOf(sent);
  for (const char* key : {"granted", "accepted", "match", "commit"}) {
    if (sent.contains(key)) words += std::string(", ") + key + " " + TextOf(sent, key);
  }
  return words;
}

std::string MillisecondsOf(std::int64_t nanoseconds) {
  const std::int64_t microseconds = nanoseconds / 1000;
  const std::string digits = std::to_string(microseconds % 1000);
  return std::to_string(microseconds / 1000) + "." + std::string(3 - digits.size(), '0') + digits +
         " ms";
}

}  // namespace drydock::sim
