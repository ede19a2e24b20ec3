#include "net/node/backup_hooks.h"

#include <memory>
#include <utility>

#include "core/storage/data_format.h"
#include "net/node/status.h"

namespace drydock::net {
namespace {

void Confirm(NodeRunner& runner, Question question) {
  // A client would be left waiting until the suspension ends.
  if (runner.node().raft().suspended()) return question.caller->OnDrop(question.number);
  runner.Ask({.op = GetOp{.key = Bytes(), .any_node = true}}, question);
}

std::optional<v1::SnapshotOutcome> TakeSnapshot(NodeRunner& runner, Question question) {
  const auto why_not = WhyNoSnapshot(runner.node());
  if (!why_not.has_value()) runner.TakeSnapshot(question);
  return why_not;
}

// What the source's thread delivers goes to the loop's.
std::unique_ptr<SnapshotSource> OpenSource(const std::string& directory, Mailbox& mailbox,
                                           const StoredSnapshot& snapshot,
                                           SnapshotSource::Deliver deliver) {
  return std::make_unique<SnapshotSource>(
      directory, snapshot, [&mailbox, deliver = std::move(deliver)](SnapshotSource::Piece piece) {
        mailbox.Post([deliver, piece = std::move(piece)] { deliver(piece); });
      });
}

}  // namespace

BackupHooks HooksOfBackups(const BackupNode& node) {
  return {.confirm = [runner = node.runner](Question question) { Confirm(runner(), question); },
          .snapshot = [runner = node.runner](
                          Question question) { return TakeSnapshot(runner(), question); },
          .newest = [runner = node.runner] { return runner().node().snapshot(); },
          .open =
              [directory = node.directory, mailbox = node.mailbox](
                  const StoredSnapshot& snapshot, SnapshotSource::Deliver deliver) {
                return OpenSource(directory, mailbox(), snapshot, std::move(deliver));
              },
          .describe =
              [id = node.id, cluster = node.cluster](v1::BackupHead& head) {
                head.set_cluster(cluster);
                head.set_node(id.value());
                head.set_data_format(DataFormat());
              }};
}

}  // namespace drydock::net
