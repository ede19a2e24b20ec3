#include "net/server/services.h"

#include <utility>

namespace drydock::net {

Services::Services(RaftServiceOptions raft, KeyValueServiceOptions key_value,
                   AdminServiceHooks admin, TakeHello hello, PingTarget me)
    : raft_(raft),
      key_value_(std::move(key_value)),
      channelz_(admin.gate),
      admin_(std::move(admin)),
      peer_(std::move(raft), std::move(hello), std::move(me)),
      reflection_({"Raft", "drydock.v1.AdminService", "drydock.v1.KeyValueService",
                   "drydock.v1.PeerService", "grpc.channelz.v1.Channelz", "grpc.health.v1.Health",
                   "grpc.reflection.v1alpha.ServerReflection"}) {}

std::vector<grpc::Service*> Services::All() {
  return {&raft_.async_service(),    &key_value_.async_service(), &admin_.async_service(),
          &peer_.async_service(),    &health_.async_service(),    &reflection_.async_service(),
          &channelz_.async_service()};
}

void Services::Start(grpc::ServerCompletionQueue& queue, NodeRunner& runner) {
  raft_.Start(queue, runner);
  key_value_.Start(queue, runner);
  admin_.Start(queue);
  peer_.Start(queue, runner);
  health_.Start(queue);
  reflection_.Start(queue);
  channelz_.Start(queue);
  health_.SetServing("drydock.v1.AdminService", true);
  health_.SetServing("drydock.v1.PeerService", true);
}

void Services::SetReady(bool ready) {
  for (const char* service : {"", "Raft", "drydock.v1.KeyValueService"}) {
    health_.SetServing(service, ready);
  }
}

void Services::Close() {
  raft_.Close();
  key_value_.Close();
  admin_.Close();
  peer_.Close();
  health_.Close();
  reflection_.Close();
  channelz_.Close();
}

std::size_t Services::live() const {
  return raft_.live() + key_value_.live() + admin_.live() + peer_.live() + health_.live() +
         reflection_.live() + channelz_.live();
}

}  // namespace drydock::net
