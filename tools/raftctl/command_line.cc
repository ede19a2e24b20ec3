#include "tools/raftctl/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <utility>

#include "core/text/units.h"
#include "tools/raftctl/commands.h"

namespace drydock::tools {
namespace {

using std::chrono::milliseconds;

// Each of these adds a subcommand; what it gives back runs it.
using Command = std::function<int()>;

constexpr milliseconds kLongestTimeout = std::chrono::hours(24);
constexpr milliseconds kLongestSuspension = std::chrono::hours(24 * 49);

constexpr const char* kBytesHelp =
    "Keys and values are any bytes, also none. Instead of the bytes themselves:\n"
    "  -        the standard input, whole (its last newline, too)\n"
    "  @file    the content of a file, whole\n"
    "  @@text   for @text\n"
    "After -- nothing is an option: raftctl put -- offset -5\n";

// At least a millisecond, in whole milliseconds.
milliseconds ParseTime(const char* flag, const std::string& text, milliseconds longest) {
  const Result<Duration> duration = ParseDuration(text);
  if (!duration.ok()) throw CLI::ValidationError(flag, duration.error().text);
  const milliseconds time(duration.value().nanoseconds() / 1'000'000);
  if (time >= milliseconds(1) && time <= longest) return time;
  throw CLI::ValidationError(flag, "must be from 1ms to " +
                                       FormatDuration(Duration::Milliseconds(longest.count())) +
                                       ", found \"" + text + "\"");
}

void AddCommonFlags(CLI::App& app, CommonFlags& common) {
  app.add_option("--endpoints", common.endpoints,
                 "The nodes, as host:port,host:port,... (else --config, else $DRYDOCK_ENDPOINTS)")
      ->type_name("LIST");
  const auto file = [&app](const char* name, std::string& path, const char* variable,
                           const char* what) {
    app.add_option(name, path, what)->type_name("FILE")->envname(variable);
  };
  file("--cacert", common.security.tls.ca, "DRYDOCK_CACERT", "Use TLS: the CA of the nodes, PEM");
  file("--cert", common.security.tls.cert, "DRYDOCK_CERT", "A certificate to show, PEM");
  file("--key", common.security.tls.key, "DRYDOCK_KEY", "Its private key");
  file("--token-file", common.token_file, "DRYDOCK_TOKEN_FILE",
       "A token to show (else $DRYDOCK_TOKEN itself)");
  app.add_option("--config", common.config, "The cluster's file, which names the nodes")
      ->type_name("JSON-FILE");
  app.add_option_function<std::string>(
         "--timeout",
         [&common](const std::string& text) {
           common.timeout = ParseTime("--timeout", text, kLongestTimeout);
         },
         "How long a command may take, such as 500ms or 5s [5s]")
      ->type_name("TIME");
  app.add_option_function<std::string>(
         "--output", [&common](const std::string& text) { common.json = text == "json"; },
         "How results are printed: plain or json [plain]")
      ->check(CLI::IsMember({"plain", "json"}))
      ->type_name("FORM");
}

Command AddPut(CLI::App& app, const CommonFlags& common) {
  auto words = std::make_shared<std::pair<std::string, std::string>>();
  CLI::App* put = app.add_subcommand("put", "Set the value of a key");
  put->add_option("KEY", words->first, "The key")->required();
  put->add_option("VALUE", words->second, "Its new value")->required();
  put->footer(std::string(kBytesHelp) +
              "Examples:\n  raftctl put color blue\n  raftctl put photo @photo.jpg\n"
              "  printf '%s' \"$SECRET\" | raftctl put secret -");
  return [words, &common] { return Put(common, words->first, words->second); };
}

Command AddGet(CLI::App& app, const CommonFlags& common) {
  auto flags = std::make_shared<GetFlags>();
  CLI::App* get = app.add_subcommand("get", "Print the value of a key");
  get->add_option("KEY", flags->key, "The key")->required();
  CLI::Option* consistency =
      get->add_option("--consistency", flags->consistency,
                      "linearizable: sees every write that was answered before\n"
                      "lease: the same, as long as the nodes' clocks keep to clock_drift_ppm\n"
                      "stale: what the first endpoint that answers holds, leader or not")
          ->check(CLI::IsMember({"linearizable", "lease", "stale"}))
          ->capture_default_str();
  get->add_flag_callback(
         "--stale", [flags] { flags->consistency = "stale"; }, "The same as --consistency stale")
      ->excludes(consistency);
  get->add_flag("--any-node", flags->any_node,
                "Linearizable, from the first endpoint that answers: it asks the leader")
      ->excludes(consistency);
  get->footer(
      "Prints the value's bytes and nothing else, but a newline after them on a terminal.\n"
      "A missing key prints nothing and exits with 1. With --output json bytes that are not\n"
      "UTF-8 are in value_base64.\n" +
      std::string(kBytesHelp) + "Examples:\n  raftctl get color\n  raftctl get photo > photo.jpg");
  return [flags, &common] { return Get(common, *flags); };
}

Command AddDelete(CLI::App& app, const CommonFlags& common) {
  auto key = std::make_shared<std::string>();
  CLI::App* del = app.add_subcommand("del", "Delete a key");
  del->add_option("KEY", *key, "The key")->required();
  del->footer("Exits with 1 if there was no such key.\n" + std::string(kBytesHelp) +
              "Example:\n  raftctl del color");
  return [key, &common] { return Delete(common, *key); };
}

struct CompareAndSetFlags {
  std::string key;
  std::string first;
  std::string second;
  bool absent = false;
};

Command AddCompareAndSet(CLI::App& app, const CommonFlags& common) {
  auto flags = std::make_shared<CompareAndSetFlags>();
  CLI::App* cas = app.add_subcommand("cas", "Set the value of a key if it holds what is expected");
  cas->add_option("KEY", flags->key, "The key")->required();
  cas->add_option("EXPECTED", flags->first, "What the key must hold; left out with --absent")
      ->required();
  CLI::Option* last = cas->add_option("VALUE", flags->second, "Its new value");
  cas->add_flag("--absent", flags->absent, "Only if the key is missing");
  cas->callback([flags, last] {
    const bool both = last->count() > 0;
    if (both && flags->absent) throw CLI::ValidationError("--absent", "takes KEY and VALUE only");
    if (!both && !flags->absent) {
      throw CLI::ValidationError("cas", "takes KEY, EXPECTED and VALUE, or KEY --absent VALUE");
    }
  });
  cas->footer(
      "cas KEY EXPECTED VALUE, or cas KEY --absent VALUE. Exits with 1 if the key holds something\n"
      "else.\n" +
      std::string(kBytesHelp) +
      "Examples:\n  raftctl cas color blue green\n  raftctl cas lock --absent me");
  return [flags, &common] {
    if (flags->absent) return CompareAndSet(common, flags->key, std::nullopt, flags->first);
    return CompareAndSet(common, flags->key, flags->first, flags->second);
  };
}

Command AddStatus(CLI::App& app, const CommonFlags& common) {
  CLI::App* status = app.add_subcommand("status", "Show every node, with or without a leader");
  status->footer(
      "ROLE    F follower, C candidate, L leader\n"
      "SILENT  since a follower heard its leader; for a node that does not answer, since the\n"
      "        leader heard it\n"
      "BEHIND  entries of the leader's log that the node is not known to hold\n"
      "Exits with 3 if no node that answers leads.\n"
      "Examples:\n  raftctl status\n  raftctl status --config cluster.json --output json");
  return [&common] { return Status(common); };
}

void AddNodeChoice(CLI::App* command, NodeChoice& node) {
  command->add_option("NODE", node.name, "Its name, n0, n1, ..., or leader");
  command->add_option("--endpoint", node.endpoint, "Its address, instead of its name")
      ->type_name("HOST:PORT");
  command->callback([command, &node] {
    if (node.name.empty() != node.endpoint.empty()) return;
    throw CLI::ValidationError(command->get_name(),
                               "takes one node: NODE, or --endpoint HOST:PORT");
  });
}

struct SuspendFlags {
  NodeChoice node;
  milliseconds length{20000};
};

Command AddSuspend(CLI::App& app, const CommonFlags& common) {
  auto flags = std::make_shared<SuspendFlags>();
  CLI::App* suspend =
      app.add_subcommand("suspend", "Make a node silent for a while, as if it had failed");
  AddNodeChoice(suspend, flags->node);
  suspend
      ->add_option_function<std::string>(
          "--for",
          [flags](const std::string& text) {
            flags->length = ParseTime("--for", text, kLongestSuspension);
          },
          "How long [20s]")
      ->type_name("TIME");
  suspend->footer(
      "The node keeps its data and comes back as a follower. It must run with --enable-suspend.\n"
      "Examples:\n  raftctl suspend leader --for 5s\n  raftctl suspend --endpoint "
      "127.0.0.1:7001");
  return [flags, &common] { return Suspend(common, flags->node, flags->length); };
}

Command AddResume(CLI::App& app, const CommonFlags& common) {
  auto node = std::make_shared<NodeChoice>();
  CLI::App* resume = app.add_subcommand("resume", "End the suspension of a node");
  AddNodeChoice(resume, *node);
  resume->footer("Example:\n  raftctl resume n1");
  return [node, &common] { return Resume(common, *node); };
}

Command AddTransfer(CLI::App& app, const CommonFlags& common) {
  auto to = std::make_shared<std::string>();
  CLI::App* transfer = app.add_subcommand("transfer", "Have the leader hand over to another node");
  transfer->add_option("TO", *to, "n0, n1, ...; without it the best of the others");
  transfer->footer(
      "Calls that come meanwhile wait, and none is lost. If the node does not take over within an\n"
      "election timeout, the old leader serves on, and the exit code is 5.\n"
      "Examples:\n  raftctl transfer\n  raftctl transfer n2");
  return [to, &common] { return Transfer(common, *to); };
}

Command AddTimings(CLI::App& app, const CommonFlags& common) {
  CLI::App* timings =
      app.add_subcommand("timings", "Show how long the latest entries and elections took");
  timings->footer(
      "Of the last 1024 entries of a node's latest term as leader, medians, on its own clock, from "
      "the\nproposal on:\n"
      "DURABLE     to the leader's own disk\n"
      "COMMIT      to the commitment, as the leader sees it\n"
      "EVERYWHERE  to the disks of all members, as their answers tell\n"
      "KNOWN       until all members know of the commitment, as their answers tell\n"
      "Of the last 256 elections that the node stood in: how many were won, and not; WON and LOST "
      "are\nthe medians from the beginning to the end. --output json has each by itself.\n"
      "Example:\n  raftctl timings --output json");
  return [&common] { return Timings(common); };
}

Command AddSnapshot(CLI::App& app, const CommonFlags& common) {
  auto node = std::make_shared<NodeChoice>();
  CLI::App* snapshot = app.add_subcommand("snapshot", "Have a node write a snapshot now");
  AddNodeChoice(snapshot, *node);
  snapshot->footer(
      "Nodes do so by themselves; see snapshot_log_bytes and snapshot_every of the cluster's "
      "file.\n"
      "Waits until it is durable: give a large store time with --timeout. Exits with 5 if one is\n"
      "being written already, and with 4 if it may still be being written.\n"
      "Examples:\n  raftctl snapshot leader --timeout 60s\n  raftctl snapshot n1");
  return [node, &common] { return Snapshot(common, *node); };
}

using Commands = std::vector<std::pair<std::string, Command>>;

Commands AddCommands(CLI::App& app, const CommonFlags& common) {
  return {{"put", AddPut(app, common)},           {"get", AddGet(app, common)},
          {"del", AddDelete(app, common)},        {"cas", AddCompareAndSet(app, common)},
          {"status", AddStatus(app, common)},     {"suspend", AddSuspend(app, common)},
          {"resume", AddResume(app, common)},     {"transfer", AddTransfer(app, common)},
          {"snapshot", AddSnapshot(app, common)}, {"members", AddMembers(app, common)},
          {"backup", AddBackup(app, common)},     {"bench", AddBench(app, common)},
          {"ping", AddPing(app, common)},         {"timings", AddTimings(app, common)}};
}

void Describe(CLI::App& app) {
  app.require_subcommand(1);
  app.fallthrough();  // the common options may stand behind the command, too
  app.footer(
      "Options may stand before or behind the command; raftctl COMMAND --help tells more.\n"
      "Exit codes: 0 done, 1 no such key or not the expected value, 2 bad usage, 3 no leader\n"
      "(nothing happened), 4 outcome unknown (it may have happened), 5 refused.\n"
      "Examples:\n  export DRYDOCK_ENDPOINTS=127.0.0.1:7000,127.0.0.1:7001,127.0.0.1:7002\n"
      "  raftctl put color blue\n  raftctl get color\n  raftctl status --config cluster.json");
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string("raftctl: ") + error.what() + "; --help tells more\n";
  });
  app.set_help_all_flag("--help-all", "Help of all commands");
}

bool IsUnknownCommand(const std::string& word, const Commands& commands) {
  return !word.empty() && word[0] != '-' &&
         std::none_of(commands.begin(), commands.end(),
                      [&](const auto& command) { return command.first == word; });
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  CommonFlags common;
  CLI::App app("raftctl talks to a Drydock cluster.");
  app.name("raftctl");
  Describe(app);
  AddCommonFlags(app, common);
  const Commands commands = AddCommands(app, common);
  if (argc > 1 && IsUnknownCommand(argv[1], commands)) {
    PrintError(
        "there is no command \"" + std::string(argv[1]) +
        "\"; there are put, get, del, cas, status, suspend, resume, transfer, snapshot, members, "
        "backup, bench, ping and timings");
    return kUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // The library's own codes are all above 100.
    return app.exit(error, std::cout, std::cerr) == 0 ? kDone : kUsage;
  }
  for (const auto& [name, command] : commands) {
    if (app.got_subcommand(name)) return command();
  }
  return kUsage;
}

}  // namespace drydock::tools
