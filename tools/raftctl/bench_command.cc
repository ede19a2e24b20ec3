#include "tools/raftctl/bench_command.h"

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/text/units.h"
#include "net/client/credentials.h"
#include "tools/load/drydock_target.h"
#include "tools/load/grpc_loop.h"
#include "tools/load/report.h"
#include "tools/load/run_load.h"

namespace drydock::tools {
namespace {

Duration TimeoutOf(const CommonFlags& common) {
  return Duration::Milliseconds(common.timeout.count());
}

// Stale reads alone may ask any node: the first endpoint. Everything else is the leader's.
bool AnyNodeServes(const BenchFlags& flags) {
  return flags.stale && flags.settings.read_percent == 100;
}

std::unique_ptr<LoadTarget> MakeTarget(GrpcLoop& loop, const BenchFlags& flags,
                                       const DrydockTargetOptions& options) {
  return flags.stream ? MakeDrydockStream(loop, options) : MakeDrydockUnary(loop, options);
}

Result<LoadCredentials> CredentialsOf(const CommonFlags& common) {
  Result<net::ClientSecurity> security = SecurityOf(common);
  if (!security.ok()) return security.error();
  auto credentials = net::ClientCredentials::Open(std::move(security.value()));
  if (!credentials.ok()) return credentials.error();
  return LoadCredentials(std::move(credentials.value()));
}

void TellWhatIsDone(const BenchFlags& flags, const std::string& address) {
  if (isatty(STDERR_FILENO) == 0) return;
  const LoadSettings& settings = flags.settings;
  const std::string load = settings.rate > 0 ? std::to_string(settings.rate) + " operations/s"
                                             : std::to_string(settings.clients) + " client(s)";
  const std::string length = settings.operations > 0
                                 ? std::to_string(settings.operations) + " operations"
                                 : FormatDuration(settings.length);
  std::fprintf(stderr, "%s at %s%s, %s after %s of warm-up ...\n", load.c_str(), address.c_str(),
               flags.stream ? " on a stream" : "", length.c_str(),
               FormatDuration(settings.warm_up).c_str());
}

Result<LoadReport> Measure(const CommonFlags& common, const BenchFlags& flags,
                           const std::vector<std::string>& endpoints, const std::string& leader,
                           const LoadCredentials& credentials) {
  GrpcLoop loop;
  DrydockTargetOptions options{.address = leader,
                               .endpoints = endpoints,
                               .stale = flags.stale,
                               .deadline = TimeoutOf(common),
                               .credentials = credentials};
  if (flags.fill) {
    const std::unique_ptr<LoadTarget> at_leader = MakeDrydockUnary(loop, options);
    const drydock::Status filled = PrepareLoad(flags.settings, *at_leader, loop);
    if (!filled.ok()) return filled.error();
  }
  if (AnyNodeServes(flags)) options.address = endpoints.front();
  const std::unique_ptr<LoadTarget> target = MakeTarget(loop, flags, options);
  const Result<CommitTimes> before = AskCommitTimes(leader, TimeoutOf(common), credentials);
  TellWhatIsDone(flags, options.address);
  Result<LoadReport> report = RunLoad(flags.settings, *target, loop, /*watched=*/{});
  if (!report.ok() || !before.ok()) return report;
  const Result<CommitTimes> after = AskCommitTimes(leader, TimeoutOf(common), credentials);
  // Who only read has nothing to tell of commits.
  if (after.ok() && flags.settings.read_percent < 100) {
    report.value().commit_times = Difference(after.value(), before.value());
  }
  return report;
}

}  // namespace

int Bench(const CommonFlags& common, const BenchFlags& flags) {
  const drydock::Status valid = CheckLoadSettings(flags.settings);
  const Result<std::vector<std::string>> endpoints = EndpointsOf(common);
  if (!valid.ok() || !endpoints.ok()) {
    PrintError(valid.ok() ? endpoints.error().text : valid.error().text);
    return kUsage;
  }
  const Result<LoadCredentials> credentials = CredentialsOf(common);
  if (!credentials.ok()) {
    PrintError(credentials.error().text);
    return kUsage;
  }
  const Result<std::string> leader =
      FindDrydockLeader(endpoints.value(), TimeoutOf(common), credentials.value());
  if (!leader.ok()) {
    PrintError(leader.error().text + "; raftctl status tells more");
    return kNoLeader;
  }
  const Result<LoadReport> report =
      Measure(common, flags, endpoints.value(), leader.value(), credentials.value());
  if (!report.ok()) {
    PrintError(report.error().text);
    return kRefused;
  }
  std::fputs((common.json ? JsonText(report.value()) : PlainText(report.value())).c_str(), stdout);
  if (!report.value().Failed()) return kDone;
  PrintError("too many operations failed for these figures to tell anything of the store");
  return kRefused;
}

}  // namespace drydock::tools
