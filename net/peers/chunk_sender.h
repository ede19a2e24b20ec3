// Chunks of snapshots on their way to one peer, each a stream of its own
// (PeerService.InstallSnapshot).
#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "net/codec/peer_codec.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"

namespace drydock::net {

// Lives on the loop's thread, until what it has put into the queue is drained.
class ChunkSender {
 public:
  // Not called for a stream that another chunk took the place of.
  using Finished = std::function<void(const grpc::Status&, const v1::InstallSnapshotResponse&)>;

  ChunkSender(v1::PeerService::Stub& stub, Fingerprint cluster, grpc::CompletionQueue& queue,
              Finished finished);
  ~ChunkSender();

  // One chunk at a time is of use to the peer, so another one ends the stream of the one before. A
  // repetition of the chunk that is still on its way is left out: on a slow link it would only
  // make that later. So memory and link carry one chunk, whatever the core asks for.
  void Send(const Message& message);
  // Ends all streams. They come out of the queue as failed, which takes some steps: the queue may
  // be shut down once none is live.
  void Cancel();
  std::size_t live() const { return calls_.size(); }

 private:
  class Call;
  void Finish(Call& call);

  v1::PeerService::Stub& stub_;
  const Fingerprint cluster_;
  grpc::CompletionQueue& queue_;
  const Finished finished_;
  std::vector<std::unique_ptr<Call>> calls_;  // the last one counts; those before are being ended
};

}  // namespace drydock::net
