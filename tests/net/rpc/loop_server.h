// A real server on a free port of loopback, whose one queue is drained by one thread, as a node's.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/rpc/mailbox.h"
#include "net/rpc/tag.h"

namespace drydock::net {

// Waits until it holds, for much longer than it can take.
inline bool Eventually(const std::function<bool()>& holds) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline std::chrono::system_clock::time_point In(std::chrono::milliseconds time) {
  return std::chrono::system_clock::now() + time;
}

class LoopServer {
 public:
  using Configure = std::function<void(grpc::ServerBuilder&)>;

  // What runs in `start` may arm calls: it is given the queue once the server is up.
  LoopServer(const std::vector<grpc::Service*>& services,
             const std::function<void(grpc::ServerCompletionQueue&)>& start,
             const Configure& configure = {}) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    for (grpc::Service* service : services) builder.RegisterService(service);
    if (configure) configure(builder);
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    REQUIRE(server_ != nullptr);
    mailbox_ = std::make_unique<Mailbox>(*queue_);
    start(*queue_);
    thread_ = std::thread([this] { Loop(); });
  }
  ~LoopServer() { CHECK_FALSE(thread_.joinable()); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  grpc::Server& server() { return *server_; }
  Mailbox& mailbox() { return *mailbox_; }

  std::shared_ptr<grpc::Channel> Connect(const grpc::ChannelArguments& arguments = {}) const {
    grpc::ChannelArguments own = arguments;
    own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(address(), grpc::InsecureChannelCredentials(), own);
  }

  // Runs it on the loop's thread, and waits for it.
  void Run(const std::function<void()>& what) {
    std::promise<void> done;
    mailbox_->Post([&] {
      what();
      done.set_value();
    });
    done.get_future().wait();
  }
  template <class Value>
  Value Get(const std::function<Value()>& what) {
    Value value{};
    Run([&] { value = what(); });
    return value;
  }

  // As a node ends: `close` and `live` are those of its methods.
  void Stop(const std::function<void()>& close, const std::function<std::size_t()>& live,
            std::chrono::milliseconds grace = std::chrono::milliseconds(0)) {
    Run(close);
    server_->Shutdown(In(grace));
    CHECK(Eventually([&] { return Get<std::size_t>(live) == 0; }));
    mailbox_->Close();
    queue_->Shutdown();
    thread_.join();
  }

  // Breaks every connection to this server, as a cable that is cut; the ends are in this process.
  void CutConnections() const {
    for (int fd = 3; fd < 1024; ++fd) {
      sockaddr_in6 peer{};  // its port lies where that of a sockaddr_in does
      socklen_t size = sizeof(peer);
      if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
      const bool internet = peer.sin6_family == AF_INET || peer.sin6_family == AF_INET6;
      if (internet && ntohs(peer.sin6_port) == port_) ::shutdown(fd, SHUT_RDWR);
    }
  }

 private:
  void Loop() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) static_cast<Tag*>(tag)->Proceed(ok);
  }

  int port_ = 0;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Mailbox> mailbox_;
  std::thread thread_;
};

}  // namespace drydock::net
