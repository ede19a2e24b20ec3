#include "net/security/permissions.h"

#include <openssl/evp.h>

#include <array>
#include <utility>

#include "core/text/fields.h"
#include "core/text/words.h"
#include "net/security/read_file.h"

namespace drydock::net {
namespace {

constexpr std::array<std::string_view, 3> kFileKeys = {"$schema", "clients", "others"};
constexpr std::array<std::string_view, 3> kClientKeys = {"certificate", "token_sha256", "may"};
constexpr std::array<std::string_view, 3> kRights = {"read", "write", "admin"};
constexpr std::size_t kMostClients = 10000;

Rights ReadRights(const JsonValue& value, Mistakes& mistakes) {
  Rights rights;
  const std::array<bool Rights::*, 3> members = {&Rights::read, &Rights::write, &Rights::admin};
  for (const JsonValue& item : ReadItems(value, "permissions", 0, kRights.size(), mistakes)) {
    rights.*members[ReadWord(item, "a permission", kRights, mistakes)] = true;
  }
  return rights;
}

bool IsHash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

class PermissionsReader {
 public:
  PermissionsReader(Permissions& out, Mistakes& mistakes) : out_(out), mistakes_(mistakes) {}

  void Read(const JsonValue& root) {
    const Fields fields(root, "a file of clients", kFileKeys, mistakes_);
    if (mistakes_.any()) return;
    fields.Text("$schema");
    if (const JsonValue* others = fields.Find("others")) {
      out_.others_ = ReadRights(*others, mistakes_);
    }
    const JsonValue* clients = fields.Need("clients");
    if (clients == nullptr || !IsObject(*clients, "the clients", mistakes_)) return;
    if (clients->members.size() > kMostClients) {
      return mistakes_.Add(*clients, "at most " + std::to_string(kMostClients) + " clients");
    }
    for (const JsonMember& member : clients->members) ReadClient(member);
  }

 private:
  void ReadClient(const JsonMember& member) {
    const Fields fields(member.value, "a client", kClientKeys, mistakes_);
    const JsonValue* may = fields.Need("may");
    if (may == nullptr) return;
    const KnownClient client{member.key, ReadRights(*may, mistakes_)};
    const JsonValue* token = fields.Find("token_sha256");
    const JsonValue* certificate = fields.Find("certificate");
    if (token == nullptr && certificate == nullptr) {
      mistakes_.Add(member.value,
                    "a client is known by \"certificate\", by \"token_sha256\" or both");
    }
    if (token != nullptr) {
      Add(out_.by_token_, *token, client, &IsHash,
          "the SHA-256 of a token, 64 small hexadecimal digits; printf %s \"$TOKEN\" | sha256sum");
    }
    if (certificate != nullptr) {
      const auto not_empty = [](std::string_view name) { return !name.empty(); };
      Add(out_.by_certificate_, *certificate, client, not_empty,
          "the common name or an alternative name of a certificate");
    }
  }

  using Known = std::map<std::string, KnownClient, std::less<>>;
  void Add(Known& known, const JsonValue& value, const KnownClient& client,
           bool (*valid)(std::string_view), const std::string& expected) {
    const std::string key = ReadText(value, expected, mistakes_);
    if (!valid(key)) return mistakes_.Add(value, "expected " + expected);
    const auto [there, added] = known.emplace(key, client);
    if (!added) mistakes_.Add(value, "is that of client " + Quote(there->second.name) + " already");
  }

  Permissions& out_;
  Mistakes& mistakes_;
};

bool Rights::Include(Permission permission) const {
  switch (permission) {
    case Permission::kRead:
      return read;
    case Permission::kWrite:
      return write;
    case Permission::kAdmin:
      return admin;
    case Permission::kAny:
      return read || write || admin;
  }
  return false;
}

std::string_view NameOf(Permission permission) {
  return permission == Permission::kAny ? "any" : kRights[static_cast<std::size_t>(permission)];
}

std::string Sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(), nullptr) != 1) {
    return "";  // no token has it
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += kDigits[bytes[i] >> 4];
    hex += kDigits[bytes[i] & 15];
  }
  return hex;
}

Result<Permissions> Permissions::Parse(std::string_view text, const std::string& file_name) {
  const Result<JsonValue> document = ParseJson(text, file_name);
  if (!document.ok()) return document.error();
  Mistakes mistakes(document.value(), file_name);
  Permissions permissions;
  permissions.text_ = text;
  PermissionsReader(permissions, mistakes).Read(document.value());
  if (mistakes.any()) return mistakes.first();
  return permissions;
}

Result<Permissions> Permissions::Load(const std::string& path) {
  const Result<std::string> text = ReadSmallFile(path);
  if (!text.ok()) return text.error();
  return Parse(text.value(), path);
}

const KnownClient* Permissions::OfToken(std::string_view token) const {
  const auto found = by_token_.find(Sha256(token));
  return found == by_token_.end() ? nullptr : &found->second;
}

const KnownClient* Permissions::OfCertificate(std::string_view name) const {
  const auto found = by_certificate_.find(name);
  return found == by_certificate_.end() ? nullptr : &found->second;
}

}  // namespace drydock::net
