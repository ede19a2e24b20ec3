// What became of a call, in the words of the client's interface.
#pragma once

#include <chrono>
#include <string>

#include "net/client/client.h"
#include "net/client/errand.h"

namespace drydock::net {

// What a result says about the call that it is of.
struct CallTopic {
  std::string what;  // "the put", "the get"
  bool read = false;
  std::size_t key_bytes = 0;
  std::size_t value_bytes = 0;  // the largest value in it
  std::chrono::milliseconds length{0};
};
CallTopic TopicOf(const v1::Operation& operation, std::chrono::milliseconds length);

CallResult ResultOf(Decision decision, const CallTopic& topic);
CallResult TooLargeToSend(const CallTopic& topic);

// Of a call to one node.
CallResult ResultOf(const Attempt& attempt, Link& link);

// What the answer to a transfer of leadership means, into the result of the call that brought it.
void JudgeTransfer(const v1::TransferLeadershipResponse& response, CallResult& result);
// The same of the answer to a change of members.
void JudgeChange(const v1::ChangeMembersResponse& response, CallResult& result);
// The same of the answer to a request for a snapshot.
void JudgeSnapshot(const v1::TakeSnapshotResponse& response, CallResult& result);

}  // namespace drydock::net
