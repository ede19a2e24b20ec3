// The metrics port of a node: a few pages over plain HTTP/1.1, for Prometheus, for what watches
// over processes, and for people with curl.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/base/result.h"
#include "net/disk/file_descriptor.h"
#include "net/http/http_answer.h"
#include "net/http/http_connection.h"

namespace drydock::net {

// One thread serves all connections and waits for none of them, so nobody's silence holds up
// another. Each connection carries one request. No more than kMaxConnections are open at a time:
// beyond it the one that has waited longest goes, first those that have their answer, then those
// that have not asked yet. HttpConnection tells the times and HttpExchange the sizes.
class HttpServer {
 public:
  static constexpr std::size_t kMaxConnections = 64;

  // Listens at "host:port" and serves until it is destroyed. The error tells why it cannot listen
  // there and what to do.
  static Result<std::unique_ptr<HttpServer>> Open(const std::string& host_port,
                                                  HttpHandlers handlers);
  // The same with sockets that listen already and do not block (ListeningSockets).
  HttpServer(std::vector<FileDescriptor> listening, HttpHandlers handlers);
  // Cuts off what is under way; what the handlers use must outlive this.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  using Clock = HttpConnection::Clock;

  void Run();
  void WaitForNews();
  void Accept(int listening);
  void MakeRoom();

  const std::vector<FileDescriptor> listening_;
  FileDescriptor wake_;  // an eventfd: stop
  std::atomic<bool> stop_ = false;

  // Of the thread.
  HttpExchange exchange_;
  std::vector<HttpConnection> connections_;
  Clock::time_point accept_again_;  // no sooner: the process has no descriptor left

  std::thread thread_;  // the last member: it uses the others
};

}  // namespace drydock::net
