// How nodes and clients shake hands with a node.
#pragma once

#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "net/security/tls_files.h"

namespace drydock::net {

// Of a node to another one: whoever answers must have a certificate of that URI (node_name.h).
std::shared_ptr<grpc::ChannelCredentials> CredentialsToNode(const TlsContent& own, std::string uri);

// Of a client: the certificate of whoever answers must name the host that was connected to.
std::shared_ptr<grpc::ChannelCredentials> CredentialsToServer(const TlsContent& own);

}  // namespace drydock::net
