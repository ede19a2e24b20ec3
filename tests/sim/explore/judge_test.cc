#include "sim/explore/judge.h"

#include <doctest/doctest.h>

namespace drydock::sim::explore {
namespace {

// Three members with logs of these terms, all durable, in term 3.
struct Cluster {
  explicit Cluster(const std::vector<std::vector<std::uint64_t>>& logs) {
    for (const auto& terms : logs) {
      Member member;
      member.id = NodeId(static_cast<std::uint32_t>(members.size()));
      for (const std::uint64_t term : terms) member.log.push_back({Term(term), term * 100});
      member.durable = member.last();
      member.term = Term(3);
      members.push_back(std::move(member));
    }
  }

  std::string Broken(std::uint32_t node, const Fact& fact) {
    std::vector<const Member*> all;
    for (const Member& member : members) all.push_back(&member);
    const auto problem = Judge(all, NodeId(node), {fact}, history);
    return problem.has_value() ? problem->property : "";
  }
  std::string Leads(std::uint32_t node, std::uint64_t term) {
    return Broken(node, {.what = Fact::What::kLeads, .term = Term(term)});
  }
  std::string Commits(std::uint32_t node, std::uint64_t index) {
    return Broken(node, {.what = Fact::What::kCommitted,
                         .term = members[node].term,
                         .index = Index(index),
                         .mark = members[node].log[index - 1]});
  }
  std::string Truncates(std::uint32_t node, std::uint64_t last) {
    return Broken(
        node,
        {.what = Fact::What::kTruncated, .index = Index(last), .mark = members[node].log[last]});
  }

  std::vector<Member> members;
  History history;
};

TEST_CASE("one node may lead a term, and lead it again; a second one may not") {
  Cluster cluster({{1}, {1}, {1}});
  CHECK(cluster.Leads(0, 2) == "");
  CHECK(cluster.Leads(1, 3) == "");
  CHECK(cluster.Leads(0, 2) == "");
  CHECK(cluster.Leads(1, 2) == "election safety");
}

TEST_CASE("a leader holds what was committed in earlier terms") {
  Cluster cluster({{1, 2}, {1, 2}, {1}});
  CHECK(cluster.Commits(0, 1) == "");
  CHECK(cluster.Commits(0, 2) == "");
  CHECK(cluster.Leads(1, 4) == "");
  CHECK(cluster.Leads(2, 5) == "leader completeness");
  // Of a term that is older than the commitment nothing is asked.
  CHECK(cluster.Leads(2, 3) == "");
}

TEST_CASE("logs with an entry of the same index and term are equal up to there") {
  Cluster equal({{1, 2, 3}, {1, 2}, {1, 1}});
  CHECK(equal.Broken(0, {.what = Fact::What::kAppended, .index = Index(3)}) == "");
  Cluster different({{1, 2, 3}, {1, 1, 3}, {}});
  CHECK(different.Broken(0, {.what = Fact::What::kAppended, .index = Index(3)}) == "log matching");
  Cluster content({{1}, {1}, {}});
  content.members[1].log[0].content = 7;
  CHECK(content.Broken(0, {.what = Fact::What::kAppended, .index = Index(1)}) == "log matching");
}

TEST_CASE("what is committed is durable on a quorum, the same everywhere, and stays") {
  Cluster cluster({{1, 3}, {1, 3}, {1, 2}});
  CHECK(cluster.Commits(0, 1) == "");
  CHECK(cluster.Commits(0, 2) == "");
  CHECK(cluster.Commits(1, 2) == "");
  CHECK(cluster.Commits(2, 2) == "state machine safety");
  CHECK(cluster.Truncates(2, 1) == "");  // another entry than the one committed
  CHECK(cluster.Truncates(1, 1) == "committed entries stay");
  Cluster few({{1}, {1}, {}});
  few.members[1].durable = Index(0);
  CHECK(few.Commits(0, 1) == "commitment is durable");
}

TEST_CASE("answers are of committed entries") {
  Cluster cluster({{1}, {1}, {1}});
  const Fact answer{.what = Fact::What::kAnswered, .index = Index(1)};
  CHECK(cluster.Broken(0, answer) == "answers are committed");
  CHECK(cluster.Commits(0, 1) == "");
  CHECK(cluster.Broken(0, answer) == "");
}

TEST_CASE("pasts that differ in names only have the same digest under a renaming") {
  Cluster zero({{1}, {1}, {1}});
  Cluster one({{1}, {1}, {1}});
  zero.Leads(0, 2);
  one.Leads(1, 2);
  const std::vector<NodeId> swapped = {NodeId(1), NodeId(0), NodeId(2)};
  CHECK(zero.history.Digest({}) != one.history.Digest({}));
  CHECK(zero.history.Digest(swapped) == one.history.Digest({}));
}

}  // namespace
}  // namespace drydock::sim::explore
