// The replicated state machine: an ordered map of bytes to bytes, and the client sessions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/hasher.h"
#include "core/base/strong.h"
#include "core/kv/apply_result.h"
#include "core/kv/ordered_key.h"
#include "core/kv/persistent_map.h"
#include "core/kv/session.h"
#include "core/protocol/client.h"
#include "core/protocol/entry.h"

namespace drydock {

// A value: a copy costs a few references and is independent of the original (and so is a snapshot).
// Keys and values share the storage of the entries that wrote them. Keys are in byte order.
class KvStore {
 public:
  // Entries come in log order, each once, including those that are no commands. A put, a delete
  // and a part are kOk; a payload that is no command, and the last piece of a void run, are
  // kBadRequest and change nothing.
  // One of unknown form (below) must not be applied.
  ApplyResult Apply(Index index, const Entry& entry);
  // What the entry is, in words, when only a newer program could apply it.
  std::optional<std::string> UnknownForm(const Entry& entry) const;
  std::optional<Bytes> Get(std::string_view key) const;
  // These keys will soon be read or written: a hint that saves waiting for memory.
  void Prefetch(std::span<const KeyProbe> keys) const;
  std::size_t size() const { return map_.size(); }
  std::size_t session_count() const { return sessions_.size(); }
  // Calls visit(std::string_view key, const Bytes& value) for each pair in key order.
  template <class Visit>
  void ForEach(Visit visit) const {
    map_.ForEach(
        [&visit](const OrderedKey& key, const Bytes& value) { visit(key.bytes.view(), value); });
  }
  void AddTo(Hasher& hasher) const;  // the whole state, sessions and pending parts included
  void AddSessionsTo(Hasher& hasher) const { sessions_.AddTo(hasher); }
  // What takes long to free, for PersistentMap::FreeSome; this store is empty afterwards.
  using Map = PersistentMap<OrderedKey, Bytes, KeyOrder>;
  Map TakeMap() { return std::exchange(map_, {}); }

 private:
  friend class StateEncoder;
  friend class StateDecoder;

  ApplyResult ApplyLastPart(Index index, const Bytes& last);
  ApplyResult ApplyCommand(Index index, const Bytes& encoded);
  ApplyResult ApplyWrite(ClientOp& op);
  ApplyResult Write(PutOp& op);
  ApplyResult Write(DeleteOp& op);
  ApplyResult Write(CompareAndSetOp& op);

  Index applied_;  // of the last entry
  Map map_;
  PersistentMap<std::uint64_t, Bytes> parts_;  // the unfinished run, numbered from 0
  Sessions sessions_;
};

}  // namespace drydock
