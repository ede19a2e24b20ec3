#include "sim/disk/name_table.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace drydock::sim {

std::string_view FolderOf(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

bool NameTable::Holds(const Names& table, const FilePtr& file) {
  return std::any_of(table.begin(), table.end(),
                     [&file](const auto& entry) { return entry.second == file; });
}

FilePtr NameTable::Find(std::string_view path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : found->second;
}

void NameTable::Create(const std::string& path, FilePtr file) {
  names_[path] = file;
  changes_.push_back({"", path, std::move(file)});
}

void NameTable::Rename(const std::string& from, const std::string& to) {
  const FilePtr file = Find(from);
  DRYDOCK_CHECK(file != nullptr && FolderOf(from) == FolderOf(to), from, to);
  if (from == to) return;
  names_.erase(from);
  names_[to] = file;
  changes_.push_back({from, to, file});
}

void NameTable::Remove(const std::string& path) {
  const FilePtr file = Find(path);
  DRYDOCK_CHECK(file != nullptr, path);
  names_.erase(path);
  changes_.push_back({path, "", file});
}

// The name `from` goes only if it is this file's: when the creation of the file under it was lost,
// it may still belong to an older one.
void NameTable::MakeDurable(const Change& change) {
  if (!change.from.empty()) {
    const auto found = durable_.find(change.from);
    const bool removal = change.to.empty();
    if (found != durable_.end() && (removal || found->second == change.file)) durable_.erase(found);
  }
  if (!change.to.empty()) durable_[change.to] = change.file;
}

void NameTable::Sync(std::string_view folder) {
  std::vector<Change> others;
  for (Change& change : changes_) {
    if (change.folder() == folder) {
      MakeDurable(change);
    } else {
      others.push_back(std::move(change));
    }
  }
  changes_ = std::move(others);
}

void NameTable::Lie(std::string_view folder) {
  for (Change& change : changes_) {
    if (change.folder() == folder) change.lied = true;
  }
}

NamesAfterCrash NameTable::Crash(CrashDice* dice) {
  NamesAfterCrash after;
  std::vector<const Change*> lies;
  for (const Change& change : changes_) {
    if (dice == nullptr || !dice->NameVanishes()) {
      MakeDurable(change);
      ++after.kept;
      continue;
    }
    ++after.lost;
    if (change.lied) lies.push_back(&change);
  }
  for (const Change* lie : lies) {
    if (!Missed(*lie)) continue;
    if (lie->to.empty()) {
      after.lost_lies.push_back({lie->from, nullptr});
    } else {
      after.lost_lies.push_back({lie->to, lie->file});
    }
  }
  changes_.clear();
  names_ = durable_;
  return after;
}

// Does a change that was lost make a difference to what the running system had last?
bool NameTable::Missed(const Change& change) const {
  if (change.to.empty()) return !names_.contains(change.from) && durable_.contains(change.from);
  const auto stored = durable_.find(change.to);
  const bool stored_here = stored != durable_.end() && stored->second == change.file;
  return (Find(change.to) == change.file && !stored_here) ||
         (HasName(change.file) && !Holds(durable_, change.file));
}

std::map<std::uint64_t, NamesAfterCrash::Name> NameTable::AllFiles() const {
  std::map<std::uint64_t, NamesAfterCrash::Name> files;
  for (const auto& [path, file] : names_) files.insert({file->number(), {path, file}});
  for (const auto& [path, file] : durable_) files.insert({file->number(), {path, file}});
  for (const Change& change : changes_) {
    const std::string& path = change.to.empty() ? change.from : change.to;
    files.insert({change.file->number(), {path, change.file}});
  }
  return files;
}

}  // namespace drydock::sim
