#include "core/kv/kv_store.h"

#include <cstring>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/base/check.h"
#include "core/kv/command.h"

namespace drydock {
namespace {

// What is smaller lies in the caches anyway.
constexpr std::size_t kLeastToPrefetch = 4096;

}  // namespace

ApplyResult KvStore::Apply(Index index, const Entry& entry) {
  DRYDOCK_CHECK(applied_ < index, applied_, index);
  applied_ = index;
  switch (entry.kind) {
    case EntryKind::kPart:
      parts_.Assign(parts_.size(), entry.payload);
      return {};
    case EntryKind::kLastPart:
      return ApplyLastPart(index, entry.payload);
    case EntryKind::kCommand:
      parts_ = {};
      return ApplyCommand(index, entry.payload);
    case EntryKind::kNoop:
    case EntryKind::kConfiguration:
      break;
  }
  parts_ = {};
  return {};
}

// Of a large command the first piece tells.
std::optional<std::string> KvStore::UnknownForm(const Entry& entry) const {
  if (entry.kind == EntryKind::kCommand) return drydock::UnknownForm(entry.payload.view());
  if (entry.kind != EntryKind::kLastPart || parts_.empty()) return std::nullopt;
  return drydock::UnknownForm(parts_.First()->value.view());
}

std::optional<Bytes> KvStore::Get(std::string_view key) const {
  const Bytes* value = map_.Find(KeyProbe(key));
  if (value == nullptr) return std::nullopt;
  return *value;
}

// A pair is read or overwritten by counting references to its storage.
void KvStore::Prefetch(std::span<const KeyProbe> keys) const {
  if (map_.size() < kLeastToPrefetch) return;
  map_.Prefetch(keys, [](const auto& item) { item.value.PrefetchCount(); });
}

// A leader appends a run whole, so what a later leader breaks is always the front of one and its
// rest never comes. A last piece alone is the one trace that a broken run could leave: its bytes
// are part of some value and must not be taken for a command, whatever they look like.
ApplyResult KvStore::ApplyLastPart(Index index, const Bytes& last) {
  const PersistentMap<std::uint64_t, Bytes> parts = std::exchange(parts_, {});
  if (parts.empty()) return Refuse(Outcome::kBadRequest);
  std::size_t size = last.size();
  parts.ForEach([&size](std::uint64_t, const Bytes& part) { size += part.size(); });
  const Bytes joined = Bytes::Make(size, [&parts, &last](char* out) {
    const auto append = [&out](const Bytes& part) {
      if (!part.empty()) std::memcpy(out, part.view().data(), part.size());
      out += part.size();
    };
    parts.ForEach([&append](std::uint64_t, const Bytes& part) { append(part); });
    append(last);
  });
  return ApplyCommand(index, joined);
}

ApplyResult KvStore::ApplyCommand(Index index, const Bytes& encoded) {
  std::optional<ClientRequest> request = DecodeCommand(encoded);
  if (!request) return Refuse(Outcome::kBadRequest);
  if (const auto* open = std::get_if<RegisterOp>(&request->op)) {
    // Opening a session inside another one could push that other one out.
    if (request->session != SessionId()) return Refuse(Outcome::kBadRequest);
    ApplyResult result;
    result.session = sessions_.Open(index, open->max_sessions);
    return result;
  }
  if (request->session == SessionId()) return ApplyWrite(request->op);
  return sessions_.ApplyOnce(index, *request, [this, &request] { return ApplyWrite(request->op); });
}

ApplyResult KvStore::ApplyWrite(ClientOp& op) {
  return std::visit(
      [this](auto& write) -> ApplyResult {
        using Op = std::remove_reference_t<decltype(write)>;
        if constexpr (std::is_same_v<Op, GetOp> || std::is_same_v<Op, RegisterOp>) {
          DRYDOCK_CHECK(false, "not a write");
          return {};
        } else {
          return Write(write);
        }
      },
      op);
}

ApplyResult KvStore::Write(PutOp& op) {
  map_.Assign(OrderedKey(std::move(op.key)), std::move(op.value));
  return {};
}

ApplyResult KvStore::Write(DeleteOp& op) {
  ApplyResult result;
  result.found = map_.Erase(KeyProbe(op.key.view()));
  return result;
}

ApplyResult KvStore::Write(CompareAndSetOp& op) {
  const Bytes* held = map_.Find(KeyProbe(op.key.view()));
  const bool equal = held != nullptr ? op.expected && *op.expected == *held : !op.expected;
  if (!equal) {
    ApplyResult result = Refuse(Outcome::kCompareFailed);
    result.found = held != nullptr;
    if (held != nullptr) result.value = *held;
    return result;
  }
  map_.Assign(OrderedKey(std::move(op.key)), std::move(op.value));
  return {};
}

void KvStore::AddTo(Hasher& hasher) const {
  hasher.Add(std::uint64_t{map_.size()});
  ForEach([&hasher](std::string_view key, const Bytes& value) {
    hasher.Add(key);
    hasher.Add(value.view());
  });
  hasher.Add(std::uint64_t{parts_.size()});
  parts_.ForEach([&hasher](std::uint64_t, const Bytes& part) { hasher.Add(part.view()); });
  sessions_.AddTo(hasher);
}

}  // namespace drydock
