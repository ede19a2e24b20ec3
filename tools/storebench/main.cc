// storebench: what tools/bench needs in C++: the load generator for Drydock and for etcd, the bare
// probe, and two clocks (a waiting client, a node that comes back).
#include <CLI/CLI.hpp>
#include <iostream>

#include "tools/load/load_flags.h"
#include "tools/storebench/catch_up.h"
#include "tools/storebench/load_command.h"
#include "tools/storebench/probe_server.h"
#include "tools/storebench/waiting_client.h"

namespace drydock::tools {
namespace {

using Command = std::function<int()>;

constexpr int kUsage = 2;

Command AddLoad(CLI::App& app) {
  auto flags = std::make_shared<LoadCommandFlags>();
  app.add_option("--store", flags->store, "How it is spoken to")
      ->required()
      ->check(CLI::IsMember({"drydock", "drydock-stream", "etcd"}));
  app.add_option("--endpoints", flags->endpoints, "HOST:PORT of all nodes")
      ->required()
      ->delimiter(',');
  app.add_flag("--stale", flags->stale, "Read what the node has applied (etcd: serializable)");
  app.add_option("--watch", flags->watch, "Processes whose processor time is told")->delimiter(',');
  AddLoadFlags(app, flags->settings);
  return [flags] { return RunLoadCommand(*flags); };
}

Command AddLeader(CLI::App& app) {
  auto store = std::make_shared<std::string>();
  auto endpoints = std::make_shared<std::vector<std::string>>();
  app.add_option("--store", *store, "How it is spoken to")
      ->required()
      ->check(CLI::IsMember({"drydock", "etcd"}));
  app.add_option("--endpoints", *endpoints, "HOST:PORT of all nodes")->required()->delimiter(',');
  return [store, endpoints] { return PrintLeader(*store, *endpoints); };
}

Command AddProbeServer(CLI::App& app) {
  auto flags = std::make_shared<ProbeFlags>();
  app.add_option("--id", flags->id, "Which of the nodes; 0 leads")->required();
  app.add_option("--nodes", flags->nodes, "HOST:PORT of all nodes")->required()->delimiter(',');
  app.add_option("--data", flags->data, "Its directory")->required();
  return [flags] {
    if (flags->id < flags->nodes.size()) return RunProbeServer(*flags);
    std::cerr << "storebench: --id is from 0 to the number of nodes, exclusive\n";
    return kUsage;
  };
}

Command AddWaitingClient(CLI::App& app) {
  auto store = std::make_shared<std::string>();
  auto endpoints = std::make_shared<std::vector<std::string>>();
  app.add_option("--store", *store, "How it is spoken to")
      ->required()
      ->check(CLI::IsMember({"drydock", "etcd"}));
  app.add_option("--endpoints", *endpoints, "HOST:PORT of all nodes")->required()->delimiter(',');
  return [store, endpoints] {
    const auto client =
        *store == "etcd" ? MakeBlockingEtcd(*endpoints) : MakeBlockingDrydock(*endpoints);
    return RunWaitingClient(*client, {});
  };
}

Command AddCatchUp(CLI::App& app) {
  auto leader = std::make_shared<std::string>();
  auto node = std::make_shared<std::string>();
  auto seconds = std::make_shared<int>(30);
  app.add_option("--leader", *leader, "HOST:PORT of a node that leads")->required();
  app.add_option("--node", *node, "HOST:PORT of the one that comes back")->required();
  app.add_option("--for", *seconds, "Give up after so many seconds")->capture_default_str();
  return [=] { return WatchCatchUp(*leader, *node, std::chrono::seconds(*seconds)); };
}

int RunCommandLine(int argc, char** argv) {
  CLI::App app("storebench measures stores; tools/bench calls it.");
  app.require_subcommand(1);
  struct Subcommand {
    CLI::App* app;
    Command run;
  };
  std::vector<Subcommand> commands;
  const auto add = [&](const char* name, const char* description, auto fill) {
    CLI::App* command = app.add_subcommand(name, description);
    commands.push_back({command, fill(*command)});
  };
  add("load", "Put load on a store and tell how it went, as JSON", AddLoad);
  add("leader", "Wait for a leader and print its endpoint", AddLeader);
  add("probe-server", "One node of the bare probe", AddProbeServer);
  add("waiting-client", "Put one value after another, and tell when each was done",
      AddWaitingClient);
  add("catch-up", "Tell when a Drydock node has what its leader has committed", AddCatchUp);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, std::cout, std::cerr) == 0 ? 0 : kUsage;
  }
  for (const Subcommand& command : commands) {
    if (command.app->parsed()) return command.run();
  }
  return kUsage;
}

}  // namespace
}  // namespace drydock::tools

int main(int argc, char** argv) {
  return drydock::tools::RunCommandLine(argc, argv);
}
