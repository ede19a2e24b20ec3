// What a leader knows of one other member.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/protocol/snapshot.h"

namespace drydock {

// An append that was sent and not yet answered.
struct InFlight {
  std::uint64_t sequence = 0;
  Index previous;  // the entry before its first
  Index last;      // its last entry
  std::uint64_t bytes = 0;
  std::uint64_t round = 0;  // the newest heartbeat round when it was sent
};

// A snapshot on its way to a follower, a chunk at a time. What it is of, and so the file and the
// log behind it, stays while the follower is heard: the log until the follower has caught up, or
// the next snapshot would be under way as soon as this one is installed.
struct Installation {
  enum class Stage : std::uint8_t {
    kIdle,     // the next chunk, or question, is to be sent
    kReading,  // the chunk is being read from our disk
    kSent,     // no answer yet
    kInstalled,
  };
  std::shared_ptr<const SnapshotMeta> snapshot;
  bool answered = false;     // the follower has told how much it has:
  std::uint64_t offset = 0;  // so many bytes
  Stage stage = Stage::kIdle;
  std::uint32_t unanswered = 0;  // how often the timer ran out since it was sent
  std::uint32_t silent = 0;      // and since the follower was heard last
  std::uint64_t lacked = 0;      // entries, when it was installed
};

// A follower asks for a read index (thesis, section 6.4).
struct ReadQuestion {
  CallId call;
  Incarnation asker;
  std::uint64_t number = 0;
  std::uint64_t round = 0;  // confirmed by a quorum's answers to this round or a later one
  Index index;
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
  Duration promise;                      // came with the answer to that round
  std::optional<ReadQuestion> question;  // not answered yet
  Index commit_told;                     // the newest commit index sent to it
  bool notice_under_way = false;
  std::optional<Installation> installation;  // instead of appends, until it is installed

  bool IsInstalling() const {
    return installation.has_value() && installation->stage != Installation::Stage::kInstalled;
  }
  // Forgets what is on its way and looks for the agreeing point again, from `from` on.
  void StartProbing(Index from) {
    probing = true;
    next = from;
    in_flight.clear();
    in_flight_bytes = 0;
  }
};

}  // namespace drydock
