// raftd: one node of a Drydock cluster on a real machine.
#include <absl/synchronization/mutex.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "core/base/check.h"
#include "core/text/names.h"
#include "net/config/cluster_config.h"
#include "net/config/control_network.h"
#include "net/log/event_log.h"
#include "net/node/real_node.h"
#include "tools/raftd/flags.h"
#include "tools/raftd/notify.h"
#include "tools/raftd/refound.h"
#include "tools/raftd/restore.h"
#include "tools/raftd/signals.h"

namespace drydock::tools {
namespace {

constexpr const char* kVersion = DRYDOCK_VERSION;

// gRPC's own lines belong into the log like all others. Strangers can make it complain as often as
// they like, so a second has one line.
class GrpcLines {
 public:
  explicit GrpcLines(net::EventLog& log) : log_(log) {
    current = this;
    gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
    gpr_set_log_function([](gpr_log_func_args* line) { current->Take(line->message); });
    // protobuf complains of a stranger's bytes; the call that they came with is answered anyway.
    google::protobuf::SetLogHandler(nullptr);
  }
  ~GrpcLines() { gpr_set_log_function(nullptr); }
  GrpcLines(const GrpcLines&) = delete;
  GrpcLines& operator=(const GrpcLines&) = delete;

 private:
  void Take(std::string_view message) {
    const std::int64_t second = net::EventLog::SystemClock() / 1'000'000'000;
    if (last_.exchange(second) == second) {
      ++left_out_;
    } else {
      log_.Warning("grpc", {{"message", message}, {"left_out", left_out_.exchange(0)}});
    }
  }

  static inline GrpcLines* current = nullptr;  // gRPC takes a function without a context
  net::EventLog& log_;
  std::atomic<std::int64_t> last_ = 0;
  std::atomic<std::uint64_t> left_out_ = 0;
};

// Debian's build of gRPC looks for deadlocks at each lock, which costs more than the locks.
void MakeLocksCheap() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

int CheckConfig(const net::ClusterConfig& config, const RaftdFlags& flags) {
  if (flags.id.has_value()) {
    const Status member = net::CheckIsMember(config, *flags.id);
    if (!member.ok()) {
      std::cerr << flags.config << ": " << member.error().text << "\n";
      return kExitUsage;
    }
  }
  std::cout << flags.config << ": valid; cluster \"" << config.cluster << "\" of "
            << config.nodes.size() << " nodes\n";
  return kExitOk;
}

// What no other start would change: a service manager is not to try again.
Status CheckFlags(const net::ClusterConfig& config, const RaftdFlags& flags) {
  const Status member = net::CheckIsMember(config, *flags.id);
  return member.ok() ? net::CheckSecurity(flags.security, config, *flags.id) : member;
}

int Serve(const net::ClusterConfig& config, const RaftdFlags& flags) {
  const ServiceManager manager = ServiceManager::FromEnvironment();
  const BlockedSignals blocked;
  net::EventLog log(STDERR_FILENO, *flags.id, flags.log_level);
  // The node serves all the same; a manager that waits for it will say so.
  const auto told = [&log](const Status& status) {
    if (!status.ok()) log.Warning("not_notified", {{"why", status.error().text}});
  };
  const GrpcLines grpc_lines(log);
  MakeLocksCheap();
  auto node = net::RealNode::Open({.config = config,
                                   .id = *flags.id,
                                   .data_directory = flags.data,
                                   .bootstrap = flags.bootstrap,
                                   .join = flags.join,
                                   .enable_suspend = flags.enable_suspend,
                                   .security = flags.security,
                                   .trace_file = flags.trace,
                                   .version = kVersion,
                                   .serving = [&] { told(manager.Ready()); },
                                   .stopping = [&] { told(manager.Stopping()); }},
                                  log);
  if (!node.ok()) {
    log.Error("refused_to_start", {{"why", node.error().text}});
    return kExitFailed;
  }
  const StopSignals stop(blocked, [&] { node.value()->Stop(); });
  try {
    return node.value()->Run().has_value() ? kExitFailed : kExitOk;
  } catch (const CheckFailed& failed) {
    // A bug: what the node would do next cannot be trusted, not even an orderly end.
    log.Error("check_failed", {{"why", std::string_view(failed.what())}});
    std::abort();
  }
}

int Main(int argc, char** argv) {
  const ParsedFlags parsed = ParseFlags(argc, argv);
  if (!parsed.flags.has_value()) return parsed.exit_code;
  const RaftdFlags& flags = *parsed.flags;
  const auto config = net::LoadClusterConfig(flags.config);
  if (!config.ok()) {
    std::cerr << config.error().text << "\n";
    return kExitUsage;
  }
  if (!flags.refound_into.empty()) return RefoundStore(config.value(), flags);
  if (!flags.restore.empty()) return RestoreBackup(config.value(), flags);
  const Status allowed = net::CheckControlNetwork(net::ControlNetwork(), config.value(), flags.id);
  if (!allowed.ok()) {
    std::cerr << flags.config << ": " << allowed.error().text << "\n";
    return kExitUsage;
  }
  if (flags.check_config) return CheckConfig(config.value(), flags);
  const Status settings = CheckFlags(config.value(), flags);
  if (!settings.ok()) {
    std::cerr << "raftd: " << settings.error().text << "\n";
    return kExitUsage;
  }
  return Serve(config.value(), flags);
}

}  // namespace
}  // namespace drydock::tools

int main(int argc, char** argv) {
  return drydock::tools::Main(argc, argv);
}
