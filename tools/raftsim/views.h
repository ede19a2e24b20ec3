// The forms in which a trace can be looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drydock::tools {

// Files to write; "-" is the standard output, and an empty name asks for nothing.
struct ViewFlags {
  std::string html;
  std::string mermaid;
  std::string shiviz;
  std::string perfetto;
  std::size_t last = 30;              // messages in the Mermaid diagram
  std::optional<std::int64_t> until;  // nanoseconds: where it ends

  bool any() const {
    return !html.empty() || !mermaid.empty() || !shiviz.empty() || !perfetto.empty();
  }
};

// Writes what is asked for; false, after an error message, if something could not be. `name`: how
// messages call the trace.
bool WriteViews(const ViewFlags& flags, const std::string& name, std::string_view trace);

}  // namespace drydock::tools
