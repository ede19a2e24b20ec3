#include "net/security/permissions.h"

#include <doctest/doctest.h>

#include <string>

namespace drydock::net {
namespace {

// Of the token "secret".
constexpr const char* kHash = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

Permissions Parsed(const std::string& text) {
  Result<Permissions> result = Permissions::Parse(text, "F");
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().text));
  return result.value();
}

std::string ErrorOf(const std::string& text) {
  const Result<Permissions> result = Permissions::Parse(text, "F");
  REQUIRE_FALSE(result.ok());
  return result.error().text;
}

}  // namespace

TEST_CASE("clients are known by the hash of their token or the name of their certificate") {
  const Permissions permissions =
      Parsed(std::string(R"({"clients":{"ci":{"token_sha256":")") + kHash +
             R"(","may":["read","write"]},"op":{"certificate":"operator","may":["admin"]}}})");
  REQUIRE(permissions.OfToken("secret") != nullptr);
  CHECK(permissions.OfToken("secret")->name == "ci");
  CHECK(permissions.OfToken("secret")->rights == Rights{.read = true, .write = true});
  CHECK(permissions.OfToken("Secret") == nullptr);
  CHECK(permissions.OfToken("") == nullptr);
  CHECK(permissions.OfToken(kHash) == nullptr);
  REQUIRE(permissions.OfCertificate("operator") != nullptr);
  CHECK(permissions.OfCertificate("operator")->rights == Rights{.admin = true});
  CHECK(permissions.OfCertificate("op") == nullptr);
  CHECK(permissions.others() == Rights());
}

TEST_CASE("everybody else may what the file says") {
  CHECK(Parsed(R"({"clients":{},"others":["read"]})").others() == Rights{.read = true});
}

TEST_CASE("any permission is enough where any is asked for") {
  CHECK(Rights{.admin = true}.Include(Permission::kAny));
  CHECK_FALSE(Rights{.admin = true}.Include(Permission::kRead));
  CHECK_FALSE(Rights().Include(Permission::kAny));
}

TEST_CASE("each mistake in a file of clients is told with its place") {
  const std::string long_hash(65, 'a');
  CHECK(ErrorOf("{}").starts_with("F:1:1: "));
  CHECK(ErrorOf(R"({"clients":{"a":{"may":["read"]}}})").find("is known by") != std::string::npos);
  CHECK(ErrorOf(R"({"clients":{"a":{"certificate":"c","may":["reed"]}}})")
            .starts_with("F:1:43: /clients/a/may/0: "));
  CHECK(ErrorOf(R"({"clients":{"a":{"certificate":"c"}}})").find("may") != std::string::npos);
  CHECK(ErrorOf(R"({"clients":{"a":{"certificate":"","may":[]}}})").find("expected") !=
        std::string::npos);
  CHECK(ErrorOf(R"({"clients":{"a":{"token":"x","may":[]}}})").find("token") != std::string::npos);
  CHECK(ErrorOf(R"({"clients":{"a":{"token_sha256":")" + long_hash + R"(","may":[]}}})")
            .find("64 small hexadecimal digits") != std::string::npos);
  CHECK(
      ErrorOf(R"({"clients":{"a":{"certificate":"c","may":[]},"b":{"certificate":"c","may":[]}}})")
          .find("is that of client \"a\" already") != std::string::npos);
}

TEST_CASE("a file of clients cut anywhere is never worse than an error") {
  const std::string whole =
      R"({"clients":{"op":{"certificate":"operator","may":["admin"]}},"others":["read"]})";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(Permissions::Parse(whole.substr(0, size), "F").ok());
  }
}

}  // namespace drydock::net
