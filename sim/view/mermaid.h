// The last messages of a run as a sequence diagram in the language of Mermaid, which issues and
// READMEs show as a picture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "sim/view/trace_file.h"

namespace drydock::sim {

struct MermaidOptions {
  std::size_t last = 30;                                          // so many messages
  std::int64_t until = std::numeric_limits<std::int64_t>::max();  // nanoseconds
};

// Each message where it arrives, or is lost, between notes of what the nodes become.
std::string Mermaid(const TraceFile& trace, const MermaidOptions& options = {});

}  // namespace drydock::sim
