#include "net/config/host_port.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/text/words.h"

namespace drydock::net {
namespace {

constexpr std::string_view kOfNames =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
constexpr std::size_t kLongestHost = 253;  // of a DNS name (RFC 1035)

std::string Example() {
  return "; expected host:port, such as \"10.0.0.1:7000\" or \"[::1]:7000\"";
}

bool ConsistsOf(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

bool IsName(std::string_view host) {
  return !host.empty() && host.size() <= kLongestHost && ConsistsOf(host, kOfNames);
}

bool IsIpv4(const std::string& host) {
  in_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

std::optional<in6_addr> Ipv6Of(const std::string& host) {
  in6_addr address;
  // The zone of a link-local address names an interface of the machine, not a part of the address.
  const std::size_t zone = host.find('%');
  const std::string bare = host.substr(0, zone);
  if (zone != std::string::npos && !IsName(std::string_view(host).substr(zone + 1))) {
    return std::nullopt;
  }
  if (inet_pton(AF_INET6, bare.c_str(), &address) != 1) return std::nullopt;
  return address;
}

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

// Two spellings of one port would make one address look like two.
std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  if (text.empty() || text[0] == '0' || !ConsistsOf(text, "0123456789")) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<Error> MistakeInHost(std::string_view whole, const std::string& host, bool brackets) {
  if (host.empty()) return Error{Quote(whole) + " names no host" + Example()};
  if (brackets) {
    if (Ipv6Of(host).has_value()) return std::nullopt;
    return Error{Quote(host) + " in brackets is no IPv6 address" + Example()};
  }
  if (host.find(':') != std::string::npos && Ipv6Of(host).has_value()) {
    return Error{Quote(whole) + " has an IPv6 address without brackets; write \"[" + host +
                 "]:PORT\""};
  }
  if (!IsName(host)) return Error{Quote(host) + " is no host" + Example()};
  if (ConsistsOf(host, "0123456789.") && !IsIpv4(host)) {
    return Error{Quote(host) + " is no IPv4 address: it takes four numbers from 0 to 255"};
  }
  return std::nullopt;
}

}  // namespace

bool HostPort::IsWildcard() const {
  if (host == "0.0.0.0") return true;
  const auto ipv6 = Ipv6Of(host);
  return ipv6.has_value() && IN6_IS_ADDR_UNSPECIFIED(&*ipv6);
}

bool HostPort::IsLoopback() const {
  if (Lower(host) == "localhost") return true;
  if (IsIpv4(host)) return host.starts_with("127.");
  const auto ipv6 = Ipv6Of(host);
  return ipv6.has_value() && IN6_IS_ADDR_LOOPBACK(&*ipv6);
}

std::string HostPort::Text() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool operator==(const HostPort& a, const HostPort& b) {
  return a.port == b.port && Lower(a.host) == Lower(b.host);
}

Result<HostPort> ParseHostPort(std::string_view text) {
  const bool brackets = text.starts_with('[');
  const std::size_t close = brackets ? text.rfind(']') : 0;
  if (close == std::string_view::npos) return Error{Quote(text) + " lacks a ]" + Example()};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon < close) {
    return Error{Quote(text) + " lacks its port" + Example()};
  }
  if (brackets && colon != close + 1) return Error{Quote(text) + " is no address" + Example()};
  const std::string host(brackets ? text.substr(1, close - 1) : text.substr(0, colon));
  if (auto mistake = MistakeInHost(text, host, brackets)) return *mistake;
  const std::optional<std::uint16_t> port = ParsePort(text.substr(colon + 1));
  if (!port.has_value()) {
    return Error{"the port of " + Quote(text) + " must be a whole number from 1 to 65535"};
  }
  return HostPort{host, *port};
}

}  // namespace drydock::net
