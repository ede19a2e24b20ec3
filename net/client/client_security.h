// What a client shows of itself: a certificate, a token, both or nothing.
#pragma once

#include <string>

#include "net/security/tls_files.h"

namespace drydock::net {

struct ClientSecurity {
  TlsFiles tls;       // `ca` makes connections use TLS; certificate and key are for nodes that ask
  std::string token;  // goes with each call; "" for none
};

}  // namespace drydock::net
