#include "core/text/json.h"

#include <doctest/doctest.h>

namespace drydock {
namespace {

std::string ErrorOf(const std::string& text) {
  const Result<JsonValue> result = ParseJson(text, "F");
  return result.ok() ? "" : result.error().text;
}

}  // namespace

TEST_CASE("a value knows its place, its pointer, and a number its own spelling") {
  const Result<JsonValue> result =
      ParseJson("{\"é\": [1.50e1,\n  -0, \"a\\\"b\"], \"a/b~\": {}}", "F");
  REQUIRE(result.ok());
  const JsonValue& root = result.value();
  const JsonValue& list = root.members[0].value;
  CHECK(list.place.column == 7);
  CHECK(list.items[0].text == "1.50e1");
  CHECK(list.items[1].text == "-0");
  CHECK(list.items[1].place.line == 2);
  CHECK(list.items[1].place.column == 3);
  CHECK(list.items[2].text == "a\"b");
  CHECK(PointerTo(root, list.items[2]) == "/é/2");
  CHECK(PointerTo(root, root.members[1].value) == "/a~1b~0");
  CHECK(root.members[1].key_place.column == 16);
}

TEST_CASE("what is not strict JSON is refused with its place") {
  CHECK(ErrorOf("{\"a\": 1, \"a\": 2}") ==
        "F:1:10: duplicate key \"a\"; it is already in line 1, column 2");
  CHECK(ErrorOf("\xEF\xBB\xBF{}") ==
        "F:1:1: begins with a byte order mark; save it as UTF-8 without one");
  CHECK(ErrorOf(std::string("{}\0x", 4)) == "F:1:3: not valid JSON: a zero byte");
  CHECK(ErrorOf("[1] // x").starts_with("F:1:5: not valid JSON: "));
  CHECK(ErrorOf("[\"\xC3\x28\"]").starts_with("F:1:4: not valid JSON: "));
  CHECK(ErrorOf("[\"\xED\xA0\x80\"]").find("not valid JSON") != std::string::npos);
  CHECK(ErrorOf(std::string(100000, '[')) == "F:1:65: nested deeper than 64 levels");
  CHECK(ErrorOf("\"" + std::string(100000, 'x')).size() < 200);
  CHECK(ErrorOf(std::string(64, '[') + std::string(64, ']')).empty());
  std::string many = "[0";
  while (many.size() < 2 * kMaxJsonValues) many += ",0";
  CHECK(ErrorOf(many + "]").find("more than 500000 values") != std::string::npos);
}

}  // namespace drydock
