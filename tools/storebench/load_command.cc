#include "tools/storebench/load_command.h"

#include <cstdio>
#include <memory>

#include "tools/load/drydock_target.h"
#include "tools/load/grpc_loop.h"
#include "tools/load/run_load.h"
#include "tools/storebench/etcd_target.h"

namespace drydock::tools {
namespace {

constexpr Duration kLeaderPatience = Duration::Seconds(20);
constexpr Duration kDeadline = Duration::Seconds(5);

std::unique_ptr<LoadTarget> MakeTarget(const LoadCommandFlags& flags, const std::string& leader,
                                       GrpcLoop& loop) {
  if (flags.store == "etcd") return MakeEtcdTarget(loop, leader, flags.stale, kDeadline);
  const DrydockTargetOptions options{
      .address = leader, .endpoints = flags.endpoints, .stale = flags.stale, .deadline = kDeadline};
  return flags.store == "drydock" ? MakeDrydockUnary(loop, options)
                                  : MakeDrydockStream(loop, options);
}

// etcd's nodes would pass a put on to their leader: asking it itself is a hop less, for both.
Result<std::string> FindLeader(const std::string& store,
                               const std::vector<std::string>& endpoints) {
  return store == "etcd" ? FindEtcdLeader(endpoints, kLeaderPatience)
                         : FindDrydockLeader(endpoints, kLeaderPatience);
}

int Fail(const Error& error) {
  std::fprintf(stderr, "storebench: %s\n", error.text.c_str());
  return 2;
}

Result<LoadReport> Measure(const LoadCommandFlags& flags) {
  const Status valid = CheckLoadSettings(flags.settings);
  if (!valid.ok()) return valid.error();
  const bool etcd = flags.store == "etcd";
  const Result<std::string> leader = FindLeader(flags.store, flags.endpoints);
  if (!leader.ok()) return leader.error();
  GrpcLoop loop;
  const std::unique_ptr<LoadTarget> target = MakeTarget(flags, leader.value(), loop);
  const std::vector<pid_t> watched(flags.watch.begin(), flags.watch.end());
  const Status prepared = PrepareLoad(flags.settings, *target, loop);
  if (!prepared.ok()) return prepared.error();
  const Result<CommitTimes> before = AskCommitTimes(leader.value(), kDeadline);
  Result<LoadReport> report = RunLoad(flags.settings, *target, loop, watched);
  if (!report.ok() || etcd || !before.ok()) return report;
  const auto after = AskCommitTimes(leader.value(), kDeadline);
  if (after.ok() && after.value().commit.count() > 0) {
    report.value().commit_times = Difference(after.value(), before.value());
  }
  return report;
}

}  // namespace

int RunLoadCommand(const LoadCommandFlags& flags) {
  const Result<LoadReport> report = Measure(flags);
  if (!report.ok()) return Fail(report.error());
  std::fputs(JsonText(report.value()).c_str(), stdout);
  return report.value().Failed() ? 1 : 0;
}

int PrintLeader(const std::string& store, const std::vector<std::string>& endpoints) {
  const Result<std::string> leader = FindLeader(store, endpoints);
  if (!leader.ok()) return Fail(leader.error());
  std::printf("%s\n", leader.value().c_str());
  return 0;
}

}  // namespace drydock::tools
