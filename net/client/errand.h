// One operation on its way to a decision: whom it has been sent to and what came of it.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "net/client/endpoint_book.h"
#include "net/client/link.h"
#include "proto/drydock/v1/drydock.pb.h"

namespace drydock::net {

// What is to be done, and how.
struct Errand {
  v1::ExecuteRequest request;
  Clock::time_point deadline;
  // After so long without an answer somebody else is asked.
  std::chrono::milliseconds attempt{500};
  // May be sent again although it may have happened: a read, a write in a session.
  bool repeatable = false;
  // Any node may answer, not the leader only; asked in the order of the list.
  bool of_any_node = false;
  // Called before each sending, to bring the request up to date; may be empty.
  std::function<void(v1::Operation&)> refresh;
};

// How it ended.
struct Decision {
  enum class End {
    kAnswered,  // `answer` decides it, or refuses it for good
    kRefused,   // by gRPC: `trouble` tells
    kTooLate,   // the deadline came, or it may not be sent again
  };
  End end = End::kTooLate;
  v1::Answer answer;
  // An earlier sending was not answered: it may have happened, whatever `answer` refuses.
  bool maybe_done = false;
  // Nobody was found to lead, but somebody did and was too busy.
  bool busy = false;
  std::string endpoint;  // the one who answered last; "" if none did
  std::string trouble;   // what went wrong at whom, for a person; "" if nothing did
  int attempts = 0;
};

// Sends it to whoever is believed to lead, follows hints, asks others when a node is silent or
// gone, and pauses between the rounds, until it is decided or its deadline comes.
Decision Run(Errand errand, EndpointBook& book, LinkPool& links);

}  // namespace drydock::net
