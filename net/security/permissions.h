// What clients may do: the file of --clients-file (tools/raftd/clients.schema.json).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace drydock::net {

enum class Permission : std::uint8_t {
  kRead,
  kWrite,
  kAdmin,  // change members, hand over, suspend, snapshots, channelz
  kAny,    // at least one of these: for the status of a node
};

// A set of permissions.
struct Rights {
  bool read = false;
  bool write = false;
  bool admin = false;

  bool Include(Permission permission) const;
  friend bool operator==(const Rights&, const Rights&) = default;
};

// The words of the file: "read", "write", "admin"; kAny is "any".
std::string_view NameOf(Permission permission);

struct KnownClient {
  std::string name;
  Rights rights;
};

// SHA-256 of a text, as 64 small hexadecimal digits.
std::string Sha256(std::string_view text);

// What the file says. A value: copied rarely, read by one thread.
class Permissions {
 public:
  // Errors as those of a cluster's file: FILE:LINE:COLUMN: place: what was expected.
  static Result<Permissions> Parse(std::string_view text, const std::string& file_name);
  static Result<Permissions> Load(const std::string& path);

  // Whose token it is; null: nobody's. The time that it takes tells nothing of the tokens, for they
  // are looked up by their hashes.
  const KnownClient* OfToken(std::string_view token) const;
  // Who has a certificate of this common name or alternative name; null: nobody.
  const KnownClient* OfCertificate(std::string_view name) const;
  // Of everybody else.
  const Rights& others() const { return others_; }

  friend bool operator==(const Permissions& a, const Permissions& b) { return a.text_ == b.text_; }

 private:
  friend class PermissionsReader;
  std::string text_;
  std::map<std::string, KnownClient, std::less<>> by_token_;  // by the hash
  std::map<std::string, KnownClient, std::less<>> by_certificate_;
  Rights others_;
};

}  // namespace drydock::net
