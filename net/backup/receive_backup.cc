#include "net/backup/receive_backup.h"

#include <memory>
#include <utility>

namespace drydock::net {
namespace {

Result<BackupHead> Decode(const v1::BackupHead& in, std::uint64_t time) {
  auto configuration = Configuration::Decode(in.configuration());
  if (in.term() < 0 || !configuration.has_value()) {
    return Error{"the node's backup cannot be read by this raftctl: use the node's version"};
  }
  BackupHead head{.cluster = in.cluster(),
                  .node = NodeId(in.node()),
                  .time = time,
                  .data_format = in.data_format(),
                  .meta = {}};
  head.meta = {.index = Index(in.index()),
               .term = Term(static_cast<std::uint64_t>(in.term())),
               .configuration_index = Index(in.configuration_index()),
               .configuration = std::move(*configuration),
               .bytes = in.state_bytes(),
               .checksum = in.state_checksum()};
  return head;
}

Status Take(const v1::BackupResponse& part, std::uint64_t time, BackupWriter& writer,
            BackupSummary& out) {
  if (part.has_head() == writer.begun()) return Error{"no node sends such a part of a backup"};
  if (!part.has_head()) return writer.Append(part.piece());
  auto head = Decode(part.head(), time);
  if (!head.ok()) return head.error();
  out.head = std::move(head.value());
  return writer.Begin(out.head);
}

CallResult Refused(const Error& error) {
  return {.outcome = CallOutcome::kRefused, .text = error.text};
}

}  // namespace

CallResult ReceiveBackup(Client& client, const BackupOrder& order, BackupSummary& out) {
  const auto writer = BackupWriter::Create(order.path, order.replace);
  if (!writer.ok()) return Refused(writer.error());
  CallResult result = client.Backup(order.endpoint, [&](const v1::BackupResponse& part) {
    return Take(part, order.time, *writer.value(), out);
  });
  if (result.outcome != CallOutcome::kOk) return result;
  const auto bytes = writer.value()->Finish();
  if (!bytes.ok()) return Refused(bytes.error());
  out.file_bytes = bytes.value();
  return result;
}

}  // namespace drydock::net
