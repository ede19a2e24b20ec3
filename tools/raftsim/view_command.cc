// raftsim view.
#include <iostream>

#include "sim/view/merge.h"
#include "tools/raftsim/commands.h"
#include "tools/raftsim/files.h"

namespace drydock::tools {
namespace {

constexpr std::uint64_t kMaxTrace = std::uint64_t{1} << 32;

// Beside the trace: run.html for run.jsonl; cluster.html for those of several nodes.
std::string PageNameFor(const std::vector<std::string>& traces) {
  const std::string& trace = traces.front();
  const std::size_t slash = trace.find_last_of('/');
  if (traces.size() > 1) return trace.substr(0, slash + 1) + "cluster.html";  // npos + 1 is 0
  const std::size_t dot = trace.find_last_of('.');
  const bool named = dot != std::string::npos && (slash == std::string::npos || dot > slash + 1);
  return trace.substr(0, named ? dot : trace.size()) + ".html";
}

}  // namespace

int View(const std::vector<std::string>& files, ViewFlags flags) {
  std::vector<sim::NamedTrace> traces;
  for (const std::string& file : files) {
    Result<std::string> text = ReadFile(file, kMaxTrace);
    if (!text.ok()) {
      PrintError(text.error().text);
      return kBadInput;
    }
    traces.push_back({file, std::move(text.value())});
  }
  const Result<std::string> trace = sim::MergeTraces(traces);
  if (!trace.ok()) {
    PrintError(trace.error().text);
    return kBadInput;
  }
  if (!flags.any()) flags.html = PageNameFor(files);
  if (!WriteViews(flags, files.front(), trace.value())) return kBadInput;
  if (!flags.html.empty() && flags.html != "-") {
    std::cout << "Open " << flags.html << " in a browser.\n";
  }
  return kHeld;
}

}  // namespace drydock::tools
