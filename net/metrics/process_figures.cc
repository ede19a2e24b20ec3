#include "net/metrics/process_figures.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace drydock::net {
namespace {

constexpr const char* kDescriptors = "/proc/self/fd";

std::string ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::uint64_t CountDescriptors() {
  DIR* directory = ::opendir(kDescriptors);
  if (directory == nullptr) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(directory)) count += entry->d_name[0] != '.' ? 1 : 0;
  ::closedir(directory);
  return count - 1;  // without the one that counts
}

// When the machine started, in seconds since 1970.
double BootTime() {
  const std::string text = ReadFile("/proc/stat");
  const std::size_t place = text.find("\nbtime ");
  if (place == std::string::npos) return 0;
  std::istringstream fields(text.substr(place + 7));
  double seconds = 0;
  fields >> seconds;
  return seconds;
}

// proc(5): the second field is a name in parentheses, which may hold anything; behind it come the
// fields from the third on.
void ReadStat(ProcessFigures& figures) {
  const std::string text = ReadFile("/proc/self/stat");
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 20; ++field) fields >> skipped;
  std::uint64_t start_ticks = 0;
  std::uint64_t resident_pages = 0;
  fields >> figures.threads >> skipped >> start_ticks >> figures.virtual_bytes >> resident_pages;
  figures.resident_bytes = resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  figures.start_time =
      BootTime() + static_cast<double>(start_ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

ProcessFigures ReadProcessFigures() {
  ProcessFigures figures;
  ReadStat(figures);
  figures.open_fds = CountDescriptors();
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    figures.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.max_fds = limit.rlim_cur;
  return figures;
}

}  // namespace drydock::net
