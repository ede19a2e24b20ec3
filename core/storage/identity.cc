#include "core/storage/identity.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/codec.h"
#include "core/base/crc32c.h"

namespace drydock {
namespace {

constexpr const char* kTemporaryPath = "identity.tmp";
constexpr std::string_view kMagic = "drydock1";
// A store that never could promise anything keeps to version 1, which older programs can read.
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kVersionWithPromise = 2;
constexpr std::size_t kChecksumBytes = 4;

std::string Encode(const Identity& identity) {
  std::string bytes(kMagic);
  Writer writer(bytes);
  const bool promises = identity.vote_promise > Duration();
  writer.U32(promises ? kVersionWithPromise : kVersion);
  writer.U32(identity.node.value());
  writer.U64(identity.store.value());
  writer.U64(identity.incarnation.value());
  writer.U64(identity.next_batch);
  if (promises) writer.U64(static_cast<std::uint64_t>(identity.vote_promise.nanoseconds()));
  writer.U32(Crc32c(bytes));
  return bytes;
}

Error Damaged(const std::string& what) {
  return Error{std::string(kIdentityPath) + ": " + what +
               "; what this node once voted for and stored cannot be trusted any more, so it does "
               "not start: check the disk, then remove the node from the cluster and add it again "
               "with an empty directory"};
}

Result<std::optional<Identity>> Decode(std::string_view bytes) {
  if (bytes.size() < kMagic.size() + kChecksumBytes || !bytes.starts_with(kMagic)) {
    return Damaged("this is no identity file, or a damaged one");
  }
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (Reader(bytes.substr(body.size())).U32() != Crc32c(body)) {
    return Damaged("the checksum does not fit the content");
  }
  Reader reader(body.substr(kMagic.size()));
  const std::uint32_t version = reader.U32();
  if (version != kVersion && version != kVersionWithPromise) {
    return Error{std::string(kIdentityPath) + ": format version " + std::to_string(version) +
                 ", and this program reads versions up to " + std::to_string(kVersionWithPromise) +
                 ": start the node with the program that wrote it, or a newer one"};
  }
  Identity identity;
  identity.node = NodeId(reader.U32());
  identity.store = StoreId(reader.U64());
  identity.incarnation = Incarnation(reader.U64());
  identity.next_batch = reader.U64();
  if (version == kVersionWithPromise) {
    identity.vote_promise = Duration::Nanoseconds(static_cast<std::int64_t>(reader.U64()));
  }
  if (!reader.AtEnd()) return Damaged("the file is not as long as it should be");
  return std::optional(identity);
}

}  // namespace

Result<std::optional<Identity>> ReadIdentity(Disk& disk) {
  const auto names = disk.List("");
  if (!names.ok()) return names.error();
  if (std::ranges::find(names.value(), kIdentityPath) == names.value().end()) {
    return std::optional<Identity>();
  }
  const auto size = disk.Size(kIdentityPath);
  if (!size.ok()) return size.error();
  if (size.value() < kMagic.size() + kChecksumBytes) {
    return Damaged("the file is cut short");
  }
  // A newer version may be longer; anything much longer is none of ours.
  const auto bytes = disk.Read(kIdentityPath, 0, std::min<std::uint64_t>(size.value(), 4096));
  if (!bytes.ok()) return bytes.error();
  return Decode(bytes.value());
}

Status WriteIdentity(Disk& disk, const Identity& identity) {
  const std::string bytes = Encode(identity);
  Status status = disk.Create(kTemporaryPath, bytes.size());
  if (status.ok()) status = disk.Write(kTemporaryPath, 0, bytes);
  // The content must be durable before the name is, or a crash could leave the name without it.
  if (status.ok()) status = disk.Sync(kTemporaryPath);
  if (status.ok()) status = disk.Rename(kTemporaryPath, kIdentityPath);
  if (status.ok()) status = disk.SyncDirectory("");
  return status;
}

}  // namespace drydock
