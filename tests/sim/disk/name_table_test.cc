#include "sim/disk/name_table.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace drydock::sim {
namespace {

// Names vanish in a crash as the string says: 'v' vanishes, '.' stays.
NamesAfterCrash CrashWith(NameTable& names, const std::string& vanish) {
  Pins pins;
  for (std::size_t i = 0; i < vanish.size(); ++i) {
    pins["d0"][{Decision::kNameVanishes, i}] = vanish[i] == 'v' ? 1 : 0;
  }
  Stream stream(1, "d0", pins);
  CrashDice dice(stream, std::nullopt, std::nullopt);
  return names.Crash(&dice);
}

FilePtr File(std::uint64_t number) {
  return std::make_shared<SimFile>(number, 0);
}

TEST_CASE("a name that a directory sync made durable cannot vanish") {
  NameTable names;
  names.Create("wal/1", File(1));
  names.Sync("wal");
  const NamesAfterCrash after = CrashWith(names, "v");
  CHECK(names.Find("wal/1") != nullptr);
  CHECK(after.lost == 0);
}

TEST_CASE("a directory sync speaks for its own folder only") {
  NameTable names;
  names.Create("wal/1", File(1));
  names.Create("identity", File(2));
  names.Sync("");
  CrashWith(names, "v");
  CHECK(names.Find("wal/1") == nullptr);
  CHECK(names.Find("identity") != nullptr);
}

TEST_CASE("a rename that vanishes leaves both names as they were") {
  NameTable names;
  const FilePtr old_file = File(1);
  const FilePtr new_file = File(2);
  names.Create("current", old_file);
  names.Create("current.tmp", new_file);
  names.Sync("");
  names.Rename("current.tmp", "current");
  CHECK(names.Find("current") == new_file);
  CrashWith(names, "v");
  CHECK(names.Find("current") == old_file);
  CHECK(names.Find("current.tmp") == new_file);
}

TEST_CASE("a rename may be kept though the creation of its file vanished") {
  NameTable names;
  const FilePtr file = File(1);
  names.Create("a.tmp", file);
  names.Rename("a.tmp", "a");
  CrashWith(names, "v.");
  CHECK(names.Find("a") == file);
  CHECK(names.Find("a.tmp") == nullptr);
}

TEST_CASE("with creation kept and rename lost the file is back under its first name") {
  NameTable names;
  const FilePtr file = File(1);
  names.Create("a.tmp", file);
  names.Rename("a.tmp", "a");
  CrashWith(names, ".v");
  CHECK(names.Find("a") == nullptr);
  CHECK(names.Find("a.tmp") == file);
}

TEST_CASE("a removal that vanishes brings the file back") {
  NameTable names;
  const FilePtr file = File(1);
  names.Create("wal/1", file);
  names.Sync("wal");
  names.Remove("wal/1");
  CHECK(names.Find("wal/1") == nullptr);
  CrashWith(names, "v");
  CHECK(names.Find("wal/1") == file);
}

TEST_CASE("a replaced file is back when its replacement vanishes") {
  NameTable names;
  const FilePtr first = File(1);
  names.Create("a", first);
  names.Sync("");
  names.Create("a", File(2));
  CrashWith(names, "v");
  CHECK(names.Find("a") == first);
}

TEST_CASE("a lie about a name is reported when it vanishes, and forgotten after an honest sync") {
  NameTable names;
  names.Create("wal/1", File(1));
  names.Lie("wal");
  NameTable honest = names;
  const NamesAfterCrash after = CrashWith(names, "v");
  REQUIRE(after.lost_lies.size() == 1);
  CHECK(after.lost_lies[0].path == "wal/1");
  honest.Sync("wal");
  CHECK(CrashWith(honest, "v").lost_lies.empty());
  CHECK(honest.Find("wal/1") != nullptr);
}

TEST_CASE("a lie that makes no difference any more is not reported") {
  NameTable names;
  names.Create("a.tmp", File(1));
  names.Lie("");
  names.Rename("a.tmp", "a");
  CHECK(CrashWith(names, "v.").lost_lies.empty());  // it was renamed, and is there

  NameTable gone;
  gone.Create("a", File(1));
  gone.Lie("");
  gone.Remove("a");
  CHECK(CrashWith(gone, "v.").lost_lies.empty());
}

TEST_CASE("lies about a rename and about a removal are reported with the name that is wrong") {
  NameTable names;
  names.Create("a", File(1));
  names.Create("a.tmp", File(2));
  names.Create("b", File(3));
  names.Sync("");
  names.Rename("a.tmp", "a");
  names.Remove("b");
  names.Lie("");
  const NamesAfterCrash after = CrashWith(names, "vv");
  REQUIRE(after.lost_lies.size() == 2);
  CHECK(after.lost_lies[0].path == "a");
  CHECK(after.lost_lies[0].file->number() == 2);
  CHECK(after.lost_lies[1].path == "b");
  CHECK(after.lost_lies[1].file == nullptr);
}

}  // namespace
}  // namespace drydock::sim
