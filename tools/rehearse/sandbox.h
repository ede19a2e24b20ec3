// A world of their own for the nodes of a rehearsal: a network whose links can be cut, and disks
// whose room can be taken away.
//
// This process enters namespaces that nobody else is in. They have no name, so nothing of them is
// left when it ends, however it ends, and nothing outside can be harmed. Root may do this; others
// where the kernel lets them have a user namespace.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/strong.h"
#include "tools/rehearse/process.h"

namespace drydock::tools {

class Sandbox {
 public:
  struct Needs {
    bool network = false;  // links that can be cut
    bool mounts = false;   // disks of a given size
    bool any() const { return network || mounts; }
  };
  // blocked[from][to]: what `from` sends does not reach `to`.
  using Links = std::vector<std::vector<bool>>;

  // Enters the namespaces: to be called while this process has one thread. An error tells why this
  // machine does not allow it.
  static Status Enter(const Needs& needs);

  Sandbox() = default;
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // --- Network: after Enter with `network` ---
  // A namespace for each node, all on one bridge, which this process is on, too.
  Status BuildNetwork(std::uint32_t nodes);
  // That of the node; -1 without BuildNetwork.
  NamespaceFd NetworkOf(NodeId node) const;
  static std::string AddressOf(NodeId node);  // "10.77.0.1"
  Status Block(const Links& blocked);

  // --- Disks: after Enter with `mounts` ---
  static constexpr std::uint64_t kAmpleBytes = std::uint64_t{2} << 30;
  // A file system of its own, in memory, in place of the folder.
  Status MountDisk(const std::string& folder);
  // Its room becomes so many bytes, or what is in it already if that is more.
  Status ResizeDisk(const std::string& folder, std::uint64_t bytes);
  // The folder with its content as an ordinary one again.
  Status UnmountDisk(const std::string& folder);

 private:
  std::vector<NamespaceFd> networks_;
  Links blocked_;
};

}  // namespace drydock::tools
