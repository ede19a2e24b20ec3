// Child processes that end with their parent, whatever becomes of it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace drydock::tools {

// A network namespace by its file descriptor; -1 is that of this process.
using NamespaceFd = int;

// How a process ended.
struct Ending {
  int code = 0;    // of exit, when `signal` is 0
  int signal = 0;  // that killed it
};
// "exited with code 2", "was killed by signal 6 (Aborted)".
std::string TextOf(const Ending& ending);

// One child. Killed when this object goes, and by the kernel when this process ends without it.
class Process {
 public:
  struct Options {
    std::vector<std::string> command;  // command[0] is a path, or is looked up in PATH
    std::string log;                   // stdout and stderr are appended to this file
    NamespaceFd network = -1;
  };
  // To be called on the main thread: the kernel ends a child with the thread that made it.
  static Result<Process> Start(const Options& options);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  pid_t pid() const { return pid_; }
  // Looks, without waiting, whether it has ended; once it has, always the same.
  const std::optional<Ending>& ended();
  // Nothing, if it has ended.
  void Signal(int signal);
  // Kills it and waits for its end, which cannot take long.
  void Kill();

 private:
  explicit Process(pid_t pid) : pid_(pid) {}

  pid_t pid_ = -1;  // -1: moved from
  std::optional<Ending> ending_;
};

// Runs a command to its end, with `input` on its standard input. An error, with what it printed,
// if it cannot be run or fails.
Status RunTool(const std::vector<std::string>& command, const std::string& input,
               NamespaceFd network = -1);

}  // namespace drydock::tools
