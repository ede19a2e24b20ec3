#include "core/base/check.h"

namespace drydock::internal {

void FailCheck(const char* file, int line, const char* condition, std::string_view values) {
  std::string text =
      std::string(file) + ":" + std::to_string(line) + ": check failed: " + condition;
  if (!values.empty()) text += " (" + std::string(values) + ")";
  throw CheckFailed(text);
}

}  // namespace drydock::internal
