#include "net/http/http_exchange.h"

// As Debian builds its library: the layout of httplib's classes depends on it. No TLS is used here.
#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
#define CPPHTTPLIB_OPENSSL_SUPPORT
#endif
#include <httplib.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace drydock::net {
namespace {

constexpr const char* kPlainText = "text/plain; charset=utf-8";

// A connection whose peer has said everything, and hears everything.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string_view in) : in_(in) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    const std::size_t taken = std::min(size, in_.size());
    std::memcpy(to, in_.data(), taken);
    in_.remove_prefix(taken);
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* from, std::size_t size) override {
    out_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return 0; }

  std::string TakeOutput() { return std::move(out_); }

 private:
  std::string_view in_;
  std::string out_;
};

void Refuse(httplib::Response& response, int status, const char* text) {
  response.status = status;
  response.set_content(std::string(text) + "\n", kPlainText);
}

}  // namespace

// httplib reads and writes HTTP; its own sockets are not used. They give each connection a thread
// and wait with select(), which cannot see the descriptors above 1024 that a busy node has.
class HttpExchange::Site final : public httplib::Server {
 public:
  explicit Site(HttpHandlers handlers) : handlers_(std::move(handlers)) {
    using httplib::Request;
    using httplib::Response;
    set_default_headers({{"Cache-Control", "no-store"}});
    // Everything is answered before httplib would route: it matches paths with std::regex, and
    // reads and unpacks bodies.
    set_pre_routing_handler([this](const Request& request, Response& response) {
      Route(request, response);
      return HandlerResponse::Handled;
    });
    set_exception_handler([](const Request&, Response& response, const std::exception_ptr&) {
      Refuse(response, 500, "this page failed");
    });
    set_error_handler([](const Request&, Response& response) {
      if (!response.body.empty()) return;
      const std::string text = "not an HTTP/1.1 request that is understood here\n";
      response.set_content(text, kPlainText);
    });
  }

  std::string Answer(std::string_view request) {
    MemoryStream stream(request);
    bool closed = false;
    process_request(stream, true, closed, [](httplib::Request& read) {
      // Many ranges would multiply the answer; packing it would cost more than sending it.
      read.ranges.clear();
      for (const char* header : {"Accept-Encoding", "Expect"}) read.headers.erase(header);
    });
    return stream.TakeOutput();
  }

 private:
  void Route(const httplib::Request& request, httplib::Response& response) const {
    if (request.method != "GET" && request.method != "HEAD") {
      response.set_header("Allow", "GET, HEAD");
      return Refuse(response, 405, "only GET and HEAD are answered here");
    }
    const auto found = handlers_.find(request.path);
    if (found == handlers_.end()) {
      return Refuse(response, 404, "no such page; / lists those there are");
    }
    const HttpAnswer answer = found->second();
    response.status = answer.status;
    response.set_content(answer.body, answer.type);
  }

  const HttpHandlers handlers_;
};

bool IsHttpHeadComplete(std::string_view request) {
  if (request.empty()) return false;
  // Methods are capital letters: what does not begin with one (a TLS greeting, say) is no request.
  if (request.front() < 'A' || request.front() > 'Z') return true;
  return request.find("\r\n\r\n") != std::string_view::npos ||
         request.find("\n\n") != std::string_view::npos;
}

HttpExchange::HttpExchange(HttpHandlers handlers)
    : site_(std::make_unique<Site>(std::move(handlers))) {}
HttpExchange::~HttpExchange() = default;

std::string HttpExchange::Answer(std::string_view request) {
  if (request.size() > kMaxHttpHead && !IsHttpHeadComplete(request.substr(0, kMaxHttpHead))) {
    return HttpRefusal("431 Request Header Fields Too Large", "the headers are too long");
  }
  std::string answer;
  try {
    answer = site_->Answer(request.substr(0, kMaxHttpHead));
  } catch (...) {  // a stranger's bytes must not end the thread
  }
  return answer.empty() ? HttpRefusal("400 Bad Request", "this is no HTTP request") : answer;
}

std::string HttpRefusal(std::string_view status, std::string_view text) {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nConnection: close\r\nContent-Type: " + kPlainText +
         "\r\nContent-Length: " + std::to_string(text.size() + 1) + "\r\n\r\n" + std::string(text) +
         "\n";
}

}  // namespace drydock::net
