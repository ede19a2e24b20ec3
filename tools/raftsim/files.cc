#include "tools/raftsim/files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include "sim/scenario/parse.h"

namespace drydock::tools {

Result<std::string> ReadFile(const std::string& path, std::uint64_t limit) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return Error{path + ": is a folder; name a file in it"};
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{path + ": cannot be read: " + std::strerror(errno)};
  std::string text;
  std::vector<char> block(std::size_t{64} << 10);
  while (text.size() <= limit) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    if (file.gcount() == 0) break;
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) return Error{path + ": cannot be read to its end"};
  if (text.size() > limit) {
    return Error{path + ": is larger than " + std::to_string(limit) +
                 " bytes, the most that is read"};
  }
  return text;
}

Result<sim::Scenario> ReadScenario(const std::string& path) {
  constexpr std::uint64_t kLimit = std::uint64_t{4} << 20;
  const Result<std::string> text = ReadFile(path, kLimit);
  if (!text.ok()) return text.error();
  return sim::ParseScenario(text.value(), path);
}

bool WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.flush();
  if (!file) PrintError(path + ": cannot be written: " + std::strerror(errno));
  return static_cast<bool>(file);
}

void PrintError(const std::string& text) {
  std::cerr << "raftsim: " << text << "\n";
}

}  // namespace drydock::tools
