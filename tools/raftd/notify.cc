#include "tools/raftd/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "net/disk/file_descriptor.h"

namespace drydock::tools {
namespace {

// A path, or with @ in front a name that has no file.
bool FillAddress(const std::string& socket, sockaddr_un& address, socklen_t& size) {
  if (socket.size() >= sizeof address.sun_path) return false;
  if (socket[0] != '/' && socket[0] != '@') return false;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket.data(), socket.size());
  if (socket[0] == '@') address.sun_path[0] = '\0';
  size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
  return true;
}

}  // namespace

ServiceManager ServiceManager::FromEnvironment() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  ServiceManager manager(socket == nullptr ? "" : socket);
  ::unsetenv("NOTIFY_SOCKET");
  return manager;
}

Status ServiceManager::Tell(const std::string& state) const {
  if (socket_.empty()) return Ok();
  sockaddr_un address{};
  socklen_t size = 0;
  if (!FillAddress(socket_, address, size)) {
    return Error{"NOTIFY_SOCKET is \"" + socket_ + "\", neither a short path nor @ and a name"};
  }
  const net::FileDescriptor fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  // A manager that does not read must not keep the node from serving.
  if (::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT, to, size) >= 0) {
    return Ok();
  }
  return Error{"cannot tell NOTIFY_SOCKET " + socket_ + " " + state + ": " + std::strerror(errno)};
}

}  // namespace drydock::tools
