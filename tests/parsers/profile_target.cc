// Profiles for fuzzing: what is refused is refused in one line; what a taken one draws is a
// scenario that is written and read back as it was.
#include <cstddef>
#include <cstdint>
#include <string>

#include "sim/fuzz/generate.h"
#include "sim/fuzz/profile.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/write.h"
#include "tests/parsers/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;  // NOLINT(google-build-using-namespace): of one function
  const Result<sim::Profile> read = sim::ParseProfile(ViewOf(data, size), "F");
  if (!read.ok()) {
    ExpectOneLine(read.error());
    return 0;
  }
  const sim::Scenario drawn = sim::Generate(read.value(), size);
  const std::string written = sim::WriteScenario(drawn);
  const Result<sim::Scenario> again = sim::ParseScenario(written, "F");
  DRYDOCK_CHECK(again.ok(), again.error().text, written);
  DRYDOCK_CHECK(again.value() == drawn, written);
  return 0;
}
