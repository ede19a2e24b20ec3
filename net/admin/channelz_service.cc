#include "net/admin/channelz_service.h"

#include <google/protobuf/util/json_util.h>
#include <grpc/grpc.h>
#include <grpc/support/alloc.h>

#include <string>
#include <utility>
#include <vector>

#include <grpc/channelz/v1/channelz.grpc.pb.h>
#include "net/rpc/unary_method.h"
#include "net/security/gatekeeper.h"

namespace drydock::net {
namespace {

namespace channelz = grpc::channelz::v1;
using Service = channelz::Channelz::AsyncService;

// What gRPC tells, as JSON of the response's message. It allocates it, and gives nullptr for an
// object that is not there.
using Json = std::unique_ptr<char, decltype(&gpr_free)>;

grpc::Status Fill(const Json& json, google::protobuf::Message& response) {
  if (json == nullptr) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "nothing here has that id (any more)");
  }
  const auto parsed = google::protobuf::util::JsonStringToMessage(json.get(), &response);
  if (parsed.ok()) return grpc::Status::OK;
  return grpc::Status(grpc::StatusCode::INTERNAL,
                      "gRPC's own account does not parse: " + parsed.ToString());
}

// One method whose answer `ask` finds out at once.
template <class Request, class Response>
class Lookup {
 public:
  using Ask = char* (*)(const Request&);
  using Request_ = void (Service::*)(grpc::ServerContext*, Request*,
                                     grpc::ServerAsyncResponseWriter<Response>*,
                                     grpc::CompletionQueue*, grpc::ServerCompletionQueue*, void*);

  Lookup(Service& service, Request_ request, Ask ask)
      : service_(service), request_(request), ask_(ask) {}

  void Start(grpc::ServerCompletionQueue& queue, const Gatekeeper* gate) {
    queue_ = &queue;
    gate_ = gate;
    method_.Start();
  }
  void Close() { method_.Close(); }
  std::size_t live() const { return method_.live(); }

 private:
  using Method = UnaryMethod<Request, Response>;

  typename Method::Hooks MakeHooks() {
    return {.arm =
                [this](grpc::ServerContext* context, Request* request,
                       grpc::ServerAsyncResponseWriter<Response>* writer, void* tag) {
                  (service_.*request_)(context, request, writer, queue_, queue_, tag);
                },
            .take =
                [this](typename Method::Call& call) {
                  if (!Admitted(call, gate_, Permission::kAdmin)) return;
                  call.Finish(Fill(Json(ask_(call.request()), &gpr_free), call.response()));
                }};
  }

  Service& service_;
  Request_ request_;
  Ask ask_;
  grpc::ServerCompletionQueue* queue_ = nullptr;  // these two from Start on
  const Gatekeeper* gate_ = nullptr;
  Method method_{MakeHooks(), 1};
};

}  // namespace

class ChannelzService::Methods {
 public:
  explicit Methods(const Gatekeeper* gate) : gate_(gate) {}

  grpc::Service& service() { return service_; }
  void Start(grpc::ServerCompletionQueue& queue) {
    ForEach([&](auto& method) { method.Start(queue, gate_); });
  }
  void Close() {
    ForEach([](auto& method) { method.Close(); });
  }
  std::size_t live() {
    std::size_t sum = 0;
    ForEach([&](const auto& method) { sum += method.live(); });
    return sum;
  }

 private:
  template <class Do>
  void ForEach(Do act) {
    act(top_channels_);
    act(servers_);
    act(server_);
    act(server_sockets_);
    act(channel_);
    act(subchannel_);
    act(socket_);
  }

  const Gatekeeper* const gate_;
  Service service_;
  Lookup<channelz::GetTopChannelsRequest, channelz::GetTopChannelsResponse> top_channels_{
      service_, &Service::RequestGetTopChannels, [](const auto& request) {
        return grpc_channelz_get_top_channels(request.start_channel_id());
      }};
  Lookup<channelz::GetServersRequest, channelz::GetServersResponse> servers_{
      service_, &Service::RequestGetServers,
      [](const auto& request) { return grpc_channelz_get_servers(request.start_server_id()); }};
  Lookup<channelz::GetServerRequest, channelz::GetServerResponse> server_{
      service_, &Service::RequestGetServer,
      [](const auto& request) { return grpc_channelz_get_server(request.server_id()); }};
  Lookup<channelz::GetServerSocketsRequest, channelz::GetServerSocketsResponse> server_sockets_{
      service_, &Service::RequestGetServerSockets, [](const auto& request) {
        return grpc_channelz_get_server_sockets(request.server_id(), request.start_socket_id(),
                                                request.max_results());
      }};
  Lookup<channelz::GetChannelRequest, channelz::GetChannelResponse> channel_{
      service_, &Service::RequestGetChannel,
      [](const auto& request) { return grpc_channelz_get_channel(request.channel_id()); }};
  Lookup<channelz::GetSubchannelRequest, channelz::GetSubchannelResponse> subchannel_{
      service_, &Service::RequestGetSubchannel,
      [](const auto& request) { return grpc_channelz_get_subchannel(request.subchannel_id()); }};
  Lookup<channelz::GetSocketRequest, channelz::GetSocketResponse> socket_{
      service_, &Service::RequestGetSocket,
      [](const auto& request) { return grpc_channelz_get_socket(request.socket_id()); }};
};

ChannelzService::ChannelzService(const Gatekeeper* gate)
    : methods_(std::make_unique<Methods>(gate)) {}
ChannelzService::~ChannelzService() = default;

grpc::Service& ChannelzService::async_service() {
  return methods_->service();
}

void ChannelzService::Start(grpc::ServerCompletionQueue& queue) {
  methods_->Start(queue);
}

void ChannelzService::Close() {
  methods_->Close();
}

std::size_t ChannelzService::live() const {
  return methods_->live();
}

}  // namespace drydock::net
