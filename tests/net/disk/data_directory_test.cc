#include "net/disk/data_directory.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/codec.h"
#include "core/base/crc32c.h"
#include "core/storage/data_format.h"
#include "core/storage/recovery.h"
#include "tests/net/disk/temporary_directory.h"

namespace drydock::net {
namespace {

namespace fs = std::filesystem;

using Opened = Result<std::unique_ptr<DataDirectory>>;

const StartOptions kFirstStart{NodeId(1), StoreId(7), 1 << 20};
const StartOptions kLaterStart{NodeId(1), std::nullopt, 1 << 20};

Opened Open(const std::string& directory, bool bootstrap, const std::string& cluster = "dock") {
  return DataDirectory::Open({directory, cluster, bootstrap});
}

std::string ErrorOf(const Opened& opened) {
  REQUIRE_FALSE(opened.ok());
  return opened.error().text;
}

// What raftd does at its start; the text of the error, empty when it went well.
std::string Start(const std::string& directory, bool bootstrap,
                  const std::string& cluster = "dock") {
  const Opened opened = Open(directory, bootstrap, cluster);
  if (!opened.ok()) return opened.error().text;
  const auto recovered = Recover(opened.value()->disk(), bootstrap ? kFirstStart : kLaterStart);
  return recovered.ok() ? "" : recovered.error().text;
}

// A child process that holds the directory until it is killed.
class Holder {
 public:
  explicit Holder(const std::string& directory) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    process_ = ::fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
      const Opened opened = Open(directory, true);
      const char ok = opened.ok() ? 'y' : 'n';
      if (::write(ends[1], &ok, 1) != 1) ::_exit(1);
      while (true) ::pause();
    }
    ::close(ends[1]);
    char ok = 0;
    CHECK(::read(ends[0], &ok, 1) == 1);
    CHECK(ok == 'y');
    ::close(ends[0]);
  }
  ~Holder() { Kill(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  pid_t process() const { return process_; }
  void Kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  pid_t process_ = 0;
};

TEST_CASE("a directory that another process holds is refused until that process is gone") {
  const TemporaryDirectory temporary;
  const std::string path = temporary / "data";
  Holder holder(path);
  const std::string text = ErrorOf(Open(path, true));
  CHECK_MESSAGE(text.starts_with(path + " is in use by another raftd, process " +
                                 std::to_string(holder.process()) + ":"),
                text);
  CHECK(Start(path, true) == text);  // a refusal leaves the lock and what is written in it alone
  holder.Kill();
  CHECK(Start(path, true).empty());
}

TEST_CASE("the lock names the process that holds it, and nobody afterwards") {
  const TemporaryDirectory temporary;
  {
    const Opened first = Open(temporary.path(), true);
    REQUIRE(first.ok());
    CHECK(ReadWhole(temporary / "lock") == std::to_string(::getpid()) + "\n");
    CHECK(Contains(ErrorOf(Open(temporary.path(), true)), "is in use by another raftd"));
  }
  CHECK(ReadWhole(temporary / "lock").empty());
  WriteWhole(temporary / "lock", "123456789 left by a node that was killed\n");
  const Opened second = Open(temporary.path(), false);
  REQUIRE(second.ok());
  CHECK(ReadWhole(temporary / "lock") == std::to_string(::getpid()) + "\n");
}

TEST_CASE("a directory of another cluster is refused, with both names") {
  const TemporaryDirectory temporary;
  REQUIRE(Start(temporary.path(), true, "a").empty());
  for (const bool bootstrap : {false, true}) {
    const std::string text = Start(temporary.path(), bootstrap, "b");
    CHECK_MESSAGE(text.starts_with(temporary.path() + " belongs to cluster \"a\", not \"b\""),
                  text);
    CHECK(Start(temporary.path(), bootstrap, "a").empty());
  }
}

TEST_CASE("the name of a cluster has 1 to 255 bytes of any kind") {
  const TemporaryDirectory temporary;
  CHECK(Contains(ErrorOf(Open(temporary / "x", true, "")), "0 bytes"));
  CHECK(Contains(ErrorOf(Open(temporary / "x", true, std::string(256, 'x'))), "256 bytes"));
  CHECK(Contains(ErrorOf(Open("", true)), "empty"));
  CHECK_FALSE(fs::exists(temporary / "x"));
  std::string name(255, '\0');
  for (std::size_t i = 0; i < name.size(); ++i) name[i] = static_cast<char>(i);
  CHECK(Start(temporary.path(), true, name).empty());
  CHECK(Start(temporary.path(), false, name).empty());
}

TEST_CASE("every flipped bit, every truncation and every longer cluster file is refused") {
  const TemporaryDirectory temporary;
  REQUIRE(Start(temporary.path(), true).empty());
  const std::string path = temporary / "cluster";
  const std::string sound = ReadWhole(path);
  const auto refused = [&](const std::string& bytes) {
    WriteWhole(path, bytes);
    const std::string text = ErrorOf(Open(temporary.path(), true));
    CHECK_MESSAGE(text.starts_with(path + ": "), text);
    CHECK_MESSAGE(Contains(text, "copy the file from another node"), text);
  };
  for (std::size_t bit = 0; bit < 8 * sound.size(); ++bit) {
    CAPTURE(bit);
    std::string bytes = sound;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    refused(bytes);
  }
  for (std::size_t size = 0; size < sound.size(); ++size) refused(sound.substr(0, size));
  refused(sound + '\0');
  refused(sound + sound);
  refused(std::string(100000, 'x'));
  WriteWhole(path, sound);
  CHECK(Start(temporary.path(), false).empty());
}

TEST_CASE("a cluster file of a newer version asks for the newer program") {
  const TemporaryDirectory temporary;
  std::string bytes = "drydockc";
  Writer writer(bytes);
  writer.U32(2);
  writer.Blob("something else");
  writer.U32(Crc32c(bytes));
  WriteWhole(temporary / "cluster", bytes);
  const std::string text = ErrorOf(Open(temporary.path(), true));
  CHECK_MESSAGE(Contains(text, "format version 2, and this program reads version 1"), text);
}

TEST_CASE("without bootstrap a missing directory is not made, and an empty one gets no store") {
  const TemporaryDirectory temporary;
  const std::string text = ErrorOf(Open(temporary / "missing", false));
  CHECK_MESSAGE(Contains(text, temporary / "missing"), text);
  CHECK_MESSAGE(Contains(text, "--bootstrap"), text);
  CHECK_FALSE(fs::exists(temporary / "missing"));
  CHECK(Start(temporary.path(), false).starts_with("no store in this directory"));
  CHECK_FALSE(fs::exists(temporary / "cluster"));
  CHECK(Start(temporary.path(), true).empty());
}

TEST_CASE("a store whose cluster file was lost is refused, with bootstrap or without") {
  const TemporaryDirectory temporary;
  REQUIRE(Start(temporary.path(), true).empty());
  const std::string cluster = ReadWhole(temporary / "cluster");
  fs::remove(temporary / "cluster");
  for (const bool bootstrap : {false, true}) {
    const std::string text = Start(temporary.path(), bootstrap);
    CHECK_MESSAGE(text.starts_with(temporary / "cluster: the file is missing, though there is a "
                                               "store"),
                  text);
  }
  // The advice that is given helps.
  WriteWhole(temporary / "cluster", cluster);
  CHECK(Start(temporary.path(), false).empty());
  // A log alone is a store as well: its identity is what got lost.
  fs::remove(temporary / "cluster");
  fs::remove(temporary / "identity");
  CHECK(Contains(Start(temporary.path(), true), "the file is missing, though there is a store"));
}

// The steps of a bootstrap in order, each as it may be when a crash comes within it.
struct Step {
  std::string path;
  std::vector<std::string> contents;  // before it is whole
};

std::vector<Step> StepsOf(const std::string& founded) {
  const std::string cluster = ReadWhole(founded + "/cluster");
  const std::string identity = ReadWhole(founded + "/identity");
  const std::string segment = ReadWhole(founded + "/wal/0000000001");
  const std::string zeros(segment.size(), '\0');
  return {
      {"lock", {"", "12"}},
      {"trial.tmp", {"", std::string(100, '\0'), std::string(4096, '\0')}},
      {"cluster.tmp",
       {"", cluster.substr(0, 9), std::string(cluster.size(), '\0'), cluster + "garbage", cluster}},
      {"cluster", {}},
      {"wal/0000000001",
       {"", zeros.substr(0, 4096), zeros, segment.substr(0, 256) + zeros.substr(256), segment}},
      {"identity.tmp", {"", identity.substr(0, 20), std::string(44, '\0'), identity}},
      {"identity", {}},
  };
}

TEST_CASE("a crash at any point of bootstrap leaves what the same command can bootstrap again") {
  const TemporaryDirectory temporary;
  const std::string founded = temporary / "founded";
  REQUIRE(Start(founded, true).empty());
  const std::string path = temporary / "data";
  int crashes = 0;
  // `done` are there and whole, and of the next one what a crash left.
  const auto check = [&](const std::vector<std::string>& done, const std::string& partial,
                         const std::string& content) {
    CAPTURE(partial);
    CAPTURE(content.size());
    fs::remove_all(path);
    fs::create_directories(path + "/wal");
    for (const std::string& name : done) fs::copy_file(founded + "/" + name, path + "/" + name);
    if (!partial.empty()) WriteWhole(path + "/" + partial, content);
    CHECK(Start(path, true) == "");
    CHECK(Start(path, false) == "");
    CHECK(Start(path, true) == "");
    ++crashes;
  };
  std::vector<std::string> done;
  for (const Step& step : StepsOf(founded)) {
    check(done, "", "");
    for (const std::string& content : step.contents) check(done, step.path, content);
    if (!step.path.ends_with(".tmp")) done.push_back(step.path);
  }
  check(done, "", "");
  CHECK(crashes > 20);
}

TEST_CASE("a full disk at the start is a clear error, and nothing is changed") {
  TemporaryDirectory temporary;
  if (!temporary.MountSmallDisk("1m")) {
    MESSAGE("skipped: mounting a small disk is not permitted here");
    return;
  }
  WriteWhole(temporary / "ballast", std::string(2 << 20, 'x'));
  const std::string full = ErrorOf(Open(temporary.path(), true));
  CHECK_MESSAGE(Contains(full, temporary.path()), full);
  CHECK_MESSAGE(Contains(full, "No space left on device"), full);
  CHECK_FALSE(fs::exists(temporary / "cluster"));
  fs::remove(temporary / "ballast");
  REQUIRE(Open(temporary.path(), true).ok());
  // With room for the lock, yet not for a store's own files.
  WriteWhole(temporary / "ballast", std::string(2 << 20, 'x'));
  fs::resize_file(temporary / "ballast", fs::file_size(temporary / "ballast") - 4096);
  const std::string nearly = ErrorOf(Open(temporary.path(), true));
  CHECK_MESSAGE(Contains(nearly, "No space left on device; free some space"), nearly);
}

TEST_CASE("a read-only directory is a clear error") {
  TemporaryDirectory temporary;
  if (!temporary.MountSmallDisk("1m")) {
    MESSAGE("skipped: mounting a small disk is not permitted here");
    return;
  }
  REQUIRE(Open(temporary.path(), true).ok());
  REQUIRE(temporary.MakeReadOnly());
  const std::string text = ErrorOf(Open(temporary.path(), false));
  CHECK_MESSAGE(Contains(text, temporary.path()), text);
  CHECK_MESSAGE(Contains(text, "Read-only file system"), text);
}

}  // namespace
TEST_CASE("a store that was made to join remembers it, whatever later starts say") {
  const TemporaryDirectory folder;
  const auto start = [&](bool bootstrap, bool join) {
    const Opened opened = DataDirectory::Open({folder.path(), "dock", bootstrap, join});
    REQUIRE(opened.ok());
    const bool joins = opened.value()->joins();
    REQUIRE(Recover(opened.value()->disk(), bootstrap ? kFirstStart : kLaterStart).ok());
    return joins;
  };
  CHECK(start(true, true));
  CHECK(start(false, false));
  CHECK(start(true, false));
}

TEST_CASE("what a store is made for is said anew until it is founded") {
  const TemporaryDirectory folder;
  const auto open = [&](bool join) {
    const Opened opened = DataDirectory::Open({folder.path(), "dock", true, join});
    REQUIRE(opened.ok());
    return opened.value()->joins();
  };
  CHECK(open(true));
  CHECK_FALSE(open(false));
  CHECK(open(true));
  CHECK_FALSE(open(false));
  REQUIRE(Start(folder.path(), true).empty());
  CHECK_FALSE(open(true));
}

// --- Filling ------------------------------------------------------------------------------------

namespace {

Opened OpenToFill(const std::string& directory) {
  return DataDirectory::Open(
      {.directory = directory, .cluster = "dock", .bootstrap = true, .fill = true});
}

// Founds a store in a directory that was opened to be filled.
void FillStore(DataDirectory& directory) {
  REQUIRE(Recover(directory.disk(), kFirstStart).ok());
}

}  // namespace

TEST_CASE("a directory that is filled to the end can be started with") {
  const TemporaryDirectory folder;
  const std::string path = folder / "store";
  {
    const Opened opened = OpenToFill(path);
    REQUIRE(opened.ok());
    CHECK(fs::exists(path + "/unfinished"));
    FillStore(*opened.value());
    REQUIRE(opened.value()->FinishFilling().ok());
    CHECK_FALSE(fs::exists(path + "/unfinished"));
  }
  CHECK(Start(path, false).empty());
  CHECK(Contains(ErrorOf(OpenToFill(path)), "give an empty one"));
}

TEST_CASE("a directory whose filling was broken off is started by nothing, and filled anew") {
  const TemporaryDirectory folder;
  const std::string path = folder / "store";
  REQUIRE(OpenToFill(path).ok());
  fs::create_directories(path + "/wal");
  fs::create_directories(path + "/snapshots");
  WriteWhole(path + "/wal/0000000001", "half of a segment");
  WriteWhole(path + "/snapshots/00000000000000000009", "half of a snapshot");
  for (const bool bootstrap : {false, true}) {
    CHECK(Contains(Start(path, bootstrap), "holds the beginning of a store"));
  }
  CHECK(fs::exists(path + "/snapshots/00000000000000000009"));
  const Opened opened = OpenToFill(path);
  REQUIRE(opened.ok());
  CHECK(fs::is_empty(path + "/wal"));
  CHECK(fs::is_empty(path + "/snapshots"));
  FillStore(*opened.value());
  REQUIRE(opened.value()->FinishFilling().ok());
}

TEST_CASE("a filling that was broken off behind its end is whole") {
  const TemporaryDirectory folder;
  const std::string path = folder / "store";
  {
    const Opened opened = OpenToFill(path);
    REQUIRE(opened.ok());
    FillStore(*opened.value());
  }
  CHECK(Contains(ErrorOf(OpenToFill(path)), "give an empty one"));
  CHECK(Start(path, false).empty());
  CHECK_FALSE(fs::exists(path + "/unfinished"));
}

TEST_CASE("a directory with any part of a store is not filled, and stays as it is") {
  for (const std::string part : {"wal/0000000001", "snapshots/writing", "identity"}) {
    const TemporaryDirectory folder;
    const std::string path = folder / "store";
    fs::create_directories(path + "/wal");
    fs::create_directories(path + "/snapshots");
    WriteWhole(path + "/" + part, "something");
    CHECK(Contains(ErrorOf(OpenToFill(path)), "holds a store, or the beginning of one"));
    CHECK(ReadWhole(path + "/" + part) == "something");
    CHECK_FALSE(fs::exists(path + "/unfinished"));
  }
}

// --- The data format ----------------------------------------------------------------------------

TEST_CASE("a store of a newer data format is refused before anything else is looked at") {
  const TemporaryDirectory folder;
  const std::string path = folder / "store";
  REQUIRE(Start(path, true).empty());
  {
    const Opened opened = Open(path, false);
    REQUIRE(RaiseDataFormat(opened.value()->disk(), 1, DataFormat() + 1).ok());
  }
  WriteWhole(path + "/cluster", "in a form that we know nothing of");
  CHECK(Contains(Start(path, false), path + "/format: the store is of data format 2"));
}

}  // namespace drydock::net
