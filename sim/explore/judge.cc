#include "sim/explore/judge.h"

#include <algorithm>
#include <string>

#include "core/base/hasher.h"

namespace drydock::sim::explore {
namespace {

std::string Name(NodeId node) {
  return "n" + std::to_string(node.value());
}
std::string Text(Index index) {
  return std::to_string(index.value());
}
std::string Text(Term term) {
  return std::to_string(term.value());
}

using Members = std::span<const Member* const>;

std::optional<Problem> JudgeLeader(const Member& member, Term term, History& history) {
  if (history.leaders.size() <= term.value()) history.leaders.resize(term.value() + 1);
  std::optional<NodeId>& leader = history.leaders[term.value()];
  if (leader.has_value() && *leader != member.id) {
    return Problem{"election safety",
                   Name(*leader) + " and " + Name(member.id) + " both lead term " + Text(term)};
  }
  leader = member.id;
  std::size_t count = history.committed.size();
  while (count > 0 && history.committed[count - 1].claimed_in >= term) --count;
  const Index index(count);
  if (count == 0 ||
      (member.last() >= index && member.TermAt(index) == history.committed[count - 1].mark.term)) {
    return std::nullopt;
  }
  return Problem{"leader completeness", Name(member.id) + " leads term " + Text(term) +
                                            " without the committed entry " + Text(index)};
}

// Two logs with the same term at an index are equal up to there.
bool Match(const Marks& a, const Marks& b) {
  std::size_t same = std::min(a.size(), b.size());
  while (same > 0 && a[same - 1].term != b[same - 1].term) --same;
  return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(same), b.begin());
}

std::optional<Problem> JudgeMatching(Members members, const Member& member) {
  for (const Member* other : members) {
    if (other->id == member.id || Match(other->log, member.log)) continue;
    return Problem{"log matching", Name(member.id) + " and " + Name(other->id) +
                                       " hold an entry of the same index and term, and differ"};
  }
  return std::nullopt;
}

std::optional<Problem> JudgeCommitted(Members members, const Member& member, const Fact& fact,
                                      History& history) {
  if (fact.index.value() <= history.committed.size()) {
    const Mark& known = history.committed[fact.index.value() - 1].mark;
    if (known == fact.mark) return std::nullopt;
    return Problem{"state machine safety", Name(member.id) + " commits entry " + Text(fact.index) +
                                               " of term " + Text(fact.mark.term) +
                                               ", committed before with term " + Text(known.term)};
  }
  history.committed.push_back({fact.mark, fact.term});
  const auto holds = [&](const Member* one) { return one->Holds(fact.index, fact.mark.term); };
  const auto copies = std::count_if(members.begin(), members.end(), holds);
  if (static_cast<std::size_t>(copies) * 2 > members.size()) return std::nullopt;
  return Problem{"commitment is durable", Name(member.id) + " commits entry " + Text(fact.index) +
                                              " of term " + Text(fact.mark.term) + " with " +
                                              std::to_string(copies) + " durable copies on " +
                                              std::to_string(members.size()) + " nodes"};
}

std::optional<Problem> JudgeTruncated(const Member& member, const Fact& fact,
                                      const History& history) {
  const Index first = Next(fact.index);
  if (first.value() > history.committed.size()) return std::nullopt;
  if (history.committed[fact.index.value()].mark.term != fact.mark.term) return std::nullopt;
  return Problem{"committed entries stay",
                 Name(member.id) + " drops the committed entry " + Text(first)};
}

std::optional<Problem> JudgeAnswer(const Member& member, const Fact& fact, const History& history) {
  if (fact.index.value() <= history.committed.size()) return std::nullopt;
  return Problem{"answers are committed", Name(member.id) + " answers from entry " +
                                              Text(fact.index) + ", committed are " +
                                              std::to_string(history.committed.size())};
}

}  // namespace

std::uint64_t History::Digest(Permutation permutation) const {
  Hasher hasher;
  for (const std::optional<NodeId>& leader : leaders) AddNode(hasher, leader, permutation);
  hasher.Add(committed.size());
  for (const CommittedMark& entry : committed) {
    hasher.Add(entry.mark.term);
    hasher.Add(entry.mark.content);
    hasher.Add(entry.claimed_in);
  }
  return hasher.Finish();
}

std::optional<Problem> Judge(Members members, NodeId stepped, const std::vector<Fact>& facts,
                             History& history) {
  const Member& member = *members[stepped.value()];
  const auto judge = [&](const Fact& fact) -> std::optional<Problem> {
    switch (fact.what) {
      case Fact::What::kLeads:
        return JudgeLeader(member, fact.term, history);
      case Fact::What::kAppended:
        return JudgeMatching(members, member);
      case Fact::What::kTruncated:
        return JudgeTruncated(member, fact, history);
      case Fact::What::kCommitted:
        return JudgeCommitted(members, member, fact, history);
      case Fact::What::kAnswered:
        return JudgeAnswer(member, fact, history);
    }
    return std::nullopt;
  };
  for (const Fact& fact : facts) {
    if (std::optional<Problem> problem = judge(fact)) return problem;
  }
  return std::nullopt;
}

}  // namespace drydock::sim::explore
