// The core's messages as the messages of the Raft service, and back (docs/wire.md). A message that
// cannot be right (negative numbers, a kind of entry that there is not) does not decode.
#pragma once

#include <cstdint>
#include <optional>

#include "core/protocol/message.h"
#include "proto/drydock/v1/drydock.pb.h"
#include "proto/raft.pb.h"

namespace drydock::net {

// No chunk of a snapshot is longer: the bound of the setting snapshot_chunk_bytes.
inline constexpr std::uint32_t kMaxChunkBytes = 16 << 20;

// Which cluster a message is from: ClusterFingerprint of its name.
using Fingerprint = std::uint64_t;

// What came in: the message, and the cluster that its sender says it is of.
struct FromWire {
  Message message;
  Fingerprint cluster = 0;
};

// Requests. A body of another type than the function's message is a bug.
void Encode(const Message& message, Fingerprint cluster, vote_4_me& out);
void Encode(const Message& message, Fingerprint cluster, appendEntry& out);
void Encode(const Message& message, Fingerprint cluster, heartbeat& out);
void Encode(const Message& message, Fingerprint cluster, commitVal_request& out);
void Encode(const Message& message, Fingerprint cluster, v1::TimeoutNowRequest& out);
void Encode(const Message& message, Fingerprint cluster, v1::ReadIndexRequest& out);
// All of a chunk but its bytes, which go apart: net/codec/chunk_parts.h.
void Encode(const Message& message, Fingerprint cluster, v1::SnapshotChunkHead& out);
// Responses. The outcome of a heartbeat or a notice is not the core's: the service sets it.
void Encode(const Message& message, Fingerprint cluster, voted_4_u& out);
void Encode(const Message& message, Fingerprint cluster, appendEntry_pending& out);
void Encode(const Message& message, Fingerprint cluster, heartbeat_response& out);
void Encode(const Message& message, Fingerprint cluster, commitVal_response& out);
void Encode(const Message& message, Fingerprint cluster, v1::TimeoutNowResponse& out);
void Encode(const Message& message, Fingerprint cluster, v1::InstallSnapshotResponse& out);
void Encode(const Message& message, Fingerprint cluster, v1::ReadIndexResponse& out);

std::optional<FromWire> Decode(const vote_4_me& in);
std::optional<FromWire> Decode(const appendEntry& in);
std::optional<FromWire> Decode(const heartbeat& in);
std::optional<FromWire> Decode(const commitVal_request& in);
std::optional<FromWire> Decode(const v1::TimeoutNowRequest& in);
std::optional<FromWire> Decode(const v1::ReadIndexRequest& in);
std::optional<FromWire> Decode(const v1::SnapshotChunkHead& in);
std::optional<FromWire> Decode(const voted_4_u& in);
std::optional<FromWire> Decode(const appendEntry_pending& in);
std::optional<FromWire> Decode(const heartbeat_response& in);
std::optional<FromWire> Decode(const commitVal_response& in);
std::optional<FromWire> Decode(const v1::TimeoutNowResponse& in);
std::optional<FromWire> Decode(const v1::InstallSnapshotResponse& in);
std::optional<FromWire> Decode(const v1::ReadIndexResponse& in);

}  // namespace drydock::net
