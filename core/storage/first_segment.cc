#include "core/storage/first_segment.h"

#include <string>

#include "core/storage/wal_format.h"

namespace drydock {

Status CreateFirstSegment(Disk& disk, const Identity& identity, std::uint64_t segment_bytes) {
  const SegmentHeader header{.node = identity.node,
                             .store = identity.store,
                             .segment = 1,
                             .first_batch = identity.next_batch,
                             .bytes = RoundUpToSector(segment_bytes)};
  const std::string path = SegmentPath(1);
  Status status = disk.Create(path, header.bytes);
  if (status.ok()) status = disk.Write(path, 0, EncodeSegmentHeader(header));
  if (status.ok()) status = disk.Sync(path);
  if (status.ok()) status = disk.SyncDirectory(kWalFolder);
  return status;
}

}  // namespace drydock
