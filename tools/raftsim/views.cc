#include "tools/raftsim/views.h"

#include <iostream>

#include "sim/view/mermaid.h"
#include "sim/view/perfetto.h"
#include "sim/view/shiviz.h"
#include "tools/raftsim/files.h"
#include "tools/raftsim/page.h"

namespace drydock::tools {
namespace {

bool Put(const std::string& path, const std::string& text) {
  if (path != "-") return WriteFile(path, text);
  std::cout << text;
  return true;
}

bool WriteHtml(const std::string& path, std::string_view trace) {
  const Result<std::string> page = PageOf(trace);
  if (page.ok()) return Put(path, page.value());
  PrintError(page.error().text);
  return false;
}

}  // namespace

bool WriteViews(const ViewFlags& flags, const std::string& name, std::string_view trace) {
  const Result<sim::TraceFile> read = sim::ReadTrace(trace);
  if (!read.ok()) {
    PrintError(name + ": " + read.error().text);
    return false;
  }
  sim::MermaidOptions mermaid{.last = flags.last};
  if (flags.until.has_value()) mermaid.until = *flags.until;
  bool written = true;
  if (!flags.html.empty()) written &= WriteHtml(flags.html, trace);
  if (!flags.mermaid.empty()) written &= Put(flags.mermaid, Mermaid(read.value(), mermaid));
  if (!flags.shiviz.empty()) written &= Put(flags.shiviz, Shiviz(read.value()));
  if (!flags.perfetto.empty()) written &= Put(flags.perfetto, Perfetto(read.value()));
  return written;
}

}  // namespace drydock::tools
