// The pages of a node's metrics port: /metrics, /healthz, /readyz, and / which lists them.
#pragma once

#include <functional>
#include <string>

#include "net/http/health.h"
#include "net/http/http_answer.h"

namespace drydock::net {

// `health` and what `metrics` uses must outlive the server of the pages. `metrics` gives
// Prometheus' text format. `title` heads the list: "raftd n0 of cluster demo".
HttpHandlers NodePages(const Health& health, std::function<std::string()> metrics,
                       std::string title);

}  // namespace drydock::net
