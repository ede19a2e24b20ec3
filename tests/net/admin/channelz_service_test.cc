#include "net/admin/channelz_service.h"

#include <doctest/doctest.h>
#include <grpc/channelz/v1/channelz.grpc.pb.h>

#include <memory>
#include <string>

#include "tests/net/rpc/loop_server.h"

namespace drydock::net {
namespace {

namespace channelz = grpc::channelz::v1;
using Stub = channelz::Channelz::Stub;

class ChannelzServer {
 public:
  ChannelzServer()
      : loop_(
            {&channelz_.async_service()},
            [this](grpc::ServerCompletionQueue& queue) { channelz_.Start(queue); },
            [](grpc::ServerBuilder& builder) {
              builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 1);
            }) {}
  ~ChannelzServer() {
    loop_.Stop([this] { channelz_.Close(); }, [this] { return channelz_.live(); },
               std::chrono::minutes(1));
  }
  LoopServer& loop() { return loop_; }
  std::shared_ptr<grpc::Channel> Connect() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 1);
    arguments.SetInt(GRPC_ARG_MINIMAL_STACK, 1);
    return loop_.Connect(arguments);
  }

 private:
  ChannelzService channelz_;
  LoopServer loop_;
};

// Calls the method, which must succeed.
template <class Request, class Response>
Response Call(Stub& stub,
              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request) {
  grpc::ClientContext context;
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  CHECK_MESSAGE(status.ok(), status.error_message());
  return response;
}

template <class Request, class Response>
grpc::StatusCode CodeOf(Stub& stub,
                        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                     Response*),
                        const Request& request) {
  grpc::ClientContext context;
  Response response;
  return (stub.*method)(&context, request, &response).error_code();
}

// The server of the test: no other runs in this process.
channelz::Server OnlyServer(Stub& stub) {
  const auto all = Call(stub, &Stub::GetServers, channelz::GetServersRequest());
  REQUIRE(all.server_size() == 1);
  CHECK(all.end());
  return all.server(0);
}

}  // namespace

TEST_CASE("the node's server and its sockets are told") {
  ChannelzServer server;
  const auto stub = channelz::Channelz::NewStub(server.Connect());
  const channelz::Server listed = OnlyServer(*stub);
  CHECK(listed.data().calls_started() >= 1);

  channelz::GetServerRequest one;
  one.set_server_id(listed.ref().server_id());
  CHECK(Call(*stub, &Stub::GetServer, one).server().ref().server_id() == listed.ref().server_id());

  channelz::GetServerSocketsRequest sockets;
  sockets.set_server_id(listed.ref().server_id());
  const auto connected = Call(*stub, &Stub::GetServerSockets, sockets);
  REQUIRE(connected.socket_ref_size() == 1);
  channelz::GetSocketRequest socket;
  socket.set_socket_id(connected.socket_ref(0).socket_id());
  const channelz::Socket told = Call(*stub, &Stub::GetSocket, socket).socket();
  CHECK(told.data().streams_started() >= 3);
  CHECK(told.has_remote());
}

TEST_CASE("the channels of the process are told, those with a minimal stack, too") {
  ChannelzServer server;
  const auto channel = server.Connect();
  const auto stub = channelz::Channelz::NewStub(channel);
  const auto top = Call(*stub, &Stub::GetTopChannels, channelz::GetTopChannelsRequest());
  const channelz::Channel* own = nullptr;
  for (const channelz::Channel& candidate : top.channel()) {
    if (candidate.data().target().find(server.loop().address()) != std::string::npos) {
      own = &candidate;
    }
  }
  REQUIRE(own != nullptr);
  channelz::GetChannelRequest one;
  one.set_channel_id(own->ref().channel_id());
  const channelz::Channel again = Call(*stub, &Stub::GetChannel, one).channel();
  CHECK(again.data().calls_started() >= 2);
  REQUIRE(again.subchannel_ref_size() == 1);
  channelz::GetSubchannelRequest below;
  below.set_subchannel_id(again.subchannel_ref(0).subchannel_id());
  CHECK(Call(*stub, &Stub::GetSubchannel, below).subchannel().socket_ref_size() == 1);
}

TEST_CASE("an id that there is not, or that is of something else, is not found") {
  ChannelzServer server;
  const auto stub = channelz::Channelz::NewStub(server.Connect());
  const std::int64_t server_id = OnlyServer(*stub).ref().server_id();
  for (const std::int64_t id :
       {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1} << 60, std::int64_t{1} << 63}) {
    CAPTURE(id);
    channelz::GetServerRequest of_server;
    of_server.set_server_id(id);
    CHECK(CodeOf(*stub, &Stub::GetServer, of_server) == grpc::StatusCode::NOT_FOUND);
    channelz::GetChannelRequest of_channel;
    of_channel.set_channel_id(id == 0 ? server_id : id);
    CHECK(CodeOf(*stub, &Stub::GetChannel, of_channel) == grpc::StatusCode::NOT_FOUND);
    channelz::GetSubchannelRequest of_subchannel;
    of_subchannel.set_subchannel_id(id == 0 ? server_id : id);
    CHECK(CodeOf(*stub, &Stub::GetSubchannel, of_subchannel) == grpc::StatusCode::NOT_FOUND);
    channelz::GetSocketRequest of_socket;
    of_socket.set_socket_id(id == 0 ? server_id : id);
    CHECK(CodeOf(*stub, &Stub::GetSocket, of_socket) == grpc::StatusCode::NOT_FOUND);
    channelz::GetServerSocketsRequest of_sockets;
    of_sockets.set_server_id(id);
    CHECK(CodeOf(*stub, &Stub::GetServerSockets, of_sockets) == grpc::StatusCode::NOT_FOUND);
  }
}

TEST_CASE("numbers below zero are no way to crash the node") {
  ChannelzServer server;
  const auto stub = channelz::Channelz::NewStub(server.Connect());
  const channelz::Server listed = OnlyServer(*stub);
  channelz::GetServerSocketsRequest sockets;
  sockets.set_server_id(listed.ref().server_id());
  sockets.set_start_socket_id(-1);
  CodeOf(*stub, &Stub::GetServerSockets, sockets);
  sockets.set_start_socket_id(0);
  sockets.set_max_results(-1);
  CodeOf(*stub, &Stub::GetServerSockets, sockets);
  channelz::GetServersRequest servers;
  servers.set_start_server_id(-1);
  servers.set_max_results(-1);
  CodeOf(*stub, &Stub::GetServers, servers);
  channelz::GetTopChannelsRequest channels;
  channels.set_start_channel_id(-1);
  CodeOf(*stub, &Stub::GetTopChannels, channels);
  CHECK(OnlyServer(*stub).ref().server_id() == listed.ref().server_id());
}

}  // namespace drydock::net
