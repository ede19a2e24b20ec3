#include "net/security/server_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <string>
#include <string_view>
#include <utility>

#include "net/security/node_name.h"

namespace drydock::net {
namespace {

bool HasNodeUri(const grpc_auth_context* context) {
  grpc_auth_property_iterator uris =
      grpc_auth_context_find_properties_by_name(context, GRPC_PEER_URI_PROPERTY_NAME);
  while (const grpc_auth_property* uri = grpc_auth_property_iterator_next(&uris)) {
    if (IsNodeUri({uri->value, uri->value_length})) return true;
  }
  return false;
}

void Judge(bool admitted, const char* why, grpc_process_auth_metadata_done_cb done, void* call) {
  done(call, nullptr, 0, nullptr, 0, admitted ? GRPC_STATUS_OK : GRPC_STATUS_PERMISSION_DENIED,
       admitted ? nullptr : why);
}

void AdmitNodes(void*, grpc_auth_context* context, const grpc_metadata*, std::size_t,
                grpc_process_auth_metadata_done_cb done, void* call) {
  Judge(HasNodeUri(context),
        "this is the port for nodes, and the certificate names none; clients have another port",
        done, call);
}

void AdmitClients(void*, grpc_auth_context* context, const grpc_metadata*, std::size_t,
                  grpc_process_auth_metadata_done_cb done, void* call) {
  Judge(!HasNodeUri(context),
        "this is the port for clients, and the certificate is that of a node; nodes have another",
        done, call);
}

// gRPC's C++ interface can renew certificates, but drops those in force before it has looked at the
// new ones. Its C interface asks before each handshake, and keeps what it has.
class RenewedCredentials final : public grpc::ServerCredentials {
 public:
  explicit RenewedCredentials(ServerTls tls) : tls_(std::move(tls)) {}

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    grpc_server_credentials* credentials = grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(Request(), &Fetch, this));
    if (tls_.for_nodes || Request() != GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE) {
      grpc_server_credentials_set_auth_metadata_processor(
          credentials, {tls_.for_nodes ? &AdmitNodes : &AdmitClients, nullptr, nullptr});
    }
    const int port = grpc_server_add_http2_port(server, address.c_str(), credentials);
    grpc_server_credentials_release(credentials);
    return port;
  }

  grpc_ssl_client_certificate_request_type Request() const {
    if (tls_.client_must_have_certificate) {
      return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
    }
    const bool believes = !tls_.store->Current().content->ca.empty();
    return believes ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY
                    : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  }

  // gRPC calls it under a lock of the port.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    auto& credentials = *static_cast<RenewedCredentials*>(self);
    const TlsStore::Version current = credentials.tls_.store->Current();
    if (current.number == credentials.given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    credentials.given_ = current.number;
    const TlsContent& content = *current.content;
    grpc_ssl_pem_key_cert_pair pair{content.key.c_str(), content.cert.c_str()};
    *config = grpc_ssl_server_certificate_config_create(
        content.ca.empty() ? nullptr : content.ca.c_str(), &pair, 1);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const ServerTls tls_;
  std::uint64_t given_ = 0;  // the version that gRPC has
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(ServerTls tls) {
  return std::make_shared<RenewedCredentials>(std::move(tls));
}

}  // namespace drydock::net
