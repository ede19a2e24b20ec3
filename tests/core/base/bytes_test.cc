#include "core/base/bytes.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

namespace drydock {
namespace {

TEST_CASE("bytes: a long string is adopted without being copied, a short one is copied") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{1} << 20}) {
    CAPTURE(size);
    std::string content(size, 'x');
    const std::string same = content;
    const char* const where = content.data();
    const Bytes adopted = Bytes::Adopt(std::move(content));
    CHECK(adopted.view() == same);
    if (size > 0) CHECK((adopted.view().data() == where) == (size == std::size_t{1} << 20));
  }
}

TEST_CASE("bytes: the last reference to what was adopted frees it, whichever that is") {
  Bytes middle;
  {
    const Bytes whole = Bytes::Adopt(std::string(100000, 'a') + std::string(100000, 'b'));
    const Bytes copy = whole;
    middle = copy.Slice(99999, 2);
  }
  CHECK(middle.view() == "ab");
  middle = Bytes("c");
  CHECK(middle.view() == "c");
}

}  // namespace
}  // namespace drydock
