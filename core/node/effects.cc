#include "core/node/effects.h"

namespace drydock {

std::optional<CallId> CallOf(const Input& input) {
  return std::visit(
      []<class Kind>(const Kind& kind) -> std::optional<CallId> {
        if constexpr (requires { kind.call; }) return kind.call;
        return std::nullopt;
      },
      input);
}

void Effects::Clear() {
  messages.clear();
  peer_replies.clear();
  client_replies.clear();
  change_replies.clear();
  drops.clear();
  disk.clear();
  trace.clear();
  transfer_replies.clear();
}

}  // namespace drydock
