#include "net/server/admin_service.h"

#include <utility>

#include "net/codec/client_codec.h"
#include "net/rpc/unary_method.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"

namespace drydock::net {

namespace {

void Encode(NodeId node, const RoundTripsTo& trips, v1::PeerRoundTrips& out) {
  out.set_node(node.value());
  out.set_asked(trips.asked);
  for (const std::chrono::nanoseconds took : trips.took) {
    out.add_took_ns(static_cast<std::uint64_t>(took.count()));
  }
  out.set_failure(trips.failure);
}

}  // namespace

class AdminService::Methods {
 public:
  explicit Methods(AdminServiceHooks hooks)
      : hooks_(std::move(hooks)), streams_(std::move(hooks_.backup)) {}

  grpc::Service& admin() { return admin_; }
  void Start(grpc::ServerCompletionQueue& queue) {
    queue_ = &queue;
    statuses_.Start();
    resumptions_.Start();
    transfers_.Start();
    snapshots_.Start();
    changes_.Start();
    measurements_.Start();
    backups_.Start();
  }
  void Tick() { streams_.Tick(); }

  void Close() {
    statuses_.Close();
    resumptions_.Close();
    transfers_.Close();
    snapshots_.Close();
    changes_.Close();
    measurements_.Close();
    backups_.Close();
  }
  std::size_t live() const {
    return statuses_.live() + resumptions_.live() + transfers_.live() + snapshots_.live() +
           changes_.live() + measurements_.live() + backups_.live();
  }

 private:
  using Statuses = UnaryMethod<v1::GetStatusRequest, v1::GetStatusResponse>;
  using Resumptions = UnaryMethod<v1::ResumeRequest, v1::ResumeResponse>;
  using Transfers = UnaryMethod<v1::TransferLeadershipRequest, v1::TransferLeadershipResponse>;
  using Changes = UnaryMethod<v1::ChangeMembersRequest, v1::ChangeMembersResponse>;
  using Measurements = UnaryMethod<v1::MeasureRoundTripsRequest, v1::MeasureRoundTripsResponse>;
  using Snapshots = UnaryMethod<v1::TakeSnapshotRequest, v1::TakeSnapshotResponse>;

  grpc::Status TellSnapshot(v1::SnapshotOutcome outcome, v1::TakeSnapshotResponse& response) {
    response.set_outcome(outcome);
    hooks_.newest_snapshot(response);
    return grpc::Status::OK;
  }

  template <class Call>
  bool Governs(Call& call) const {
    return Admitted(call, hooks_.gate, Permission::kAdmin);
  }

  // It tells everything that is in the store.
  std::unique_ptr<BackupMethod::Session> OpenBackup(BackupMethod::Call& call) {
    const bool reads = Governs(call) && Admitted(call, hooks_.gate, Permission::kRead);
    return reads ? streams_.Open(call) : nullptr;
  }

  void TakeMeasurement(Measurements::Call& call) {
    if (!Governs(call)) return;
    const v1::MeasureRoundTripsRequest& request = call.request();
    if (request.count() < 1 || request.count() > 1000 || request.within_ms() > 60000) {
      return call.Finish(
          {grpc::StatusCode::INVALID_ARGUMENT, "from 1 to 1000 calls, within 60000 ms at most"});
    }
    hooks_.measure(request, [this, &call](const grpc::Status& status, const auto& results) {
      call.response().set_node(hooks_.self.value());
      for (const auto& [node, trips] : results) {
        Encode(node, trips, *call.response().add_peers());
      }
      call.Finish(status);
    });
  }

  void TakeChange(Changes::Call& call) {
    if (!Governs(call)) return;
    Result<MembershipChange> change = Decode(call.request());
    if (change.ok()) return hooks_.change(std::move(change.value()), {&call, 0});
    call.response().set_outcome(v1::CHANGE_OUTCOME_BAD_REQUEST);
    call.response().set_reason(change.error().text);
    call.Finish();
  }

  grpc::Status TellChange(const ChangeAnswer& answer, v1::ChangeMembersResponse& response) {
    Encode(answer, response);
    if (answer.leader.has_value()) {
      response.set_leader_address(hooks_.address_of(*answer.leader));
    }
    return grpc::Status::OK;
  }

  AdminServiceHooks hooks_;
  Backups streams_;
  v1::AdminService::AsyncService admin_;
  grpc::ServerCompletionQueue* queue_ = nullptr;

  Statuses statuses_{{.arm =
                          [this](auto* context, auto* request, auto* writer, void* tag) {
                            admin_.RequestGetStatus(context, request, writer, queue_, queue_, tag);
                          },
                      .take =
                          [this](Statuses::Call& call) {
                            const bool reads = call.request().has_key();
                            const auto needed = reads ? Permission::kRead : Permission::kAny;
                            if (!Admitted(call, hooks_.gate, needed)) return;
                            hooks_.status(call.request(), call.response());
                            call.Finish();
                          }},
                     8};
  Resumptions resumptions_{{.arm =
                                [this](auto* context, auto* request, auto* writer, void* tag) {
                                  admin_.RequestResume(context, request, writer, queue_, queue_,
                                                       tag);
                                },
                            .take =
                                [this](Resumptions::Call& call) {
                                  if (!Governs(call)) return;
                                  call.response().set_was_suspended(hooks_.resume());
                                  call.Finish();
                                }},
                           1};
  Transfers transfers_{
      {.arm =
           [this](auto* context, auto* request, auto* writer, void* tag) {
             admin_.RequestTransferLeadership(context, request, writer, queue_, queue_, tag);
           },
       .take =
           [this](Transfers::Call& call) {
             if (!Governs(call)) return;
             const v1::TransferLeadershipRequest& request = call.request();
             const auto target =
                 request.has_target() ? std::optional(NodeId(request.target())) : std::nullopt;
             hooks_.transfer(target, {&call, 0});
           },
       .drop = [] { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the node stops"); },
       .transfer =
           [](const TransferAnswer& answer, v1::TransferLeadershipResponse& response) {
             Encode(answer, response);
             return grpc::Status::OK;
           }},
      1};
  Snapshots snapshots_{
      {.arm =
           [this](auto* context, auto* request, auto* writer, void* tag) {
             admin_.RequestTakeSnapshot(context, request, writer, queue_, queue_, tag);
           },
       .take =
           [this](Snapshots::Call& call) {
             if (!Governs(call)) return;
             const auto why_not = hooks_.snapshot({&call, 0});
             if (why_not.has_value()) call.Finish(TellSnapshot(*why_not, call.response()));
           },
       .answer =
           [this](const ClientAnswer& answer, v1::TakeSnapshotResponse& response) {
             switch (answer.outcome) {
               case Outcome::kOk:
                 return TellSnapshot(v1::SNAPSHOT_OUTCOME_SAVED, response);
               case Outcome::kBusy:
                 return TellSnapshot(v1::SNAPSHOT_OUTCOME_UNDER_WAY, response);
               default:
                 return grpc::Status(grpc::StatusCode::UNAVAILABLE,
                                     "the node stopped, or was suspended, before it was done");
             }
           }},
      1};
  Changes changes_{
      {.arm =
           [this](auto* context, auto* request, auto* writer, void* tag) {
             admin_.RequestChangeMembers(context, request, writer, queue_, queue_, tag);
           },
       .take = [this](Changes::Call& call) { TakeChange(call); },
       .drop =
           [] {
             return grpc::Status(grpc::StatusCode::UNAVAILABLE,
                                 "the node stopped, or was suspended, before it was done");
           },
       .change = [this](
                     const ChangeAnswer& answer,
                     v1::ChangeMembersResponse& response) { return TellChange(answer, response); }},
      1};
  Measurements measurements_{{.arm =
                                  [this](auto* context, auto* request, auto* writer, void* tag) {
                                    admin_.RequestMeasureRoundTrips(context, request, writer,
                                                                    queue_, queue_, tag);
                                  },
                              .take = [this](Measurements::Call& call) { TakeMeasurement(call); }},
                             1};
  BackupMethod backups_{{.arm =
                             [this](auto* context, auto* request, auto* writer, void* tag) {
                               admin_.RequestBackup(context, request, writer, queue_, queue_, tag);
                             },
                         .open = [this](BackupMethod::Call& call) { return OpenBackup(call); }}};
};

AdminService::AdminService(AdminServiceHooks hooks)
    : methods_(std::make_unique<Methods>(std::move(hooks))) {}
AdminService::~AdminService() = default;

grpc::Service& AdminService::async_service() {
  return methods_->admin();
}

void AdminService::Start(grpc::ServerCompletionQueue& queue) {
  methods_->Start(queue);
}

void AdminService::Tick() {
  methods_->Tick();
}

void AdminService::Close() {
  methods_->Close();
}

std::size_t AdminService::live() const {
  return methods_->live();
}

}  // namespace drydock::net
