// What a leader knows of one other member.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/strong.h"

namespace drydock {

// An append that was sent and not yet answered.
struct InFlight {
  std::uint64_t sequence = 0;
  Index previous;  // the entry before its first
  Index last;      // its last entry
  std::uint64_t bytes = 0;
  std::uint64_t round = 0;  // the newest heartbeat round when it was sent
};

// Either probing (the leader looks for the point where the logs agree, one append at a time) or
// streaming (appends follow each other within the window).
struct Peer {
  NodeId node;
  StoreId store;            // learnt from its messages; 0 is not heard yet
  Incarnation incarnation;  // 0 is not heard yet
  bool counts = true;       // its acknowledgements count towards commitment
  bool active = true;       // heard since the last check of the quorum
  bool probing = true;
  Index match;  // durable there and equal to the leader's log up to here
  Index next;   // the first entry to send next
  std::uint64_t next_sequence = 1;
  std::vector<InFlight> in_flight;  // by sequence
  std::uint64_t in_flight_bytes = 0;
  std::uint64_t acked_round = 0;
  Index commit_told;  // the newest commit index sent to it
  bool notice_under_way = false;

  // Forgets what is on its way and looks for the agreeing point again, from `from` on.
  void StartProbing(Index from) {
    probing = true;
    next = from;
    in_flight.clear();
    in_flight_bytes = 0;
  }
};

}  // namespace drydock
