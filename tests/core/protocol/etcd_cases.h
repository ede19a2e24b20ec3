// Reads the test data of etcd's raft: blocks of a command with arguments, lines of input, "----"
// and the expected output.
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace drydock {

struct EtcdCase {
  std::string place;                         // file and line
  std::string command;                       // "vote"
  std::map<std::string, std::string> named;  // cfg -> "1, 2"
  std::vector<std::string> input;            // words of the lines below
  std::vector<std::string> expected;         // lines
};

// "vote cfg=(1, 2) votes=(y)": blanks within parentheses are part of a value.
inline void ReadCommand(const std::string& line, EtcdCase& into) {
  std::vector<std::string> words(1);
  int depth = 0;
  for (const char c : line) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c != ' ') {
      words.back() += c;
    } else if (depth == 0) {
      words.emplace_back();
    }
  }
  into.command = words.front();
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    if (equals != std::string::npos) {
      into.named[words[i].substr(0, equals)] = words[i].substr(equals + 1);
    }
  }
}

inline std::vector<EtcdCase> ReadEtcdCases(const std::string& file) {
  std::ifstream in("tests/data/etcd-raft/" + file);
  std::vector<EtcdCase> cases;
  enum { kBetween, kInput, kOutput } part = kBetween;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (part == kOutput && line.empty()) part = kBetween;
    if (part == kBetween && !line.empty() && line.front() != '#') {
      cases.push_back({.place = file + ":" + std::to_string(number)});
      ReadCommand(line, cases.back());
      part = kInput;
    } else if (part == kInput && line == "----") {
      part = kOutput;
    } else if (part == kInput) {
      std::istringstream words(line);
      for (std::string word; words >> word;) cases.back().input.push_back(word);
    } else if (part == kOutput) {
      cases.back().expected.push_back(line);
    }
  }
  return cases;
}

// "(1,2)" -> {"1", "2"}; "zero" and "" are empty.
inline std::vector<std::string> ReadList(const std::string& text) {
  std::vector<std::string> items;
  if (text.empty() || text.front() != '(') return items;
  std::istringstream in(text.substr(1, text.size() - 2));
  for (std::string item; std::getline(in, item, ',');) items.push_back(item);
  return items;
}

}  // namespace drydock
