// A disk in memory that knows what a power cut may take: a value, so a test can branch on it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/storage/disk.h"

namespace drydock {

// What is seen is the durable state and, in order, the effects that are not durable yet. Sync makes
// those of a file durable, SyncDirectory those on names of a folder (and, for "", on the folders).
class MemoryDisk : public Disk {
 public:
  Result<std::vector<std::string>> List(const std::string& folder) override {
    std::set<std::string> names;
    for (const auto& [name, file] : seen_.names) {
      if (FolderOf(name) == folder)
        names.insert(name.substr(folder.empty() ? 0 : folder.size() + 1));
    }
    return std::vector<std::string>(names.begin(), names.end());
  }
  Result<std::uint64_t> Size(const std::string& path) override {
    if (!seen_.names.contains(path)) return Missing(path);
    return Seen(path).size;
  }
  Result<std::string> Read(const std::string& path, std::uint64_t offset,
                           std::uint64_t size) override {
    if (!seen_.names.contains(path)) return Missing(path);
    const File& file = Seen(path);
    if (offset > file.size || size > file.size - offset) return Error{path + ": end of file"};
    std::string bytes{};
    if (offset < file.data.size()) bytes = file.data.substr(offset, size);
    bytes.resize(size);
    if (flip_in_read_ == ++reads_ && flip_byte_ < size) bytes[flip_byte_] ^= 1;
    return bytes;
  }
  Status Create(const std::string& path, std::uint64_t size) override {
    if (!PowerLeft()) return NoPower();
    const int file = next_file_++;
    const std::string folder = FolderOf(path);
    if (!folder.empty() && !seen_.folders.contains(folder)) Do({Kind::kFolder, 0, folder});
    Do({Kind::kLink, file, path});
    Do({.kind = Kind::kResize, .file = file, .offset = size});
    return Ok();
  }
  Status Write(const std::string& path, std::uint64_t offset, std::string_view bytes) override {
    if (!PowerLeft()) return NoPower();
    if (!seen_.names.contains(path)) return Missing(path);
    while (!bytes.empty()) {
      const std::size_t piece = std::min<std::size_t>(bytes.size(), 512 - offset % 512);
      Do({.kind = Kind::kWrite,
          .file = seen_.names.at(path),
          .offset = offset,
          .bytes = std::string(bytes.substr(0, piece))});
      bytes.remove_prefix(piece);
      offset += piece;
    }
    return Ok();
  }
  Status Sync(const std::string& path) override {
    if (!PowerLeft()) return NoPower();
    if (!seen_.names.contains(path)) return Missing(path);
    const int file = seen_.names.at(path);
    MakeDurable([file](const Effect& e) {
      return (e.kind == Kind::kWrite || e.kind == Kind::kResize) && e.file == file;
    });
    return Ok();
  }
  Status Rename(const std::string& from, const std::string& to) override {
    if (!PowerLeft()) return NoPower();
    if (!seen_.names.contains(from)) return Missing(from);
    Do({Kind::kRename, seen_.names.at(from), to, from});
    return Ok();
  }
  Status Remove(const std::string& path) override {
    if (!PowerLeft()) return NoPower();
    if (!seen_.names.contains(path)) return Missing(path);
    Do({Kind::kRemove, 0, path});
    return Ok();
  }
  Status SyncDirectory(const std::string& folder) override {
    if (!PowerLeft()) return NoPower();
    MakeDurable([&folder](const Effect& e) {
      if (e.kind == Kind::kFolder) return folder.empty();
      return e.kind != Kind::kWrite && e.kind != Kind::kResize && FolderOf(e.name) == folder;
    });
    return Ok();
  }
  Result<std::uint64_t> SpaceLeft() override { return std::uint64_t{1} << 40; }

  // Does what a driver does with it; false when the power is gone.
  bool CarryOut(const DiskOp& op) {
    if (const auto* create = std::get_if<CreateDurably>(&op.action)) {
      return Create(create->path, create->size).ok() && Sync(create->path).ok() &&
             SyncDirectory(FolderOf(create->path)).ok() && SyncDirectory("").ok();
    }
    if (const auto* rename = std::get_if<RenameDurably>(&op.action)) {
      return Rename(rename->from, rename->to).ok() && SyncDirectory(FolderOf(rename->to)).ok();
    }
    if (const auto* remove = std::get_if<RemoveDurably>(&op.action)) {
      return Remove(remove->path).ok() && SyncDirectory(FolderOf(remove->path)).ok();
    }
    if (std::holds_alternative<ReadBytes>(op.action)) return true;
    const auto& write = std::get<WriteAndSync>(op.action);
    return Submit(write) && Sync(write.path).ok();
  }
  // The write without its sync.
  bool Submit(const WriteAndSync& write) {
    std::string bytes{};
    for (const Bytes& piece : write.pieces) bytes += piece.view();
    return Write(write.path, write.offset, bytes).ok();
  }

  // The power goes after `operations` more that change something; those behind it fail.
  void CutPowerAfter(std::uint64_t operations) { operations_left_ = operations; }
  // Starts again with what was durable and those of the other effects that `keep` tells by number.
  template <class Keep>
  void Crash(Keep keep) {
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      if (keep(i)) Apply(durable_, pending_[i]);
    }
    pending_.clear();
    std::erase_if(durable_.names, [this](const auto& name) {
      return !FolderOf(name.first).empty() && !durable_.folders.contains(FolderOf(name.first));
    });
    seen_ = durable_;
    operations_left_ = std::numeric_limits<std::uint64_t>::max();
  }
  void LoseUnsynced() {
    Crash([](std::size_t) { return false; });
  }
  std::size_t unsynced() const { return pending_.size(); }
  // A failed sync may leave dirty pages marked clean: seen by reads, never written by a later sync.
  void ForgetDirtyPages() { pending_.clear(); }

  // Damage, at once durable.
  void FlipBit(const std::string& path, std::uint64_t bit) {
    for (State* state : {&seen_, &durable_}) {
      std::string& data = state->files.at(state->names.at(path)).data;
      if (data.size() <= bit / 8) data.resize(bit / 8 + 1);
      data[bit / 8] = static_cast<char>(data[bit / 8] ^ (1 << (bit % 8)));
    }
  }
  void Truncate(const std::string& path, std::uint64_t size) {
    for (State* state : {&seen_, &durable_}) Resize(state->files.at(state->names.at(path)), size);
  }
  void ZeroFrom(const std::string& path, std::uint64_t offset) {
    const std::uint64_t size = Seen(path).size;
    Truncate(path, offset);
    Truncate(path, size);
  }
  void Delete(const std::string& path) {
    for (State* state : {&seen_, &durable_}) state->names.erase(path);
  }
  // The n-th read from now on gives a bit of its byte wrong (0: none does).
  void FlipInRead(std::uint64_t n, std::uint64_t byte) {
    flip_in_read_ = reads_ + n;
    flip_byte_ = byte;
  }

  bool Exists(const std::string& path) const { return seen_.names.contains(path); }
  // Up to the last byte ever written; what is behind is zero.
  std::uint64_t Written(const std::string& path) const { return Seen(path).data.size(); }

 private:
  enum class Kind : std::uint8_t { kFolder, kLink, kRename, kRemove, kResize, kWrite };
  struct Effect {
    Kind kind;
    int file = 0;
    std::string name{};
    std::string old_name{};
    std::uint64_t offset = 0;  // of a write; of a resize: the size
    std::string bytes{};
  };
  struct File {
    std::string data;  // zeros follow up to `size`
    std::uint64_t size = 0;
  };
  struct State {
    std::map<int, File> files;
    std::map<std::string, int> names;
    std::set<std::string> folders;
  };

  static std::string FolderOf(const std::string& path) {
    const std::size_t slash = path.find('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
  }
  static Error Missing(const std::string& path) { return Error{path + ": no such file"}; }
  static Error NoPower() { return Error{"the power is gone"}; }
  bool PowerLeft() {
    if (operations_left_ == 0) return false;
    --operations_left_;
    return true;
  }
  const File& Seen(const std::string& path) const { return seen_.files.at(seen_.names.at(path)); }

  static void Resize(File& file, std::uint64_t size) {
    file.size = size;
    if (file.data.size() > size) file.data.resize(size);
  }
  static void Apply(State& state, const Effect& effect) {
    File& file = state.files[effect.file];
    switch (effect.kind) {
      case Kind::kFolder:
        state.folders.insert(effect.name);
        break;
      case Kind::kLink:
        state.names[effect.name] = effect.file;
        break;
      case Kind::kRemove:
        state.names.erase(effect.name);
        break;
      case Kind::kRename:
        state.names.erase(effect.old_name);
        state.names[effect.name] = effect.file;
        break;
      case Kind::kResize:
        Resize(file, effect.offset);
        break;
      case Kind::kWrite: {
        const std::uint64_t end = effect.offset + effect.bytes.size();
        file.size = std::max(file.size, end);
        if (file.data.size() < end) file.data.resize(end);
        file.data.replace(effect.offset, effect.bytes.size(), effect.bytes);
        break;
      }
    }
  }
  void Do(const Effect& effect) {
    Apply(seen_, effect);
    pending_.push_back(effect);
  }
  template <class Which>
  void MakeDurable(Which which) {
    for (const Effect& effect : pending_) {
      if (which(effect)) Apply(durable_, effect);
    }
    std::erase_if(pending_, which);
  }

  State seen_;
  State durable_;
  std::vector<Effect> pending_;
  int next_file_ = 1;
  std::uint64_t operations_left_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t reads_ = 0;
  std::uint64_t flip_in_read_ = 0;
  std::uint64_t flip_byte_ = 0;
};

}  // namespace drydock
