// The way to one node for a client: its connection, and single calls over it that either are
// answered or tell how much may have happened.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace drydock::v1 {
class BackupResponse;
class ChangeMembersRequest;
class ChangeMembersResponse;
class ExecuteRequest;
class ExecuteResponse;
class GetStatusRequest;
class GetStatusResponse;
class MeasureRoundTripsRequest;
class MeasureRoundTripsResponse;
class ResumeResponse;
class TransferLeadershipRequest;
class TransferLeadershipResponse;
class TakeSnapshotResponse;
}  // namespace drydock::v1

namespace drydock::net {

class ClientCredentials;

using Clock = std::chrono::steady_clock;

// How one call over a link ended.
struct Attempt {
  enum class End {
    kAnswered,
    // The node did nothing:
    kNotConnected,  // the call never left
    kBusy,
    kRefused,
    kForeign,  // whoever listens there does not know the call
    // Perhaps it did:
    kTimedOut,
    kLost,
  };
  End end = End::kLost;
  std::string text;  // unless kAnswered; a phrase that goes with the name of the node

  bool maybe_done() const { return end == End::kTimedOut || end == End::kLost; }
};

// Thread-safe. Connects when it is first used, and anew whenever a call finds the connection gone.
class Link {
 public:
  // No credentials: plaintext, and nothing to show.
  explicit Link(std::string address, std::shared_ptr<const ClientCredentials> credentials = {});
  ~Link();

  const std::string& address() const { return address_; }

  Attempt Execute(const v1::ExecuteRequest& request, v1::ExecuteResponse& response,
                  Clock::time_point deadline);
  Attempt GetStatus(const v1::GetStatusRequest& request, v1::GetStatusResponse& response,
                    Clock::time_point deadline);
  Attempt Suspend(std::chrono::milliseconds length, Clock::time_point deadline);
  Attempt Resume(v1::ResumeResponse& response, Clock::time_point deadline);
  Attempt Transfer(const v1::TransferLeadershipRequest& request,
                   v1::TransferLeadershipResponse& response, Clock::time_point deadline);
  Attempt ChangeMembers(const v1::ChangeMembersRequest& request,
                        v1::ChangeMembersResponse& response, Clock::time_point deadline);
  Attempt TakeSnapshot(v1::TakeSnapshotResponse& response, Clock::time_point deadline);
  Attempt MeasureRoundTrips(const v1::MeasureRoundTripsRequest& request,
                            v1::MeasureRoundTripsResponse& response, Clock::time_point deadline);
  // Gives each part to `take` as it comes, which ends the call by giving false. However long the
  // whole takes, nothing may be missing for longer than `patience`.
  Attempt Backup(std::chrono::milliseconds patience,
                 const std::function<bool(const v1::BackupResponse&)>& take);

  // Why the last connection failed, for a person: "Connection refused". Takes a moment.
  std::string WhyUnreachable();

 private:
  struct Wire;

  // A connection that stands, or null.
  std::shared_ptr<Wire> Connect(Clock::time_point deadline);
  // The present one; a fresh one in the place of one that has failed.
  std::shared_ptr<Wire> Current();
  // What may have been the matter when a call was lost; "" if nothing comes to mind.
  std::string Hint() const;
  template <class Call>
  Attempt Try(Clock::time_point deadline, Call call);

  const std::string address_;
  const std::shared_ptr<const ClientCredentials> credentials_;
  std::mutex mutex_;
  std::shared_ptr<Wire> wire_;
};

// The links of a client, by address. Thread-safe; a link lives as long as the pool.
class LinkPool {
 public:
  explicit LinkPool(std::shared_ptr<const ClientCredentials> credentials = {})
      : credentials_(std::move(credentials)) {}
  Link& To(const std::string& address);

 private:
  const std::shared_ptr<const ClientCredentials> credentials_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Link>> links_;
};

}  // namespace drydock::net
