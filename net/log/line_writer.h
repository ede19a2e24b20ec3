// Whole lines to a file, a terminal or a pipe that may be slow, full or gone: a reader that sleeps
// must not stop a node.
#pragma once

#include <cstdint>
#include <string_view>

namespace drydock::net {

// For one thread at a time.
class LineWriter {
 public:
  // Writes to `fd`, which stays open and is not owned.
  explicit LineWriter(int fd);

  // Writes the line, which ends in '\n', with one write(2) unless it is longer than what a pipe
  // takes at once (PIPE_BUF). False if it was lost: the file is closed, full or failing, or had no
  // room within a moment; after a loss there is no such moment until a line goes through again.
  // Never raises SIGPIPE.
  bool Write(std::string_view line);

  // How many lines were lost so far.
  std::uint64_t lost() const { return lost_; }

 private:
  bool WriteAll(std::string_view text);
  bool WaitForRoom() const;

  int fd_;
  bool never_waits_;       // a regular file
  bool mid_line_ = false;  // a lost line left its beginning
  bool was_lost_ = false;  // the line before
  std::uint64_t lost_ = 0;
};

}  // namespace drydock::net
