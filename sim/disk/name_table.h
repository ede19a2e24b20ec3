// The names of a simulated disk: what a running system sees, and what a crash would leave.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/disk/crash_dice.h"
#include "sim/disk/sim_file.h"

namespace drydock::sim {

using FilePtr = std::shared_ptr<SimFile>;

// The folder of a path: what stands before its last '/'; empty for the top.
std::string_view FolderOf(std::string_view path);

// What a crash did to names that no directory sync had made durable.
struct NamesAfterCrash {
  struct Name {
    std::string path;
    FilePtr file;  // what was to have this name; null when it was to be gone
  };
  std::uint64_t kept = 0, lost = 0;
  std::vector<Name> lost_lies;  // changes called durable, lost, and missed afterwards
};

// A directory is kept twice, as it is and as it is stored, with the changes between them in order.
// A crash carries out some of these changes on the stored one, each by itself: a new file is not
// there, a rename leaves both names as they were, a removed file is back.
class NameTable {
 public:
  using Names = std::map<std::string, FilePtr, std::less<>>;

  // Null when there is none.
  FilePtr Find(std::string_view path) const;
  bool HasName(const FilePtr& file) const { return Holds(names_, file); }
  const Names& names() const { return names_; }
  const Names& durable() const { return durable_; }

  void Create(const std::string& path, FilePtr file);  // replaces
  // Within one folder; `from` must exist. Replaces `to`.
  void Rename(const std::string& from, const std::string& to);
  void Remove(const std::string& path);  // must exist

  // A directory sync: the folder's changes become durable.
  void Sync(std::string_view folder);
  // The same was said, and is not so.
  void Lie(std::string_view folder);
  // Afterwards all names that are left are durable. Without dice nothing is lost.
  NamesAfterCrash Crash(CrashDice* dice);
  // Every file that has a name, or had one that a crash could bring back; by number.
  std::map<std::uint64_t, NamesAfterCrash::Name> AllFiles() const;

 private:
  struct Change {
    std::string from;  // this name goes; empty: none
    std::string to;    // this name is given to `file`; empty: none
    FilePtr file;
    bool lied = false;
    std::string_view folder() const { return FolderOf(to.empty() ? from : to); }
  };
  static bool Holds(const Names& table, const FilePtr& file);
  void MakeDurable(const Change& change);
  bool Missed(const Change& change) const;

  Names names_, durable_;
  std::vector<Change> changes_;  // from durable_ to names_, in order
};

}  // namespace drydock::sim
