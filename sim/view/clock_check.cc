#include "sim/view/clock_check.h"

#include <cstdint>
#include <map>
#include <utility>

#include "sim/view/words.h"

namespace drydock::sim {
namespace {

using EntryName = std::pair<std::uint64_t, std::uint64_t>;  // index, term

struct Made {
  std::string leader;
  std::int64_t time = 0;
};

EntryName NameOfEntry(const TraceLine& line) {
  return {NumberOf(line.fields, "index"), NumberOf(line.fields, "term")};
}

// Who made each entry, and when.
std::map<EntryName, Made> MadeBy(const std::vector<TraceLine>& lines) {
  std::map<EntryName, Made> made;
  std::map<std::string, bool> leads;
  std::map<std::string, std::uint64_t> terms;
  for (const TraceLine& line : lines) {
    if (line.event == "started") leads[line.node] = false;
    if (line.event == "role_changed") {
      leads[line.node] = TextOf(line.fields, "role") == "leader";
    }
    if (line.event == "term_and_vote") terms[line.node] = NumberOf(line.fields, "term");
    if (line.event != "appended" || !leads[line.node]) continue;
    const EntryName name = NameOfEntry(line);
    if (name.second == terms[line.node]) made.try_emplace(name, Made{line.node, line.time});
  }
  return made;
}

struct Worst {
  std::int64_t behind = 0;
  std::string leader;
  EntryName entry;
};

}  // namespace

std::vector<std::string> ClockComplaints(const std::vector<TraceLine>& lines) {
  const std::map<EntryName, Made> made = MadeBy(lines);
  std::map<std::string, Worst> worst;  // by node
  for (const TraceLine& line : lines) {
    if (line.event != "appended") continue;
    const auto found = made.find(NameOfEntry(line));
    if (found == made.end() || found->second.leader == line.node) continue;
    const std::int64_t behind = found->second.time - line.time;
    Worst& so_far = worst[line.node];
    if (behind > so_far.behind) so_far = {behind, found->second.leader, found->first};
  }
  std::vector<std::string> complaints;
  for (const auto& [node, at] : worst) {
    if (at.behind == 0) continue;
    complaints.push_back("The clock of " + node + " was behind that of " + at.leader +
                         " by at least " + MillisecondsOf(at.behind) + ": it has entry " +
                         std::to_string(at.entry.first) + " of term " +
                         std::to_string(at.entry.second) + " before its leader made it.");
  }
  return complaints;
}

}  // namespace drydock::sim
