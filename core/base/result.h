// A value or an error. Errors from outside are values with a clear text; nothing throws for them.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "core/base/check.h"

namespace drydock {

// What went wrong, where, and what to do about it: one line for a person.
struct Error {
  std::string text;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return std::holds_alternative<T>(state_); }
  const Error& error() const {
    DRYDOCK_CHECK(!ok());
    return std::get<Error>(state_);
  }
  T& value() {
    DRYDOCK_CHECK(ok(), error().text);
    return std::get<T>(state_);
  }
  const T& value() const {
    DRYDOCK_CHECK(ok(), error().text);
    return std::get<T>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

// The result of something that gives nothing back.
using Status = Result<std::monostate>;
inline Status Ok() {
  return std::monostate{};
}

}  // namespace drydock
