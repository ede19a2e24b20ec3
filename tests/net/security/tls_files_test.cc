#include "net/security/tls_files.h"

#include <doctest/doctest.h>

#include "net/security/tls_store.h"
#include "tests/net/security/test_certificates.h"

namespace drydock::net {
namespace {

std::string ErrorOf(const TlsFiles& files) {
  const Result<TlsContent> content = LoadTls(files);
  REQUIRE_FALSE(content.ok());
  return content.error().text;
}

}  // namespace

TEST_CASE("files of use are read whole") {
  const TestCertificates made;
  const TlsFiles files = made.Sign("n0", "URI:drydock://demo/n0,DNS:localhost,URI:other:x");
  const Result<TlsContent> content = LoadTls(files);
  REQUIRE_MESSAGE(content.ok(), (content.ok() ? "" : content.error().text));
  CHECK(Contains(content.value().key, "PRIVATE KEY"));
  CHECK(UrisOf(content.value().cert) == std::vector<std::string>{"drydock://demo/n0", "other:x"});
  CHECK(UrisOf(content.value().ca).empty());
  CHECK(UrisOf("no certificate").empty());
  CHECK(LoadTls({.cert = "", .key = "", .ca = files.ca}).ok());
}

TEST_CASE("files of no use are told with what is wrong") {
  const TestCertificates made;
  const TlsFiles good = made.Sign("good");
  const TlsFiles other = made.Sign("other");
  made.Write("empty", "");
  made.Write("garbage", "-----BEGIN CERTIFICATE-----\nnothing of it\n-----END CERTIFICATE-----\n");
  CHECK(Contains(ErrorOf({good.cert, other.key, good.ca}), "is not the key of the certificate in"));
  CHECK(Contains(ErrorOf({made.Path("none"), good.key, good.ca}), "No such file"));
  CHECK(Contains(ErrorOf({made.Path("empty"), good.key, good.ca}), "holds no certificate"));
  CHECK(Contains(ErrorOf({made.Path("garbage"), good.key, good.ca}), "holds no certificate"));
  CHECK(Contains(ErrorOf({good.cert, made.Path("empty"), good.ca}), "holds no private key"));
  CHECK(Contains(ErrorOf({good.cert, good.key, made.Path("empty")}), "holds no certificate"));
  CHECK(Contains(ErrorOf({made.Path("."), good.key, good.ca}), "cannot be read"));
  CHECK(Contains(ErrorOf(made.Sign("old", "DNS:localhost", "-1")), "expired on"));
}

TEST_CASE("a store takes what is new and of use, and keeps what it has otherwise") {
  const TestCertificates made;
  const TlsFiles files = made.Sign("n0");
  const auto opened = TlsStore::Open(files, {});
  REQUIRE(opened.ok());
  TlsStore& store = *opened.value();
  const TlsStore::Version first = store.Current();
  CHECK_FALSE(store.Refresh().value());

  made.Write("n0.pem", "half a certifi");
  CHECK_FALSE(store.Refresh().ok());
  CHECK_FALSE(store.Refresh().value());  // told once
  CHECK(store.Current().content == first.content);

  made.Sign("n0");
  CHECK(store.Refresh().value());
  CHECK(store.Current().number > first.number);
  CHECK(store.Current().content->cert != first.content->cert);
}

TEST_CASE("a store asks what else must hold") {
  const TestCertificates made;
  const TlsFiles files = made.Sign("n0");
  const auto refused = TlsStore::Open(files, [](const TlsContent&) { return Error{"not this"}; });
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().text == "not this");
}

}  // namespace drydock::net
