#include "net/disk/posix_disk.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "tests/net/disk/temporary_directory.h"
#include "tests/support/memory_disk.h"

namespace drydock::net {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<PosixDisk> OpenDisk(const std::string& directory) {
  auto disk = PosixDisk::Open(directory);
  REQUIRE_MESSAGE(disk.ok(), (disk.ok() ? "" : disk.error().text));
  return std::move(disk.value());
}

template <class T>
std::string ErrorOf(const Result<T>& result) {
  REQUIRE_FALSE(result.ok());
  return result.error().text;
}

struct stat StatOf(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status;
}

std::size_t OpenDescriptors() {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

TEST_CASE("the directory is created, for its owner only, but not its parents") {
  const TemporaryDirectory temporary;
  OpenDisk(temporary / "new");
  CHECK((StatOf(temporary / "new").st_mode & 07777) == 0700);
  OpenDisk(temporary / "new/");  // it is there now
  const std::string text = ErrorOf(PosixDisk::Open(temporary / "missing/new"));
  CHECK(Contains(text, temporary / "missing/new"));
  CHECK(Contains(text, "No such file or directory"));
  WriteWhole(temporary / "file", "x");
  CHECK(Contains(ErrorOf(PosixDisk::Open(temporary / "file")), "Not a directory"));
  CHECK(Contains(ErrorOf(PosixDisk::Open("")), "empty"));
}

TEST_CASE("a created file reads as zeros, has all its room on the disk, and replaces an old one") {
  const TemporaryDirectory temporary;
  const auto disk = OpenDisk(temporary.path());
  constexpr std::uint64_t kBytes = (3 << 20) + 512;
  REQUIRE(disk->Create("wal/file", kBytes).ok());
  REQUIRE(disk->Sync("wal/file").ok());
  CHECK(disk->Size("wal/file").value() == kBytes);
  CHECK(disk->Read("wal/file", 0, kBytes).value() == std::string(kBytes, '\0'));
  const struct stat status = StatOf(temporary / "wal/file");
  CHECK((status.st_mode & 07777) == 0600);
  CHECK((StatOf(temporary / "wal").st_mode & 07777) == 0700);
  CHECK(static_cast<std::uint64_t>(status.st_blocks) * 512 >= kBytes);

  REQUIRE(disk->Write("wal/file", 100, "old").ok());
  REQUIRE(disk->Create("wal/file", 200).ok());
  CHECK(disk->Read("wal/file", 0, 200).value() == std::string(200, '\0'));
  REQUIRE(disk->Create("empty", 0).ok());
  CHECK(disk->Size("empty").value() == 0);
}

TEST_CASE("pieces are written one after another, however many and however small") {
  const TemporaryDirectory temporary;
  const auto disk = OpenDisk(temporary.path());
  REQUIRE(disk->Create("file", 20000).ok());
  std::vector<Bytes> pieces{Bytes(), Bytes(std::string(5000, 'a'))};
  std::string all(5000, 'a');
  for (int i = 0; i < 3000; ++i) {
    const std::string piece = std::to_string(i % 7 == 0 ? 0 : i).substr(i % 7 == 0 ? 1 : 0);
    pieces.emplace_back(piece);
    all += piece;
  }
  pieces.emplace_back();
  REQUIRE(disk->WriteAll("file", 3, pieces).ok());
  CHECK(disk->Read("file", 0, 3).value() == std::string(3, '\0'));
  CHECK(disk->Read("file", 3, all.size()).value() == all);
  CHECK(disk->Read("file", 3 + all.size(), 100).value() == std::string(100, '\0'));
  CHECK(disk->Size("file").value() == 20000);
  CHECK(disk->WriteAll("file", 0, {}).ok());
}

TEST_CASE("what is not there is an error that names the full path") {
  const TemporaryDirectory temporary;
  const auto disk = OpenDisk(temporary.path());
  for (const char* path : {"missing", "wal/missing"}) {
    for (const std::string& text :
         {ErrorOf(disk->Size(path)), ErrorOf(disk->Read(path, 0, 0)), ErrorOf(disk->Remove(path)),
          ErrorOf(disk->Write(path, 0, "x")), ErrorOf(disk->Sync(path)),
          ErrorOf(disk->Rename(path, "other"))}) {
      CHECK_MESSAGE(Contains(text, temporary / path), text);
      CHECK_MESSAGE(Contains(text, "No such file or directory"), text);
    }
  }
  CHECK(disk->List("wal").value().empty());
  CHECK(disk->List("").value().empty());
  CHECK(Contains(ErrorOf(disk->SyncDirectory("wal")), temporary / "wal"));
}

TEST_CASE("a read past the end is an error and takes no memory") {
  const TemporaryDirectory temporary;
  const auto disk = OpenDisk(temporary.path());
  REQUIRE(disk->Create("file", 100).ok());
  CHECK(disk->Read("file", 100, 0).value().empty());
  CHECK(disk->Read("file", 99, 1).ok());
  CHECK(Contains(ErrorOf(disk->Read("file", 99, 2)), "at byte 99"));
  CHECK_FALSE(disk->Read("file", 101, 0).ok());
  CHECK_FALSE(disk->Read("file", 1, ~std::uint64_t{0}).ok());
  CHECK_FALSE(disk->Read("file", ~std::uint64_t{0}, 1).ok());
  CHECK_FALSE(disk->Write("file", ~std::uint64_t{0} - 5, "x").ok());
}

TEST_CASE("only files are listed, in order") {
  const TemporaryDirectory temporary;
  const auto disk = OpenDisk(temporary.path());
  for (const char* path : {"b", "a", "wal/2", "wal/10", "c"}) REQUIRE(disk->Create(path, 1).ok());
  fs::create_directory(temporary / "empty");
  fs::create_symlink(temporary / "a", temporary / "link");
  fs::create_symlink("nowhere", temporary / "broken");
  CHECK(disk->List("").value() == std::vector<std::string>{"a", "b", "c", "link"});
  CHECK(disk->List("wal").value() == std::vector<std::string>{"10", "2"});
  CHECK(disk->List("empty").value().empty());
  CHECK_FALSE(disk->List("a").ok());
}

TEST_CASE("no path leads out of the directory") {
  const TemporaryDirectory temporary;
  WriteWhole(temporary / "outside", "x");
  const auto disk = OpenDisk(temporary / "data");
  const std::string nul("a\0b", 3);
  for (const std::string& path :
       {std::string(""), std::string("."), std::string(".."), std::string("../outside"),
        std::string("wal/.."), std::string("./a"), std::string("/etc/passwd"), std::string("wal/"),
        std::string("wal//a"), std::string("wal/../../outside"), nul, std::string("a/b/c")}) {
    CAPTURE(path);
    CHECK_FALSE(disk->Create(path, 1).ok());
    CHECK_FALSE(disk->Size(path).ok());
    CHECK_FALSE(disk->Read(path, 0, 0).ok());
    CHECK_FALSE(disk->Write(path, 0, "x").ok());
    CHECK_FALSE(disk->Sync(path).ok());
    CHECK_FALSE(disk->Remove(path).ok());
    CHECK_FALSE(disk->Rename(path, "a").ok());
    CHECK_FALSE(disk->Rename("a", path).ok());
    if (!path.empty()) {
      CHECK_FALSE(disk->List(path).ok());
      CHECK_FALSE(disk->SyncDirectory(path).ok());
    }
  }
  CHECK(ReadWhole(temporary / "outside") == "x");
}

TEST_CASE("a file can be renamed, replaced and removed while it is open") {
  const TemporaryDirectory temporary;
  const auto disk = OpenDisk(temporary.path());
  REQUIRE(disk->Create("a", 10).ok());
  REQUIRE(disk->Create("b", 10).ok());
  REQUIRE(disk->Write("a", 0, "from a").ok());
  REQUIRE(disk->Write("b", 0, "from b").ok());
  REQUIRE(disk->Rename("a", "b").ok());
  CHECK(disk->Read("b", 0, 6).value() == "from a");
  CHECK_FALSE(disk->Size("a").ok());
  REQUIRE(disk->Write("b", 5, "!").ok());
  REQUIRE(disk->Sync("b").ok());
  CHECK(ReadWhole(temporary / "b").substr(0, 6) == "from !");
  REQUIRE(disk->Rename("b", "folder/c").ok());
  CHECK(disk->Read("folder/c", 0, 6).value() == "from !");
  REQUIRE(disk->SyncDirectory("folder").ok());
  REQUIRE(disk->SyncDirectory("").ok());
  REQUIRE(disk->Remove("folder/c").ok());
  CHECK_FALSE(disk->Read("folder/c", 0, 0).ok());
}

TEST_CASE("few files stay open, but none that was written and not synced is closed") {
  const TemporaryDirectory temporary;
  const auto disk = OpenDisk(temporary.path());
  const std::size_t before = OpenDescriptors();
  for (int i = 0; i < 40; ++i) {
    const std::string path = std::to_string(i);
    REQUIRE(disk->Create(path, 10).ok());
    REQUIRE(disk->Write(path, 0, path).ok());
  }
  CHECK(OpenDescriptors() == before + 40);
  for (int i = 0; i < 40; ++i) REQUIRE(disk->Sync(std::to_string(i)).ok());
  REQUIRE(disk->Create("one more", 1).ok());
  CHECK(OpenDescriptors() <= before + 8);
  for (int i = 0; i < 40; ++i) {
    const std::string path = std::to_string(i);
    CHECK(disk->Read(path, 0, path.size()).value() == path);
  }
  CHECK(OpenDescriptors() <= before + 8);
}

// A device that takes no byte and cannot be synced stands for a disk that fails.
TEST_CASE("a failed sync is told once, and that file is not believed again until it is replaced") {
  const TemporaryDirectory temporary;
  const auto disk = OpenDisk(temporary.path());
  fs::create_symlink("/dev/full", temporary / "file");
  const std::string full = ErrorOf(disk->Write("file", 0, "x"));
  CHECK_MESSAGE(Contains(full, "at byte 0 of " + temporary.path() + "/file: No space"), full);
  CHECK_MESSAGE(Contains(full, "free some space"), full);
  const std::size_t before = OpenDescriptors();
  CHECK(Contains(ErrorOf(disk->Sync("file")), "cannot sync " + temporary.path() + "/file: "));
  CHECK(OpenDescriptors() == before - 1);
  for (int i = 0; i < 3; ++i) {
    CHECK(Contains(ErrorOf(disk->Sync("file")), "an earlier sync of it failed"));
    CHECK(Contains(ErrorOf(disk->Write("file", 0, "x")), "an earlier sync of it failed"));
    CHECK_FALSE(disk->Read("file", 0, 0).ok());
  }
  // Under another name it is still the same file.
  REQUIRE(disk->Rename("file", "other").ok());
  CHECK(Contains(ErrorOf(disk->Sync("other")), "an earlier sync of it failed"));
  REQUIRE(disk->Create("file", 10).ok());
  CHECK(disk->Sync("file").ok());
  REQUIRE(disk->Create("other", 10).ok());
  CHECK(disk->Sync("other").ok());
}

TEST_CASE("on a full disk a creation fails, leaves nothing behind, and the rest goes on") {
  TemporaryDirectory temporary;
  if (!temporary.MountSmallDisk("4m")) {
    MESSAGE("skipped: mounting a small disk is not permitted here");
    return;
  }
  const auto disk = OpenDisk(temporary.path());
  const std::uint64_t left = disk->SpaceLeft().value();
  CHECK(left <= 4 << 20);
  const std::string text = ErrorOf(disk->Create("wal/large", 16 << 20));
  CHECK_MESSAGE(Contains(text, temporary / "wal/large: No space left on device; free"), text);
  CHECK(disk->List("wal").value().empty());
  REQUIRE(disk->Create("wal/small", 2 << 20).ok());
  CHECK(disk->SpaceLeft().value() <= left - (2 << 20));
  CHECK(disk->Write("wal/small", 100, "fits").ok());
  CHECK(disk->Sync("wal/small").ok());
  CHECK_FALSE(disk->Write("wal/small", 2 << 20, std::string(4 << 20, 'x')).ok());
}

TEST_CASE("a disk that cannot be written to gives its reason") {
  TemporaryDirectory temporary;
  if (!temporary.MountSmallDisk("4m")) {
    MESSAGE("skipped: mounting a small disk is not permitted here");
    return;
  }
  const auto disk = OpenDisk(temporary.path());
  REQUIRE(disk->Create("file", 10).ok());
  REQUIRE(disk->Remove("file").ok());
  REQUIRE(temporary.MakeReadOnly());
  const std::string text = ErrorOf(disk->Create("file", 10));
  CHECK_MESSAGE(Contains(text, temporary / "file: Read-only file system; mount it"), text);
  CHECK(Contains(ErrorOf(disk->Create("wal/file", 10)), "Read-only file system"));
}

// A few names only, so that operations meet.
std::string SomePath(std::uint64_t draw) {
  static const std::vector<std::string> kPaths{"a", "b", "c", "wal/a", "wal/b", "other/a"};
  return kPaths[Reduce(draw, kPaths.size())];
}

TEST_CASE("whatever is done to it, it shows the same as the disk in memory") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    const TemporaryDirectory temporary;
    const auto disk = OpenDisk(temporary.path());
    MemoryDisk model;
    for (std::uint64_t step = 0; step < 200; ++step) {
      CAPTURE(step);
      const auto draw = [&](std::uint64_t n) { return Mix(Mix(seed, step), n); };
      const std::string path = SomePath(draw(1));
      const std::string other = SomePath(draw(2));
      const std::uint64_t offset = Reduce(draw(3), 3000);
      const std::uint64_t size = Reduce(draw(4), 3000);
      switch (Reduce(draw(0), 6)) {
        case 0:
          CHECK(disk->Create(path, size).ok() == model.Create(path, size).ok());
          break;
        case 1: {
          const std::string bytes(size, static_cast<char>('a' + Reduce(draw(5), 26)));
          CHECK(disk->Write(path, offset, bytes).ok() == model.Write(path, offset, bytes).ok());
          break;
        }
        case 2:
          CHECK(disk->Rename(path, other).ok() == model.Rename(path, other).ok());
          break;
        case 3:
          CHECK(disk->Remove(path).ok() == model.Remove(path).ok());
          break;
        case 4:
          CHECK(disk->Sync(path).ok() == model.Sync(path).ok());
          break;
        default: {
          const auto seen = disk->Read(path, offset, size);
          const auto expected = model.Read(path, offset, size);
          REQUIRE(seen.ok() == expected.ok());
          if (seen.ok()) CHECK(seen.value() == expected.value());
        }
      }
    }
    for (const char* folder : {"", "wal", "other"}) {
      const auto names = disk->List(folder).value();
      CHECK(names == model.List(folder).value());
      for (const std::string& name : names) {
        const std::string path = *folder == '\0' ? name : std::string(folder) + "/" + name;
        const std::uint64_t size = disk->Size(path).value();
        REQUIRE(size == model.Size(path).value());
        CHECK(disk->Read(path, 0, size).value() == model.Read(path, 0, size).value());
      }
    }
  }
}

}  // namespace
}  // namespace drydock::net
