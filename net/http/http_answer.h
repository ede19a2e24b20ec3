// What a page of the metrics port answers.
#pragma once

#include <functional>
#include <map>
#include <string>

namespace drydock::net {

struct HttpAnswer {
  int status = 200;
  std::string body;
  std::string type = "text/plain; charset=utf-8";
};

// Called on the server's thread, for GET and HEAD. One that takes long holds up all others; one
// that throws is answered with 500.
using HttpHandler = std::function<HttpAnswer()>;
// By path: "/metrics". What follows a '?' plays no part.
using HttpHandlers = std::map<std::string, HttpHandler>;

}  // namespace drydock::net
