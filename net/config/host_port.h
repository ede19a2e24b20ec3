// "host:port" as people write it in files and flags.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace drydock::net {

struct HostPort {
  std::string host;  // a DNS name, an IPv4 address, or an IPv6 address without its brackets
  std::uint16_t port = 0;

  // 0.0.0.0 or ::, which means every interface: a place to listen at, none to connect to.
  bool IsWildcard() const;
  // 127.x.x.x, ::1 or localhost: another place on each machine.
  bool IsLoopback() const;
  // "host:port", an IPv6 host in brackets; ParseHostPort reads it back.
  std::string Text() const;

  // Hosts are compared as text (letters in any case): names are not looked up.
  friend bool operator==(const HostPort& a, const HostPort& b);
};

// "localhost:7000", "10.0.0.1:7000", "[::1]:7000"; the port is from 1 to 65535. The error is a
// phrase without a place, such as: "localhost" lacks its port; write host:port.
Result<HostPort> ParseHostPort(std::string_view text);

}  // namespace drydock::net
