// raftsim view.
#include <iostream>

#include "tools/raftsim/commands.h"
#include "tools/raftsim/files.h"

namespace drydock::tools {
namespace {

constexpr std::uint64_t kMaxTrace = std::uint64_t{1} << 32;

// Beside the trace: run.html for run.jsonl.
std::string PageNameFor(const std::string& trace) {
  const std::size_t slash = trace.find_last_of('/');
  const std::size_t dot = trace.find_last_of('.');
  const bool named = dot != std::string::npos && (slash == std::string::npos || dot > slash + 1);
  return trace.substr(0, named ? dot : trace.size()) + ".html";
}

}  // namespace

int View(const std::string& file, ViewFlags flags) {
  const Result<std::string> trace = ReadFile(file, kMaxTrace);
  if (!trace.ok()) {
    PrintError(trace.error().text);
    return kBadInput;
  }
  if (!flags.any()) flags.html = PageNameFor(file);
  if (!WriteViews(flags, file, trace.value())) return kBadInput;
  if (!flags.html.empty() && flags.html != "-") {
    std::cout << "Open " << flags.html << " in a browser.\n";
  }
  return kHeld;
}

}  // namespace drydock::tools
