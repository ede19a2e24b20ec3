// What a real node does, event by event, in the words of docs/trace.md: a file for those who want
// to see it all.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/protocol/trace_event.h"
#include "core/storage/recovery.h"
#include "net/disk/file_descriptor.h"

namespace drydock::net {

// For the thread that steps the node.
class TraceFile {
 public:
  // A new file, replacing an old one, with the line that says whose trace it is and the state that
  // the node starts from. `unix_ns` is the time of day at `start`.
  static Result<std::unique_ptr<TraceFile>> Open(const std::string& path, std::string_view cluster,
                                                 const Recovered& recovered, TimePoint start,
                                                 std::int64_t unix_ns);
  ~TraceFile() { Flush(); }
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  // Times count from `start`.
  void Write(TimePoint now, const TraceEvent& event);
  // An error ends the trace, not the node: the first one is kept for whoever asks.
  void Flush();
  const std::string& failure() const { return failure_; }

 private:
  TraceFile(FileDescriptor fd, std::string path, NodeId node, TimePoint start);
  void WriteStart(const Recovered& recovered);

  FileDescriptor fd_;
  const std::string path_;
  const std::string node_;
  const TimePoint start_;
  std::uint64_t next_id_ = 1;
  std::string buffer_;
  std::string failure_;
};

}  // namespace drydock::net
