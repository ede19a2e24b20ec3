// Each of these mistakes must be told with its place and what was expected, in these very words.
#include <doctest/doctest.h>

#include "sim/scenario/parse.h"

namespace drydock::sim {
namespace {

struct Bad {
  const char* text;
  const char* message;
};

// clang-format off
const Bad kBad[] = {
    {R"()",
     R"(F:1:1: not valid JSON: value - unexpected end of input; expected '[', '{', or a literal)"},
    {R"({"version": "1", "name": "a", "nodes": 1, "until": "1s"})",
     R"(F:1:13: /version: expected the number 1, found the string "1")"},
    {R"([])",
     R"(F:1:1: expected an object for a scenario, found an array)"},
    {R"({})",
     R"(F:1:1: a scenario needs "version")"},
    {R"({"version": 1})",
     R"(F:1:1: a scenario needs "name")"},
    {R"({"version": 2, "name": "a", "nodes": 1, "until": "1s"})",
     R"(F:1:13: /version: this program reads version 1 of the format, found version 2)"},
    {R"({"version": 1, "name": "A b", "nodes": 1, "until": "1s"})",
     R"(F:1:24: /name: a name is made of a-z, 0-9 and -, begins with no - and has 1 to 63 characters, found "A b")"},
    {R"({"version": 1, "name": "a", "nodes": 16, "until": "1s"})",
     R"(F:1:38: /nodes: expected a whole number from 1 to 15, found the number 16)"},
    {R"({"version": 1, "name": "a", "nodes": 1, "until": "0"})",
     R"(F:1:50: /until: "until" must be more than 0)"},
    {R"({"version": 1, "name": "a", "nodes": 1, "until": "1h"})",
     R"(F:1:50: /until: expected a duration such as "150ms" or "2s" (units ns, us, ms, s, m), found "1h")"},
    {R"({"version": 1, "name": "a", "nodes": 1, "until": "2000000000s"})",
     R"(F:1:50: /until: the duration "2000000000s" is more than 1000000000s)"},
    {R"({"version": 1, // no)",
     R"(F:1:16: not valid JSON: object key - invalid literal; expected string literal)"},
    {R"({"a": 1,})",
     R"(F:1:7: not valid JSON: object key - unexpected '}'; expected string literal)"},
    {R"({} x)",
     R"(F:1:4: not valid JSON: value - invalid literal; expected end of input)"},
    {R"([1, 2)",
     R"(F:1:6: not valid JSON: array - unexpected end of input; expected ']')"},
    {R"({"a": tru})",
     R"(F:1:10: not valid JSON: value - invalid literal)"},
    {R"(["\ud800"])",
     R"(F:1:9: not valid JSON: value - invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF)"},
    {R"([1e999])",
     R"(F:1:6: not valid JSON: number overflow parsing '1e999')"},
    {R"([01])",
     R"(F:1:3: not valid JSON: array - unexpected number literal; expected ']')"},
    {R"([[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[)",
     R"(F:1:65: nested deeper than 64 levels)"},
};
// clang-format on

}  // namespace

TEST_CASE("broken JSON and scenarios without what they need") {
  for (const Bad& bad : kBad) {
    CAPTURE(bad.text);
    const Result<Scenario> result = ParseScenario(bad.text, "F");
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().text == bad.message);
  }
}

}  // namespace drydock::sim
