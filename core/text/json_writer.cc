#include "core/text/json_writer.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <string>

namespace drydock {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

unsigned char ByteAt(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// The length of the character that begins at `at`; 0 if none does (Unicode standard, table 3-7).
std::size_t CharacterAt(std::string_view text, std::size_t at) {
  const unsigned char first = ByteAt(text, at);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() - at < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((ByteAt(text, at + i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = ByteAt(text, at + 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool too_large = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

// Both digits of each byte.
constexpr auto kHexOfByte = [] {
  std::array<std::array<char, 2>, 256> digits{};
  for (std::size_t i = 0; i < digits.size(); ++i) digits[i] = {kHex[i >> 4], kHex[i & 15]};
  return digits;
}();

void AppendHex(std::string& out, std::string_view bytes) {
  std::size_t at = out.size();
  out.resize(at + 2 * bytes.size());
  for (const char c : bytes) {
    std::memcpy(&out[at], kHexOfByte[static_cast<unsigned char>(c)].data(), 2);
    at += 2;
  }
}

bool IsPlain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

}  // namespace

bool IsUtf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = CharacterAt(bytes, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

void JsonWriter::Number(std::uint64_t value) {
  Separate();
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out_.append(digits, end);
}

void JsonWriter::Thousandths(std::int64_t value) {
  const std::string digits = std::to_string(value % 1000);
  Word(std::to_string(value / 1000) + "." + std::string(3 - digits.size(), '0') + digits);
}

void JsonWriter::Number(std::int64_t value) {
  Separate();
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out_.append(digits, end);
}

void JsonWriter::Name(std::string_view name) {
  Separate();
  out_ += '"';
  out_ += name;
  out_ += '"';
}

void JsonWriter::Escape(char c) {
  switch (c) {
    case '"':
      out_ += "\\\"";
      return;
    case '\\':
      out_ += "\\\\";
      return;
    case '\n':
      out_ += "\\n";
      return;
    case '\t':
      out_ += "\\t";
      return;
    default:
      const auto byte = static_cast<unsigned char>(c);
      out_ += "\\u00";
      out_ += kHex[byte >> 4];
      out_ += kHex[byte & 15];
  }
}

// Long runs without anything to escape are copied at once.
void JsonWriter::Escaped(std::string_view text) {
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (IsPlain(text[at])) continue;
    out_ += text.substr(start, at - start);
    Escape(text[at]);
    start = at + 1;
  }
  out_ += text.substr(start);
}

void JsonWriter::Text(std::string_view text) {
  Separate();
  out_ += '"';
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = CharacterAt(text, at);
    if (length == 0) {
      Escaped(text.substr(start, at - start));
      out_ += "\\ufffd";
      start = at + 1;
    }
    at += length == 0 ? 1 : length;
  }
  Escaped(text.substr(start));
  out_ += '"';
}

void JsonWriter::Bytes(std::string_view bytes) {
  if (IsUtf8(bytes)) {
    Separate();
    out_ += '"';
    Escaped(bytes);
    out_ += '"';
    return;
  }
  BeginObject();
  Key("hex");
  Separate();
  out_ += '"';
  AppendHex(out_, bytes);
  out_ += '"';
  EndObject();
}

}  // namespace drydock
