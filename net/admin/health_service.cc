#include "net/admin/health_service.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <grpc/health/v1/health.grpc.pb.h>
#include "core/base/check.h"
#include "net/rpc/server_stream_method.h"
#include "net/rpc/unary_method.h"

namespace drydock::net {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

using ServingStatus = HealthCheckResponse::ServingStatus;
using Watches = ServerStreamMethod<HealthCheckRequest, HealthCheckResponse>;
using Checks = UnaryMethod<HealthCheckRequest, HealthCheckResponse>;

// Each is a stream that stays open: nobody needs so many, and a stranger gets no more.
constexpr std::size_t kMaxWatches = 256;
constexpr std::size_t kWaitingChecks = 2;

}  // namespace

class HealthService::Methods {
 public:
  grpc::Service& service() { return service_; }

  void Start(grpc::ServerCompletionQueue& queue) {
    queue_ = &queue;
    checks_.Start();
    watches_.Start();
  }
  void SetServing(std::string_view service, bool serving);
  void Close() {
    checks_.Close();
    watches_.Close();
  }
  std::size_t live() const { return checks_.live() + watches_.live(); }

 private:
  // Who watches is told the state of now, not each one that was in between.
  class Watch final : public Watches::Session {
   public:
    Watch(Methods& owner, Watches::Call& call) : owner_(owner), call_(call) {
      owner_.watching_.insert(this);
      Tell();
    }
    ~Watch() override { owner_.watching_.erase(this); }

    void OnWritten() override {
      writing_ = false;
      Tell();
    }
    void OnBroken() override {}
    bool MayGo() const override { return true; }

    void Tell() {
      const ServingStatus status = owner_.StatusOf(call_.request().service());
      if (writing_ || told_ == status) return;
      told_ = status;
      writing_ = true;
      HealthCheckResponse response;
      response.set_status(status);
      call_.Write(response);
    }

   private:
    Methods& owner_;
    Watches::Call& call_;
    std::optional<ServingStatus> told_;
    bool writing_ = false;
  };

  Checks::Hooks CheckHooks() {
    return {.arm =
                [this](grpc::ServerContext* context, HealthCheckRequest* request,
                       grpc::ServerAsyncResponseWriter<HealthCheckResponse>* writer, void* tag) {
                  service_.RequestCheck(context, request, writer, queue_, queue_, tag);
                },
            .take = [this](Checks::Call& call) { Check(call); }};
  }
  Watches::Hooks WatchHooks() {
    return {.arm =
                [this](grpc::ServerContext* context, HealthCheckRequest* request,
                       grpc::ServerAsyncWriter<HealthCheckResponse>* writer, void* tag) {
                  service_.RequestWatch(context, request, writer, queue_, queue_, tag);
                },
            .open = [this](Watches::Call& call) { return Open(call); }};
  }

  void Check(Checks::Call& call) {
    const ServingStatus status = StatusOf(call.request().service());
    if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
      return call.Finish(grpc::Status(grpc::StatusCode::NOT_FOUND,
                                      "this node has no service of that name to check"));
    }
    call.response().set_status(status);
    call.Finish();
  }

  std::unique_ptr<Watches::Session> Open(Watches::Call& call) {
    if (watches_.open() > kMaxWatches) {
      call.Finish(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                               "too many watch this node's health: use Check"));
      return nullptr;
    }
    return std::make_unique<Watch>(*this, call);
  }

  ServingStatus StatusOf(const std::string& service) const {
    const auto known = serving_.find(service);
    if (known == serving_.end()) return HealthCheckResponse::SERVICE_UNKNOWN;
    return known->second ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
  }

  std::map<std::string, bool, std::less<>> serving_ = {{"", false},
                                                       {"Raft", false},
                                                       {"drydock.v1.KeyValueService", false},
                                                       {"drydock.v1.AdminService", false},
                                                       {"drydock.v1.PeerService", false}};
  grpc::health::v1::Health::AsyncService service_;
  grpc::ServerCompletionQueue* queue_ = nullptr;  // from Start on
  std::set<Watch*> watching_;
  Checks checks_{CheckHooks(), kWaitingChecks};
  Watches watches_{WatchHooks()};
};

void HealthService::Methods::SetServing(std::string_view service, bool serving) {
  const auto known = serving_.find(service);
  DRYDOCK_CHECK(known != serving_.end(), service);
  if (std::exchange(known->second, serving) == serving) return;
  for (Watch* watch : watching_) watch->Tell();
}

HealthService::HealthService() : methods_(std::make_unique<Methods>()) {}
HealthService::~HealthService() = default;

grpc::Service& HealthService::async_service() {
  return methods_->service();
}

void HealthService::Start(grpc::ServerCompletionQueue& queue) {
  methods_->Start(queue);
}

void HealthService::SetServing(std::string_view service, bool serving) {
  methods_->SetServing(service, serving);
}

void HealthService::Close() {
  methods_->Close();
}

std::size_t HealthService::live() const {
  return methods_->live();
}

}  // namespace drydock::net
