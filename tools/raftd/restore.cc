#include "tools/raftd/restore.h"

#include <iostream>
#include <string>
#include <utility>

#include "core/text/names.h"
#include "net/backup/backup_file.h"
#include "net/backup/backup_text.h"
#include "net/node/refound.h"

namespace drydock::tools {
namespace {

int Refuse(const std::string& text) {
  std::cerr << "raftd: " << text << "\n";
  return kExitFailed;
}

Status CheckFits(const net::ClusterConfig& config, const RaftdFlags& flags,
                 const BackupHead& head) {
  Status member = net::CheckIsMember(config, *flags.id);
  if (!member.ok()) return member;
  if (head.cluster == config.cluster || flags.rename_cluster) return Ok();
  return Error{flags.restore + " is a backup of cluster \"" + head.cluster + "\", and " +
               flags.config + " is of \"" + config.cluster +
               "\": give the right one, or --rename-cluster"};
}

void TellWhatToDo(const RaftdFlags& flags) {
  const std::string name = NameOf(*flags.id);
  std::cout << "\n"
            << flags.data << " holds a new store with " << name
            << " as the only member.\nStart it: raftd --config " << flags.config << " --id " << name
            << " --data " << flags.data
            << "\nThen start the others with --join in empty directories, and: raftctl members add "
               "...\nNo node of the cluster that the backup is from hears this one, or is heard.\n";
}

}  // namespace

int RestoreBackup(const net::ClusterConfig& config, const RaftdFlags& flags) {
  auto backup = net::LoadBackup(flags.restore);
  if (!backup.ok()) return Refuse(backup.error().text);
  const net::BackupSummary summary = backup.value().summary;
  Status status = CheckFits(config, flags, summary.head);
  if (status.ok()) {
    status = net::RestoreInto(config, *flags.id, std::move(backup.value()), flags.data);
  }
  if (!status.ok()) return Refuse(status.error().text);
  std::cout << flags.restore << "\n" << net::BackupText(summary);
  TellWhatToDo(flags);
  return kExitOk;
}

}  // namespace drydock::tools
