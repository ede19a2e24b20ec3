#include "sim/check/foreign_history.h"

#include "sim/check/history_readers.h"

namespace drydock::sim {

std::optional<HistoryFormat> HistoryFormatNamed(std::string_view name) {
  if (name == "drydock") return HistoryFormat::kDrydock;
  if (name == "jepsen-log") return HistoryFormat::kJepsenLog;
  if (name == "edn") return HistoryFormat::kEdn;
  if (name == "porcupine") return HistoryFormat::kPorcupine;
  return std::nullopt;
}

Result<History> ReadHistory(HistoryFormat format, std::string_view text) {
  switch (format) {
    case HistoryFormat::kDrydock:
      return ReadDrydockHistory(text);
    case HistoryFormat::kJepsenLog:
      return ReadJepsenLog(text);
    case HistoryFormat::kEdn:
      return ReadEdnHistory(text);
    case HistoryFormat::kPorcupine:
      break;
  }
  return ReadPorcupineHistory(text);
}

}  // namespace drydock::sim
