// The state in a snapshot: decoded whole or in pieces it is the same, and so it is once it was
// encoded and decoded again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/hasher.h"
#include "core/kv/state_codec.h"
#include "tests/parsers/input.h"

namespace drydock {
namespace {

std::uint64_t HashOf(const KvStore& store) {
  Hasher hasher;
  store.AddTo(hasher);
  return hasher.Finish();
}

// Nullopt: these are not the bytes of a state.
std::optional<KvStore> Decoded(std::string_view bytes, std::size_t piece) {
  StateDecoder decoder;
  for (Input input(bytes); !input.AtEnd();) {
    if (!decoder.Feed(input.Take(piece))) return std::nullopt;
  }
  if (!decoder.complete()) return std::nullopt;
  return decoder.Take(Index(7));
}

std::string Encoded(KvStore store, std::size_t piece) {
  StateEncoder encoder(std::move(store));
  std::string bytes;
  while (!encoder.AtEnd()) bytes += encoder.Next(piece).view();
  return bytes;
}

void Try(std::string_view bytes, std::size_t piece) {
  const std::optional<KvStore> whole = Decoded(bytes, std::max<std::size_t>(1, bytes.size()));
  const std::optional<KvStore> in_pieces = Decoded(bytes, piece);
  DRYDOCK_CHECK(whole.has_value() == in_pieces.has_value(), piece);
  if (!whole.has_value()) return;
  DRYDOCK_CHECK(HashOf(*whole) == HashOf(*in_pieces), piece);
  const std::optional<KvStore> again = Decoded(Encoded(*whole, piece), piece);
  DRYDOCK_CHECK(again.has_value() && HashOf(*again) == HashOf(*whole), piece);
}

}  // namespace
}  // namespace drydock

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  drydock::Input input(drydock::ViewOf(data, size));
  const std::size_t piece = input.Byte() + std::size_t{1};
  drydock::Try(input.rest(), piece);
  return 0;
}
