#include "core/base/hasher.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace drydock {
namespace {

std::uint64_t HashOf(std::string_view bytes) {
  Hasher hasher;
  hasher.Add(bytes);
  return hasher.Finish();
}

// Every byte tells its place.
std::string Text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text.push_back(static_cast<char>(i % 251));
  return text;
}

TEST_CASE("hashes of strings are the same everywhere, short ones and long ones") {
  CHECK(HashOf("") == 0xcbfde186d88f5c7e);
  CHECK(HashOf("drydock") == 0xef595f893a00c729);
  CHECK(HashOf(Text(1023)) == 0x3a3e01742301ef8f);
  CHECK(HashOf(Text(1024)) == 0x00768b90e8f86af6);
  CHECK(HashOf(Text(5003)) == 0xaa8068a81593809d);
}

TEST_CASE("the hash of a long string depends on each of its bytes, and on its length") {
  std::string text = Text(1061);
  std::set<std::uint64_t> hashes = {HashOf(text), HashOf(text + '\0')};
  for (char& byte : text) {
    byte = static_cast<char>(byte ^ 1);
    hashes.insert(HashOf(text));
    byte = static_cast<char>(byte ^ 1);
  }
  CHECK(hashes.size() == text.size() + 2);
}

TEST_CASE("neighbours in a long string cannot trade places") {
  const std::string text = Text(1061);
  const std::uint64_t hash = HashOf(text);
  for (std::size_t at = 0; at + 16 <= text.size(); at += 8) {
    std::string traded = text;
    traded.replace(at, 16, text.substr(at + 8, 8) + text.substr(at, 8));
    REQUIRE(HashOf(traded) != hash);
  }
}

TEST_CASE("what is added behind a long string depends on all of it") {
  Hasher one, other;
  one.Add(std::string_view(Text(2048)));
  other.Add(std::string_view(Text(2048).replace(0, 1, "x")));
  one.Add(std::uint64_t{7});
  other.Add(std::uint64_t{7});
  CHECK(one.Finish() != other.Finish());
}

}  // namespace
}  // namespace drydock
