// Words in messages: quoting what a file said, and guessing what was meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace drydock {

// At most about 60 bytes of `text`, cut between characters; "..." tells that there was more.
std::string Shorten(std::string_view text);
// The text in double quotes, shortened, on one line: control characters are written as \u00XX.
std::string Quote(std::string_view text);
// "a, b, c"
std::string Join(std::span<const std::string_view> words);
// "; did you mean \"crash\"?" if one of `known` is close to `word` in spelling, else "".
std::string DidYouMean(std::string_view word, std::span<const std::string_view> known);

}  // namespace drydock
