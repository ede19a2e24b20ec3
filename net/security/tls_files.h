// A certificate with its key, and those who are believed: as files, and as what stands in them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace drydock::net {

// Paths of PEM files; "" for none.
struct TlsFiles {
  std::string cert;  // the own certificate, and after it those between it and the CA
  std::string key;   // its private key, without a password
  std::string ca;    // certificates of those whose signature is believed

  bool any() const { return !cert.empty() || !key.empty() || !ca.empty(); }
  friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

// The content of such files.
struct TlsContent {
  std::string cert;
  std::string key;
  std::string ca;
  friend bool operator==(const TlsContent&, const TlsContent&) = default;
};

// Reads the files that are named, and makes sure that they are of use: certificates can be read,
// the first one is valid now, and the key belongs to it. Errors tell the file, what is wrong, and
// what to do.
Result<TlsContent> LoadTls(const TlsFiles& files);

// The URIs among the alternative names of the first certificate of a PEM text; none if it has none.
std::vector<std::string> UrisOf(std::string_view certificate);

}  // namespace drydock::net
