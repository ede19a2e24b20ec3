// Operations and answers of drydock.v1, for the load generator's targets.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "proto/drydock/v1/drydock.pb.h"
#include "tools/load/target.h"

namespace drydock::tools {

// `out` may hold an operation from before: its memory is used again.
void WriteOperation(const LoadOperation& operation, bool stale, v1::Operation& out);

AnswerKind KindOf(const v1::Answer& answer);

// Which node to ask: a list that is gone through when nodes fail, and hints that overrule it.
class EndpointCursor {
 public:
  EndpointCursor(std::string first, std::vector<std::string> endpoints)
      : current_(std::move(first)), endpoints_(std::move(endpoints)) {}

  const std::string& current() const { return current_; }
  // The answer of `asked` may tell to ask another from now on. False: it does not.
  bool Follow(const std::string& asked, AnswerKind kind, const std::string& hint);

 private:
  std::string current_;
  std::vector<std::string> endpoints_;
  std::size_t next_ = 0;
};

}  // namespace drydock::tools
