// A backup's file as bytes: what was written is read back, and nothing else is taken for a backup.
#include "core/storage/backup_format.h"

#include <doctest/doctest.h>

#include <string>

#include "core/base/codec.h"
#include "core/base/crc32c.h"

namespace drydock {
namespace {

const std::string kState = "the state of the store";

BackupHead Head() {
  Configuration configuration({NodeId(0), NodeId(1), NodeId(2)});
  configuration.Bind(NodeId(1), StoreId(77));
  configuration.SetAddress(NodeId(2), "10.0.0.3:7000");
  return {.cluster = "dock",
          .node = NodeId(2),
          .time = 1'700'000'000'000'000'000,
          .data_format = 1,
          .meta = {.index = Index(123),
                   .term = Term(4),
                   .configuration_index = Index(5),
                   .configuration = configuration,
                   .bytes = kState.size(),
                   .checksum = Crc32c(kState)}};
}

std::string FileOf(const std::string& before_end) {
  return before_end + EncodeBackupEnd(Crc32c(before_end));
}
std::string File() {
  return FileOf(EncodeBackupHead(Head()) + kState);
}

struct Parsed {
  std::string error;  // "": it is a backup
  std::string state;
  BackupHead head;
};

Parsed Parse(const std::string& file, std::size_t piece) {
  BackupParser parser;
  Parsed parsed;
  for (std::size_t at = 0; at < file.size(); at += piece) {
    const auto state = parser.Feed(std::string_view(file).substr(at, piece));
    if (!state.ok()) return {.error = state.error().text, .state = {}, .head = {}};
    parsed.state += state.value();
  }
  const Status whole = parser.Finish();
  if (!whole.ok()) parsed.error = whole.error().text;
  if (whole.ok()) parsed.head = *parser.head();
  return parsed;
}

bool Says(const std::string& file, const std::string& reason) {
  const Parsed parsed = Parse(file, 4096);
  return parsed.error.find(reason) != std::string::npos;
}

TEST_CASE("backup: it is read back as it was written, in pieces of any size") {
  const std::string file = File();
  for (std::size_t piece = 1; piece <= file.size(); ++piece) {
    const Parsed parsed = Parse(file, piece);
    CHECK(parsed.error.empty());
    CHECK(parsed.state == kState);
    CHECK(parsed.head == Head());
  }
}

TEST_CASE("backup: no beginning of one is a backup") {
  const std::string file = File();
  for (std::size_t size = 0; size < file.size(); ++size) {
    CHECK_MESSAGE(Says(file.substr(0, size), "cut short"), size);
  }
}

TEST_CASE("backup: every flipped bit is noticed") {
  const std::string file = File();
  for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
    std::string flipped = file;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    for (const std::size_t piece : {std::size_t{1}, file.size()}) {
      CHECK_MESSAGE(!Parse(flipped, piece).error.empty(), bit);
    }
  }
}

TEST_CASE("backup: what stands behind the end, or is none at all, is refused with the reason") {
  CHECK(Says(File() + "x", "something behind its end"));
  CHECK(Says("", "cut short"));
  CHECK(Says("any other file, of whatever size", "no backup of Drydock"));
}

TEST_CASE("backup: one of a newer version is told from a damaged one") {
  std::string newer = "drydbkup";
  Writer writer(newer);
  writer.U32(kBackupVersion + 1);
  writer.Blob("something that we know nothing of");
  writer.U32(Crc32c(newer));
  CHECK(Says(FileOf(newer + kState), "format version 2, and this program reads version 1"));
}

TEST_CASE("backup: a state that is not what the head says is refused though all checksums fit") {
  CHECK(Says(FileOf(EncodeBackupHead(Head()) + "the state of the Store"), "not the state"));
  CHECK(Says(FileOf(EncodeBackupHead(Head()) + "short"), "cut short"));
}

TEST_CASE("backup: a head that no node can have written is refused") {
  for (const auto spoil : {+[](BackupHead& head) { head.cluster.clear(); },
                           +[](BackupHead& head) { head.meta.index = Index(0); },
                           +[](BackupHead& head) { head.meta.term = Term(0); },
                           +[](BackupHead& head) { head.meta.bytes = 0; },
                           +[](BackupHead& head) { head.meta.configuration_index = Index(124); },
                           +[](BackupHead& head) { head.meta.configuration = {}; }}) {
    BackupHead head = Head();
    spoil(head);
    CHECK(Says(FileOf(EncodeBackupHead(head) + kState), "makes no sense"));
  }
}

}  // namespace
}  // namespace drydock
