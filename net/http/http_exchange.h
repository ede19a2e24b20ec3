// From the bytes of one HTTP request to the bytes of its answer.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/http/http_answer.h"

namespace drydock::net {

// The longest head (request line and headers) that is looked at.
inline constexpr std::size_t kMaxHttpHead = 8192;

// True once a request is complete as far as it is looked at: its head has ended, or it can be none.
// Bodies are not waited for; what can be asked here has none.
bool IsHttpHeadComplete(std::string_view request);

// For one thread at a time.
class HttpExchange {
 public:
  // From the first one on the process ignores SIGPIPE (httplib sees to it).
  explicit HttpExchange(HttpHandlers handlers);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  // Any bytes get an answer, which says that the connection closes after it: 200 or what the
  // handler says; 400 for what is no HTTP, 404 for other paths, 405 for other methods, 431 for a
  // head that is too long.
  std::string Answer(std::string_view request);

 private:
  class Site;
  std::unique_ptr<Site> site_;
};

// An answer with a line of text that no handler is asked for; `status` is like "404 Not Found".
std::string HttpRefusal(std::string_view status, std::string_view text);

}  // namespace drydock::net
