// A node on a real machine: the core's Node with files for its disk, gRPC for its network, and the
// steady clock. One thread steps it (the one that calls Run), one writes its log.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/strong.h"
#include "net/config/cluster_config.h"
#include "net/log/event_log.h"
#include "net/security/security.h"

namespace drydock::net {

struct RealNodeOptions {
  ClusterConfig config;
  NodeId id;
  std::string data_directory;
  bool bootstrap = false;  // found a store if there is none
  bool join = false;       // the same, but of a node that waits to be added to a cluster
  bool enable_suspend = false;
  SecurityOptions security;
  std::string trace_file;  // "" for none
  std::string version;
  // For whoever started the process, from within Run: the store is read and calls are taken, with a
  // leader or without one; Stop was called, and what is pending will still be answered.
  std::function<void()> serving = [] {};
  std::function<void()> stopping = [] {};
};

class RealNode {
 public:
  // Recovers the store and listens. Errors, in words for the operator: the node is not in the
  // member list, its directory or its port are not to be had, its store is damaged, its
  // certificates are of no use, plaintext beyond loopback was not asked for. The log must outlive
  // the node.
  static Result<std::unique_ptr<RealNode>> Open(RealNodeOptions options, EventLog& log);
  ~RealNode();

  // Serves until Stop (nothing), or until the node stops itself (the reason). To be called once.
  std::optional<std::string> Run();
  // From any thread: takes no more calls, answers those that are pending, and ends Run.
  void Stop();

 private:
  class Parts;
  explicit RealNode(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace drydock::net
