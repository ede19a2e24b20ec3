#include "net/admin/reflection_service.h"

#include <google/protobuf/descriptor.h>

#include <utility>

#include <grpc/reflection/v1alpha/reflection.grpc.pb.h>
#include "core/base/check.h"
#include "net/admin/descriptions.h"
#include "net/rpc/stream_method.h"

namespace drydock::net {
namespace {

using grpc::reflection::v1alpha::ServerReflection;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

using Streams = StreamMethod<ServerReflectionRequest, ServerReflectionResponse>;

constexpr std::size_t kMaxStreams = 64;
// Names are short. A request comes back in its answer, so a long one would cost twice.
constexpr std::size_t kMaxRequestBytes = 16 << 10;

// One question at a time: the next is read once the answer is on its way.
class Conversation final : public Streams::Session {
 public:
  Conversation(Streams::Call& call, const std::vector<std::string>& services)
      : call_(call), services_(services) {}

  void OnRead(ServerReflectionRequest& request) override {
    if (request.ByteSizeLong() > kMaxRequestBytes) {
      return call_.Finish(
          grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "the request is too long"));
    }
    ServerReflectionResponse response;
    Describe(request, services_, response);
    call_.Write(response);
  }
  void OnWritten() override { call_.Read(); }
  void OnReadsDone() override { call_.Finish(grpc::Status::OK); }
  void OnBroken() override {}
  bool MayGo() const override { return true; }

 private:
  Streams::Call& call_;
  const std::vector<std::string>& services_;
};

}  // namespace

class ReflectionService::Methods {
 public:
  explicit Methods(std::vector<std::string> services) : services_(std::move(services)) {
    const auto* compiled_in = google::protobuf::DescriptorPool::generated_pool();
    for (const std::string& name : services_) {
      DRYDOCK_CHECK(compiled_in->FindServiceByName(name) != nullptr, name);
    }
  }

  grpc::Service& service() { return service_; }
  void Start(grpc::ServerCompletionQueue& queue) {
    queue_ = &queue;
    streams_.Start();
  }
  void Close() { streams_.Close(); }
  std::size_t live() const { return streams_.live(); }

 private:
  Streams::Hooks MakeHooks() {
    return {
        .arm =
            [this](grpc::ServerContext* context,
                   grpc::ServerAsyncReaderWriter<ServerReflectionResponse, ServerReflectionRequest>*
                       stream,
                   void* tag) {
              service_.RequestServerReflectionInfo(context, stream, queue_, queue_, tag);
            },
        .open = [this](Streams::Call& call) { return Open(call); }};
  }
  std::unique_ptr<Streams::Session> Open(Streams::Call& call) {
    if (streams_.open() > kMaxStreams) {
      call.Finish(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                               "too many ask this node for descriptions: try again"));
      return nullptr;
    }
    return std::make_unique<Conversation>(call, services_);
  }

  const std::vector<std::string> services_;
  ServerReflection::AsyncService service_;
  grpc::ServerCompletionQueue* queue_ = nullptr;  // from Start on
  Streams streams_{MakeHooks()};
};

ReflectionService::ReflectionService(std::vector<std::string> services)
    : methods_(std::make_unique<Methods>(std::move(services))) {}
ReflectionService::~ReflectionService() = default;

grpc::Service& ReflectionService::async_service() {
  return methods_->service();
}

void ReflectionService::Start(grpc::ServerCompletionQueue& queue) {
  methods_->Start(queue);
}

void ReflectionService::Close() {
  methods_->Close();
}

std::size_t ReflectionService::live() const {
  return methods_->live();
}

}  // namespace drydock::net
