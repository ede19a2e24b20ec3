// Little-endian encoding of numbers and bytes: what is on disk and inside entries.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drydock {

// Appends fixed-width little-endian numbers and length-prefixed bytes to a string.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  void U8(std::uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void U32(std::uint32_t v) { Fixed(v); }
  void U64(std::uint64_t v) { Fixed(v); }
  // A 32-bit length, then the bytes.
  void Blob(std::string_view bytes) {
    U32(static_cast<std::uint32_t>(bytes.size()));
    out_.append(bytes);
  }

 private:
  template <std::unsigned_integral T>
  void Fixed(T v) {
    char raw[sizeof(T)];
    for (std::size_t i = 0; i < sizeof(T); ++i) raw[i] = static_cast<char>(v >> (8 * i));
    out_.append(raw, sizeof(T));
  }
  std::string& out_;
};

// Reads what Writer wrote. A read past the end gives zeros and makes ok() false for good, so a
// caller checks once, after the last read.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  std::uint8_t U8() { return Fixed<std::uint8_t>(); }
  std::uint32_t U32() { return Fixed<std::uint32_t>(); }
  std::uint64_t U64() { return Fixed<std::uint64_t>(); }
  std::string_view Blob() { return Take(U32()); }
  std::string_view Take(std::size_t count) {
    if (count > in_.size()) {
      ok_ = false;
      in_ = {};
      return {};
    }
    const std::string_view taken = in_.substr(0, count);
    in_.remove_prefix(count);
    return taken;
  }
  std::string_view rest() const { return in_; }
  bool ok() const { return ok_; }
  // Everything was read and nothing was missing.
  bool AtEnd() const { return ok_ && in_.empty(); }

 private:
  template <std::unsigned_integral T>
  T Fixed() {
    const std::string_view raw = Take(sizeof(T));
    T v = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      v = static_cast<T>(
          v | static_cast<T>(static_cast<T>(static_cast<unsigned char>(raw[i])) << (8 * i)));
    }
    return v;
  }
  std::string_view in_;
  bool ok_ = true;
};

}  // namespace drydock
