// Histories, in every format: what is taken is written in our own and read back as it was.
#include <cstddef>
#include <cstdint>
#include <string>

#include "sim/check/foreign_history.h"
#include "tests/parsers/input.h"

namespace drydock {
namespace {

void Try(sim::HistoryFormat format, std::string_view text) {
  const Result<sim::History> read = sim::ReadHistory(format, text);
  if (!read.ok()) return ExpectOneLine(read.error());
  const std::string written = sim::WriteHistory(read.value());
  const Result<sim::History> again = sim::ReadHistory(sim::HistoryFormat::kDrydock, written);
  DRYDOCK_CHECK(again.ok(), again.error().text, written);
  DRYDOCK_CHECK(again.value().ops.size() == read.value().ops.size(), written);
  DRYDOCK_CHECK(sim::WriteHistory(again.value()) == written, written);
}

}  // namespace
}  // namespace drydock

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using drydock::sim::HistoryFormat;
  for (const HistoryFormat format : {HistoryFormat::kDrydock, HistoryFormat::kJepsenLog,
                                     HistoryFormat::kEdn, HistoryFormat::kPorcupine}) {
    drydock::Try(format, drydock::ViewOf(data, size));
  }
  return 0;
}
