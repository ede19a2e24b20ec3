// raftd's command line.
#pragma once

#include <optional>
#include <string>

#include "core/base/strong.h"
#include "net/log/event_words.h"
#include "net/security/security.h"

namespace drydock::tools {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // could not start, or stopped itself
inline constexpr int kExitUsage = 2;   // bad flags or a bad configuration

struct RaftdFlags {
  std::string config;
  std::optional<NodeId> id;  // there unless only the configuration is checked
  std::string data;
  bool bootstrap = false;
  bool join = false;
  bool enable_suspend = false;
  bool check_config = false;
  std::string refound_into;  // "" to run the node
  bool accept_loss = false;
  std::string restore;  // a backup's file; "" to run the node
  bool rename_cluster = false;
  std::string trace;
  net::SecurityOptions security;
  net::LogLevel log_level = net::LogLevel::kInfo;
};

// Nothing to run when help or an error was printed: then `exit_code` says how to end.
struct ParsedFlags {
  std::optional<RaftdFlags> flags;
  int exit_code = kExitOk;
};
ParsedFlags ParseFlags(int argc, char** argv);

}  // namespace drydock::tools
