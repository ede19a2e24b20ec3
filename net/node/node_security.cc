#include "net/node/node_security.h"

#include <utility>

namespace drydock::net {

Status NodeSecurity::Open(const SecurityOptions& options, const ClusterConfig& config,
                          NodeId self) {
  auto opened = Security::Open(options, config, self);
  if (!opened.ok()) return opened.error();
  security_ = std::move(opened.value());
  if (auto rules = security_->Rules()) {
    gate_.Guard(std::move(*rules), [this](const std::string& peer, const std::string& why) {
      refusals_.Note(now_(), peer, why);
    });
  }
  return Ok();
}

void NodeSecurity::ConnectWith(PeerLinks& links) const {
  if (!security_->peer_tls()) return;
  links.UseCredentials([this](NodeId node) { return security_->CredentialsTo(node); });
}

void NodeSecurity::Watch(Mailbox& mailbox, const std::function<void()>& renew_links) {
  security_->Watch({.renewed =
                        [this](const std::string& file) {
                          log_.Info("file_renewed", {{"file", file}});
                        },
                    .refused =
                        [this](const std::string& why) {
                          log_.Error("file_refused", {{"why", why}});
                        },
                    .peers_renewed = [&mailbox, renew_links] { mailbox.Post(renew_links); },
                    .permissions =
                        [this, &mailbox](Permissions permissions) {
                          mailbox.Post([this, permissions = std::move(permissions)] {
                            gate_.SetPermissions(permissions);
                          });
                        }});
}

void NodeSecurity::StopWatching() {
  if (security_ != nullptr) security_->StopWatching();
}

}  // namespace drydock::net
