#include "core/base/check.h"

namespace drydock::internal {

void FailCheck(const char* file, int line, const char* condition, std::string_view values) {
  // A compiler told of a path from its own folder would make the text depend on where that is.
  std::string_view path = file;
  while (path.starts_with("../")) path.remove_prefix(3);
  std::string text =
      std::string(path) + ":" + std::to_string(line) + ": check failed: " + condition;
  if (!values.empty()) text += " (" + std::string(values) + ")";
  throw CheckFailed(text);
}

}  // namespace drydock::internal
