#include "core/storage/data_format.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/base/codec.h"
#include "core/base/crc32c.h"

namespace drydock {
namespace {

constexpr std::uint32_t kDataFormat = 1;
constexpr const char* kTemporaryPath = "format.tmp";
constexpr std::string_view kMagic = "drydockf";
constexpr std::size_t kBytes = 16;

std::string Encode(std::uint32_t format) {
  std::string bytes(kMagic);
  Writer writer(bytes);
  writer.U32(format);
  writer.U32(Crc32c(bytes));
  return bytes;
}

Error Damaged(const std::string& what) {
  return Error{std::string(kDataFormatPath) + ": " + what +
               "; nothing else tells whether this program can read the store, so the node does not "
               "start: check the disk, then remove the node from the cluster and add it again with "
               "an empty directory"};
}

Result<std::uint32_t> Decode(const std::string& bytes) {
  const std::string_view body = std::string_view(bytes).substr(kMagic.size());
  if (!bytes.starts_with(kMagic)) return Damaged("this is no number of a data format");
  Reader reader(body);
  const std::uint32_t format = reader.U32();
  if (Encode(format) != bytes) return Damaged("the checksum does not fit the content");
  if (format <= kDataFormat) return format;
  return Error{std::string(kDataFormatPath) + ": the store is of data format " +
               std::to_string(format) + ", and this program reads formats up to " +
               std::to_string(kDataFormat) +
               "; nothing was changed: start the node with the version that wrote it, or a newer "
               "one (raftd --version tells what one reads)"};
}

}  // namespace

std::uint32_t DataFormat() {
  return kDataFormat;
}

Result<std::uint32_t> ReadDataFormat(Disk& disk) {
  const auto names = disk.List("");
  if (!names.ok()) return names.error();
  if (std::ranges::find(names.value(), kDataFormatPath) == names.value().end())
    return kFirstDataFormat;
  const auto size = disk.Size(kDataFormatPath);
  if (!size.ok()) return size.error();
  if (size.value() != kBytes) return Damaged("the file is not as long as it should be");
  const auto bytes = disk.Read(kDataFormatPath, 0, kBytes);
  if (!bytes.ok()) return bytes.error();
  return Decode(bytes.value());
}

Status RaiseDataFormat(Disk& disk, std::uint32_t from, std::uint32_t to) {
  if (from >= to) return Ok();
  const std::string bytes = Encode(to);
  Status status = disk.Create(kTemporaryPath, bytes.size());
  if (status.ok()) status = disk.Write(kTemporaryPath, 0, bytes);
  // The content must be durable before the name is, or a crash could leave the name without it.
  if (status.ok()) status = disk.Sync(kTemporaryPath);
  if (status.ok()) status = disk.Rename(kTemporaryPath, kDataFormatPath);
  if (status.ok()) status = disk.SyncDirectory("");
  return status;
}

}  // namespace drydock
