// Scenario files: what is refused is refused in one line, and what is taken is written and read
// back as it was.
#include <cstddef>
#include <cstdint>
#include <string>

#include "sim/scenario/parse.h"
#include "sim/scenario/write.h"
#include "tests/parsers/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;  // NOLINT(google-build-using-namespace): of one function
  const Result<sim::Scenario> read = sim::ParseScenario(ViewOf(data, size), "F");
  if (!read.ok()) {
    ExpectOneLine(read.error());
    return 0;
  }
  const std::string written = sim::WriteScenario(read.value());
  const Result<sim::Scenario> again = sim::ParseScenario(written, "F");
  DRYDOCK_CHECK(again.ok(), again.error().text, written);
  DRYDOCK_CHECK(again.value() == read.value(), written);
  DRYDOCK_CHECK(sim::WriteScenario(again.value()) == written, written);
  return 0;
}
