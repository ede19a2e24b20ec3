// The disk of one simulated node: it keeps what is durable, what was only submitted and what still
// waits, and it breaks on demand.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/storage/disk.h"
#include "sim/decisions.h"
#include "sim/disk/name_table.h"
#include "sim/disk/sim_file.h"
#include "sim/network/latency.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// What is wrong with a disk just now. The default is a disk without faults.
struct DiskFaults {
  Probability sync_fails = 0;                // of each sync: an error, and nothing is durable
  Probability sync_lies = 0;                 // of each sync: no error, and nothing is durable
  Probability read_flips = 0;                // of each read: one bit is wrong
  std::optional<Probability> torn;           // of each write in a crash; default one in three
  std::optional<Probability> name_vanishes;  // of each name in a crash; default one in two
  Duration stall;                            // operations take this much longer
  std::optional<std::uint64_t> capacity;     // bytes; in place of the disk's own

  // With what the event sets; what it leaves open stays.
  DiskFaults With(const DiskFault& event) const;
};

// How an operation ended.
struct DiskOutcome {
  std::optional<std::string> error;  // for DiskDone
  bool lied = false;                 // called durable, and is not
  Bytes bytes;                       // that were read
};

// What a crash took although a sync had called it durable. A lost name takes its whole file; a
// removal that is undone has size 0.
struct LostLie {
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// All zero after Lose::kEverything: a wipe takes no draws and needs no lie.
struct CrashReport {
  std::uint64_t writes_kept = 0, writes_lost = 0, writes_torn = 0;  // of those not durable
  std::uint64_t names_kept = 0, names_lost = 0;
  std::vector<LostLie> lost_lies;
};

// Where CorruptAtRest did it.
struct Corruption {
  std::string path;
  std::uint64_t offset = 0;
  std::uint32_t bit = 0;
  bool may_pass = false;  // for a write that a crash tore: it is in the newest one of the node
};

// Used in turn by Recover through Disk, while the node is down, and by the driver for the DiskOps
// of the running node. Each lane carries out its operations in order: the first is submitted (a
// read sees it, a crash may keep it), those behind it wait in the node's memory and are gone with
// it. What a synchronous Write does is submitted at once.
// Every chance is a decision of the stream "d0", "d1", ...; all faults speak of "simulated".
class SimDisk final : public Disk {
 public:
  using Lose = sim::Crash::Lose;

  SimDisk(Stream stream, const DiskSettings& settings);
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;

  Result<std::vector<std::string>> List(const std::string& folder) override;  // names within it
  Result<std::uint64_t> Size(const std::string& path) override;
  Result<std::string> Read(const std::string& path, std::uint64_t offset,
                           std::uint64_t size) override;
  Result<std::string> ReadUnlessZero(const std::string& path, std::uint64_t offset,
                                     std::uint64_t size) override;
  Status Create(const std::string& path, std::uint64_t size) override;
  Status Write(const std::string& path, std::uint64_t offset, std::string_view bytes) override;
  Status Sync(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;  // within one folder
  Status Remove(const std::string& path) override;
  Status SyncDirectory(const std::string& folder) override;
  Result<std::uint64_t> SpaceLeft() override;

  // How long this operation takes once it is its turn: one decision, asked once an operation.
  Duration TimeFor(const DiskOp& op);
  // Takes an operation of the running node.
  void Submit(DiskOp op);
  // Ends the operation that its lane is at: durable, failed or lied about. The next one begins.
  DiskOutcome Complete(Ticket ticket);

  void SetFaults(const DiskFaults& faults) { faults_ = faults; }
  const DiskFaults& faults() const { return faults_; }

  // The process ends, the machine goes on: what was written stays, as little durable as it is, and
  // operations under way are forgotten.
  void EndProcess() { lanes_ = {}; }
  // The node is down: what was not durable is kept or not, and operations under way are forgotten.
  // Afterwards everything that is left is durable.
  CrashReport Crash(Lose lose);
  // Flips a stored bit of the newest durable file whose path begins with the prefix; an empty
  // prefix is the newest segment of the log. Without an offset: in the middle of what is written;
  // `settled`: of that, leaving out what may pass for a torn write.
  Result<Corruption> CorruptAtRest(std::string_view path_prefix,
                                   std::optional<std::uint64_t> offset, std::uint32_t bit,
                                   bool settled = false);

  // A node has started from what is there.
  void NoteStart();

  // Bytes written and durable, without the zeros between, in files whose names are durable.
  std::uint64_t durable_bytes() const;
  bool HasFiles() const { return !names_.names().empty(); }

 private:
  struct Waiting {
    Ticket ticket;
    DiskAction action;
  };
  struct LaneState {
    std::vector<Waiting> queue;          // short; the first is under way
    FilePtr file;                        // that it is about
    std::optional<std::string> failure;  // it failed before its sync
    Bytes read;
  };

  enum class Zeros : std::uint8_t { kGiven, kLeftOut };
  Result<std::string> Read(const std::string& path, std::uint64_t offset, std::uint64_t size,
                           Zeros zeros);
  Status Begin(WriteAndSync& write, LaneState& lane);
  Status Begin(CreateDurably& create, LaneState& lane);
  Status Begin(const RenameDurably& rename, LaneState& lane);
  Status Begin(const RemoveDurably& remove, LaneState& lane);
  Status Begin(const ReadBytes& read, LaneState& lane);
  void BeginFirst(LaneState& lane);
  DiskOutcome SyncFirst(LaneState& lane);
  DiskOutcome DrawSync(std::string_view what, std::string_view path);
  FilePtr NewFile(const std::string& path, std::uint64_t size);
  Status CheckRoom(const std::string& path, const SimFile* file, std::uint64_t end) const;
  std::uint64_t Used() const;
  std::uint64_t Capacity() const;
  CrashReport LoseSome(CrashDice* dice);

  Stream stream_;
  LatencySampler sync_time_;
  std::optional<std::uint64_t> capacity_;
  DiskFaults faults_;
  NameTable names_;
  std::uint64_t next_file_ = 1;
  std::array<LaneState, 2> lanes_;
};

}  // namespace drydock::sim
