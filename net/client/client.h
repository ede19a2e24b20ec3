// The client of a cluster: blocking calls that find the leader, follow it when it changes, and say
// what became of a write.
//
// Writes go in a session, so the same write may be sent again until it is answered and still takes
// effect once. A call ends with an answer of the store or at its deadline, and tells the three
// cases apart: it is done; nothing happened and nothing will; it may have happened.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/protocol/client.h"
#include "net/client/client_security.h"
#include "proto/drydock/v1/drydock.pb.h"

namespace drydock::net {

enum class CallOutcome : std::uint8_t {
  kOk,
  kNotFound,       // a get of a missing key
  kCompareFailed,  // `found` and `value` tell what the key holds; nothing was changed
  // Nothing happened, and nothing will:
  kNoLeader,  // no node that leads could be reached in time
  kRefused,   // too large, not valid, overloaded, not allowed: `text` tells
  // It may have happened or may still happen.
  kUnknown,
};

struct CallResult {
  CallOutcome outcome = CallOutcome::kUnknown;
  // For a person, unless kOk: what, where and what to do; one line without a period at its end.
  std::string text;
  // A get: the key is there. A delete: it was there. A compare-and-set that failed: it is there.
  bool found = false;
  std::string value;
  // The place in the log: the entry of a write, the applied state of a read. 0 if not answered.
  std::uint64_t term = 0;
  std::uint64_t index = 0;
  std::string endpoint;  // which node answered; "" if none
  int attempts = 0;      // how often it was sent
};

struct ClientOptions {
  // Of a call that names none; everything that a call does fits in it.
  std::chrono::milliseconds deadline{5000};
  // After so long without an answer another node is asked; longer for large values, and each time
  // longer within one call.
  std::chrono::milliseconds attempt{500};
  // Without sessions a write that was sent once and not answered is not sent again.
  bool sessions = true;
  // What to show of oneself; by default nothing, over plaintext.
  ClientSecurity security = {};
  // Also ask nodes that are not in the list of endpoints, when a node says that one of them leads.
  bool learn_addresses = true;
};

struct StatusQuery {
  std::optional<std::string> key;  // also the value of this key in the node's own map
  bool histograms = false;
  bool recent = false;  // also each of the latest entries and elections
};

struct EndpointStatus {
  std::string endpoint;
  Result<v1::GetStatusResponse> status;
};

// Thread-safe: calls of several threads are under way at the same time, in one session. Destroy it
// when no call is under way.
class Client {
 public:
  // A call's own deadline instead of that of the options.
  using Within = std::optional<std::chrono::milliseconds>;

  // Connects to nothing yet. Errors: no endpoints, one that is not "host:port", deadlines that are
  // not positive, files of certificates that are of no use.
  static Result<std::unique_ptr<Client>> Open(std::vector<std::string> endpoints,
                                              ClientOptions options = {});
  ~Client();

  CallResult Put(const std::string& key, const std::string& value, Within within = {});
  // Stale: of the first endpoint that answers, in the order of the list.
  CallResult Get(const std::string& key, ReadMode mode = ReadMode::kLinearizable,
                 Within within = {});
  // Linearizable, served by whoever is asked: the first endpoint that answers.
  CallResult GetAnywhere(const std::string& key, Within within = {});
  CallResult Delete(const std::string& key, Within within = {});
  // Sets the value if the key holds `expected`; nullopt: if the key is missing.
  CallResult CompareAndSet(const std::string& key, const std::optional<std::string>& expected,
                           const std::string& value, Within within = {});

  // --- Of one node, which need not be in the list. Asked once, nobody else is. ---

  // The error is a phrase that goes with the name of the endpoint: "cannot be reached: ..."
  Result<v1::GetStatusResponse> GetStatus(const std::string& endpoint,
                                          const StatusQuery& query = {}, Within within = {});
  // All endpoints at the same time, in their order.
  std::vector<EndpointStatus> GetStatusOfAll(const StatusQuery& query = {}, Within within = {});
  // Of the members besides, whose addresses the leader among those that answered tells.
  std::vector<EndpointStatus> GetStatusOfMembers(const StatusQuery& query = {}, Within within = {});
  // Makes the node silent to its peers and clients. At least 1 ms and at most kMaxSuspension;
  // kRefused if the node does not allow it.
  CallResult Suspend(const std::string& endpoint, std::chrono::milliseconds length,
                     Within within = {});
  // Ends a suspension; `found` tells whether there was one.
  CallResult Resume(const std::string& endpoint, Within within = {});

  // Asks the leader to hand over: to the target, or to the best of the others. `value` names who
  // leads then.
  CallResult Transfer(const std::string& endpoint, std::optional<NodeId> target,
                      Within within = {});

  // Asks the leader to change the members. `index` is that of the log's entry with them.
  CallResult ChangeMembers(const std::string& endpoint, const v1::ChangeMembersRequest& change,
                           Within within = {});

  // Has the node write a snapshot of its own. kOk as well if its newest one holds everything
  // already; `found` tells whether one was written. `index` and `value` (in decimal, bytes of
  // state) tell which one it has then.
  CallResult TakeSnapshot(const std::string& endpoint, Within within = {});

  // Has the node call each other member `count` times and tell how long the answers took. It ends
  // its calls early enough to answer in time. The error goes with the name of the endpoint.
  Result<v1::MeasureRoundTripsResponse> MeasureRoundTrips(const std::string& endpoint,
                                                          std::uint32_t count, Within within = {});
  // Where a backup's parts go, in order: the head, then the pieces. An error ends it.
  using BackupSink = std::function<Status(const v1::BackupResponse& part)>;
  // The state of the store, of an entry at or behind every write that was acknowledged before. kOk
  // only when all of it was given to the sink; `text` is the sink's if that ended it. `patience` is
  // for each part, not for the whole. kNoLeader: the node was not reached, or lost.
  CallResult Backup(const std::string& endpoint, const BackupSink& sink, Within patience = {});

  static constexpr std::chrono::milliseconds kMaxSuspension{0xffffffff};

 private:
  class State;
  explicit Client(std::unique_ptr<State> state);
  // At the same time, in their order.
  std::vector<EndpointStatus> AskStatus(const std::vector<std::string>& endpoints,
                                        const StatusQuery& query, Within within);

  std::unique_ptr<State> state_;
};

}  // namespace drydock::net
