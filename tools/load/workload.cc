#include "tools/load/workload.h"

#include <charconv>

#include "core/base/random.h"

namespace drydock::tools {
namespace {

// So many different values there are: enough that nothing profits from repetition.
constexpr std::uint64_t kOffsets = 4096;

// Each kind of draw has a stream of its own.
enum Draw : std::uint64_t { kKind = 1, kKey, kValue, kContent };

std::string RandomBytes(std::uint64_t seed, std::size_t size) {
  std::string bytes;
  bytes.reserve(size + sizeof(std::uint64_t));
  for (std::uint64_t i = 0; bytes.size() < size; ++i) {
    const std::uint64_t word = Mix(Mix(seed, kContent), i);
    bytes.append(reinterpret_cast<const char*>(&word), sizeof(word));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

Workload::Workload(const LoadSettings& settings)
    : settings_(settings),
      bytes_(RandomBytes(settings.seed, settings.value_size + kOffsets)),
      key_(settings.key_size, '0') {}

LoadOperation Workload::At(std::uint64_t ordinal) {
  const auto draw = [&](Draw kind) { return Mix(Mix(settings_.seed, kind), ordinal); };
  const bool read = Reduce(draw(kKind), 100) < settings_.read_percent;
  return Operation(read, Reduce(draw(kKey), settings_.keys), draw(kValue));
}

LoadOperation Workload::Fill(std::uint64_t key) {
  return Operation(/*read=*/false, key, Mix(Mix(settings_.seed, kValue), ~key));
}

LoadOperation Workload::Operation(bool read, std::uint64_t key, std::uint64_t draw) {
  char digits[20];
  char* const end = std::to_chars(digits, digits + sizeof(digits), key).ptr;
  const auto count = static_cast<std::size_t>(end - digits);
  key_.assign(settings_.key_size - count, '0');
  key_[0] = 'k';
  key_.append(digits, count);
  const std::string_view value =
      read ? std::string_view()
           : std::string_view(bytes_).substr(Reduce(draw, kOffsets), settings_.value_size);
  return {.read = read, .key = key_, .value = value};
}

}  // namespace drydock::tools
