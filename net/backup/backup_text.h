// What a backup is, for a person and for a program.
#pragma once

#include <string>

#include "core/text/json_writer.h"
#include "net/backup/backup_file.h"

namespace drydock::net {

// Indented lines, each with a newline.
std::string BackupText(const BackupSummary& summary);

// Members of an object that has begun.
void WriteBackup(const BackupSummary& summary, JsonWriter& json);

}  // namespace drydock::net
