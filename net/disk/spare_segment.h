// A zero-filled file kept ready, so that a new segment of the log costs a rename.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "core/base/result.h"
#include "net/disk/posix_disk.h"

namespace drydock::net {

// Beside the segments, so that the rename stays within one folder and one sync of it makes it
// durable; under a name that is no segment's, which Recover passes over.
inline constexpr const char* kSparePath = "wal/spare";
inline constexpr const char* kUnfinishedSparePath = "wal/spare.tmp";

// A thread of low priority makes the file, a piece at a time with pauses in between, so that the
// log's own syncs do not have to wait behind it. Only a convenience: whatever goes wrong here (a
// full disk above all) means that there is no spare, and nothing else. None is made where it would
// take the room of the next segment.
class SpareSegment {
 public:
  // Looks in the background at what an earlier process left: an unfinished spare is removed, a
  // finished one is used if every byte of it reads as zero, and removed otherwise. The disk must
  // outlive this.
  explicit SpareSegment(PosixDisk& disk);
  // Gives up what is being made; a finished spare stays for the next start.
  ~SpareSegment();
  SpareSegment(const SpareSegment&) = delete;
  SpareSegment& operator=(const SpareSegment&) = delete;

  // From now on there should be one of this size; if one is taken or could not be made, the next
  // one is made at the next call.
  void Want(std::uint64_t size);
  // Renames the spare to `path`, in the same folder, and gives true, if there is one of just this
  // size. Its content is durable, the new name is not yet.
  bool TakeAs(const std::string& path, std::uint64_t size);
  // The size of the one that is ready; 0: there is none.
  std::uint64_t ready() const;

 private:
  void Run();
  void LookAtLeftovers();
  bool LeftoverIsSound(std::uint64_t size);
  void Renew(std::uint64_t size);
  Status Make(std::uint64_t size);
  Status MakePiece(std::uint64_t offset, std::uint64_t size);
  bool HasRoomFor(std::uint64_t size);
  void SetReady(std::uint64_t size);
  // True when the object is being destroyed.
  bool Stopping();
  template <class Length>
  bool Pause(Length length);

  PosixDisk& disk_;
  mutable std::mutex mutex_;  // of what follows, and held while the spare is renamed
  std::condition_variable wake_;
  bool stop_ = false;
  bool making_ = false;
  bool late_ = false;         // one is needed while it is being made: no pauses any more
  std::uint64_t wanted_ = 0;  // by a call that was not answered yet; 0: none
  std::uint64_t ready_ = 0;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace drydock::net
