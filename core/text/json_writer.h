// Writes JSON text piece by piece, members in the order of the calls: the same calls give the same
// bytes.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace drydock {

// True for text that JSON can hold as it is: shortest forms, no surrogates, nothing past U+10FFFF.
bool IsUtf8(std::string_view bytes);

// Appends to a string, without line breaks or blanks. The caller keeps the order right: a key
// before each value inside an object, every Begin with its End.
class JsonWriter {
 public:
  // `out` must outlive the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  // A name of ours: printed as it is.
  void Key(std::string_view name) {
    Separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    comma_ = false;
  }

  void Number(std::uint64_t value);
  void Number(std::int64_t value);
  // With three digits behind the point: 12345 is 12.345. Not below 0.
  void Thousandths(std::int64_t value);
  void Bool(bool value) { Word(value ? "true" : "false"); }
  void Null() { Word("null"); }
  // A short word of ours that needs no escapes.
  void Name(std::string_view name);
  // Text for people; what is not valid UTF-8 becomes U+FFFD.
  void Text(std::string_view text);
  // Any bytes, so that they can be read back: a string when they are valid UTF-8, otherwise
  // {"hex": "00ff..."}.
  void Bytes(std::string_view bytes);

  // --- A key with its value ---
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) void Member(std::string_view key, T value) {
    Key(key);
    Number(static_cast<std::uint64_t>(value));
  }
  void Member(std::string_view key, std::int64_t value) {
    Key(key);
    Number(value);
  }
  template <std::same_as<bool> T>
  void Member(std::string_view key, T value) {
    Key(key);
    Bool(value);
  }
  void NameMember(std::string_view key, std::string_view name) {
    Key(key);
    Name(name);
  }
  void TextMember(std::string_view key, std::string_view text) {
    Key(key);
    Text(text);
  }
  void BytesMember(std::string_view key, std::string_view bytes) {
    Key(key);
    Bytes(bytes);
  }
  void NullMember(std::string_view key) {
    Key(key);
    Null();
  }

 private:
  void Open(char bracket) {
    Separate();
    out_ += bracket;
    comma_ = false;
  }
  void Close(char bracket) {
    out_ += bracket;
    comma_ = true;
  }
  void Separate() {
    if (comma_) out_ += ',';
    comma_ = true;
  }
  void Word(std::string_view word) {
    Separate();
    out_ += word;
  }
  void Escaped(std::string_view text);
  void Escape(char c);

  std::string& out_;
  bool comma_ = false;  // something stands before what comes next
};

}  // namespace drydock
