// What the command does, once its flags are read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace drydock::tools {

// Exit codes.
inline constexpr int kHeld = 0;
inline constexpr int kBroken = 1;
inline constexpr int kBadInput = 2;
inline constexpr int kNotPossible = 4;  // here, or on any real machine
inline constexpr int kInterrupted = 130;

struct Flags {
  std::string file;
  std::string bin;  // the folder that raftd is in
  std::string dir;  // "": a temporary one, which is removed if all held
  std::string trace;
  std::string history;
  std::string network = "auto";  // loopback, namespaces; auto: whichever the scenario needs
  double stretch = 1;
  std::optional<std::uint64_t> seed;
  bool json = false;
};

int RunRehearse(const Flags& flags);
// Prints "rehearse: ..." to the standard error output.
void PrintError(const std::string& text);

}  // namespace drydock::tools
