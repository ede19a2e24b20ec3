#include "net/client/credentials.h"

#include <utility>

#include "net/config/host_port.h"
#include "net/security/channel_credentials.h"

namespace drydock::net {

Result<std::shared_ptr<ClientCredentials>> ClientCredentials::Open(ClientSecurity security) {
  const TlsFiles& files = security.tls;
  if (files.cert.empty() != files.key.empty()) {
    return Error{"a certificate goes with its key, and a key with its certificate"};
  }
  if (files.any() && files.ca.empty()) {
    return Error{"TLS needs the CA of the nodes' certificates"};
  }
  if (security.token.find_first_of("\r\n") != std::string::npos) {
    return Error{"a token is one line"};
  }
  std::shared_ptr<ClientCredentials> credentials(new ClientCredentials(std::move(security.token)));
  if (!files.any()) return credentials;
  auto store = TlsStore::Open(files, {});
  if (!store.ok()) return store.error();
  credentials->tls_ = std::move(store.value());
  return credentials;
}

std::shared_ptr<grpc::ChannelCredentials> ClientCredentials::ForConnection() const {
  if (tls_ == nullptr) return grpc::InsecureChannelCredentials();
  static_cast<void>(tls_->Refresh());  // if that fails, what was of use last
  return CredentialsToServer(*tls_->Current().content);
}

Status ClientCredentials::MayCall(const std::string& address) const {
  if (token_.empty() || tls_ != nullptr) return Ok();
  const Result<HostPort> place = ParseHostPort(address);
  if (place.ok() && place.value().IsLoopback()) return Ok();
  return Error{"is on another machine, and the token would travel in plaintext; use TLS"};
}

void ClientCredentials::AddTo(grpc::ClientContext& context, const std::string& address) const {
  if (token_.empty() || !MayCall(address).ok()) return;
  context.AddMetadata("authorization", "Bearer " + token_);
}

}  // namespace drydock::net
