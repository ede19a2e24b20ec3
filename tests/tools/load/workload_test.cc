#include "tools/load/workload.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "tools/load/arrivals.h"
#include "tools/load/settings.h"

namespace drydock::tools {
namespace {

struct Copy {
  bool read;
  std::string key;
  std::string value;
  friend bool operator==(const Copy&, const Copy&) = default;
};
Copy At(Workload& workload, std::uint64_t ordinal) {
  const LoadOperation operation = workload.At(ordinal);
  return {operation.read, std::string(operation.key), std::string(operation.value)};
}

TEST_CASE("the n-th operation depends on the seed and n alone") {
  LoadSettings settings;
  settings.read_percent = 50;
  Workload one(settings);
  Workload other(settings);
  const Copy seventh = At(one, 7);
  for (std::uint64_t i = 0; i < 100; ++i) At(other, i);
  CHECK(At(other, 7) == seventh);
  settings.seed = 2;
  Workload another(settings);
  int same = 0;
  for (std::uint64_t i = 0; i < 100; ++i) same += At(another, i) == At(one, i);
  CHECK(same < 5);
}

TEST_CASE("keys and values have the sizes asked for") {
  LoadSettings settings;
  settings.key_size = 9;
  settings.value_size = 1000;
  settings.keys = 3;
  Workload workload(settings);
  std::set<std::string> keys;
  std::set<std::string> values;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const Copy operation = At(workload, i);
    CHECK(operation.key.size() == 9);
    CHECK(operation.value.size() == 1000);
    keys.insert(operation.key);
    values.insert(operation.value);
  }
  CHECK(keys == std::set<std::string>{"k00000000", "k00000001", "k00000002"});
  CHECK(values.size() > 500);
}

TEST_CASE("filling reaches just the keys that operations use") {
  LoadSettings settings;
  settings.keys = 50;
  Workload workload(settings);
  std::set<std::string> filled;
  for (std::uint64_t key = 0; key < 50; ++key) filled.emplace(workload.Fill(key).key);
  std::set<std::string> used;
  for (std::uint64_t i = 0; i < 5000; ++i) used.insert(At(workload, i).key);
  CHECK(filled == used);
}

TEST_CASE("empty values and the shortest keys are possible") {
  LoadSettings settings;
  settings.value_size = 0;
  settings.keys = 1;
  settings.key_size = 2;
  CHECK(CheckLoadSettings(settings).ok());
  Workload workload(settings);
  CHECK(At(workload, 3) == Copy{false, "k0", ""});
}

TEST_CASE("settings that cannot be are refused, with the flag's name") {
  const auto text_of = [](auto change) {
    LoadSettings settings;
    change(settings);
    const Status status = CheckLoadSettings(settings);
    return status.ok() ? "" : status.error().text;
  };
  CHECK(text_of([](LoadSettings&) {}).empty());
  CHECK(text_of([](LoadSettings& s) { s.clients = 0; }) ==
        "--clients is from 1 to 100000, found 0");
  CHECK(text_of([](LoadSettings& s) { s.read_percent = 101; }) ==
        "--reads is from 0 to 100, found 101");
  CHECK(text_of([](LoadSettings& s) { s.keys = 0; }) == "--keys is from 1 to 1000000000, found 0");
  CHECK(text_of([](LoadSettings& s) { s.key_size = 4; }) ==
        "--key-size is at least 5 for 10000 keys and at most 67108864, found 4");
  CHECK(text_of([](LoadSettings& s) { s.length = Duration(); }) ==
        "--for must be longer than nothing; write for example 10s");
  CHECK(text_of([](LoadSettings& s) {
          s.length = Duration();
          s.operations = 5;
        }).empty());
}

TEST_CASE("constant arrivals do not drift") {
  const TimePoint begin = TimePoint::FromNanoseconds(5);
  ArrivalTimes arrivals(Arrivals::kConstant, 3, 1, begin);
  CHECK(arrivals.next() == begin);
  for (int i = 0; i < 3'000'000; ++i) arrivals.Pop();
  CHECK(arrivals.next() == begin + Duration::Seconds(1'000'000));
}

TEST_CASE("Poisson arrivals come at the rate, irregularly, the same for a seed") {
  ArrivalTimes arrivals(Arrivals::kPoisson, 1000, 7, TimePoint());
  ArrivalTimes again(Arrivals::kPoisson, 1000, 7, TimePoint());
  TimePoint last;
  int short_gaps = 0;
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i) {
    CHECK(arrivals.next() >= last);
    short_gaps += arrivals.next() - last < Duration::Milliseconds(1);
    last = arrivals.next();
    CHECK(again.next() == last);
    arrivals.Pop();
    again.Pop();
  }
  CHECK(static_cast<double>(last.nanoseconds()) == doctest::Approx(100e9).epsilon(0.02));
  CHECK(short_gaps == doctest::Approx(kCount * 0.632).epsilon(0.02));  // 1 - 1/e
}

}  // namespace
}  // namespace drydock::tools
