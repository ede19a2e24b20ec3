#include "net/security/tls_files.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "net/security/read_file.h"

namespace drydock::net {
namespace {

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* what) const {
    kFree(what);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

Bio Over(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A key with a password would make OpenSSL ask a terminal for it.
int NoPassword(char*, int, int, void*) {
  return -1;
}

// All of them; none if one cannot be read.
std::vector<Certificate> CertificatesIn(std::string_view text) {
  const Bio bio = Over(text);
  std::vector<Certificate> all;
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, &NoPassword, nullptr)) {
    all.emplace_back(next);
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) all.clear();
  return all;
}

std::string TextOf(const ASN1_TIME* time) {
  const Bio bio(BIO_new(BIO_s_mem()));
  ASN1_TIME_print(bio.get(), time);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Status CheckTime(const X509* certificate, const std::string& path) {
  const ASN1_TIME* begin = X509_get0_notBefore(certificate);
  const ASN1_TIME* end = X509_get0_notAfter(certificate);
  if (X509_cmp_current_time(end) <= 0) {
    return Error{path + ": the certificate expired on " + TextOf(end) + "; renew it"};
  }
  if (X509_cmp_current_time(begin) < 0) return Ok();
  return Error{path + ": the certificate is valid from " + TextOf(begin) +
               " only; is this machine's clock right?"};
}

Status CheckPair(const TlsContent& content, const TlsFiles& files) {
  const std::vector<Certificate> chain = CertificatesIn(content.cert);
  if (chain.empty()) return Error{files.cert + ": holds no certificate in PEM form"};
  const Bio bio = Over(content.key);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassword, nullptr));
  const bool fits = key != nullptr && X509_check_private_key(chain.front().get(), key.get()) == 1;
  ERR_clear_error();
  if (key == nullptr) {
    return Error{files.key + ": holds no private key in PEM form, or one with a password"};
  }
  if (!fits) return Error{files.key + ": is not the key of the certificate in " + files.cert};
  return CheckTime(chain.front().get(), files.cert);
}

Status ReadInto(std::string& text, const std::string& path) {
  if (path.empty()) return Ok();
  Result<std::string> read = ReadSmallFile(path);
  if (!read.ok()) return read.error();
  text = std::move(read.value());
  return Ok();
}

}  // namespace

Result<TlsContent> LoadTls(const TlsFiles& files) {
  TlsContent content;
  Status status = ReadInto(content.cert, files.cert);
  if (status.ok()) status = ReadInto(content.key, files.key);
  if (status.ok()) status = ReadInto(content.ca, files.ca);
  if (status.ok() && !files.cert.empty()) status = CheckPair(content, files);
  if (status.ok() && !files.ca.empty() && CertificatesIn(content.ca).empty()) {
    status = Error{files.ca + ": holds no certificate in PEM form"};
  }
  if (!status.ok()) return status.error();
  return content;
}

std::vector<std::string> UrisOf(std::string_view certificate) {
  std::vector<std::string> uris;
  const std::vector<Certificate> chain = CertificatesIn(certificate);
  if (chain.empty()) return uris;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(chain.front().get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                      static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  return uris;
}

}  // namespace drydock::net
