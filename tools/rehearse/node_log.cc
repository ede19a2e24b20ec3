#include "tools/rehearse/node_log.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/text/names.h"

namespace drydock::tools {
namespace {

using Json = nlohmann::json;

// "2026-11-23T09:30:00.123456Z"; 0 if it is not that.
std::int64_t ParseTime(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
  const int fields = std::sscanf(text.c_str(), "%4d-%2u-%2uT%2u:%2u:%2u.%6uZ", &year, &month, &day,
                                 &hour, &minute, &second, &micros);
  if (fields != 7) return 0;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return 0;
  const std::chrono::sys_time<std::chrono::nanoseconds> time =
      std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
      std::chrono::seconds(second) + std::chrono::microseconds(micros);
  return time.time_since_epoch().count();
}

std::string TextAt(const Json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

template <std::size_t N>
std::optional<std::size_t> PlaceOf(const std::array<std::string_view, N>& names,
                                   const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

std::optional<trace::RoleChanged> RoleOf(const Json& line) {
  const auto role = PlaceOf(kRoleNames, TextAt(line, "role"));
  const auto cause = PlaceOf(kRoleCauseNames, TextAt(line, "why"));
  if (!role.has_value() || !cause.has_value()) return std::nullopt;
  trace::RoleChanged change{static_cast<Role>(*role), static_cast<RoleCause>(*cause), std::nullopt};
  const std::string leader = TextAt(line, "leader");
  unsigned number = 0;
  if (std::sscanf(leader.c_str(), "n%u", &number) == 1) change.leader = NodeId(number);
  return change;
}

}  // namespace

LogLine ParseLogLine(const std::string& text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  LogLine line;
  if (!json.is_object()) {
    line.message = text;
    return line;
  }
  line.unix_ns = ParseTime(TextAt(json, "time"));
  line.level = TextAt(json, "level");
  line.event = TextAt(json, "event");
  line.message = TextAt(json, "message");
  line.why = TextAt(json, "why");
  const auto term = json.find("term");
  if (term != json.end() && term->is_number_unsigned())
    line.term = Term(term->get<std::uint64_t>());
  if (line.event == "role_changed") line.role = RoleOf(json);
  return line;
}

std::vector<LogLine> NodeLog::ReadNew() {
  std::ifstream file(path_, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(read_));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  read_ += text.size();
  rest_ += text;
  std::vector<LogLine> lines;
  std::size_t begin = 0;
  for (std::size_t end = rest_.find('\n'); end != std::string::npos;
       end = rest_.find('\n', begin)) {
    if (end > begin) lines.push_back(ParseLogLine(rest_.substr(begin, end - begin)));
    begin = end + 1;
  }
  rest_.erase(0, begin);
  return lines;
}

}  // namespace drydock::tools
