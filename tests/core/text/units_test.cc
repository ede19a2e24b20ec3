#include "core/text/units.h"

#include <doctest/doctest.h>

#include <limits>

#include "core/base/random.h"

namespace drydock {

TEST_CASE("durations are read exactly") {
  const auto ns = [](std::string_view text) {
    const auto read = ParseDuration(text, Sign::kAny);
    REQUIRE_MESSAGE(read.ok(), std::string(text));
    return read.value().nanoseconds();
  };
  CHECK(ns("0") == 0);
  CHECK(ns("150ms") == 150'000'000);
  CHECK(ns("1.2s") == 1'200'000'000);
  CHECK(ns("85us") == 85'000);
  CHECK(ns("0.000000001s") == 1);
  CHECK(ns("1.50m") == 90'000'000'000);
  CHECK(ns("-2s") == -2'000'000'000);
  CHECK(ns("1000000000s") == kMaxFileDuration);
  CHECK(ns("00000000000000000000000000001.000000000000000000000000s") == 1'000'000'000);
}

TEST_CASE("what is no exact duration is refused") {
  for (const char* text : {"", "5", "s", "1.5ns", "1e3s", "5 s", "5S", ".5s", "5.s", "+5s", "--5s",
                           "0.0000000001s", "1000000001s", "99999999999999999999s", "-1s", "5hs"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseDuration(text).ok());
  }
}

TEST_CASE("a formatted duration reads back as itself") {
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const auto ns = static_cast<std::int64_t>(Reduce(Mix(i), kMaxFileDuration) >> (i % 60));
    for (const std::int64_t signed_ns : {ns, -ns}) {
      const Duration duration = Duration::Nanoseconds(signed_ns);
      CHECK(ParseDuration(FormatDuration(duration), Sign::kAny).value() == duration);
    }
  }
}

TEST_CASE("probabilities keep 32 bits, and only 0 and 1 are never and always") {
  const auto read = [](const char* text) { return ParseProbability(text).value(); };
  constexpr std::uint64_t kOne = std::uint64_t{1} << 32;
  CHECK(read("0") == 0);
  CHECK(read("0.0") == 0);
  CHECK(read("1") == kOne);
  CHECK(read("1.000") == kOne);
  CHECK(read("10e-1") == kOne);
  CHECK(read("0.5") == kOne / 2);
  CHECK(read("5e-1") == kOne / 2);
  CHECK(read("0.1") == 429496730);
  CHECK(read("1e-300") == 1);
  CHECK(read("0.9999999999999") == kOne - 1);
  CHECK_FALSE(ParseProbability("1.0000001").ok());
  CHECK_FALSE(ParseProbability("2").ok());
  CHECK_FALSE(ParseProbability("-0.1").ok());
  CHECK_FALSE(ParseProbability("1e1").ok());
}

TEST_CASE("a formatted probability reads back as itself") {
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const std::uint64_t probability = Mix(i) >> (32 + i % 30);
    CHECK(ParseProbability(FormatProbability(probability)).value() == probability);
  }
  CHECK(FormatProbability(ParseProbability("0.1").value()) == "0.1");
  CHECK(FormatProbability(std::uint64_t{1} << 32) == "1");
}

TEST_CASE("decimals are scaled exactly or refused") {
  const auto scaled = [](const char* text, int places) {
    return ScaleDecimal(ParseDecimal(text).value(), places,
                        std::numeric_limits<std::uint64_t>::max());
  };
  CHECK(scaled("1.05", 6).value() == 1'050'000);
  CHECK(scaled("1e3", 0).value() == 1000);
  CHECK(scaled("1.50e1", 0).value() == 15);
  CHECK(scaled("18446744073709551615", 0).value() == std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(scaled("1.5", 0).ok());
  CHECK_FALSE(scaled("1e30", 0).ok());
  CHECK_FALSE(scaled("-1", 0).ok());
  CHECK_FALSE(ParseDecimal("18446744073709551616").ok());
  CHECK_FALSE(ParseDecimal("1e1000").ok());
  CHECK(scaled("0e999", 3).value() == 0);
}

}  // namespace drydock
