// How a client connects, and what it shows of itself.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "core/base/result.h"
#include "net/client/client_security.h"
#include "net/security/tls_store.h"

namespace drydock::net {

// Thread-safe.
class ClientCredentials {
 public:
  // Errors: files that are of no use, or a certificate without its key or without `ca`.
  static Result<std::shared_ptr<ClientCredentials>> Open(ClientSecurity security);

  // For a new connection: as the files are now, if they are of use.
  std::shared_ptr<grpc::ChannelCredentials> ForConnection() const;
  bool uses_tls() const { return tls_ != nullptr; }
  bool shows_certificate() const {
    return tls_ != nullptr && !tls_->Current().content->cert.empty();
  }
  // An error instead of a token in plaintext to another machine. A phrase that goes with the name
  // of the node.
  Status MayCall(const std::string& address) const;
  // Of a call to that address; without the token if it must not travel there.
  void AddTo(grpc::ClientContext& context, const std::string& address) const;

 private:
  explicit ClientCredentials(std::string token) : token_(std::move(token)) {}

  const std::string token_;
  std::shared_ptr<TlsStore> tls_;  // null: plaintext
};

}  // namespace drydock::net
