// A disk as simple as can be: flat strings and lists. It does not draw; after a crash it says
// whether what the simulated disk shows is one of the states that a crash may leave.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/storage/disk.h"
#include "sim/disk/name_table.h"

namespace drydock::sim {

class NaiveDisk {
 public:
  using Contents = std::map<std::string, std::string>;  // by path
  struct Op {
    std::string path;
    std::uint64_t offset = 0;
    std::string bytes;
    bool create = false;
  };
  enum class Sync { kHonest, kFails, kLies };

  bool Has(const std::string& path) const { return names_.contains(path); }
  void Create(const std::string& path, std::uint64_t size) {
    files_.push_back({});
    names_[path] = files_.size() - 1;
    changes_.push_back({"", path, files_.size() - 1, false});
    Write(path, 0, std::string(size, '\0'));
  }
  void Write(const std::string& path, std::uint64_t offset, const std::string& bytes) {
    if (!bytes.empty()) files_[names_.at(path)].pending.push_back({offset, bytes, false});
  }
  void SyncFile(const std::string& path, Sync sync) { SyncFile(names_.at(path), sync); }
  void Rename(const std::string& from, const std::string& to) {
    const std::size_t file = names_.at(from);
    if (from == to) return;
    names_.erase(from);
    names_[to] = file;
    changes_.push_back({from, to, file, false});
  }
  void Remove(const std::string& path) {
    changes_.push_back({path, "", names_.at(path), false});
    names_.erase(path);
  }
  void SyncDirectory(std::string_view folder, Sync sync) {
    if (sync == Sync::kFails) return;
    std::vector<Change> others;
    for (Change change : changes_) {
      const bool here = FolderOf(change.to.empty() ? change.from : change.to) == folder;
      if (here && sync == Sync::kHonest) {
        Apply(change, durable_);
      } else {
        change.lied = change.lied || here;
        others.push_back(change);
      }
    }
    changes_ = others;
  }

  void Submit(std::size_t lane, const Op& op) {
    lanes_[lane].push_back({op, 0});
    if (lanes_[lane].size() == 1) Begin(lane);
  }
  std::size_t Waiting(std::size_t lane) const { return lanes_[lane].size(); }
  // Whether the first operation gets as far as its sync.
  bool WillSync(std::size_t lane) const { return lanes_[lane].front().file != kNone; }
  void Complete(std::size_t lane, Sync sync) {
    const UnderWay first = lanes_[lane].front();
    if (first.file != kNone) SyncFile(first.file, sync);
    if (first.file != kNone && first.op.create) SyncDirectory(FolderOf(first.op.path), sync);
    lanes_[lane].pop_front();
    if (!lanes_[lane].empty()) Begin(lane);
  }

  Contents Seen() const {
    Contents seen;
    for (const auto& [path, file] : names_) {
      std::string content = files_[file].durable;
      for (const Pending& write : files_[file].pending) Put(write, content);
      seen[path] = content;
    }
    return seen;
  }
  // May a crash leave this? `no_lie_lost`: and lose nothing that was lied about.
  bool MayLeave(const Contents& after, bool no_lie_lost) const {
    for (std::uint64_t kept = 0; kept < std::uint64_t{1} << changes_.size(); ++kept) {
      if (NamesMayBe(kept, after, no_lie_lost)) return true;
    }
    return false;
  }
  bool HasLies() const {
    const auto lied = [](const auto& thing) { return thing.lied; };
    if (std::any_of(changes_.begin(), changes_.end(), lied)) return true;
    return std::any_of(files_.begin(), files_.end(), [lied](const File& file) {
      return std::any_of(file.pending.begin(), file.pending.end(), lied);
    });
  }
  std::size_t changes() const { return changes_.size(); }
  void ContinueFrom(const Contents& after) {
    *this = NaiveDisk();
    for (const auto& [path, content] : after) {
      files_.push_back({content, {}});
      names_[path] = durable_[path] = files_.size() - 1;
    }
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};
  using Names = std::map<std::string, std::size_t>;
  struct Pending {
    std::uint64_t offset;
    std::string bytes;
    bool lied;
  };
  struct File {
    std::string durable;
    std::vector<Pending> pending;
  };
  struct Change {
    std::string from, to;
    std::size_t file;
    bool lied;
  };
  struct UnderWay {
    Op op;
    std::size_t file;
  };

  static void Put(const Pending& write, std::string& content) {
    const std::uint64_t end = write.offset + write.bytes.size();
    if (content.size() < end) content.resize(end, '\0');
    content.replace(write.offset, write.bytes.size(), write.bytes);
  }
  static void Apply(const Change& change, Names& names) {
    const auto found = names.find(change.from);
    if (found != names.end() && (change.to.empty() || found->second == change.file)) {
      names.erase(found);
    }
    if (!change.to.empty()) names[change.to] = change.file;
  }
  void SyncFile(std::size_t number, Sync sync) {
    File& file = files_[number];
    if (sync == Sync::kHonest) {
      for (const Pending& write : file.pending) Put(write, file.durable);
      file.pending.clear();
    }
    for (Pending& write : file.pending) write.lied = write.lied || sync == Sync::kLies;
  }
  void Begin(std::size_t lane) {
    UnderWay& first = lanes_[lane].front();
    if (first.op.create) Create(first.op.path, first.op.offset);
    first.file = kNone;
    if (!Has(first.op.path)) return;
    first.file = names_.at(first.op.path);
    if (!first.op.create) Write(first.op.path, first.op.offset, first.op.bytes);
  }
  bool NamesMayBe(std::uint64_t kept, const Contents& after, bool no_lie_lost) const {
    Names names = durable_;
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      if ((kept >> i & 1) != 0) {
        Apply(changes_[i], names);
      } else if (no_lie_lost && changes_[i].lied && changes_[i].to.empty()) {
        if (!names_.contains(changes_[i].from)) return false;
      }
    }
    if (names.size() != after.size()) return false;
    for (const auto& [path, file] : names) {
      const auto found = after.find(path);
      if (found == after.end()) return false;
      if (!FileMayBe(files_[file], found->second, no_lie_lost)) return false;
    }
    return true;
  }
  // Each sector must be what some of the writes, in their order, make of the durable one.
  static bool FileMayBe(const File& file, const std::string& content, bool no_lie_lost) {
    std::string full = file.durable;
    for (const Pending& write : file.pending) Put(write, full);
    if (content.size() < file.durable.size() || content.size() > full.size()) return false;
    for (std::uint64_t at = 0; at < content.size(); at += kSectorBytes) {
      if (!SectorMayBe(file, content, at, no_lie_lost)) return false;
    }
    return true;
  }
  static bool SectorMayBe(const File& file, const std::string& content, std::uint64_t at,
                          bool no_lie_lost) {
    const std::string sector = content.substr(at, kSectorBytes);
    for (std::uint64_t kept = 0; kept < std::uint64_t{1} << file.pending.size(); ++kept) {
      std::string candidate = file.durable;
      bool allowed = true;
      for (std::size_t i = 0; i < file.pending.size(); ++i) {
        if ((kept >> i & 1) != 0) Put(file.pending[i], candidate);
        if ((kept >> i & 1) == 0 && file.pending[i].lied && no_lie_lost) allowed = false;
      }
      candidate.resize(std::max<std::size_t>(candidate.size(), content.size()), '\0');
      if (allowed && candidate.substr(at, sector.size()) == sector) return true;
    }
    return false;
  }

  Names names_, durable_;
  std::vector<Change> changes_;
  std::vector<File> files_;
  std::array<std::deque<UnderWay>, 2> lanes_;
};

}  // namespace drydock::sim
