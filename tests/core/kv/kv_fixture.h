// A store under test, fed as a log would feed it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/hasher.h"
#include "core/kv/command.h"
#include "core/kv/kv_store.h"

namespace drydock {

inline ClientRequest Sessionless(ClientOp op) {
  ClientRequest request;
  request.op = std::move(op);
  return request;
}
inline ClientRequest InSession(SessionId session, std::uint64_t sequence,
                               std::uint64_t first_unanswered, ClientOp op) {
  ClientRequest request;
  request.session = session;
  request.sequence = sequence;
  request.first_unanswered = first_unanswered;
  request.op = std::move(op);
  return request;
}
inline ClientOp PutOf(std::string_view key, std::string_view value) {
  return PutOp{Bytes(key), Bytes(value)};
}
inline ClientOp DeleteOf(std::string_view key) {
  return DeleteOp{Bytes(key)};
}
inline ClientOp CasOf(std::string_view key, std::optional<std::string_view> expected,
                      std::string_view value) {
  CompareAndSetOp op;
  op.key = Bytes(key);
  if (expected) op.expected = Bytes(*expected);
  op.value = Bytes(value);
  return op;
}

struct KvFixture {
  KvStore store;
  Index next{1};

  std::uint64_t max_sessions = 100;

  KvFixture() = default;
  explicit KvFixture(std::uint64_t sessions) : max_sessions(sessions) {}

  ApplyResult Apply(EntryKind kind, std::string_view payload) {
    const Index index = next;
    next = Next(next);
    return store.Apply(index, Entry{Term(1), kind, Bytes(payload)});
  }
  ApplyResult Do(const ClientRequest& request) {
    return Apply(EntryKind::kCommand, EncodeCommand(request));
  }
  ApplyResult Do(ClientOp op) { return Do(Sessionless(std::move(op))); }
  SessionId Register() { return Do(RegisterOp{max_sessions}).session; }

  std::optional<std::string> Get(std::string_view key) const {
    const std::optional<Bytes> value = store.Get(key);
    if (!value) return std::nullopt;
    return std::string(value->view());
  }
  std::uint64_t Hash() const {
    Hasher hasher;
    store.AddTo(hasher);
    return hasher.Finish();
  }
};

}  // namespace drydock
