#include "net/security/gatekeeper.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/server_context.h>

#include <memory>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/text/names.h"
#include "net/security/node_name.h"

namespace drydock::net {
namespace {

using grpc::StatusCode;
using Auth = std::shared_ptr<const grpc::AuthContext>;

constexpr std::string_view kBearer = "Bearer ";

std::string_view View(const grpc::string_ref& text) {
  return {text.data(), text.size()};
}

bool IsEncrypted(const grpc::AuthContext& auth) {
  for (const grpc::string_ref& type :
       auth.FindPropertyValues(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME)) {
    if (View(type) == GRPC_SSL_TRANSPORT_SECURITY_TYPE) return true;
  }
  return false;
}

bool HasCertificate(const grpc::AuthContext& auth) {
  return !auth.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME).empty();
}

// Nothing: the call has none. Empty: it has something else there, or two of them.
std::optional<std::string_view> TokenOf(const grpc::ServerContext& context) {
  const auto [first, last] = context.client_metadata().equal_range("authorization");
  if (first == last) return std::nullopt;
  const std::string_view text = View(first->second);
  if (std::next(first) != last || !text.starts_with(kBearer)) return "";
  return text.substr(kBearer.size());
}

const KnownClient* ClientOfCertificate(const grpc::AuthContext& auth,
                                       const Permissions& permissions) {
  for (const char* property : {GRPC_X509_CN_PROPERTY_NAME, GRPC_X509_SAN_PROPERTY_NAME}) {
    for (const grpc::string_ref& name : auth.FindPropertyValues(property)) {
      if (const KnownClient* client = permissions.OfCertificate(View(name))) return client;
    }
  }
  return nullptr;
}

grpc::Status Lacks(Permission permission) {
  return {StatusCode::PERMISSION_DENIED, "who calls may not do this: it needs the permission \"" +
                                             std::string(NameOf(permission)) + "\""};
}

}  // namespace

struct Gatekeeper::Caller {
  Auth auth;
  bool encrypted = false;
  std::vector<std::string_view> nodes;  // the URIs of nodes; they live as long as `auth`
};

Gatekeeper::Caller Gatekeeper::Look(const grpc::ServerContext& context) const {
  Caller caller{.auth = context.auth_context()};
  if (caller.auth == nullptr) return caller;
  caller.encrypted = IsEncrypted(*caller.auth);
  for (const grpc::string_ref& uri : caller.auth->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
    if (IsNodeUri(View(uri))) caller.nodes.push_back(View(uri));
  }
  return caller;
}

void Gatekeeper::Guard(GateRules rules, Refused refused) {
  open_ = false;
  rules_ = std::move(rules);
  refused_ = std::move(refused);
}

void Gatekeeper::SetPermissions(Permissions permissions) {
  rules_.permissions = std::move(permissions);
  ++version_;
}

// --- Nodes --------------------------------------------------------------------------------------

grpc::Status Gatekeeper::AdmitPeer(const grpc::ServerContext& context,
                                   std::optional<NodeId> node) const {
  return Tell(context, JudgePeer(Look(context), node));
}

// A node's certificate is seen here if and only if the call came to the port for nodes
// (server_credentials.cc).
grpc::Status Gatekeeper::JudgePeer(const Caller& caller, std::optional<NodeId> node) const {
  if (!rules_.peer_tls) {
    if (!caller.encrypted) return grpc::Status::OK;
    return {StatusCode::PERMISSION_DENIED, "nodes do not call at the port for clients"};
  }
  for (const std::string_view uri : caller.nodes) {
    const std::optional<NodeId> named = NodeNamedBy(uri, rules_.cluster);
    if (named.has_value() && (!node.has_value() || named == node)) return grpc::Status::OK;
  }
  const std::string needed =
      node.has_value() ? NodeUri(rules_.cluster, *node) : "a node of " + rules_.cluster;
  if (caller.nodes.empty()) {
    return {StatusCode::UNAUTHENTICATED,
            "only nodes may call this, with a certificate that names them: " + needed};
  }
  return {StatusCode::PERMISSION_DENIED, "the certificate is that of " +
                                             std::string(caller.nodes.front()) +
                                             ", and the call says that it comes from " + needed};
}

// --- Clients ------------------------------------------------------------------------------------

bool Gatekeeper::AtPortForClients(const Caller& caller) const {
  if (!caller.nodes.empty()) return false;
  if (!rules_.client_tls) return !rules_.peer_tls || !caller.encrypted;
  return caller.encrypted;
}

// With TLS whoever may connect reads and writes; to govern, one shows who he is.
Rights Gatekeeper::WithoutFile(const Caller& caller) const {
  const bool governs = !rules_.client_tls || HasCertificate(*caller.auth);
  return {.read = true, .write = true, .admin = governs};
}

grpc::Status Gatekeeper::Identify(const grpc::ServerContext& context, const Caller& caller,
                                  Rights& rights) const {
  const auto token = TokenOf(context);
  if (token.has_value()) {
    const KnownClient* client =
        rules_.permissions.has_value() ? rules_.permissions->OfToken(*token) : nullptr;
    if (client == nullptr) return {StatusCode::UNAUTHENTICATED, "nobody has this token"};
    rights = client->rights;
    return grpc::Status::OK;
  }
  if (!rules_.permissions.has_value()) {
    rights = WithoutFile(caller);
    return grpc::Status::OK;
  }
  const KnownClient* client =
      caller.encrypted ? ClientOfCertificate(*caller.auth, *rules_.permissions) : nullptr;
  rights = client != nullptr ? client->rights : rules_.permissions->others();
  return grpc::Status::OK;
}

std::pair<grpc::Status, Rights> Gatekeeper::RightsOf(const grpc::ServerContext& context) const {
  const Caller caller = Look(context);
  Rights rights;
  grpc::Status status;
  if (!AtPortForClients(caller)) {
    status = {StatusCode::PERMISSION_DENIED,
              "this is the port for nodes; clients have another one"};
  } else {
    status = Identify(context, caller, rights);
  }
  if (status.ok() && !rights.Include(Permission::kAny)) {
    status = {
        StatusCode::UNAUTHENTICATED,
        "who calls is none of the clients of this node: give a token, or the certificate of one"};
  }
  return {Tell(context, status), rights};
}

grpc::Status Gatekeeper::AdmitClient(const grpc::ServerContext& context,
                                     Permission permission) const {
  const auto [status, rights] = RightsOf(context);
  if (!status.ok() || rights.Include(permission)) return status;
  return Tell(context, Lacks(permission));
}

grpc::Status Gatekeeper::Tell(const grpc::ServerContext& context, grpc::Status status) const {
  if (!status.ok()) refused_(context.peer(), status.error_message());
  return status;
}

// --- Streams ------------------------------------------------------------------------------------

StreamRights::StreamRights(const Gatekeeper* gate, const grpc::ServerContext& context)
    : gate_(gate == nullptr || gate->open() ? nullptr : gate), context_(context) {
  if (gate_ != nullptr) Judge();
}

void StreamRights::Judge() {
  judged_ = gate_->version();
  std::tie(status_, rights_) = gate_->RightsOf(context_);
}

bool StreamRights::Include(Permission permission) {
  if (gate_ != nullptr && judged_ != gate_->version()) Judge();
  return status_.ok() && rights_.Include(permission);
}

}  // namespace drydock::net
