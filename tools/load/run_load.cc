#include "tools/load/run_load.h"

#include <ctime>
#include <optional>
#include <string>

#include "tools/load/generator.h"

namespace drydock::tools {
namespace {

Duration ReadClock(clockid_t clock) {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return {};
  return Duration::Seconds(now.tv_sec) + Duration::Nanoseconds(now.tv_nsec);
}

// Of a process of this machine: user and system time, in nanoseconds where /proc has hundredths.
class CpuWatch {
 public:
  static Result<CpuWatch> Of(const std::vector<pid_t>& processes) {
    CpuWatch watch;
    for (const pid_t process : processes) {
      clockid_t clock = 0;
      if (clock_getcpuclockid(process, &clock) != 0) {
        return Error{"there is no process " + std::to_string(process) + " to watch"};
      }
      watch.clocks_.push_back(clock);
    }
    return watch;
  }

  Duration Total() const {
    Duration total;
    for (const clockid_t clock : clocks_) total = total + ReadClock(clock);
    return total;
  }

 private:
  std::vector<clockid_t> clocks_;
};

}  // namespace

Status PrepareLoad(const LoadSettings& settings, LoadTarget& target, LoadLoop& loop) {
  if (settings.read_percent == 0) return Ok();
  return LoadGenerator(settings, target, loop).FillKeys();
}

Result<LoadReport> RunLoad(const LoadSettings& settings, LoadTarget& target, LoadLoop& loop,
                           const std::vector<pid_t>& watched) {
  const Result<CpuWatch> watch = CpuWatch::Of(watched);
  if (!watch.ok()) return watch.error();
  LoadGenerator generator(settings, target, loop);
  Duration of_nodes;
  Duration own;
  const auto add = [&](auto change) {
    of_nodes = change(of_nodes, watch.value().Total());
    own = change(own, ReadClock(CLOCK_PROCESS_CPUTIME_ID));
  };
  LoadReport report = generator.Run({
      .begin = [&] { add([](Duration, Duration now) { return now; }); },
      .end = [&] { add([](Duration before, Duration now) { return now - before; }); },
  });
  if (!watched.empty()) report.watched_cpu = of_nodes;
  report.own_cpu = own;
  return report;
}

}  // namespace drydock::tools
