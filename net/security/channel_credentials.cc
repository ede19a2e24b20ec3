#include "net/security/channel_credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace drydock::net {
namespace {

namespace tls = grpc::experimental;

class NodeVerifier final : public tls::ExternalCertificateVerifier {
 public:
  explicit NodeVerifier(std::string uri) : uri_(std::move(uri)) {}

  bool Verify(tls::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)> /*later*/, grpc::Status* now) override {
    const std::vector<grpc::string_ref> uris = request->uri_names();
    if (std::ranges::find(uris, grpc::string_ref(uri_)) == uris.end()) {
      *now = {grpc::StatusCode::UNAUTHENTICATED, "its certificate is not that of " + uri_};
    }
    return true;
  }
  void Cancel(tls::TlsCustomVerificationCheckRequest* /*request*/) override {}

 private:
  const std::string uri_;
};

}  // namespace

std::shared_ptr<grpc::ChannelCredentials> CredentialsToNode(const TlsContent& own,
                                                            std::string uri) {
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::make_shared<tls::StaticDataCertificateProvider>(
      own.ca, std::vector<tls::IdentityKeyCertPair>{{own.key, own.cert}}));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(
      tls::ExternalCertificateVerifier::Create<NodeVerifier>(std::move(uri)));
  options.set_check_call_host(false);
  return tls::TlsCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> CredentialsToServer(const TlsContent& own) {
  return grpc::SslCredentials(
      {.pem_root_certs = own.ca, .pem_private_key = own.key, .pem_cert_chain = own.cert});
}

}  // namespace drydock::net
