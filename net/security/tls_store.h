// What a node shows and believes at one of its ports: as it stands in the files now, or as it last
// stood in them when it was of use.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "core/base/result.h"
#include "net/security/tls_files.h"

namespace drydock::net {

// Thread-safe.
class TlsStore {
 public:
  // What must hold of a content beside what LoadTls asks; the error is told as it is.
  using Check = std::function<Status(const TlsContent&)>;
  struct Version {
    std::uint64_t number = 0;  // greater each time the content changes; from 1
    std::shared_ptr<const TlsContent> content;
  };

  // Errors as LoadTls, or those of the check.
  static Result<std::shared_ptr<TlsStore>> Open(TlsFiles files, Check check);

  Version Current() const;
  // Reads the files. True: they hold something new, which is current from now on. An error: what
  // they hold is of no use, and what was current stays so. An error is told once, until the files
  // change again or are of use again; meanwhile the answer is false.
  Result<bool> Refresh();

 private:
  TlsStore(TlsFiles files, Check check) : files_(std::move(files)), check_(std::move(check)) {}
  Result<TlsContent> Load() const;

  const TlsFiles files_;
  const Check check_;
  mutable std::mutex mutex_;  // guards what follows
  std::string told_;          // the last error
  Version current_;
};

}  // namespace drydock::net
