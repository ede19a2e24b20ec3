// Whether retried writes take effect once (Raft thesis, section 6.3): followed entry by entry as
// they are applied, from the log alone, beside the store that is being judged.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/strong.h"
#include "core/protocol/client.h"
#include "core/protocol/entry.h"

namespace drydock::sim {

class SessionJudge {
 public:
  // What is wrong with the result of an entry, if anything: of each once, in log order. Costs what
  // the entry costs to decode, and a few searches.
  std::optional<std::string> Apply(Index index, const Entry& entry, Outcome outcome,
                                   bool duplicate);

  // A client calls, and has its final answer. A write that is called again under the same number
  // must be answered as it was before.
  void Called(std::uint32_t client, std::uint64_t operation, const ClientRequest& request);
  std::optional<std::string> Answered(std::uint32_t client, std::uint64_t operation,
                                      const ClientAnswer& answer, bool decided);

 private:
  struct Effect {
    std::uint64_t sequence = 0;
    Index index;
    Outcome outcome = Outcome::kOk;
  };
  struct Session {
    Index used;                          // the entry that used it last
    std::uint64_t first_unanswered = 0;  // nothing below it may be applied any more
    std::vector<Effect> effects;         // by sequence; few, and nearly always new ones at the end
  };
  struct Told {
    std::uint64_t sequence = 0;
    std::uint64_t answer = 0;  // a hash of it
    friend bool operator==(const Told&, const Told&) = default;
  };
  struct Client {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> open;  // operations: their sequences
    std::array<Told, 64> told;                                  // by sequence, the newest of each
  };

  std::optional<Bytes> CommandIn(const Entry& entry);
  void Open(Index index, std::uint64_t max_sessions);
  std::optional<std::string> ApplyInSession(Index index, const ClientRequest& request,
                                            Outcome outcome, bool duplicate);

  std::map<SessionId, Session> sessions_;
  std::vector<Bytes> parts_;     // of a large command that is not complete yet
  std::vector<Client> clients_;  // by number, of those that numbered a request
};

}  // namespace drydock::sim
