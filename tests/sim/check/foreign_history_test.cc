#include "sim/check/foreign_history.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/check/random_history.h"

namespace drydock::sim {
namespace {

std::string ErrorOf(HistoryFormat format, std::string_view text) {
  const Result<History> history = ReadHistory(format, text);
  return history.ok() ? "no error" : history.error().text;
}

constexpr std::string_view kPut =
    R"({"client":0,"op":"put","key":"k","value":"v","call":1,"return":2,"outcome":"ok"})";

std::string AfterPut(std::string_view line) {
  return std::string(kPut) + "\n" + std::string(line);
}

}  // namespace

TEST_CASE("the names of formats are known") {
  CHECK(HistoryFormatNamed("drydock") == HistoryFormat::kDrydock);
  CHECK(HistoryFormatNamed("jepsen-log") == HistoryFormat::kJepsenLog);
  CHECK(HistoryFormatNamed("edn") == HistoryFormat::kEdn);
  CHECK(HistoryFormatNamed("porcupine") == HistoryFormat::kPorcupine);
  CHECK_FALSE(HistoryFormatNamed("json").has_value());
}

TEST_CASE("any bytes in keys and values come back from the drydock format") {
  History history;
  history.initial = Bytes(std::string_view("\0\xff", 2));
  for (int first = 0; first < 256; ++first) {
    for (const std::string_view rest : {"", "\x80", "\x80\x80", "\xbf\xbf\xbf", "a\"\\\n"}) {
      Operation op;
      op.kind = OperationKind::kCompareAndSet;
      op.outcome = OperationOutcome::kCompareFailed;
      op.client = 4294967295u;
      op.key = Bytes(static_cast<char>(first) + std::string(rest));
      op.value = op.key;
      op.expected = op.key;
      op.result_known = true;
      op.result = op.key;
      op.invoke = -5;
      op.response = 9223372036854775806;
      op.term = 18446744073709551615u;
      op.index = 7;
      history.ops.push_back(op);
    }
  }
  history.ops.back().expected = std::nullopt;
  history.ops.back().result = std::nullopt;
  const Result<History> read = ReadHistory(HistoryFormat::kDrydock, WriteHistory(history));
  REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.error().text));
  REQUIRE(read.value().ops.size() == history.ops.size());
  CHECK(read.value().initial == history.initial);
  for (std::size_t i = 0; i < history.ops.size(); ++i) {
    const Operation& a = history.ops[i];
    const Operation& b = read.value().ops[i];
    const bool same = a.kind == b.kind && a.outcome == b.outcome && a.client == b.client &&
                      a.key == b.key && a.value == b.value && a.expected == b.expected &&
                      a.result_known == b.result_known && a.result == b.result &&
                      a.invoke == b.invoke && a.response == b.response && a.term == b.term &&
                      a.index == b.index;
    CHECK(same);
  }
}

TEST_CASE("errors in the drydock format name the line and the field") {
  const auto error = [](std::string_view line) {
    return ErrorOf(HistoryFormat::kDrydock, AfterPut(line));
  };
  CHECK(error("{") == "line 2: no valid JSON");
  CHECK(error("[]") == "line 2: expected a JSON object");
  CHECK(error(R"({"client":1,"client":2})") == "line 2: \"client\" is given twice");
  CHECK(error(R"({"client":[[[[1]]]]})") == "line 2: nested too deep");
  CHECK(error(R"({"client":-1})") == "line 2: \"client\" must be an integer from 0 to 4294967295");
  CHECK(error(R"({"client":1,"op":"set"})") ==
        "line 2: \"op\" must be one of put, get, delete, cas, append");
  CHECK(error(R"({"client":1,"op":"get","key":{"hex":"0g"},"call":1,"outcome":"unknown"})") ==
        "line 2: \"key\" must be a string or {\"hex\":\"00ff\"}");
  CHECK(error(R"({"client":1,"op":"get","key":"k","call":1.5,"outcome":"unknown"})") ==
        "line 2: \"call\" must be a 64-bit integer");
  CHECK(error(R"({"client":1,"op":"get","key":"k","call":2,"return":1,"outcome":"ok"})") ==
        "line 2: \"return\" is before \"call\"");
  CHECK(error(R"({"client":1,"op":"get","key":"k","call":2,"outcome":"compare_failed"})") ==
        "line 2: \"outcome\" is compare_failed, which only a cas can be");
  CHECK(error(R"({"client":1,"op":"get","key":"k","call":2,"outcome":"unknown","value":"x"})") ==
        "line 2: \"value\" has no meaning here");
  CHECK(error(R"({"client":1,"op":"get","call":2,"outcome":"unknown"})") ==
        "line 2: \"key\" is missing");
}

TEST_CASE("errors in Jepsen logs name the line") {
  const auto error = [](const std::string& rest) {
    return ErrorOf(HistoryFormat::kJepsenLog,
                   "INFO  jepsen.util - 0\t:invoke\t:read\tnil\n\nINFO  jepsen.util - " + rest);
  };
  CHECK(error("0\t:ok\t:read\t3\r\n") == "no error");
  CHECK(error("x").starts_with("line 3: expected `INFO"));
  CHECK(error("0\t:invoke\t:read\tnil") ==
        "line 3: process 0 calls again before its last operation ended");
  CHECK(error("1\t:ok\t:read\t3") == "line 3: process 1 ends an operation that it never called");
  CHECK(error("0\t:ok\t:write\t3") == "line 3: process 0 ends \":write\" but had called :read");
  CHECK(error("0\t:ok\t:read\tx").starts_with("line 3: a :read that is :ok needs"));
  CHECK(error("0\t:done\t:read\t1").starts_with("line 3: unknown type \":done\""));
  CHECK(error("1\t:invoke\t:cas\t[1 2 3]").starts_with("line 3: :cas needs [from to]"));
  CHECK(error("1\t:invoke\t:write\tnil").starts_with("line 3: :write needs an integer"));
}

TEST_CASE("errors in EDN name the line") {
  const auto error = [](std::string_view text) { return ErrorOf(HistoryFormat::kEdn, text); };
  CHECK(error("") == "no error");
  CHECK(error("[]") == "no error");
  CHECK(error("[\n{:process 1}") == "line 2: the text ends before the ] for line 1");
  CHECK(error("\n]") == "line 2: unexpected \"]\"");
  CHECK(error("{:a}") == "line 1: a map has a key without a value");
  CHECK(error("\"a\nb") == "line 2: the text ends in the string of line 1");
  CHECK(error("[1]") == "line 1: expected a map with :process");
  CHECK(error("{:process 1}") == "line 1: an event needs :type and :f, both keywords");
  CHECK(error("{:process -1 :type :ok :f :read}") ==
        "line 1: :process must be an integer from 0 on");
  CHECK(error("{:process 1 :type :ok :f :read}") ==
        "line 1: process 1 ends an operation that it never called");
  CHECK(error("{:process 1 :type :invoke :f :cas :value [1]}") ==
        "line 1: the :value of a :cas must be [from to], to not nil");
  CHECK(error(std::string(100000, '[')) == "line 1: nested deeper than 100");
  std::string discards;
  for (int i = 0; i < 100000; ++i) discards += "#_";
  CHECK(error(discards) == "line 1: nested deeper than 100");
  CHECK(ErrorOf(HistoryFormat::kPorcupine, "{:process 1 :type :invoke :f :get}") ==
        "line 1: an event needs a scalar :key");
}

TEST_CASE("a line break in what is wrong is not one in the error") {
  CHECK(ErrorOf(HistoryFormat::kEdn, "[\"\\\n\"]") ==
        "line 2: unknown escape: a backslash and \"\\u000a\"");
}

TEST_CASE("garbage gives an error or a history, never a crash") {
  const std::vector<std::string> seeds = {
      AfterPut(kPut),
      "INFO  jepsen.util - 0\t:invoke\t:cas\t[1 2]\nINFO  jepsen.util - 0\t:fail\t:cas\t[1 2]\n",
      "[{:process 0, :type :invoke, :f :write, :value 1} #_{:a \"b\\n\"} ; x\n#{1} #t [\\( \\a]]",
      "{:process 0, :type :invoke, :f :append, :key \"k\", :value \"x\"}\n"};
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    Dice dice(seed);
    std::string text = seeds[dice.Below(seeds.size())];
    for (std::uint64_t i = 1 + dice.Below(4); i > 0 && !text.empty(); --i) {
      const std::size_t at = dice.Below(text.size());
      if (Chance(dice, 30)) text.resize(at);
      if (at < text.size()) text[at] = static_cast<char>(dice.Below(256));
    }
    for (const HistoryFormat format : {HistoryFormat::kDrydock, HistoryFormat::kJepsenLog,
                                       HistoryFormat::kEdn, HistoryFormat::kPorcupine}) {
      const Result<History> history = ReadHistory(format, text);
      if (!history.ok()) CHECK(history.error().text.starts_with("line "));
    }
  }
}

}  // namespace drydock::sim
