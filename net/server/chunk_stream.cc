#include "net/server/chunk_stream.h"

#include <algorithm>
#include <utility>

#include "net/server/peer_calls.h"

namespace drydock::net {

using grpc::StatusCode;

bool ChunkIntake::Admit(ChunkStream& stream) {
  if (held_.size() >= kMaxChunks) {
    const auto oldest =
        std::ranges::find_if(held_, [](const ChunkStream* each) { return !each->asked(); });
    if (oldest == held_.end()) return false;
    (*oldest)->GiveWay();  // which leaves
  }
  held_.push_back(&stream);
  return true;
}

void ChunkStream::OnRead(v1::InstallSnapshotRequest& part) {
  const bool is_head = !parts_.begun();
  if (!parts_.Take(part)) {
    return TurnAway(StatusCode::INVALID_ARGUMENT,
                    "no node of this version sends such a part of a chunk");
  }
  if (!is_head || TakeHead()) call_.Read();
}

// From now on bytes are held: for those who know the cluster, and no more than there is room for.
bool ChunkStream::TakeHead() {
  if (parts_.head().cluster != options_.fingerprint) {
    TurnAway(StatusCode::FAILED_PRECONDITION, "this node is of another cluster");
    return false;
  }
  if (!Admitted(call_, options_.gate, parts_.head().message.from)) {
    Forget();
    return false;
  }
  if (intake_.Admit(*this)) return true;
  call_.Finish({StatusCode::RESOURCE_EXHAUSTED, "too many chunks wait for this node's disk"});
  return false;
}

void ChunkStream::OnReadsDone() {
  if (!parts_.complete()) {
    return TurnAway(StatusCode::INVALID_ARGUMENT, "the stream ended before its chunk did");
  }
  Message message = parts_.TakeMessage();
  options_.heard(message.from);
  asked_ = true;
  runner_.Take(std::move(message), {this, 0});
}

void ChunkStream::OnReply(std::uint64_t, const Message& reply) {
  asked_ = false;
  Encode(reply, options_.fingerprint, call_.response());
  Forget();
  call_.Finish(grpc::Status::OK);
  call_.ReleaseIfOver();
}

void ChunkStream::OnDrop(std::uint64_t) {
  asked_ = false;
  Forget();
  call_.Finish(TakesNoPart());
  call_.ReleaseIfOver();
}

void ChunkStream::GiveWay() {
  Forget();
  call_.Finish({StatusCode::RESOURCE_EXHAUSTED, "chunks that began later took its place"});
}

void ChunkStream::TurnAway(StatusCode code, const char* why) {
  options_.turned_away();
  Forget();
  call_.Finish({code, why});
}

// What came of the chunk; a stream that waits for the node keeps its place until that answers.
void ChunkStream::Forget() {
  if (asked_) return;
  parts_ = ChunkJoiner();
  intake_.Leave(*this);
}

}  // namespace drydock::net
