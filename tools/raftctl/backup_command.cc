// raftctl backup: takes a backup of the cluster into a file, or says what one is.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "net/backup/backup_text.h"
#include "net/backup/receive_backup.h"
#include "net/log/event_log.h"
#include "tools/raftctl/commands.h"
#include "tools/raftctl/node_commands.h"
#include "tools/raftctl/output.h"

namespace drydock::tools {
namespace {

constexpr const char* kHelp =
    "The file holds the whole store as it was at one moment: every write that was acknowledged\n"
    "before the command began, and perhaps later ones. Clients go on meanwhile. It has its name "
    "only\nonce it is whole and durable; until then it is FILE.unfinished. --timeout is how long "
    "the "
    "node\nmay be silent, not how long the whole may take. If the leader is lost, the next one is\n"
    "asked, twice at most.\n"
    "--check reads the file, asks no node, and exits with 1 if it is damaged, cut short, or of a\n"
    "newer version. Restore one with raftd --restore.\n"
    "Examples:\n  raftctl backup monday.backup\n  raftctl backup monday.backup --from n2\n"
    "  raftctl backup --check monday.backup";

// Leaders may change; whoever loses one three times in a row has other worries than a backup.
constexpr int kTries = 3;

struct BackupFlags {
  std::string file;
  std::string from = "leader";
  bool overwrite = false;
  bool check = false;
};

int PrintSummary(const CommonFlags& common, const net::BackupSummary& summary,
                 const std::string& plain) {
  if (!common.json) return Print(plain, kDone);
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.NameMember("outcome", "ok");
  net::WriteBackup(summary, json);
  json.EndObject();
  return Print(text + "\n", kDone);
}

int Check(const CommonFlags& common, const std::string& file) {
  const Result<net::BackupSummary> summary = net::CheckBackup(file);
  if (summary.ok()) {
    return PrintSummary(common, summary.value(),
                        file + ": whole\n" + net::BackupText(summary.value()));
  }
  PrintError(summary.error().text);
  return kNo;
}

std::string WhatNow(const std::string& file) {
  return "Check it:    raftctl backup --check " + file +
         "\nRestore it:  raftd --config cluster.json --id n0 --data EMPTY-DIRECTORY --restore " +
         file + "\n";
}

int TakeBackup(const CommonFlags& common, const BackupFlags& flags) {
  int tries = flags.from == "leader" ? kTries : 1;
  int code = kDone;
  const auto act = [&](net::Client& client, const ChosenNode& node) {
    const net::BackupOrder order{.endpoint = node.endpoint,
                                 .path = flags.file,
                                 .replace = flags.overwrite,
                                 .time = static_cast<std::uint64_t>(net::EventLog::SystemClock())};
    net::BackupSummary summary;
    const net::CallResult result = net::ReceiveBackup(client, order, summary);
    if (result.outcome == net::CallOutcome::kNoLeader && --tries > 0) return code;
    tries = 0;
    if (result.outcome != net::CallOutcome::kOk) {
      return Report(common, node,
                    {.outcome = result.outcome, .text = "there is no backup: " + result.text}, "");
    }
    return PrintSummary(common, summary,
                        flags.file + ": a backup from " + node.words + "\n" +
                            net::BackupText(summary) + WhatNow(flags.file));
  };
  while (tries > 0) {
    const int before = tries;
    code = WithNode(common, {flags.from, ""}, act);
    if (tries == before) break;  // there was nobody to ask
  }
  return code;
}

}  // namespace

std::function<int()> AddBackup(CLI::App& app, const CommonFlags& common) {
  auto flags = std::make_shared<BackupFlags>();
  CLI::App* backup =
      app.add_subcommand("backup", "Take a backup of the whole store while clients go on");
  backup->add_option("FILE", flags->file, "Where it goes; must not be there yet")->required();
  CLI::Option* from =
      backup->add_option("--from", flags->from, "Which node is asked: n0, n1, ..., or leader")
          ->type_name("NODE")
          ->capture_default_str();
  CLI::Option* overwrite =
      backup->add_flag("--overwrite", flags->overwrite, "Replace a file that is there");
  backup->add_flag("--check", flags->check, "Only tell what FILE is, and whether it is whole")
      ->excludes(from)
      ->excludes(overwrite);
  backup->footer(kHelp);
  return [flags, &common] {
    return flags->check ? Check(common, flags->file) : TakeBackup(common, *flags);
  };
}

}  // namespace drydock::tools
