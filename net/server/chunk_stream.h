// What a leader sends of its snapshot (PeerService.InstallSnapshot): a stream is read until its
// chunk is whole, and then the node is asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "net/codec/chunk_parts.h"
#include "net/rpc/client_stream_method.h"
#include "net/runtime/node_runner.h"
#include "net/server/raft_service.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"

namespace drydock::net {

using StreamOfChunk = ClientStreamMethod<v1::InstallSnapshotRequest, v1::InstallSnapshotResponse>;

class ChunkStream;

// The streams that hold bytes. A leader sends one chunk at a time, and the next leader may do so
// while that of the last one has not ended: of more, the oldest gives way. So nobody makes the node
// hold much, and nobody who lets streams stand keeps a leader out.
class ChunkIntake {
 public:
  static constexpr std::size_t kMaxChunks = 4;

  // False: too many are waiting for the node's answer.
  bool Admit(ChunkStream& stream);
  void Leave(ChunkStream& stream) { std::erase(held_, &stream); }

 private:
  std::vector<ChunkStream*> held_;  // the oldest first
};

class ChunkStream final : public StreamOfChunk::Session, public Caller {
 public:
  ChunkStream(StreamOfChunk::Call& call, const RaftServiceOptions& options, NodeRunner& runner,
              ChunkIntake& intake)
      : call_(call), options_(options), runner_(runner), intake_(intake) {}
  ~ChunkStream() override { intake_.Leave(*this); }

  void OnRead(v1::InstallSnapshotRequest& part) override;
  void OnReadsDone() override;
  void OnBroken() override { Forget(); }
  bool MayGo() const override { return !asked_; }

  void OnAnswer(std::uint64_t, ClientAnswer) override {}  // no client asks here
  void OnReply(std::uint64_t, const Message& reply) override;
  void OnDrop(std::uint64_t) override;

  bool asked() const { return asked_; }
  // Another stream needs the room.
  void GiveWay();

 private:
  bool TakeHead();
  void TurnAway(grpc::StatusCode code, const char* why);
  void Forget();

  StreamOfChunk::Call& call_;
  const RaftServiceOptions& options_;
  NodeRunner& runner_;
  ChunkIntake& intake_;
  ChunkJoiner parts_;
  bool asked_ = false;  // and not answered yet
};

}  // namespace drydock::net
