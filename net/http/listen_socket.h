// Sockets that listen at a place, and words for why they cannot.
#pragma once

#include <vector>

#include "core/base/result.h"
#include "net/config/host_port.h"
#include "net/disk/file_descriptor.h"

namespace drydock::net {

// One for each address that the host has ("localhost" often has two), at least one; non-blocking.
// Port 0 takes a free one for each. Errors say what to do when the place is in use, is no address
// of this machine, may not be listened at, or the name is not known.
Result<std::vector<FileDescriptor>> ListeningSockets(const HostPort& place);

}  // namespace drydock::net
