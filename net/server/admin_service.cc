#include "net/server/admin_service.h"

#include <utility>

#include "net/rpc/unary_method.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"

namespace drydock::net {

class AdminService::Methods {
 public:
  explicit Methods(AdminServiceHooks hooks) : hooks_(std::move(hooks)) {}

  grpc::Service& admin() { return admin_; }
  grpc::Service& peer() { return peer_; }
  void Start(grpc::ServerCompletionQueue& queue) {
    queue_ = &queue;
    statuses_.Start();
    resumptions_.Start();
    greetings_.Start();
  }

  void Close() {
    statuses_.Close();
    resumptions_.Close();
    greetings_.Close();
  }
  std::size_t live() const { return statuses_.live() + resumptions_.live() + greetings_.live(); }

 private:
  using Statuses = UnaryMethod<v1::GetStatusRequest, v1::GetStatusResponse>;
  using Resumptions = UnaryMethod<v1::ResumeRequest, v1::ResumeResponse>;
  using Greetings = UnaryMethod<v1::HelloRequest, v1::HelloResponse>;

  AdminServiceHooks hooks_;
  v1::AdminService::AsyncService admin_;
  v1::PeerService::AsyncService peer_;
  grpc::ServerCompletionQueue* queue_ = nullptr;

  Statuses statuses_{{.arm =
                          [this](auto* context, auto* request, auto* writer, void* tag) {
                            admin_.RequestGetStatus(context, request, writer, queue_, queue_, tag);
                          },
                      .take =
                          [this](Statuses::Call& call) {
                            hooks_.status(call.request(), call.response());
                            call.Finish();
                          }},
                     8};
  Resumptions resumptions_{{.arm =
                                [this](auto* context, auto* request, auto* writer, void* tag) {
                                  admin_.RequestResume(context, request, writer, queue_, queue_,
                                                       tag);
                                },
                            .take =
                                [this](Resumptions::Call& call) {
                                  call.response().set_was_suspended(hooks_.resume());
                                  call.Finish();
                                }},
                           1};
  Greetings greetings_{
      {.arm = [this](
                  auto* context, auto* request, auto* writer,
                  void* tag) { peer_.RequestHello(context, request, writer, queue_, queue_, tag); },
       .take =
           [this](Greetings::Call& call) {
             if (hooks_.hello(call.request(), call.response())) return call.Finish();
             call.Finish({grpc::StatusCode::FAILED_PRECONDITION,
                          "no member of this cluster: see \"cluster\" and \"nodes\" in the "
                          "cluster's file"});
           }},
      4};
};

AdminService::AdminService(AdminServiceHooks hooks)
    : methods_(std::make_unique<Methods>(std::move(hooks))) {}
AdminService::~AdminService() = default;

grpc::Service& AdminService::async_service() {
  return methods_->admin();
}

grpc::Service& AdminService::async_peer_service() {
  return methods_->peer();
}

void AdminService::Start(grpc::ServerCompletionQueue& queue) {
  methods_->Start(queue);
}

void AdminService::Close() {
  methods_->Close();
}

std::size_t AdminService::live() const {
  return methods_->live();
}

}  // namespace drydock::net
