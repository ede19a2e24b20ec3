#include <doctest/doctest.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "net/rpc/channel.h"
#include "net/security/channel_credentials.h"
#include "net/security/server_credentials.h"
#include "tests/net/rpc/loop_server.h"
#include "tests/net/security/test_certificates.h"

namespace drydock::net {
namespace {

// A port with TLS, and nothing behind it.
class Port {
 public:
  explicit Port(ServerTls tls)
      : credentials_(MakeServerCredentials(std::move(tls))),
        server_(
            {}, [](grpc::ServerCompletionQueue&) {},
            [this](grpc::ServerBuilder& builder) {
              builder.AddListeningPort("127.0.0.1:0", credentials_, &port_);
            }) {}
  ~Port() {
    server_.Stop([] {}, [] { return std::size_t{0}; });
  }

  // Whether both sides were content with each other.
  bool Greets(const std::shared_ptr<grpc::ChannelCredentials>& credentials) const {
    const auto channel = grpc::CreateCustomChannel(
        "127.0.0.1:" + std::to_string(port_), credentials, LeanChannel(std::chrono::seconds(60)));
    auto state = channel->GetState(/*try_to_connect=*/true);
    const auto limit = std::chrono::system_clock::now() + std::chrono::seconds(120);
    while (state != GRPC_CHANNEL_READY && state != GRPC_CHANNEL_TRANSIENT_FAILURE) {
      REQUIRE(channel->WaitForStateChange(state, limit));
      state = channel->GetState(true);
    }
    return state == GRPC_CHANNEL_READY;
  }

 private:
  std::shared_ptr<grpc::ServerCredentials> credentials_;
  int port_ = 0;
  LoopServer server_;
};

std::shared_ptr<TlsStore> StoreOf(const TlsFiles& files) {
  const auto store = TlsStore::Open(files, {});
  REQUIRE_MESSAGE(store.ok(), (store.ok() ? "" : store.error().text));
  return store.value();
}

TlsContent ContentOf(const TlsFiles& files) {
  const auto content = LoadTls(files);
  REQUIRE_MESSAGE(content.ok(), (content.ok() ? "" : content.error().text));
  return content.value();
}

ServerTls OfNodes(std::shared_ptr<TlsStore> store) {
  return {.store = std::move(store), .client_must_have_certificate = true, .for_nodes = true};
}

}  // namespace

TEST_CASE("a node connects to the node it means, and to no other") {
  const TestCertificates made;
  const Port n1(OfNodes(StoreOf(made.Sign("n1", "URI:drydock://demo/n1"))));
  const TlsContent n0 = ContentOf(made.Sign("n0", "URI:drydock://demo/n0"));
  CHECK(n1.Greets(CredentialsToNode(n0, "drydock://demo/n1")));
  CHECK_FALSE(n1.Greets(CredentialsToNode(n0, "drydock://demo/n2")));
  CHECK_FALSE(n1.Greets(CredentialsToNode(n0, "drydock://other/n1")));
}

TEST_CASE("a node does not connect to one of the right name whose CA it does not know") {
  const TestCertificates made;
  made.MakeAuthority("stranger");
  TlsFiles files = made.Sign("n1", "URI:drydock://demo/n1", "30", "stranger");
  files.ca = made.Path("ca.pem");
  const Port impostor(OfNodes(StoreOf(files)));
  const TlsContent n0 = ContentOf(made.Sign("n0", "URI:drydock://demo/n0"));
  CHECK_FALSE(impostor.Greets(CredentialsToNode(n0, "drydock://demo/n1")));
}

TEST_CASE("a client connects to the host it means, and to no other") {
  const TestCertificates made;
  const TlsContent client = ContentOf(made.Sign("client"));
  const Port here({.store = StoreOf(made.Sign("here", "IP:127.0.0.1"))});
  const Port elsewhere({.store = StoreOf(made.Sign("elsewhere", "IP:127.0.0.2"))});
  CHECK(here.Greets(CredentialsToServer(client)));
  CHECK_FALSE(elsewhere.Greets(CredentialsToServer(client)));
}

TEST_CASE("new connections are shown a renewed certificate, and none that is of no use") {
  const TestCertificates made;
  made.MakeAuthority("next");
  const auto store = StoreOf(made.Sign("n1", "IP:127.0.0.1"));
  const Port port({.store = store});
  const TlsContent old_client{.cert = "", .key = "", .ca = ContentOf(made.Files("n1")).ca};
  const TlsContent new_client{
      .cert = "", .key = "", .ca = ContentOf({"", "", made.Path("next.pem")}).ca};
  CHECK(port.Greets(CredentialsToServer(old_client)));

  made.Write("n1.pem", "half of a certifi");
  CHECK_FALSE(store->Refresh().ok());
  CHECK(port.Greets(CredentialsToServer(old_client)));

  made.Sign("n1", "IP:127.0.0.1", "30", "next");
  CHECK(store->Refresh().value());
  CHECK(port.Greets(CredentialsToServer(new_client)));
  CHECK_FALSE(port.Greets(CredentialsToServer(old_client)));
}

}  // namespace drydock::net
