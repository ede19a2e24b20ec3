#include "tools/raftctl/arguments.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/disk/file_descriptor.h"

namespace drydock::tools {
namespace {

constexpr std::size_t kLimit = std::size_t{1} << 30;  // what the client can send

Result<std::string> ReadAll(int fd, const std::string& name) {
  std::string bytes;
  std::string block(std::size_t{256} << 10, '\0');
  for (;;) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got == 0) return bytes;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{name + ": cannot be read: " + std::strerror(errno)};
    bytes.append(block.data(), static_cast<std::size_t>(got));
    if (bytes.size() > kLimit) {
      return Error{name + ": is larger than " + std::to_string(kLimit) +
                   " bytes, the most that can be sent"};
    }
  }
}

Result<std::string> ReadFile(const std::string& path) {
  if (path.empty()) return Error{"@ is followed by no file's name; for a literal @ write @@"};
  const net::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() >= 0) return ReadAll(file.get(), path);
  return Error{path + ": cannot be read: " + std::strerror(errno) + "; for a literal @ write @@"};
}

}  // namespace

Result<std::string> ArgumentReader::Read(const std::string& argument) {
  if (argument == "-") {
    if (input_is_read_) return Error{"only one argument can be -, the standard input"};
    input_is_read_ = true;
    return ReadAll(STDIN_FILENO, "the standard input");
  }
  if (argument.rfind("@@", 0) == 0) return argument.substr(1);
  if (argument.rfind('@', 0) == 0) return ReadFile(argument.substr(1));
  return argument;
}

}  // namespace drydock::tools
