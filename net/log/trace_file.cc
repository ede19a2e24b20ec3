#include "net/log/trace_file.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/text/event_json.h"
#include "core/text/names.h"
#include "core/text/protocol_json.h"

namespace drydock::net {
namespace {

constexpr std::uint64_t kTraceVersion = 1;
constexpr std::size_t kBufferBytes = std::size_t{1} << 18;

std::string Header(std::string_view cluster, const Recovered& recovered, std::int64_t unix_ns) {
  std::string line;
  JsonWriter out(line);
  out.BeginObject();
  out.Member("trace", kTraceVersion);
  out.TextMember("cluster", cluster);
  out.NameMember("node", NameOf(recovered.node));
  out.Member("unix_ns", unix_ns);
  out.EndObject();
  return line + "\n";
}

}  // namespace

TraceFile::TraceFile(FileDescriptor fd, std::string path, NodeId node, TimePoint start)
    : fd_(std::move(fd)), path_(std::move(path)), node_(NameOf(node)), start_(start) {}

Result<std::unique_ptr<TraceFile>> TraceFile::Open(const std::string& path,
                                                   std::string_view cluster,
                                                   const Recovered& recovered, TimePoint start,
                                                   std::int64_t unix_ns) {
  FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd.open()) {
    return Error{"cannot write the trace " + path + ": " + std::strerror(errno) +
                 "; give another path with --trace"};
  }
  std::unique_ptr<TraceFile> trace(new TraceFile(std::move(fd), path, recovered.node, start));
  trace->buffer_ = Header(cluster, recovered, unix_ns);
  trace->WriteStart(recovered);
  return trace;
}

// As a simulated node's start is told: from here on the trace stands on its own.
void TraceFile::WriteStart(const Recovered& recovered) {
  JsonWriter out(buffer_);
  out.BeginObject();
  out.Member("id", next_id_++);
  out.Member("t", std::int64_t{0});
  out.NameMember("node", node_);
  out.NameMember("event", "started");
  out.Member("incarnation", recovered.incarnation.value());
  WriteStore(out, "store", recovered.store);
  out.Member("term", recovered.term.value());
  WriteNode(out, "vote", recovered.vote);
  out.Member("kept", std::uint64_t{0});
  out.Member("last", recovered.log.last().value());
  if (recovered.torn.has_value()) {
    out.TextMember("torn", recovered.torn->path + ":" + std::to_string(recovered.torn->offset));
  } else {
    out.NullMember("torn");
  }
  if (recovered.snapshot.has_value()) {
    out.Member("snapshot", recovered.snapshot->stored.meta.index.value());
    out.Member("base", recovered.log.base().value());
  }
  out.EndObject();
  buffer_ += '\n';
  for (Index index = recovered.log.first(); index <= recovered.log.last(); index = Next(index)) {
    Write(start_, trace::Appended{index, recovered.log.At(index)});
  }
  Write(start_, trace::Durable{recovered.log.last(), recovered.term, recovered.vote});
}

void TraceFile::Write(TimePoint now, const TraceEvent& event) {
  if (!failure_.empty()) return;
  JsonWriter out(buffer_);
  out.BeginObject();
  out.Member("id", next_id_++);
  out.Member("t", (now - start_).nanoseconds());
  out.NameMember("node", node_);
  WriteEvent(out, event);
  out.EndObject();
  buffer_ += '\n';
  if (buffer_.size() >= kBufferBytes) Flush();
}

void TraceFile::Flush() {
  std::string_view left = buffer_;
  while (!left.empty() && failure_.empty()) {
    const ssize_t written = ::write(fd_.get(), left.data(), left.size());
    if (written > 0) {
      left.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      failure_ = "cannot write the trace " + path_ + ": " + std::strerror(errno);
    }
  }
  buffer_.clear();
}

}  // namespace drydock::net
