#include "net/security/security.h"

#include <algorithm>
#include <utility>

#include "core/text/names.h"
#include "net/config/host_port.h"
#include "net/config/member_address.h"
#include "net/security/channel_credentials.h"
#include "net/security/node_name.h"
#include "net/security/server_credentials.h"

namespace drydock::net {
namespace {

bool IsLoopback(const std::string& address) {
  const Result<HostPort> place = ParseHostPort(address);
  return place.ok() && place.value().IsLoopback();
}

Status RefusePlaintext(const std::string& address, const std::string& who,
                       const std::string& flags) {
  if (IsLoopback(address)) return Ok();
  return Error{"at " + address + " other machines could come, and what they and this node say to " +
               "each other would be in plaintext, for anybody to read and change: give " + who +
               ", or ask for plaintext with " + flags};
}

Status CheckPlaintext(const SecurityOptions& options, const NodeAddress& at) {
  if (options.insecure_plaintext) return Ok();
  const MemberAddress places = ListeningPlacesOf(at);
  Status status = Ok();
  if (!options.clients.any()) {
    status = RefusePlaintext(places.clients, "--cert-file and --key-file", "--insecure-plaintext");
  }
  if (status.ok() && !options.peers.any()) {
    status = RefusePlaintext(places.peers,
                             "--peer-cert-file, --peer-key-file and --peer-trusted-ca-file",
                             "--insecure-plaintext");
  }
  if (!status.ok() || at.metrics.empty() || options.insecure_metrics) return status;
  return RefusePlaintext(at.metrics, "\"metrics\" an address of loopback", "--insecure-metrics");
}

Status CheckPeerPorts(const SecurityOptions& options, const ClusterConfig& config) {
  if (!options.clients.any() && !options.peers.any()) return Ok();
  for (const auto& [node, place] : config.nodes) {
    if (place.peer_port != 0) continue;
    return Error{"with TLS nodes need a port of their own: give " + NameOf(node) +
                 " a \"peer_port\" in the cluster's file, and all others too"};
  }
  return Ok();
}

TlsStore::Check NamesNode(const TlsFiles& files, const std::string& uri) {
  return [path = files.cert, uri](const TlsContent& content) -> Status {
    const std::vector<std::string> uris = UrisOf(content.cert);
    if (std::ranges::find(uris, uri) != uris.end()) return Ok();
    return Error{
        path +
        ": the certificate is not this node's: among its alternative names must be URI:" + uri};
  };
}

}  // namespace

Status CheckSecurity(const SecurityOptions& options, const ClusterConfig& config, NodeId self) {
  const Status status = CheckPlaintext(options, config.nodes.at(self));
  return status.ok() ? CheckPeerPorts(options, config) : status;
}

Result<std::unique_ptr<Security>> Security::Open(SecurityOptions options,
                                                 const ClusterConfig& config, NodeId self) {
  Status status = CheckSecurity(options, config, self);
  if (!status.ok()) return status.error();
  std::unique_ptr<Security> security(new Security(std::move(options), config, self));
  status = security->OpenFiles(self);
  if (!status.ok()) return status.error();
  return security;
}

Status Security::OpenFiles(NodeId self) {
  if (options_.clients.any()) {
    auto store = TlsStore::Open(options_.clients, {});
    if (!store.ok()) return store.error();
    clients_ = std::move(store.value());
  }
  if (options_.peers.any()) {
    auto store = TlsStore::Open(options_.peers, NamesNode(options_.peers, NodeUri(cluster_, self)));
    if (!store.ok()) return store.error();
    peers_ = std::move(store.value());
  }
  if (options_.clients_file.empty()) return Ok();
  auto permissions = Permissions::Load(options_.clients_file);
  if (!permissions.ok()) return permissions.error();
  permissions_ = std::move(permissions.value());
  return Ok();
}

std::vector<Door> Security::Doors() const {
  const MemberAddress places = ListeningPlacesOf(at_);
  std::vector<Door> doors;
  doors.push_back({places.clients, clients_ == nullptr
                                       ? grpc::InsecureServerCredentials()
                                       : MakeServerCredentials({clients_, options_.client_cert_auth,
                                                                /*for_nodes=*/false})});
  if (places.peers == places.clients) return doors;
  doors.push_back(
      {places.peers, peers_ == nullptr
                         ? grpc::InsecureServerCredentials()
                         : MakeServerCredentials({peers_, /*client_must_have_certificate=*/true,
                                                  /*for_nodes=*/true})});
  return doors;
}

std::shared_ptr<grpc::ChannelCredentials> Security::CredentialsTo(NodeId node) const {
  if (peers_ == nullptr) return grpc::InsecureChannelCredentials();
  return CredentialsToNode(*peers_->Current().content, NodeUri(cluster_, node));
}

std::optional<GateRules> Security::Rules() const {
  if (clients_ == nullptr && peers_ == nullptr && !permissions_.has_value()) return std::nullopt;
  return GateRules{cluster_, peers_ != nullptr, clients_ != nullptr, permissions_};
}

// --- Renewed files ------------------------------------------------------------------------------

Reloader::Job Security::WatchStore(const std::shared_ptr<TlsStore>& store, const TlsFiles& files,
                                   Events events, std::function<void()> renewed) {
  return [store, file = files.cert, events = std::move(events), renewed = std::move(renewed)] {
    const Result<bool> fresh = store->Refresh();
    if (!fresh.ok()) return events.refused(fresh.error().text);
    if (!fresh.value()) return;
    events.renewed(file);
    if (renewed) renewed();
  };
}

Reloader::Job Security::WatchPermissions(Events events) {
  return [file = options_.clients_file, events = std::move(events), last = *permissions_,
          told = std::string()]() mutable {
    Result<Permissions> read = Permissions::Load(file);
    if (!read.ok()) {
      if (told != read.error().text) events.refused(read.error().text);
      told = read.error().text;
      return;
    }
    told.clear();
    if (read.value() == last) return;
    last = read.value();
    events.renewed(file);
    events.permissions(std::move(read.value()));
  };
}

void Security::Watch(const Events& events) {
  std::vector<Reloader::Job> jobs;
  if (clients_ != nullptr) jobs.push_back(WatchStore(clients_, options_.clients, events, {}));
  if (peers_ != nullptr) {
    jobs.push_back(WatchStore(peers_, options_.peers, events, events.peers_renewed));
  }
  if (permissions_.has_value()) jobs.push_back(WatchPermissions(events));
  if (!jobs.empty()) reloader_ = std::make_unique<Reloader>(std::move(jobs));
}

}  // namespace drydock::net
