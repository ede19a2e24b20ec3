#include "tools/raftsim/page.h"

#include <zlib.h>

#include <cstdint>

#include "core/base/check.h"

// page_data.S
extern "C" const char drydock_page_begin[];  // NOLINT(modernize-avoid-c-arrays)
extern "C" const char drydock_page_end[];    // NOLINT(modernize-avoid-c-arrays)

namespace drydock::tools {
namespace {

constexpr std::string_view kPlaceholder = "@@RUN@@";

std::string_view Page() {
  return {drydock_page_begin, static_cast<std::size_t>(drydock_page_end - drydock_page_begin)};
}

std::string Compressed(std::string_view text) {
  constexpr int kGzip = 16 + MAX_WBITS;
  constexpr int kMemory = 8;  // zlib's default
  z_stream stream{};
  int code =
      deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY);
  DRYDOCK_CHECK(code == Z_OK, code);
  std::string out(deflateBound(&stream, text.size()), '\0');
  // zlib does not write to its input, but does not say so.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  code = deflate(&stream, Z_FINISH);
  DRYDOCK_CHECK(code == Z_STREAM_END, code);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// RFC 4648, section 4.
std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t here = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < here ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= here ? kDigits[(group >> (18 - 6 * k)) & 63] : '=';
    }
  }
  return text;
}

}  // namespace

Result<std::string> PageOf(std::string_view trace) {
  constexpr std::size_t kMost = std::size_t{1} << 30;
  if (trace.size() > kMost) return Error{"a trace of more than 1 GiB is too much for a browser"};
  std::string page(Page());
  const std::size_t at = page.find(kPlaceholder);
  if (at == std::string::npos) {
    return Error{
        "this raftsim was built without the page that shows runs: install npm (Debian: "
        "apt install npm) and build again"};
  }
  return page.replace(at, kPlaceholder.size(), Base64(Compressed(trace)));
}

}  // namespace drydock::tools
