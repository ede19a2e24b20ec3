#include "net/security/tls_store.h"

#include <utility>

namespace drydock::net {

Result<TlsContent> TlsStore::Load() const {
  Result<TlsContent> content = LoadTls(files_);
  if (!content.ok() || !check_) return content;
  const Status fit = check_(content.value());
  if (!fit.ok()) return fit.error();
  return content;
}

Result<std::shared_ptr<TlsStore>> TlsStore::Open(TlsFiles files, Check check) {
  std::shared_ptr<TlsStore> store(new TlsStore(std::move(files), std::move(check)));
  const Result<bool> read = store->Refresh();
  if (!read.ok()) return read.error();
  return store;
}

TlsStore::Version TlsStore::Current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Result<bool> TlsStore::Refresh() {
  Result<TlsContent> content = Load();
  const std::lock_guard lock(mutex_);
  if (!content.ok()) {
    if (std::exchange(told_, content.error().text) == content.error().text) return false;
    return content.error();
  }
  told_.clear();
  if (current_.content != nullptr && *current_.content == content.value()) return false;
  ++current_.number;
  current_.content = std::make_shared<const TlsContent>(std::move(content.value()));
  return true;
}

}  // namespace drydock::net
