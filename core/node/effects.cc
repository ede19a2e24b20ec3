#include "core/node/effects.h"

namespace drydock {

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
