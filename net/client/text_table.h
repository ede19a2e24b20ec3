// Lines of columns for a terminal.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace drydock::net {

// Each column as wide as its widest cell, two blanks between them, each line ended by a newline.
template <std::size_t Columns>
std::string RenderTable(const std::vector<std::array<std::string, Columns>>& lines) {
  std::array<std::size_t, Columns> widths{};
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < Columns; ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const auto& line : lines) {
    std::string row;
    for (std::size_t i = 0; i < Columns; ++i) {
      row += line[i] + std::string(widths[i] - line[i].size() + 2, ' ');
    }
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + "\n";
  }
  return text;
}

}  // namespace drydock::net
