// Backups as files: one that has its name is whole, and what is not whole is refused.
#include "net/backup/backup_file.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "core/base/crc32c.h"
#include "core/kv/command.h"
#include "core/kv/kv_store.h"
#include "core/kv/state_codec.h"
#include "core/storage/data_format.h"
#include "tests/net/disk/temporary_directory.h"

namespace drydock::net {
namespace {

namespace fs = std::filesystem;

Entry Command(const ClientOp& op) {
  return {Term(1), EntryKind::kCommand, Bytes(EncodeCommand({.op = op}))};
}

// Two keys and a session.
std::string State() {
  KvStore store;
  store.Apply(Index(1), Command(PutOp{Bytes("a"), Bytes(std::string(5000, 'v'))}));
  store.Apply(Index(2), Command(PutOp{Bytes("b"), Bytes("2")}));
  store.Apply(Index(3), Command(RegisterOp{10}));
  StateEncoder encoder(std::move(store));
  std::string state;
  while (!encoder.AtEnd()) state += encoder.Next(1000).view();
  return state;
}

BackupHead HeadOf(const std::string& state) {
  return {.cluster = "dock",
          .node = NodeId(1),
          .time = 5,
          .data_format = DataFormat(),
          .meta = {.index = Index(3),
                   .term = Term(1),
                   .configuration_index = Index(0),
                   .configuration = Configuration({NodeId(0), NodeId(1)}),
                   .bytes = state.size(),
                   .checksum = Crc32c(state)}};
}

std::string ErrorOf(const Status& status) {
  return status.ok() ? "" : status.error().text;
}

// The error; "" when it was written.
std::string WriteBackup(const std::string& path, bool replace, const BackupHead& head,
                        const std::string& state) {
  const auto writer = BackupWriter::Create(path, replace);
  if (!writer.ok()) return writer.error().text;
  Status status = writer.value()->Begin(head);
  if (status.ok()) status = writer.value()->Append(state);
  if (!status.ok()) return ErrorOf(status);
  const auto bytes = writer.value()->Finish();
  if (!bytes.ok()) return bytes.error().text;
  CHECK(bytes.value() == fs::file_size(path));
  return "";
}

std::string WriteSound(const std::string& path, bool replace = false) {
  return WriteBackup(path, replace, HeadOf(State()), State());
}

std::string ErrorOfCheck(const std::string& path) {
  const auto summary = CheckBackup(path);
  return summary.ok() ? "" : summary.error().text;
}

std::size_t FilesIn(const TemporaryDirectory& directory) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(directory.path()), fs::directory_iterator()));
}

TEST_CASE("backup file: what is written is told and loaded again") {
  const TemporaryDirectory directory;
  const std::string path = directory / "one";
  REQUIRE(WriteSound(path).empty());
  CHECK(FilesIn(directory) == 1);
  CHECK((fs::status(path).permissions() & fs::perms::all) ==
        (fs::perms::owner_read | fs::perms::owner_write));
  const auto summary = CheckBackup(path);
  REQUIRE(summary.ok());
  CHECK(summary.value().head == HeadOf(State()));
  CHECK(summary.value().file_bytes == fs::file_size(path));
  CHECK(summary.value().contents->keys == 2);
  CHECK(summary.value().contents->sessions == 1);
  const auto loaded = LoadBackup(path);
  REQUIRE(loaded.ok());
  CHECK(loaded.value().snapshot.stored.meta == HeadOf(State()).meta);
  std::string state;
  for (const Bytes& piece : loaded.value().snapshot.pieces) state += piece.view();
  CHECK(state == State());
}

TEST_CASE("backup file: a file that is there is replaced only if that is asked for") {
  const TemporaryDirectory directory;
  const std::string path = directory / "one";
  WriteWhole(path, "precious");
  CHECK(Contains(WriteSound(path), "is there already"));
  CHECK(ReadWhole(path) == "precious");
  CHECK(WriteSound(path, /*replace=*/true).empty());
  CHECK(CheckBackup(path).ok());
}

TEST_CASE("backup file: a file that came meanwhile is not replaced either") {
  const TemporaryDirectory directory;
  const std::string path = directory / "one";
  const auto writer = BackupWriter::Create(path, false);
  REQUIRE(writer.ok());
  REQUIRE(writer.value()->Begin(HeadOf(State())).ok());
  REQUIRE(writer.value()->Append(State()).ok());
  WriteWhole(path, "precious");
  CHECK_FALSE(writer.value()->Finish().ok());
  CHECK(ReadWhole(path) == "precious");
}

TEST_CASE("backup file: one that is given up leaves nothing, one that is killed no name") {
  const TemporaryDirectory directory;
  const std::string path = directory / "one";
  {
    const auto writer = BackupWriter::Create(path, false);
    REQUIRE(writer.ok());
    REQUIRE(writer.value()->Begin(HeadOf(State())).ok());
    CHECK(fs::exists(path + ".unfinished"));
    CHECK_FALSE(fs::exists(path));
    CHECK(Contains(WriteSound(path), "another process"));
  }
  CHECK(FilesIn(directory) == 0);
  WriteWhole(path + ".unfinished", std::string(100000, 'x'));
  CHECK(WriteSound(path).empty());
  CHECK(CheckBackup(path).ok());
}

TEST_CASE("backup file: a state that is not what the head says never gets the name") {
  const TemporaryDirectory directory;
  const std::string path = directory / "one";
  const std::string state = State();
  std::string other = state;
  other.back() = 'x';
  CHECK(Contains(WriteBackup(path, false, HeadOf(state), other), "not the state"));
  CHECK(Contains(WriteBackup(path, false, HeadOf(state), state.substr(1)), "cut short"));
  CHECK(Contains(WriteBackup(path, false, HeadOf(state), state + "x"), "behind its end"));
  CHECK(FilesIn(directory) == 0);
}

TEST_CASE("backup file: every truncation and many a flipped bit are refused with the file's name") {
  const TemporaryDirectory directory;
  const std::string path = directory / "one";
  REQUIRE(WriteSound(path).empty());
  const std::string sound = ReadWhole(path);
  const std::string bad = directory / "bad";
  for (std::size_t size = 0; size < sound.size(); size += 7) {
    WriteWhole(bad, sound.substr(0, size));
    REQUIRE(Contains(ErrorOfCheck(bad), bad + ": cut short"));
  }
  for (std::size_t byte = 0; byte < sound.size(); byte += 3) {
    std::string flipped = sound;
    flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << byte % 8));
    WriteWhole(bad, flipped);
    REQUIRE(Contains(ErrorOfCheck(bad), bad + ": "));
    REQUIRE_FALSE(LoadBackup(bad).ok());
  }
}

TEST_CASE("backup file: a newer data format is told, and its state is not looked at") {
  const TemporaryDirectory directory;
  const std::string path = directory / "one";
  const std::string state = "a state that only a newer program can read";
  BackupHead head = HeadOf(state);
  head.data_format = DataFormat() + 1;
  REQUIRE(WriteBackup(path, false, head, state).empty());
  CHECK(Contains(ErrorOfCheck(path), "a backup of data format 2"));
  head.data_format = DataFormat();
  REQUIRE(WriteBackup(path, true, head, state).empty());
  CHECK(Contains(ErrorOfCheck(path), "the state in it cannot be read"));
}

TEST_CASE("backup file: what is no file is told with the system's reason") {
  const TemporaryDirectory directory;
  CHECK(Contains(ErrorOfCheck(directory / "none"), "cannot be opened: No such file"));
  CHECK(Contains(ErrorOfCheck(directory.path()), "cannot be read: Is a directory"));
  CHECK(Contains(WriteSound(directory / "no/such/folder"), "cannot write"));
}

}  // namespace
}  // namespace drydock::net
