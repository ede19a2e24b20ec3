#include "net/log/line_writer.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <ctime>

namespace drydock::net {
namespace {

constexpr int kPatienceMs = 20;

bool IsRegularFile(int fd) {
  struct stat about {};
  return fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

// A pipe whose reader is gone raises SIGPIPE, which would end the process. It is held back for this
// thread alone, since what signals do is the program's choice and not that of its log.
class SigpipeHeld {
 public:
  SigpipeHeld() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~SigpipeHeld() {
    if (raised_ && !was_pending_) {
      const timespec now{};
      while (sigtimedwait(&pipe_, nullptr, &now) < 0 && errno == EINTR) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeHeld(const SigpipeHeld&) = delete;
  SigpipeHeld& operator=(const SigpipeHeld&) = delete;

  void Raised() { raised_ = true; }

 private:
  sigset_t pipe_;
  sigset_t before_;
  bool was_pending_ = false;
  bool raised_ = false;
};

ssize_t WriteOnce(int fd, std::string_view text) {
  SigpipeHeld held;
  ssize_t count = 0;
  do {
    count = write(fd, text.data(), text.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == EPIPE) held.Raised();
  return count;
}

}  // namespace

LineWriter::LineWriter(int fd) : fd_(fd), never_waits_(IsRegularFile(fd)) {}

bool LineWriter::Write(std::string_view line) {
  // What follows a torn line must begin a line of its own.
  const bool written = (!mid_line_ || WriteAll("\n")) && WriteAll(line);
  if (!written) ++lost_;
  was_lost_ = !written;
  return written;
}

// A pipe that has room at all has it for PIPE_BUF bytes, so no piece of that size blocks.
bool LineWriter::WriteAll(std::string_view text) {
  const std::size_t piece = never_waits_ ? text.size() : std::size_t{PIPE_BUF};
  while (!text.empty()) {
    if (!never_waits_ && !WaitForRoom()) return false;
    const ssize_t count = WriteOnce(fd_, text.substr(0, piece));
    if (count <= 0) return false;
    mid_line_ = text[static_cast<std::size_t>(count) - 1] != '\n';
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool LineWriter::WaitForRoom() const {
  pollfd wanted{fd_, POLLOUT, 0};
  int ready = 0;
  do {
    ready = poll(&wanted, 1, was_lost_ ? 0 : kPatienceMs);
  } while (ready < 0 && errno == EINTR);
  return ready == 1 && (wanted.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

}  // namespace drydock::net
