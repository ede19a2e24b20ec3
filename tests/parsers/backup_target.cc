// Backups that hold anything: whole or in pieces they are judged alike, refused in one line, and
// what passes is written again to the byte.
//
//   input    piece u8, flags u8, the file
//   flags    1: the file's checksums are made to fit: of its beginning, if there is one, and its
//   end
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/codec.h"
#include "core/base/crc32c.h"
#include "core/storage/backup_format.h"
#include "tests/parsers/input.h"

namespace drydock {
namespace {

constexpr std::size_t kFixedBytes = 16;

std::string Sealed(std::string file) {
  Reader reader(std::string_view(file).substr(std::min<std::size_t>(12, file.size())));
  const std::uint64_t end = kFixedBytes + std::uint64_t{reader.U32()};
  std::string sum;
  if (reader.ok() && end + 4 <= file.size()) {
    Writer(sum).U32(Crc32c(std::string_view(file).substr(0, end)));
    file.replace(end, 4, sum);
  }
  return file + EncodeBackupEnd(Crc32c(file));
}

// The head and the state of a backup; nothing when it is none.
struct Parsed {
  std::string head;
  std::string state;
  friend bool operator==(const Parsed&, const Parsed&) = default;
};

Parsed Parse(std::string_view file, std::size_t piece) {
  BackupParser parser;
  Parsed parsed;
  for (Input input(file); !input.AtEnd();) {
    const auto state = parser.Feed(input.Take(piece));
    if (!state.ok()) {
      ExpectOneLine(state.error());
      return {};
    }
    parsed.state += state.value();
  }
  const Status whole = parser.Finish();
  if (!whole.ok()) {
    ExpectOneLine(whole.error());
    return {};
  }
  parsed.head = EncodeBackupHead(*parser.head());
  return parsed;
}

void Try(const std::string& file, std::size_t piece) {
  const Parsed whole = Parse(file, std::max<std::size_t>(1, file.size()));
  DRYDOCK_CHECK(whole == Parse(file, piece), piece);
  if (whole.head.empty()) return;
  const Parsed again =
      Parse(whole.head + whole.state + EncodeBackupEnd(Crc32c(whole.head + whole.state)), piece);
  DRYDOCK_CHECK(whole == again, piece);
}

}  // namespace
}  // namespace drydock

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  drydock::Input input(drydock::ViewOf(data, size));
  const std::size_t piece = input.Byte() + std::size_t{1};
  const bool sealed = (input.Byte() & 1) != 0;
  const std::string file(input.rest());
  drydock::Try(sealed ? drydock::Sealed(file) : file, piece);
  return 0;
}
