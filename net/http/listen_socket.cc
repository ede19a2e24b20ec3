#include "net/http/listen_socket.h"

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace drydock::net {
namespace {

constexpr int kBacklog = 128;

using Addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

Result<Addresses> LookUp(const HostPort& place) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(place.port);
  const int error = ::getaddrinfo(place.host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    return Error{"cannot listen on " + place.Text() + ": the host \"" + place.host +
                 "\" is not known here (" + ::gai_strerror(error) +
                 "); use an address of this machine"};
  }
  return Addresses(found, &::freeaddrinfo);
}

Error ListenError(const HostPort& place, int error) {
  const std::string where = "cannot listen on " + place.Text() + ": ";
  if (error == EADDRINUSE) {
    return Error{where + "another process does already; stop it, or choose another port"};
  }
  if (error == EADDRNOTAVAIL) {
    return Error{where + "this is no address of this machine; use one of its own, or 0.0.0.0"};
  }
  if (error == EACCES || error == EPERM) {
    return Error{where + "no right to; ports below 1024 are for root: choose one above"};
  }
  return Error{where + std::error_code(error, std::generic_category()).message()};
}

// The system's error, or nothing.
std::optional<int> Bind(int fd, const addrinfo& address) {
  const int on = 1;
  // What a stopped node leaves behind must not keep it from starting again.
  if (::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) return errno;
  if (::bind(fd, address.ai_addr, address.ai_addrlen) != 0) return errno;
  if (::listen(fd, kBacklog) != 0) return errno;
  return std::nullopt;
}

// A machine without IPv6 still gives such addresses to names.
bool IsOnlyMissing(int error) {
  return error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

}  // namespace

Result<std::vector<FileDescriptor>> ListeningSockets(const HostPort& place) {
  auto addresses = LookUp(place);
  if (!addresses.ok()) return addresses.error();
  std::vector<FileDescriptor> listening;
  int missing = EADDRNOTAVAIL;
  for (const addrinfo* one = addresses.value().get(); one != nullptr; one = one->ai_next) {
    FileDescriptor fd(::socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const auto error = fd.open() ? Bind(fd.get(), *one) : errno;
    if (!error.has_value()) {
      listening.push_back(std::move(fd));
    } else if (IsOnlyMissing(*error)) {
      missing = *error;
    } else {
      return ListenError(place, *error);
    }
  }
  if (listening.empty()) return ListenError(place, missing);
  return listening;
}

}  // namespace drydock::net
