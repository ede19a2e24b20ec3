// Who waits for the answers of the node: the core names each request from outside by a number.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/time.h"
#include "core/protocol/client.h"
#include "core/protocol/membership.h"
#include "core/protocol/message.h"
#include "core/protocol/transfer.h"
#include "net/metrics/node_metrics.h"

namespace drydock::net {

// Somebody who asked the node. `number` is the asker's own; each question ends in exactly one of
// these calls.
class Caller {
 public:
  virtual ~Caller() = default;
  virtual void OnAnswer(std::uint64_t number, ClientAnswer answer) = 0;  // of a client's call
  virtual void OnReply(std::uint64_t number, const Message& reply) = 0;  // of a peer's request
  virtual void OnDrop(std::uint64_t number) = 0;
  // Of a transfer of leadership; only who asks for one is told.
  virtual void OnTransfer(std::uint64_t number, const TransferAnswer& answer) {
    DRYDOCK_CHECK(false, number, answer.term);
  }
  // Of a change of members; only who asks for one is told.
  virtual void OnChange(std::uint64_t number, const ChangeAnswer& answer) {
    DRYDOCK_CHECK(false, number, answer.term);
  }
};

struct Question {
  Caller* caller = nullptr;
  std::uint64_t number = 0;
};

class CallTable {
 public:
  struct OpenCall {
    Question question;
    TimePoint asked;
    bool of_client = false;
    bool of_operator = false;                  // told at once, also while the node is suspended
    OperationKind kind = OperationKind::kPut;  // of a client
  };

  CallId Open(const OpenCall& call) {
    if (call.of_client) ++clients_;
    if (free_.empty()) {
      slots_.push_back({call, 1});
      return IdOf(slots_.size() - 1);
    }
    const std::size_t slot = free_.back();
    free_.pop_back();
    slots_[slot].call = call;
    return IdOf(slot);
  }
  // Gives back who asked. An id that is not open is a bug of the core: it answered twice.
  OpenCall Close(CallId id) {
    const std::size_t slot = id.value() & 0xffffffff;
    DRYDOCK_CHECK(slot < slots_.size() && slots_[slot].generation == id.value() >> 32, id);
    ++slots_[slot].generation;
    free_.push_back(slot);
    if (slots_[slot].call.of_client) --clients_;
    return std::exchange(slots_[slot].call, {});
  }
  std::vector<OpenCall> CloseAll() {
    std::vector<OpenCall> closed;
    for (const Slot& slot : slots_) {
      if (slot.call.question.caller != nullptr) closed.push_back(slot.call);
    }
    *this = CallTable();
    return closed;
  }
  // Of clients, taken and not answered yet.
  std::size_t clients() const { return clients_; }

 private:
  struct Slot {
    OpenCall call;
    std::uint32_t generation = 1;
  };
  CallId IdOf(std::size_t slot) const {
    return CallId(std::uint64_t{slots_[slot].generation} << 32 | slot);
  }

  std::vector<Slot> slots_;
  std::vector<std::size_t> free_;
  std::size_t clients_ = 0;
};

}  // namespace drydock::net
