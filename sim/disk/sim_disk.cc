#include "sim/disk/sim_disk.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/base/check.h"

namespace drydock::sim {
namespace {

constexpr std::uint64_t kDefaultCapacity = std::uint64_t{1} << 40;
constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 40;
constexpr std::string_view kLogFolder = "wal/";

Error NoSuchFile(std::string_view path) {
  return {"no such file (simulated): " + std::string(path)};
}

// What the operation changes.
const std::string& PathOf(const DiskAction& action) {
  return std::visit(
      [](const auto& a) -> const std::string& {
        if constexpr (requires { a.to; }) {
          return a.to;
        } else {
          return a.path;
        }
      },
      action);
}

bool AllZero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

}  // namespace

DiskFaults DiskFaults::With(const DiskFault& event) const {
  DiskFaults faults = *this;
  faults.sync_fails = event.sync_fails.value_or(sync_fails);
  faults.sync_lies = event.sync_lies.value_or(sync_lies);
  faults.read_flips = event.read_flips.value_or(read_flips);
  if (event.torn.has_value()) faults.torn = event.torn;
  if (event.name_vanishes.has_value()) faults.name_vanishes = event.name_vanishes;
  faults.stall = event.stall.value_or(stall);
  if (event.capacity.has_value()) faults.capacity = event.capacity;
  return faults;
}

SimDisk::SimDisk(Stream stream, const DiskSettings& settings)
    : stream_(stream),
      sync_time_(settings.fsync.value_or(ConstantLatency{Duration::Microseconds(100)})),
      capacity_(settings.capacity) {}

// --- Disk ---------------------------------------------------------------------------------------

Result<std::vector<std::string>> SimDisk::List(const std::string& folder) {
  const std::string prefix = folder.empty() ? "" : folder + "/";
  std::vector<std::string> names;
  for (auto it = names_.names().lower_bound(prefix); it != names_.names().end(); ++it) {
    if (!it->first.starts_with(prefix)) break;
    if (FolderOf(it->first) == folder) names.push_back(it->first.substr(prefix.size()));
  }
  return names;
}

Result<std::uint64_t> SimDisk::Size(const std::string& path) {
  const FilePtr file = names_.Find(path);
  if (file == nullptr) return NoSuchFile(path);
  return file->size();
}

Result<std::string> SimDisk::Read(const std::string& path, std::uint64_t offset,
                                  std::uint64_t size) {
  return Read(path, offset, size, Zeros::kGiven);
}

Result<std::string> SimDisk::ReadUnlessZero(const std::string& path, std::uint64_t offset,
                                            std::uint64_t size) {
  return Read(path, offset, size, Zeros::kLeftOut);
}

Result<std::string> SimDisk::Read(const std::string& path, std::uint64_t offset, std::uint64_t size,
                                  Zeros zeros) {
  const FilePtr file = names_.Find(path);
  if (file == nullptr) return NoSuchFile(path);
  if (offset > file->size() || size > file->size() - offset) {
    return Error{"read past the end (simulated): " + std::to_string(size) + " bytes at " +
                 std::to_string(offset) + " of " + path + ", which has " +
                 std::to_string(file->size())};
  }
  const bool flips = stream_.Chance(Decision::kReadFlips, faults_.read_flips) && size > 0;
  if (zeros == Zeros::kLeftOut && !flips && file->IsZero(offset, size)) return std::string();
  std::string bytes = file->Read(offset, size);
  if (flips) {
    const std::uint64_t bit = stream_.Pick(Decision::kFlippedBit, size * 8);
    bytes[bit / 8] =
        static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << bit % 8));
  }
  return bytes;
}

FilePtr SimDisk::NewFile(const std::string& path, std::uint64_t size) {
  FilePtr file = std::make_shared<SimFile>(next_file_++, size);
  names_.Create(path, file);
  return file;
}

Status SimDisk::Create(const std::string& path, std::uint64_t size) {
  if (Status room = CheckRoom(path, nullptr, size); !room.ok()) return room;
  NewFile(path, size);
  return Ok();
}

Status SimDisk::Write(const std::string& path, std::uint64_t offset, std::string_view bytes) {
  const FilePtr file = names_.Find(path);
  if (file == nullptr) return NoSuchFile(path);
  if (offset > kLargestFile) return Error{"file too large (simulated): " + path};
  if (Status room = CheckRoom(path, file.get(), offset + bytes.size()); !room.ok()) return room;
  if (AllZero(bytes)) {
    file->WriteZeros(offset, bytes.size());
  } else {
    file->Write(offset, {Bytes(bytes)});
  }
  return Ok();
}

Status SimDisk::Sync(const std::string& path) {
  const FilePtr file = names_.Find(path);
  if (file == nullptr) return NoSuchFile(path);
  DiskOutcome outcome = DrawSync("sync of ", path);
  if (outcome.error.has_value()) return Error{std::move(*outcome.error)};
  outcome.lied ? file->Lie() : file->Sync();
  return Ok();
}

Status SimDisk::Rename(const std::string& from, const std::string& to) {
  if (names_.Find(from) == nullptr) return NoSuchFile(from);
  if (FolderOf(from) != FolderOf(to)) {
    return Error{"rename between folders (simulated; only within one): " + from + " to " + to};
  }
  names_.Rename(from, to);
  return Ok();
}

Status SimDisk::Remove(const std::string& path) {
  if (names_.Find(path) == nullptr) return NoSuchFile(path);
  names_.Remove(path);
  return Ok();
}

Status SimDisk::SyncDirectory(const std::string& folder) {
  DiskOutcome outcome = DrawSync("sync of directory ", folder.empty() ? "." : folder);
  if (outcome.error.has_value()) return Error{std::move(*outcome.error)};
  outcome.lied ? names_.Lie(folder) : names_.Sync(folder);
  return Ok();
}

Result<std::uint64_t> SimDisk::SpaceLeft() {
  const std::uint64_t used = Used();
  const std::uint64_t capacity = Capacity();
  return capacity > used ? capacity - used : 0;
}

// Both are drawn each time, so that one fault switched off leaves the draws of the other alone.
DiskOutcome SimDisk::DrawSync(std::string_view what, std::string_view path) {
  DiskOutcome outcome;
  const bool fails = stream_.Chance(Decision::kSyncFails, faults_.sync_fails);
  const bool lies = stream_.Chance(Decision::kSyncLies, faults_.sync_lies);
  if (fails) {
    outcome.error = "simulated: input/output error on ";
    outcome.error->append(what).append(path);
  }
  outcome.lied = lies && !fails;
  return outcome;
}

std::uint64_t SimDisk::Used() const {
  std::uint64_t used = 0;
  for (const auto& [path, file] : names_.names()) used += file->size();
  return used;
}

std::uint64_t SimDisk::Capacity() const {
  return faults_.capacity.value_or(capacity_.value_or(kDefaultCapacity));
}

// `file` is null for a new one, which gives back the room of the one that it replaces.
Status SimDisk::CheckRoom(const std::string& path, const SimFile* file, std::uint64_t end) const {
  if (file != nullptr && end <= file->size()) return Ok();
  if (end > kLargestFile) return Error{"file too large (simulated): " + path};
  const FilePtr replaced = names_.Find(path);
  const std::uint64_t others = Used() - (replaced == nullptr ? 0 : replaced->size());
  const std::uint64_t capacity = Capacity();
  if (others <= capacity && end <= capacity - others) return Ok();
  return Error{"no space left on device (simulated): " + path + " would have " +
               std::to_string(end) + " bytes, other files have " + std::to_string(others) +
               ", the capacity is " + std::to_string(capacity) + " bytes"};
}

// --- Operations of the running node -------------------------------------------------------------

Duration SimDisk::TimeFor(const DiskOp&) {
  return sync_time_.Draw(stream_, Decision::kSyncTime, NodeId(0), NodeId(0)) + faults_.stall;
}

void SimDisk::Submit(DiskOp op) {
  LaneState& lane = lanes_[static_cast<std::size_t>(op.lane)];
  lane.queue.push_back({op.ticket, std::move(op.action)});
  if (lane.queue.size() == 1) BeginFirst(lane);
}

void SimDisk::BeginFirst(LaneState& lane) {
  lane.file = nullptr;
  lane.failure.reset();
  const Status begun = std::visit([this, &lane](auto& action) { return Begin(action, lane); },
                                  lane.queue.front().action);
  if (!begun.ok()) lane.failure = begun.error().text;
}

Status SimDisk::Begin(WriteAndSync& write, LaneState& lane) {
  FilePtr file = names_.Find(write.path);
  if (file == nullptr) return NoSuchFile(write.path);
  std::uint64_t end = write.offset;
  for (const Bytes& piece : write.pieces) end += piece.size();
  if (end > file->size()) {
    if (Status room = CheckRoom(write.path, file.get(), end); !room.ok()) return room;
  }
  file->WriteNewest(write.offset, std::move(write.pieces));
  lane.file = std::move(file);
  return Ok();
}

Status SimDisk::Begin(CreateDurably& create, LaneState& lane) {
  if (Status room = CheckRoom(create.path, nullptr, create.size); !room.ok()) return room;
  lane.file = NewFile(create.path, create.size);
  return Ok();
}

Status SimDisk::Begin(const RenameDurably& rename, LaneState&) {
  return Rename(rename.from, rename.to);
}

Status SimDisk::Begin(const RemoveDurably& remove, LaneState&) {
  return Remove(remove.path);
}

Status SimDisk::Begin(const ReadBytes& read, LaneState& lane) {
  Result<std::string> bytes = Read(read.path, read.offset, read.size);
  if (!bytes.ok()) return bytes.error();
  lane.read = Bytes(bytes.value());
  return Ok();
}

DiskOutcome SimDisk::Complete(Ticket ticket) {
  const auto holds = [ticket](const LaneState& lane) {
    return !lane.queue.empty() && lane.queue.front().ticket == ticket;
  };
  const auto lane = std::find_if(lanes_.begin(), lanes_.end(), holds);
  DRYDOCK_CHECK(lane != lanes_.end(), ticket);
  DiskOutcome outcome;
  if (lane->failure.has_value()) {
    outcome.error = std::move(lane->failure);
  } else {
    outcome = SyncFirst(*lane);
  }
  lane->queue.erase(lane->queue.begin());
  if (lane->queue.empty()) {
    lane->file = nullptr;
    lane->failure.reset();
  } else {
    BeginFirst(*lane);
  }
  return outcome;
}

DiskOutcome SimDisk::SyncFirst(LaneState& lane) {
  const DiskAction& action = lane.queue.front().action;
  if (std::holds_alternative<ReadBytes>(action)) {
    return {.error = std::nullopt, .bytes = std::exchange(lane.read, {})};
  }
  const std::string& path = PathOf(action);
  DiskOutcome outcome = DrawSync("sync of ", path);
  if (outcome.error.has_value()) return outcome;
  if (lane.file != nullptr) outcome.lied ? lane.file->Lie() : lane.file->Sync();
  if (!std::holds_alternative<WriteAndSync>(action)) {
    outcome.lied ? names_.Lie(FolderOf(path)) : names_.Sync(FolderOf(path));
  }
  return outcome;
}

// --- Crash and damage ---------------------------------------------------------------------------

CrashReport SimDisk::Crash(Lose lose) {
  lanes_ = {};
  switch (lose) {
    case Lose::kNothing:
      return LoseSome(nullptr);
    case Lose::kUnsynced: {
      CrashDice dice(stream_, faults_.torn, faults_.name_vanishes);
      return LoseSome(&dice);
    }
    case Lose::kEverything:
      names_ = NameTable();
      return {};
  }
  return {};
}

// The writes of a file whose name is lost are drawn as well: so what becomes of one name leaves the
// draws for all other files alone.
CrashReport SimDisk::LoseSome(CrashDice* dice) {
  CrashReport report;
  const auto files = names_.AllFiles();
  NamesAfterCrash names = names_.Crash(dice);
  report.names_kept = names.kept;
  report.names_lost = names.lost;
  for (NamesAfterCrash::Name& name : names.lost_lies) {
    const std::uint64_t size = name.file == nullptr ? 0 : name.file->size();
    report.lost_lies.push_back({std::move(name.path), 0, size});
  }
  for (const auto& [number, name] : files) {
    const WritesAfterCrash writes = name.file->Crash(dice);
    report.writes_kept += writes.kept;
    report.writes_lost += writes.lost;
    report.writes_torn += writes.torn;
    if (!names_.HasName(name.file)) continue;  // then the name is what was lost, or given up
    for (const ByteRange& range : writes.lost_lies) {
      report.lost_lies.push_back({name.path, range.offset, range.size});
    }
  }
  return report;
}

Result<Corruption> SimDisk::CorruptAtRest(std::string_view path_prefix,
                                          std::optional<std::uint64_t> offset, std::uint32_t bit,
                                          bool settled) {
  const std::string_view prefix = path_prefix.empty() ? kLogFolder : path_prefix;
  if (bit > 7) return Error{"a byte has bits 0 to 7, not " + std::to_string(bit)};
  const auto& names = names_.durable();
  for (auto it = names.rbegin(); it != names.rend(); ++it) {
    const auto& [path, file] = *it;
    if (!path.starts_with(prefix)) continue;
    const std::optional<std::uint64_t> place =
        offset.has_value() ? offset : file->MiddleOfStored(settled);
    if (!place.has_value()) continue;  // a segment made ahead, still empty
    if (*place >= file->durable_size()) {
      return Error{"cannot flip a bit at offset " + std::to_string(*place) + " of " + path +
                   ": it has " + std::to_string(file->durable_size()) + " durable bytes"};
    }
    file->FlipDurableBit(*place, bit);
    return Corruption{path, *place, bit, file->IsInNewest(*place)};
  }
  return Error{"cannot flip a bit: no file whose path begins with '" + std::string(prefix) +
               "' holds anything durable"};
}

void SimDisk::NoteStart() {
  for (const auto& [path, file] : names_.names()) file->NoteStart();
}

std::uint64_t SimDisk::durable_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [path, file] : names_.durable()) bytes += file->stored_durable();
  return bytes;
}

}  // namespace drydock::sim
