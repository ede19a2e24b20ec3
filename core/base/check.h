// Always-on checks of what must be true. A failed one is a bug of Drydock, never bad input.
#pragma once

#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/base/strong.h"

namespace drydock {

// Thrown by a failed check and never caught in core: a real node prints it and aborts, the
// simulator records a violation.
class CheckFailed : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace internal {

[[noreturn]] void FailCheck(const char* file, int line, const char* condition,
                            std::string_view values);

template <std::integral T>
std::string CheckValue(T value) {
  return std::to_string(value);
}
template <class Tag, class Rep>
std::string CheckValue(Strong<Tag, Rep> value) {
  return std::to_string(value.value());
}
inline std::string CheckValue(std::string_view value) {
  return std::string(value);
}

template <class... Values>
std::string CheckValues(const Values&... values) {
  std::string text;
  ((text += text.empty() ? "" : ", ", text += CheckValue(values)), ...);
  return text;
}

}  // namespace internal
}  // namespace drydock

// DRYDOCK_CHECK(condition, values...): the values appear in the message, in order.
#define DRYDOCK_CHECK(condition, ...)                                                \
  do {                                                                               \
    if (!(condition)) [[unlikely]] {                                                 \
      ::drydock::internal::FailCheck(__FILE__, __LINE__, #condition,                 \
                                     ::drydock::internal::CheckValues(__VA_ARGS__)); \
    }                                                                                \
  } while (false)
