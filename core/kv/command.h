// Commands as they stand in log entries.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/protocol/client.h"

namespace drydock {

// A put, delete, compare-and-set or register (a get is no command) as bytes: a format version, the
// session, sequence and first_unanswered, then the operation. Keys and values are below 4 GiB each;
// a register keeps at least one session.
std::string EncodeCommand(const ClientRequest& request);
// The same bytes in pieces of `size`, the last one maybe shorter. A piece that lies within a key or
// a value shares its storage, so that a large one is cut without being copied.
std::vector<Bytes> EncodeInPieces(const ClientRequest& request, std::size_t size);
// How long they are together.
std::size_t EncodedSize(const ClientRequest& request);
// Nullopt for anything that EncodeCommand cannot have written. The keys and values that come back
// share the storage of `bytes`.
std::optional<ClientRequest> DecodeCommand(const Bytes& bytes);

// In words, when `bytes` are a command in a form that only a newer program knows: it must not be
// taken for one that makes no sense, which changes nothing and is passed over.
std::optional<std::string> UnknownForm(std::string_view bytes);

// The key that a command is about, valid as long as `bytes`; nullopt if it has none. What comes
// after the key is not looked at.
std::optional<std::string_view> KeyOfCommand(const Bytes& bytes);

}  // namespace drydock
