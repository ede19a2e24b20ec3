#include "tools/raftctl/output.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "tools/raftctl/commands.h"

namespace drydock::tools {

int Print(std::string_view bytes, int code) {
  errno = 0;
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size();
  if (written && std::fflush(stdout) == 0) return code;
  PrintError(std::string("cannot write the result to the standard output: ") +
             std::strerror(errno));
  return kOutputFailed;
}

void PrintError(const std::string& text) {
  std::cerr << "raftctl: " << text << "\n";
}

int ExitCodeOf(net::CallOutcome outcome) {
  switch (outcome) {
    case net::CallOutcome::kOk:
      return kDone;
    case net::CallOutcome::kNotFound:
    case net::CallOutcome::kCompareFailed:
      return kNo;
    case net::CallOutcome::kNoLeader:
      return kNoLeader;
    case net::CallOutcome::kRefused:
      return kRefused;
    case net::CallOutcome::kUnknown:
      return kOutcomeUnknown;
  }
  return kOutcomeUnknown;
}

std::string_view NameOf(net::CallOutcome outcome) {
  constexpr std::array<std::string_view, 6> kNames = {"ok",        "not_found", "compare_failed",
                                                      "no_leader", "refused",   "unknown"};
  static_assert(static_cast<std::size_t>(net::CallOutcome::kUnknown) + 1 == kNames.size());
  return kNames[static_cast<std::size_t>(outcome)];
}

void WriteBytes(std::string_view name, std::string_view bytes, JsonWriter& json) {
  if (IsUtf8(bytes)) return json.TextMember(name, bytes);
  json.TextMember(std::string(name) + "_base64", Base64(bytes));
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) {
      return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
    };
    const unsigned triple = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (std::size_t k = 0; k < 4; ++k) {
      text += i + k > bytes.size() ? '=' : kLetters[triple >> (18 - 6 * k) & 63];
    }
  }
  return text;
}

}  // namespace drydock::tools
