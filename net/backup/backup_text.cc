#include "net/backup/backup_text.h"

#include <cstdint>

#include "core/text/names.h"
#include "net/log/time_text.h"

namespace drydock::net {
namespace {

std::string VotersOf(const Configuration& configuration) {
  std::string names;
  for (const NodeId node : configuration.incoming().voters()) {
    names += (names.empty() ? "" : ", ") + NameOf(node);
  }
  return names;
}

std::string TimeOf(const BackupHead& head) {
  return TimeText(static_cast<std::int64_t>(head.time));
}

}  // namespace

std::string BackupText(const BackupSummary& summary) {
  const BackupHead& head = summary.head;
  std::string text = "  cluster      " + head.cluster + ", voters " +
                     VotersOf(head.meta.configuration) + "\n  taken        " + TimeOf(head) +
                     " from " + NameOf(head.node) + "\n  up to entry  " +
                     std::to_string(head.meta.index.value()) + ", of term " +
                     std::to_string(head.meta.term.value()) + "\n";
  if (summary.contents.has_value()) {
    text += "  keys         " + std::to_string(summary.contents->keys) + "\n  sessions     " +
            std::to_string(summary.contents->sessions) + "\n";
  }
  return text + "  size         " + std::to_string(summary.file_bytes) + " bytes\n";
}

void WriteBackup(const BackupSummary& summary, JsonWriter& json) {
  const BackupHead& head = summary.head;
  json.TextMember("cluster", head.cluster);
  json.TextMember("node", NameOf(head.node));
  json.TextMember("time", TimeOf(head));
  json.Member("data_format", head.data_format);
  json.Member("index", head.meta.index.value());
  json.Member("term", head.meta.term.value());
  if (summary.contents.has_value()) {
    json.Member("keys", summary.contents->keys);
    json.Member("sessions", summary.contents->sessions);
  }
  json.Member("bytes", summary.file_bytes);
}

}  // namespace drydock::net
