// A chunk of a snapshot as the parts of an InstallSnapshot stream, and back (docs/wire.md).
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "net/codec/peer_codec.h"

namespace drydock::net {

// So that a heartbeat never waits behind more than this.
inline constexpr std::size_t kChunkPieceBytes = 128 << 10;

// Tells what the chunk is, then its bytes in pieces.
class ChunkSplitter {
 public:
  // The message's body is a SnapshotChunk.
  ChunkSplitter(Message message, Fingerprint cluster);

  const Message& message() const { return message_; }
  bool AtEnd() const { return head_told_ && told_ == bytes().size(); }
  // The next part; not at the end.
  void Next(v1::InstallSnapshotRequest& out);

 private:
  const Bytes& bytes() const { return std::get<SnapshotChunk>(message_.body).bytes; }

  Message message_;
  Fingerprint cluster_;
  bool head_told_ = false;
  std::size_t told_ = 0;  // of the chunk's bytes
};

// Holds no more than one chunk may have, whatever comes.
class ChunkJoiner {
 public:
  // False: no node sends such a part at this point, and nothing more is to be taken.
  bool Take(v1::InstallSnapshotRequest& part);
  // After the head.
  bool begun() const { return head_.has_value(); }
  const FromWire& head() const { return *head_; }
  bool complete() const { return begun() && bytes_.size() == expected_; }
  // Once, when it is complete.
  Message TakeMessage();

 private:
  std::optional<FromWire> head_;
  std::size_t expected_ = 0;
  std::string bytes_;
};

}  // namespace drydock::net
