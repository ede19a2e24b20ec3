#include "tools/rehearse/process.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace drydock::tools {
namespace {

constexpr int kCannotStart = 127;

// What a child is given, made before the fork: after it, only system calls are safe, because other
// threads may have held any lock.
struct Spawn {
  std::vector<char*> arguments;
  int input = -1;   // -1: /dev/null
  int output = -1;  // stdout and stderr
  NamespaceFd network = -1;
};

std::vector<char*> ArgumentsOf(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  return arguments;
}

[[noreturn]] void BecomeChild(const Spawn& spawn, pid_t parent) {
  // Signals from the terminal are for the parent, which ends its children in its own order.
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kCannotStart);  // it is gone already
  const bool inside = spawn.network < 0 || setns(spawn.network, CLONE_NEWNET) == 0;
  const int input = spawn.input >= 0 ? spawn.input : open("/dev/null", O_RDONLY);
  if (!inside || input < 0 || dup2(input, 0) < 0 || dup2(spawn.output, 1) < 0 ||
      dup2(spawn.output, 2) < 0) {
    _exit(kCannotStart);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  execvp(spawn.arguments.front(), spawn.arguments.data());
  const char* text = std::strerror(errno);
  (void)!write(2, text, std::strlen(text));
  _exit(kCannotStart);
}

Result<pid_t> Fork(const Spawn& spawn) {
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) BecomeChild(spawn, parent);
  if (pid < 0) return Error{"no process can be started: " + std::string(std::strerror(errno))};
  return pid;
}

// An unnamed file in memory; -1 if there is none.
int MemoryFile(const std::string& content) {
  const int fd = memfd_create("rehearse", MFD_CLOEXEC);
  if (fd < 0) return fd;
  const ssize_t written = write(fd, content.data(), content.size());
  lseek(fd, 0, SEEK_SET);
  if (written == static_cast<ssize_t>(content.size())) return fd;
  close(fd);
  return -1;
}

std::string ContentOf(int fd) {
  std::string text(4096, '\0');
  const ssize_t size = pread(fd, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Ending EndingOf(int status) {
  if (WIFSIGNALED(status)) return {.code = 0, .signal = WTERMSIG(status)};
  return {.code = WEXITSTATUS(status), .signal = 0};
}

Ending WaitFor(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return EndingOf(status);
}

}  // namespace

std::string TextOf(const Ending& ending) {
  if (ending.signal == 0) return "exited with code " + std::to_string(ending.code);
  return "was killed by signal " + std::to_string(ending.signal) + " (" + strsignal(ending.signal) +
         ")";
}

Result<Process> Process::Start(const Options& options) {
  const int log = open(options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return Error{options.log + ": cannot be written: " + std::strerror(errno)};
  const Result<pid_t> pid =
      Fork({.arguments = ArgumentsOf(options.command), .output = log, .network = options.network});
  close(log);
  if (!pid.ok()) return pid.error();
  return Process(pid.value());
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), ending_(other.ending_) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this == &other) return *this;
  Kill();
  pid_ = std::exchange(other.pid_, -1);
  ending_ = other.ending_;
  return *this;
}

Process::~Process() {
  Kill();
}

const std::optional<Ending>& Process::ended() {
  if (ending_.has_value() || pid_ < 0) return ending_;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) ending_ = EndingOf(status);
  return ending_;
}

void Process::Signal(int signal) {
  if (pid_ > 0 && !ended().has_value()) kill(pid_, signal);
}

void Process::Kill() {
  if (pid_ < 0 || ended().has_value()) return;
  kill(pid_, SIGKILL);
  ending_ = WaitFor(pid_);
}

Status RunTool(const std::vector<std::string>& command, const std::string& input,
               NamespaceFd network) {
  const int in = MemoryFile(input);
  const int out = MemoryFile("");
  const Result<pid_t> pid =
      Fork({.arguments = ArgumentsOf(command), .input = in, .output = out, .network = network});
  Status result = Ok();
  if (!pid.ok()) {
    result = pid.error();
  } else {
    const Ending ending = WaitFor(pid.value());
    if (ending.code != 0 || ending.signal != 0) {
      result = Error{command.front() + " " + TextOf(ending) + ": " + ContentOf(out)};
    }
  }
  if (in >= 0) close(in);
  if (out >= 0) close(out);
  return result;
}

}  // namespace drydock::tools
