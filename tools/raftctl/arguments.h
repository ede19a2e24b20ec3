// Keys and values on a command line, which may be any bytes.
#pragma once

#include <string>

#include "core/base/result.h"

namespace drydock::tools {

// Reads what an argument stands for:
//   -       the whole standard input, to its last byte
//   @file   the content of a file, to its last byte
//   @@text  "@text"
//   text    itself
class ArgumentReader {
 public:
  // The error names the argument and what to do. The standard input can be read once.
  Result<std::string> Read(const std::string& argument);

 private:
  bool input_is_read_ = false;
};

}  // namespace drydock::tools
