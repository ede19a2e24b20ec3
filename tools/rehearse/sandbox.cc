#include "tools/rehearse/sandbox.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace drydock::tools {
namespace {

constexpr const char* kOwnNetwork = "/proc/self/ns/net";
constexpr std::uint64_t kPageBytes = 4096;

Error SystemError(const std::string& what) {
  return Error{what + ": " + std::strerror(errno)};
}

bool WriteFile(const char* path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  return !file.fail();
}

// Whoever is not root becomes root of a user namespace, which may have the other namespaces.
Status EnterUserNamespace() {
  const std::string user = "0 " + std::to_string(geteuid()) + " 1";
  const std::string group = "0 " + std::to_string(getegid()) + " 1";
  if (unshare(CLONE_NEWUSER) != 0) return SystemError("a user namespace is not allowed here");
  const bool mapped = WriteFile("/proc/self/setgroups", "deny") &&
                      WriteFile("/proc/self/uid_map", user) &&
                      WriteFile("/proc/self/gid_map", group);
  if (!mapped) return Error{"a user namespace is of no use here: its users cannot be mapped"};
  return Ok();
}

std::string MountOptions(std::uint64_t bytes) {
  return "mode=0755,size=" + std::to_string(bytes);
}

std::string NodeLink(std::uint32_t node) {
  return "node" + std::to_string(node);
}

// The other end of its cable is in the namespace of this process.
std::string NodeCommands(std::uint32_t node) {
  return "link set lo up\n"
         "link add eth0 type veth peer name " +
         NodeLink(node) + " netns " + std::to_string(getpid()) + "\naddr add " +
         Sandbox::AddressOf(NodeId(node)) + "/24 dev eth0\nlink set eth0 up\n";
}

}  // namespace

Status Sandbox::Enter(const Needs& needs) {
  if (!needs.any()) return Ok();
  const char* path = getenv("PATH");
  setenv("PATH", (std::string(path == nullptr ? "" : path) + ":/usr/sbin:/sbin").c_str(), 1);
  setenv("XTABLES_LOCKFILE", "/dev/null", 0);  // nobody else is in our namespaces
  int wanted = CLONE_NEWNS;
  if (needs.network) wanted |= CLONE_NEWNET;
  if (geteuid() != 0) {
    const Status user = EnterUserNamespace();
    if (!user.ok()) return user;
  }
  if (unshare(wanted) != 0) return SystemError("namespaces of our own are not allowed here");
  // What is mounted from now on must not be seen outside.
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return SystemError("mounts cannot be kept to ourselves here");
  }
  return Ok();
}

Sandbox::~Sandbox() {
  for (const NamespaceFd network : networks_) close(network);
}

// --- Network ------------------------------------------------------------------------------------

std::string Sandbox::AddressOf(NodeId node) {
  return "10.77.0." + std::to_string(node.value() + 1);
}

NamespaceFd Sandbox::NetworkOf(NodeId node) const {
  return node.value() < networks_.size() ? networks_[node.value()] : -1;
}

Status Sandbox::BuildNetwork(std::uint32_t nodes) {
  const int own = open(kOwnNetwork, O_RDONLY | O_CLOEXEC);
  if (own < 0) return SystemError(kOwnNetwork);
  for (std::uint32_t i = 0; i < nodes; ++i) {
    if (unshare(CLONE_NEWNET) != 0) return SystemError("no namespace for a node");
    networks_.push_back(open(kOwnNetwork, O_RDONLY | O_CLOEXEC));
    if (setns(own, CLONE_NEWNET) != 0) return SystemError("no way back from a namespace");
  }
  close(own);
  std::string hub =
      "link set lo up\nlink add hub type bridge\naddr add 10.77.0.254/24 dev hub\n"
      "link set hub up\n";
  for (std::uint32_t i = 0; i < nodes; ++i) {
    const Status made = RunTool({"ip", "-batch", "-"}, NodeCommands(i), networks_[i]);
    if (!made.ok()) return made;
    hub += "link set " + NodeLink(i) + " master hub up\n";
  }
  blocked_.assign(nodes, std::vector<bool>(nodes, false));
  const Status connected = RunTool({"ip", "-batch", "-"}, hub);
  if (!connected.ok()) return connected;
  // Tells now, and not in the middle, whether links can be cut here.
  return RunTool({"iptables-restore", "-w"}, "*filter\n:INPUT ACCEPT\nCOMMIT\n", networks_[0]);
}

// What comes in is dropped, so the sender learns of it as on a broken cable: not at all.
Status Sandbox::Block(const Links& blocked) {
  for (std::uint32_t to = 0; to < networks_.size(); ++to) {
    std::string rules = "*filter\n:INPUT ACCEPT\n";
    bool changed = false;
    for (std::uint32_t from = 0; from < networks_.size(); ++from) {
      changed |= blocked[from][to] != blocked_[from][to];
      if (blocked[from][to]) rules += "-A INPUT -s " + AddressOf(NodeId(from)) + " -j DROP\n";
    }
    if (!changed) continue;
    const Status done = RunTool({"iptables-restore", "-w"}, rules + "COMMIT\n", networks_[to]);
    if (!done.ok()) return done;
  }
  blocked_ = blocked;
  return Ok();
}

// --- Disks --------------------------------------------------------------------------------------

Status Sandbox::MountDisk(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (mount("tmpfs", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV,
            MountOptions(kAmpleBytes).c_str()) != 0) {
    return SystemError("no disk of our own can be mounted at " + folder);
  }
  return Ok();
}

// The kernel refuses a size below what is used, which a running node may have changed meanwhile.
Status Sandbox::ResizeDisk(const std::string& folder, std::uint64_t bytes) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    struct statvfs now {};
    if (statvfs(folder.c_str(), &now) != 0) return SystemError(folder);
    const std::uint64_t used = (now.f_blocks - now.f_bfree) * now.f_frsize;
    const std::uint64_t size = std::max({bytes, used, kPageBytes});
    const int done = mount("tmpfs", folder.c_str(), "tmpfs", MS_REMOUNT | MS_NOSUID | MS_NODEV,
                           MountOptions(size).c_str());
    if (done == 0) return Ok();
    if (errno != EINVAL) break;
  }
  return SystemError("the disk at " + folder + " cannot be resized");
}

Status Sandbox::UnmountDisk(const std::string& folder) {
  namespace fs = std::filesystem;
  const std::string copy = folder + ".copy";
  std::error_code error;
  fs::copy(folder, copy, fs::copy_options::recursive, error);
  if (error) return Error{folder + ": cannot be kept: " + error.message()};
  if (umount2(folder.c_str(), MNT_DETACH) != 0) return SystemError("umount " + folder);
  fs::remove_all(folder, error);
  fs::rename(copy, folder, error);
  if (error) return Error{folder + ": cannot be kept: " + error.message()};
  return Ok();
}

}  // namespace drydock::tools
