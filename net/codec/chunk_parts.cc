#include "net/codec/chunk_parts.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/base/check.h"

namespace drydock::net {

ChunkSplitter::ChunkSplitter(Message message, Fingerprint cluster)
    : message_(std::move(message)), cluster_(cluster) {
  DRYDOCK_CHECK(std::holds_alternative<SnapshotChunk>(message_.body), message_.body.index());
}

void ChunkSplitter::Next(v1::InstallSnapshotRequest& out) {
  DRYDOCK_CHECK(!AtEnd(), told_);
  if (!std::exchange(head_told_, true)) return Encode(message_, cluster_, *out.mutable_head());
  const std::size_t size = std::min(kChunkPieceBytes, bytes().size() - told_);
  const std::string_view piece = bytes().view().substr(told_, size);
  out.set_piece(piece.data(), piece.size());
  told_ += size;
}

bool ChunkJoiner::Take(v1::InstallSnapshotRequest& part) {
  if (!begun()) {
    if (!part.has_head()) return false;
    head_ = Decode(part.head());
    expected_ = part.head().chunk_bytes();
    return begun();
  }
  // An empty piece brings nothing, and there could be any number of them.
  const bool fits = !part.piece().empty() && part.piece().size() <= expected_ - bytes_.size();
  if (!part.has_piece() || !fits) return false;
  if (bytes_.empty()) {
    bytes_ = std::move(*part.mutable_piece());
  } else {
    bytes_.reserve(expected_);  // or growing would take twice as much
    bytes_ += part.piece();
  }
  return true;
}

Message ChunkJoiner::TakeMessage() {
  DRYDOCK_CHECK(complete(), bytes_.size(), expected_);
  std::get<SnapshotChunk>(head_->message.body).bytes = Bytes(std::move(bytes_));
  return std::move(head_->message);
}

}  // namespace drydock::net
