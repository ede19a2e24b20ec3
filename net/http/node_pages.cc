#include "net/http/node_pages.h"

#include <utility>

namespace drydock::net {
namespace {

HttpAnswer OkUnless(const std::optional<std::string>& reason) {
  if (!reason.has_value()) return {.body = "ok\n"};
  return {.status = 503, .body = *reason + "\n"};
}

}  // namespace

HttpHandlers NodePages(const Health& health, std::function<std::string()> metrics,
                       std::string title) {
  HttpHandlers pages;
  pages["/"] = [title = std::move(title)] {
    return HttpAnswer{.body = title +
                              "\n\n"
                              "/metrics  figures for Prometheus\n"
                              "/healthz  200 if the process is well; else 503 and why\n"
                              "/readyz   200 if clients may ask this node; else 503 and why\n"};
  };
  pages["/metrics"] = [metrics = std::move(metrics)] {
    return HttpAnswer{.body = metrics(), .type = "text/plain; version=0.0.4; charset=utf-8"};
  };
  pages["/healthz"] = [&health] {
    return OkUnless(ReasonNotAlive(health.View(Health::Clock::now())));
  };
  pages["/readyz"] = [&health] {
    return OkUnless(ReasonNotReady(health.View(Health::Clock::now())));
  };
  return pages;
}

}  // namespace drydock::net
