// What raftd tells the service manager that started it: that it serves, and that it stops.
//
// It is one datagram to the socket that NOTIFY_SOCKET names, a protocol that systemd promises to
// keep (sd_notify(3)). So it is spoken here, in a page, and not by libsystemd: that would be one
// more library in every raftd, and one more package for everybody who builds it.
#pragma once

#include <string>
#include <utility>

#include "core/base/result.h"

namespace drydock::tools {

class ServiceManager {
 public:
  // The one of the environment. It is taken out of there: no child shall speak for this process.
  static ServiceManager FromEnvironment();

  Status Ready() const { return Tell("READY=1"); }
  Status Stopping() const { return Tell("STOPPING=1"); }

 private:
  explicit ServiceManager(std::string socket) : socket_(std::move(socket)) {}
  Status Tell(const std::string& state) const;

  std::string socket_;  // "" if nobody wants to be told
};

}  // namespace drydock::tools
