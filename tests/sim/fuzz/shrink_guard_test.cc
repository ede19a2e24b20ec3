#include "sim/fuzz/shrink_guard.h"

#include <doctest/doctest.h>

#include <string>

#include "sim/scenario/parse.h"

namespace drydock::sim {
namespace {

constexpr const char* kExpectLogs = R"("expect": [{"that": "logs_equal", "at": "end"}])";
constexpr const char* kCrashes = R"("events": [
  {"at": "1s", "do": "crash", "node": "n0"}, {"at": "2s", "do": "crash", "node": ["n1", "n2"]},
  {"at": "3s", "do": "restart", "node": "all"}])";

Scenario Parse(const std::string& members, const std::string& head = R"("until": "5s")") {
  const std::string text =
      R"({"version": 1, "name": "some", "nodes": 5, )" + head + ", " + members + "}";
  const Result<Scenario> scenario = ParseScenario(text, "some.json");
  REQUIRE_MESSAGE(scenario.ok(), scenario.error().text);
  return scenario.value();
}

struct Pair {
  Scenario before, after;
};
bool Allows(const Pair& pair, const std::string& property = "expected logs_equal") {
  return ShrinkGuard(pair.before, property).Allows(pair.after);
}

Pair Changed(const std::string& before, const std::string& after) {
  return {Parse(before + ", " + kExpectLogs), Parse(after + ", " + kExpectLogs)};
}

TEST_CASE("a broken invariant may be shown in any scenario") {
  CHECK(Allows({Parse(kCrashes), Parse(R"("events": [])")}, "election safety"));
}

TEST_CASE("a fault may go, and then what ends it") {
  CHECK(Allows(Changed(kCrashes, R"("events": [
    {"at": "2s", "do": "crash", "node": ["n1", "n2"]}, {"at": "3s", "do": "restart", "node": "all"}])")));
  CHECK(Allows(Changed(kCrashes, R"("events": [])")));
}

TEST_CASE("what ends a fault does not go alone") {
  CHECK(!Allows(Changed(kCrashes, R"("events": [{"at": "1s", "do": "crash", "node": "n0"}])")));
  const std::string cut =
      R"("events": [{"at": "1s", "do": "partition", "groups": ["n0", ["n1", "n2"]])";
  CHECK(!Allows(Changed(cut + R"(, "for": "1s"}])", cut + "}]")));
  const std::string lossy =
      R"("events": [{"at": "1s", "do": "set_network", "network": {"loss": 0.5}})";
  CHECK(!Allows(Changed(lossy + R"(, {"at": "2s", "do": "set_network", "network": {"loss": 0}}])",
                        lossy + "]")));
}

TEST_CASE("a disk is lost neither before the cluster is founded nor with the quorum") {
  const auto wiped = [](const std::string& at) {
    return R"("events": [{"at": ")" + at + R"(", "do": "crash", "node": "n0"},
      {"at": ")" +
           at + R"(", "do": "wipe", "node": "n0"},
      {"at": "3s", "do": "restart", "node": "n0"}])";
  };
  const std::string founders = R"("founders": 2, )";
  CHECK(Allows(Changed(wiped("1.8s"), wiped("1.5s"))));
  CHECK(!Allows(Changed(wiped("1.8s"), wiped("1s"))));
  CHECK(Allows(Changed(wiped("1s"), wiped("0.9s"))));
  CHECK(!Allows(Changed(wiped("1.8s"), founders + wiped("1.8s"))));
}

TEST_CASE("a disk is damaged only where it may be lost, and what replaces it does not go") {
  const auto damaged = [](const std::string& at, const std::string& replaced) {
    return R"("events": [{"at": ")" + at + R"(", "do": "crash", "node": "n0"},
      {"at": ")" +
           at + R"(", "do": "corrupt", "node": "n0"}, )" + replaced +
           R"({"at": "3s", "do": "restart", "node": "n0"}])";
  };
  const std::string wipe = R"({"at": "2s", "do": "wipe", "node": "n0"}, )";
  CHECK(Allows(Changed(damaged("1.8s", wipe), damaged("1.5s", wipe))));
  CHECK(!Allows(Changed(damaged("1.8s", wipe), damaged("1s", wipe))));
  CHECK(!Allows(Changed(damaged("1.8s", wipe), damaged("1.8s", ""))));
}

TEST_CASE("two networks that overlap leave the first one, and what mends that does not go") {
  const std::string overlap = R"("events": [
    {"at": "1s", "do": "set_network", "network": {"loss": 0.5}, "for": "1s"},
    {"at": "1500ms", "do": "set_network", "network": {"loss": 0.4}, "for": "1s"})";
  const std::string mended =
      overlap + R"(, {"at": "3s", "do": "set_network", "network": {"loss": 0}}])";
  CHECK(Allows(Changed(mended, mended)));
  CHECK(!Allows(Changed(mended, overlap + "]")));
}

TEST_CASE("a name that an event binds ends what was done to it") {
  const std::string crash =
      R"("events": [{"at": "1s", "do": "crash", "node": "leader", "as": "old"})";
  const std::string restart = R"(, {"at": "2s", "do": "restart", "node": "$old"}])";
  CHECK(Allows(Changed(crash + restart, crash + restart)));
  CHECK(!Allows(Changed(crash + restart, crash + "]")));
}

TEST_CASE("the quiet time before the check is not shortened") {
  const Scenario before = Parse(std::string(kCrashes) + ", " + kExpectLogs);
  const auto with_end = [](const std::string& end) {
    return Parse(std::string(kCrashes) + ", " + kExpectLogs, "\"until\": \"" + end + "\"");
  };
  CHECK(Allows({before, with_end("6s")}));
  CHECK(!Allows({before, with_end("4900ms")}));
}

TEST_CASE("the end of the workload comes as long before the check") {
  const auto with_stop = [](const std::string& stop) {
    return std::string(R"("workload": {"clients": 2, "stop": ")") + stop + "\"}";
  };
  CHECK(Allows(Changed(with_stop("3s"), with_stop("2s"))));
  CHECK(!Allows(Changed(with_stop("3s"), with_stop("4s"))));
  CHECK(!Allows(Changed(with_stop("3s"), R"("workload": {"clients": 2})")));
}

TEST_CASE("a majority that worked works") {
  Pair pair = Changed(R"("events": [{"at": "1s", "do": "crash", "node": ["n0", "n1"]}])",
                      R"("events": [{"at": "1s", "do": "crash", "node": ["n0", "n1"]}])");
  CHECK(Allows(pair));
  pair.after.nodes = 3;
  CHECK(!Allows(pair));
}

TEST_CASE("slow links keep the timeouts that were made for them") {
  const std::string slow = R"("network": {"latency": "80ms"})";
  const std::string patient = R"(, "config": {"election_timeout": ["1s", "2s"]})";
  CHECK(!Allows(Changed(slow + patient, slow)));
  CHECK(Allows(Changed(slow + patient, R"("tags": [])")));
}

TEST_CASE("progress is expected only where somebody calls") {
  const std::string expect = R"(, "expect": [{"that": "progress", "during": ["3s", "5s"]}])";
  const auto allows = [&](const std::string& before, const std::string& after) {
    return Allows({Parse(before + expect), Parse(after + expect)}, "expected progress");
  };
  const std::string ten = R"("workload": {"clients": 10})";
  CHECK(allows(ten, R"("workload": {"clients": 1})"));
  CHECK(!allows(ten, R"("events": [])"));
  CHECK(!allows(ten, R"("workload": {"clients": 1, "stop": "3s"})"));
  CHECK(!allows(ten, R"("events": [{"at": "2s", "do": "put", "key": "k", "value": "v"}])"));
  CHECK(allows(ten, R"("events": [{"at": "3s", "do": "put", "key": "k", "value": "v"}])"));
}

TEST_CASE("the expectation itself does not go") {
  CHECK(!Allows({Parse(kExpectLogs), Parse(R"("expect": [])")}));
}

}  // namespace
}  // namespace drydock::sim
