#include "net/security/read_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/disk/file_descriptor.h"

namespace drydock::net {

Result<std::string> ReadSmallFile(const std::string& path) {
  constexpr std::size_t kLimit = std::size_t{1} << 20;
  const auto cannot = [&] { return Error{path + ": cannot be read: " + std::strerror(errno)}; };
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.open()) return cannot();
  std::string text;
  char block[std::size_t{16} << 10];
  while (text.size() <= kLimit) {
    const ssize_t count = ::read(file.get(), block, sizeof block);
    if (count == 0) return text;
    if (count > 0) {
      text.append(block, static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return cannot();
    }
  }
  return Error{path + ": is larger than " + std::to_string(kLimit) + " bytes"};
}

}  // namespace drydock::net
