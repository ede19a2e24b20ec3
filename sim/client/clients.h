// The clients of a run: they call, follow hints, retry in sessions, and record what they were told.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/protocol/client.h"
#include "sim/check/history.h"
#include "sim/decisions.h"
#include "sim/engine/cluster.h"
#include "sim/network/latency.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/sim_event.h"

namespace drydock::sim {

// One request on its way to one node. The call id names operation and attempt.
struct Attempt {
  CallId call;
  NodeId target;
  ClientRequest request;
};

// What the clients need of the world around them.
class ClientPort {
 public:
  virtual ~ClientPort() = default;
  virtual std::int64_t Now() const = 0;
  virtual EventId EmitClient(EventId cause, const SimEvent& event) = 0;
  virtual void SendAttempt(Attempt attempt, Duration latency, std::uint64_t tie, EventId cause) = 0;
  // Wakes the client then, unless it asks anew for an earlier time.
  virtual void WakeClientAt(std::int64_t at, std::uint64_t tie, std::uint32_t client,
                            std::uint64_t number) = 0;
};

class Clients {
 public:
  // `port` and `pins` must outlive the clients. Client `workload.clients` makes the scripted calls,
  // those behind it the calls in sessions that the scenario names.
  Clients(const Workload& workload, std::int64_t until, std::uint32_t nodes, std::uint64_t run_seed,
          const Pins& pins, ClientPort& port);

  void Start();
  void SetLatency(const Latency& latency) { latency_ = LatencySampler(latency); }
  // Whether this wake-up is for something that is due now; if it came too early, it is put off.
  bool IsDue(std::uint32_t client, std::uint64_t number);
  void Wake(std::uint32_t client);
  // An answer to an attempt; nullopt when the node cannot be reached.
  void OnAnswer(CallId call, const std::optional<ClientAnswer>& answer, EventId cause);
  // How long an answer takes back to the client of this call.
  Duration DrawLatency(CallId call);
  std::uint64_t DrawTie(CallId call);
  void CallScripted(const ScriptedCall& call, std::optional<NodeId> via, Cluster::CallDone done);

  std::uint64_t calls_done() const { return calls_done_; }
  std::uint64_t calls_busy() const { return calls_busy_; }  // attempts
  // Everything that was called; what is still open counts as unknown.
  History TakeHistory();

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  struct Client {
    Stream stream;
    NodeId target;  // whom it believes to be the leader
    SessionId session;
    bool registering = false;
    std::uint64_t next_sequence = 1;
    std::set<std::uint64_t> unanswered;           // in a named session: those not refused either
    std::vector<std::uint64_t> waiting;           // operations that wait for the session
    std::vector<std::optional<Bytes>> last_seen;  // by key of the workload
    std::uint64_t calls = 0;
    std::int64_t next_call = kNever;
    std::uint64_t in_flight = 0;
    std::vector<std::uint64_t> operations;  // under way
    std::int64_t wake_at = kNever;          // of the wake-up that is asked for
    std::uint64_t wake_number = 0;
  };
  struct Call {
    std::uint32_t client = 0;
    ClientRequest request;
    bool in_session = false;
    bool numbered = false;            // by the scenario, in a session that it names
    bool alone = false;               // one node only, one attempt
    bool anywhere = false;            // a read for any node: who answers need not lead
    std::optional<std::string> line;  // of which it waits for its turn
    bool recorded = true;             // part of the history
    bool maybe_applied = false;       // an attempt that is over may have happened
    bool open = false;                // the attempt under way has no answer yet
    std::uint32_t attempt = 0;
    NodeId target;
    std::uint32_t hints = 0;  // followed in a row; the first came from
    NodeId hinted_by;
    std::int64_t deadline = kNever;  // then it is given up
    std::int64_t due = kNever;       // then the attempt is over, or the pause before the next
    bool pausing = false;
    std::int64_t invoked = 0;
    EventId cause = 0;
    std::optional<std::uint64_t> key;  // of the workload
    Outcome last_refusal = Outcome::kNotReady;
    Cluster::CallDone done;
  };

  bool IsScripted(std::uint32_t client) const { return client >= workload_.clients; }
  void AddClient();
  std::uint32_t ClientOf(const std::string& session);
  void NextCall(std::uint32_t client);
  void ScheduleNextCall(std::uint32_t client, std::int64_t at);
  ClientOp DrawOperation(Client& client, std::uint32_t number, std::uint64_t key);
  Bytes MakeValue(std::uint32_t client, std::uint64_t call, std::uint64_t size);
  void Begin(Call call, Duration deadline);
  void Dispatch(std::uint64_t operation, Call& call);
  void LeaveLine(std::uint64_t operation, const Call& call);
  void Register(std::uint32_t client);
  void SendInSession(std::uint64_t operation, Call& call);
  void Send(std::uint64_t operation, Call& call);
  void Pause(Call& call, Duration length);
  void HandleRefusal(std::uint64_t operation, Call& call, const ClientAnswer& answer);
  static bool TakeHint(Call& call, std::optional<NodeId> leader);
  void TryElsewhere(std::uint64_t operation, Call& call);
  void GiveUp(std::uint64_t operation, const std::string& why);
  void Finish(std::uint64_t operation, const ClientAnswer& answer, const std::string& given_up);
  void Record(std::uint64_t operation, const Call& call, const ClientAnswer& answer);
  void NoteRegistered(std::uint32_t client, const ClientAnswer& answer);
  void SetDue(Call& call, Duration after, bool pausing);
  void ScheduleWake(std::uint32_t client, std::int64_t at);
  std::int64_t NextDue(const Client& client) const;

  Workload workload_;
  std::int64_t until_;
  std::int64_t stop_;
  std::uint32_t nodes_;
  std::uint64_t run_seed_;
  const Pins& pins_;
  ClientPort& port_;
  LatencySampler latency_;
  LatencySampler think_time_;
  std::deque<Client> clients_;  // where they are, they stay
  std::map<std::string, std::uint32_t> named_;
  std::map<std::uint64_t, Call> calls_;  // by operation
  // A scenario's own calls of one key are made one after another, as a person would make them.
  std::map<std::string, std::deque<std::uint64_t>> lines_;  // by key
  std::uint64_t next_operation_ = 1;
  std::uint64_t calls_done_ = 0;
  std::uint64_t calls_busy_ = 0;
  History history_;
};

}  // namespace drydock::sim
