#include "tools/raftd/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "core/storage/data_format.h"
#include "core/text/words.h"
#include "net/config/cluster_config.h"

namespace drydock::tools {
namespace {

std::string VersionText() {
  return std::string("raftd ") + DRYDOCK_VERSION + ", data format " + std::to_string(DataFormat());
}

struct RawFlags {
  RaftdFlags flags;
  std::string id;
  std::string log_level = "info";
  bool peer_client_cert_auth = false;
};

// As etcd has them, and what Drydock has beside.
void DescribeSecurity(CLI::App& app, RawFlags& raw) {
  net::SecurityOptions& security = raw.flags.security;
  const auto file = [&app](const char* name, std::string& path, const char* what) {
    app.add_option(name, path, what)->type_name("FILE");
  };
  file("--cert-file", security.clients.cert, "TLS for clients: the node's certificate, PEM");
  file("--key-file", security.clients.key, "Its private key");
  file("--trusted-ca-file", security.clients.ca, "The CA of clients' certificates");
  app.add_flag("--client-cert-auth", security.client_cert_auth,
               "Clients must have a certificate of that CA");
  file("--peer-cert-file", security.peers.cert,
       "TLS between nodes, always mutual: the node's certificate, with the\n"
       "URI drydock://CLUSTER/ID among its alternative names");
  file("--peer-key-file", security.peers.key, "Its private key");
  file("--peer-trusted-ca-file", security.peers.ca, "The CA of nodes' certificates");
  app.add_flag("--peer-client-cert-auth", raw.peer_client_cert_auth,
               "Always so with --peer-cert-file; understood, for etcd has it");
  file("--clients-file", security.clients_file, "What clients may do: docs/security.md");
  app.add_flag("--insecure-plaintext", security.insecure_plaintext,
               "Do without TLS also where other machines can come");
  app.add_flag("--insecure-metrics", security.insecure_metrics,
               "The same for the port of \"metrics\" alone");
}

void Describe(CLI::App& app, RawFlags& raw) {
  RaftdFlags& flags = raw.flags;
  app.add_option("--config", flags.config, "The cluster's file, the same on all machines")
      ->required()
      ->envname("DRYDOCK_CONFIG")
      ->type_name("JSON-FILE");
  app.add_option("--id", raw.id, "Which of its nodes this is: n0, n1, ...")
      ->envname("DRYDOCK_ID")
      ->type_name("NODE");
  app.add_option("--data", flags.data, "The directory that this node keeps its store in")
      ->envname("DRYDOCK_DATA")
      ->type_name("DIR");
  app.add_flag("--bootstrap", flags.bootstrap,
               "Found a new store if the directory has none: for a node's first start");
  app.add_flag("--join", flags.join,
               "The same for a node that is to be added to a cluster which exists:\n"
               "it waits for raftctl members add");
  app.add_option(
         "--refound-into", flags.refound_into,
         "After the loss of a quorum: do not run, but tell what the store in --data holds,\n"
         "and make of it a cluster of this node alone, in this new directory")
      ->type_name("DIR");
  app.add_flag("--accept-loss", flags.accept_loss,
               "With --refound-into: do it, and do not only tell what may be lost");
  app.add_option("--restore", flags.restore,
                 "Do not run, but make of a backup (raftctl backup) a cluster of this node alone,\n"
                 "in --data, which must be empty")
      ->type_name("FILE");
  app.add_flag("--rename-cluster", flags.rename_cluster,
               "With --restore: the backup may be of a cluster of another name");
  app.add_flag("--check-config", flags.check_config,
               "Only tell whether the cluster's file is valid");
  app.add_flag("--enable-suspend", flags.enable_suspend,
               "Let clients make this node silent for a while: for rehearsals");
  DescribeSecurity(app, raw);
  app.add_option("--trace", flags.trace, "Write every event of the node to this file")
      ->type_name("FILE");
  app.add_option("--log-level", raw.log_level, "How much it tells")
      ->type_name("LEVEL:{error,warning,info,debug}")
      ->capture_default_str();
  app.set_version_flag("--version", VersionText(),
                       "Print the version and the data format that it writes");
  app.footer(
      "Each flag of --config, --id and --data may come as DRYDOCK_CONFIG, DRYDOCK_ID and\n"
      "DRYDOCK_DATA. The log goes to standard error, one JSON object a line.\n\n"
      "Examples:\n"
      "  raftd --config cluster.json --check-config\n"
      "  raftd --config cluster.json --id n0 --data /var/lib/drydock --bootstrap\n"
      "  raftd --config cluster.json --id n5 --data /var/lib/drydock --join\n"
      "  raftd --config cluster.json --id n3 --data /var/lib/drydock --refound-into "
      "/var/lib/new\n"
      "  raftd --config cluster.json --id n0 --data /var/lib/drydock --restore monday.backup\n\n"
      "Exit code: 0 stopped cleanly, 1 could not start or stopped itself, 2 bad flags or "
      "configuration.");
}

// What is wrong with the flags of TLS; "" for nothing.
std::string CompleteTls(const RawFlags& raw) {
  const net::SecurityOptions& security = raw.flags.security;
  const net::TlsFiles& clients = security.clients;
  if (clients.any() && (clients.cert.empty() || clients.key.empty())) {
    return "TLS for clients takes --cert-file and --key-file, and --trusted-ca-file if clients "
           "have "
           "certificates";
  }
  if (security.client_cert_auth && clients.ca.empty()) {
    return "--client-cert-auth needs --trusted-ca-file: whose certificates are good?";
  }
  const net::TlsFiles& peers = security.peers;
  const bool all = !peers.cert.empty() && !peers.key.empty() && !peers.ca.empty();
  if ((peers.any() || raw.peer_client_cert_auth) && !all) {
    return "TLS between nodes takes --peer-cert-file, --peer-key-file and --peer-trusted-ca-file";
  }
  return "";
}

std::string ProblemOfRestore(const RaftdFlags& flags) {
  if (flags.rename_cluster && flags.restore.empty()) return "--rename-cluster goes with --restore";
  if (flags.restore.empty()) return "";
  if (flags.bootstrap || flags.join || !flags.refound_into.empty()) {
    return "--restore begins a cluster with what a backup holds: leave out --bootstrap, --join and "
           "--refound-into";
  }
  return "";
}

// What is wrong with the flags beyond what the library sees; "" for nothing.
std::string Complete(RawFlags& raw) {
  const auto level = net::LogLevelNamed(raw.log_level);
  if (!level.has_value()) {
    return "--log-level: \"" + raw.log_level + "\" is none of error, warning, info and debug";
  }
  raw.flags.log_level = *level;
  if (raw.flags.check_config && raw.id.empty()) return "";  // of any node
  if (raw.id.empty()) return "--id is missing: which node of the cluster is this?";
  const auto id = net::ParseNodeName(raw.id);
  if (!id.has_value())
    return "--id: \"" + raw.id + "\" is no name of a node; nodes are n0, n1, ...";
  raw.flags.id = *id;
  if (raw.flags.bootstrap && raw.flags.join) {
    return "--bootstrap is for the nodes that a cluster begins with, --join for those that are "
           "added later: give one of them";
  }
  if (raw.flags.accept_loss && raw.flags.refound_into.empty()) {
    return "--accept-loss goes with --refound-into";
  }
  if (!raw.flags.refound_into.empty() && (raw.flags.bootstrap || raw.flags.join)) {
    return "--refound-into goes on from a store that exists: leave out --bootstrap and --join";
  }
  const std::string restore = ProblemOfRestore(raw.flags);
  if (!restore.empty()) return restore;
  if (raw.flags.data.empty() && !raw.flags.check_config) {
    return "--data is missing: the directory that this node keeps its store in";
  }
  return CompleteTls(raw);
}

// The library complains about what is missing before what is unknown, and does not guess.
std::string UnknownFlag(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) names.push_back(option->get_name());
  const std::vector<std::string_view> known(names.begin(), names.end());
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag =
        std::string_view(argv[i]).substr(0, std::string_view(argv[i]).find('='));
    if (!flag.starts_with("--")) continue;
    if (std::find(known.begin(), known.end(), flag) != known.end()) continue;
    return "there is no flag " + std::string(flag) + DidYouMean(flag, known);
  }
  return "";
}

}  // namespace

ParsedFlags ParseFlags(int argc, char** argv) {
  CLI::App app("raftd runs one node of a Drydock cluster.");
  app.name("raftd");
  RawFlags raw;
  Describe(app, raw);
  std::string problem;
  try {
    app.parse(argc, argv);
    problem = Complete(raw);
  } catch (const CLI::Success& success) {
    app.exit(success, std::cout, std::cerr);
    return {{}, kExitOk};
  } catch (const CLI::ParseError& error) {
    problem = UnknownFlag(app, argc, argv);
    if (problem.empty()) problem = error.what();
  }
  if (problem.empty()) return {raw.flags, kExitOk};
  std::cerr << "raftd: " << problem << "; --help tells more\n";
  return {{}, kExitUsage};
}

}  // namespace drydock::tools
