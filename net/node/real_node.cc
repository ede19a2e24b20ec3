#include "net/node/real_node.h"

#include <grpc/support/time.h>
#include <time.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <variant>

#include "core/base/check.h"
#include "core/text/names.h"
#include "net/codec/peer_codec.h"
#include "net/disk/disk_worker.h"
#include "net/http/http_server.h"
#include "net/http/node_pages.h"
#include "net/node/backup_hooks.h"
#include "net/node/node_security.h"
#include "net/node/observer.h"
#include "net/node/status.h"
#include "net/node/store.h"
#include "net/peers/peer_links.h"
#include "net/peers/round_trips.h"
#include "net/rpc/mailbox.h"
#include "net/runtime/node_runner.h"
#include "net/server/connection_guard.h"
#include "net/server/services.h"
#include "net/server/setup.h"

namespace drydock::net {
namespace {

// Pending calls are answered within it after Stop; what is left then has an unknown outcome.
constexpr Duration kDrainTime = Duration::Seconds(5);
// Then calls that are still open, such as a client's idle stream, are ended.
constexpr std::chrono::milliseconds kFarewell(500);
// How long a measurement of round trips takes at most, in ms, if nothing else is asked.
constexpr std::int64_t kMeasureTime = 10000;
constexpr Duration kHousekeeping = Duration::Milliseconds(250);
// Steps must not wait behind an endless row of events.
constexpr int kEventsPerStep = 512;

TimePoint SteadyNow() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return TimePoint::FromNanoseconds(std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec);
}

gpr_timespec ToGpr(TimePoint time) {
  const std::int64_t ns = time.nanoseconds();
  return {ns / 1'000'000'000, static_cast<std::int32_t>(ns % 1'000'000'000), GPR_CLOCK_MONOTONIC};
}

}  // namespace

// All that a node consists of; everything but `Stop` is for the loop's thread.
class RealNode::Parts final : public NodeEnvironment, private Caller {
 public:
  Parts(RealNodeOptions options, EventLog& log)
      : options_(std::move(options)),
        log_(log),
        observer_(log, {.self = options_.id,
                        .peers = options_.config.Others(options_.id),
                        .cluster = options_.config.cluster,
                        .version = options_.version}),
        services_(RaftOptions(),
                  {.address_of = [this](NodeId node) { return AddressOfNode(node); },
                   .max_undecided = options_.config.limits.stream_operations,
                   .gate = &security_.gate()},
                  AdminHooks(),
                  [this](const v1::HelloRequest& request, v1::HelloResponse& out) {
                    return TakeGreeting(request, out);
                  },
                  {options_.config.cluster, options_.id}),
        links_(options_.id, options_.config, EventsOfPeers()),
        round_trips_(
            [this](NodeId node, std::uint64_t number) { return links_.Ping(node, number); }) {}

  ~Parts() override {
    if (server_.server != nullptr) CloseQueue();
  }

  Status Open();
  std::optional<std::string> Run();
  void Stop() {
    mailbox_->Post([this] { BeginToStop(); });
  }

  // --- NodeEnvironment ---
  TimePoint Now() override { return now_; }
  void Send(const Message& message) override { links_.Send(message, runner_->node().raft(), now_); }
  void Submit(DiskOp op) override;
  void Observe(const TraceEvent& event) override { observer_.Event(now_, event); }
  void Asked(const CallTable::OpenCall& call) override { observer_.Asked(call); }
  void Dropped(const CallTable::OpenCall& call) override { observer_.Dropped(call); }
  void Answered(const CallTable::OpenCall& call, const ClientAnswer& answer) override {
    observer_.Answered(now_, call, answer.outcome);
  }

 private:
  RaftServiceOptions RaftOptions();
  AdminServiceHooks AdminHooks();
  PeerEvents EventsOfPeers();
  StatusSource Source() {
    return {options_.config, options_.version, started_, runner_->node(), observer_};
  }
  std::string AddressOfNode(NodeId node) const {
    return AddressOf(node, runner_->node().raft().configuration(), options_.config).clients;
  }
  bool TakeGreeting(const v1::HelloRequest& request, v1::HelloResponse& response);
  void Measure(const v1::MeasureRoundTripsRequest& request, RoundTrips::Done done);

  Status OpenPages();
  void MakeNode(Recovered recovered);
  void TakeFromDisk(DiskResult result);

  void HandleEvents();
  void NoteHeldEverywhere();
  void KeepHouse();
  void BeginToStop();
  void BeginToDrain();
  bool IsDrained();
  void ShutDown();
  void CloseQueue();

  const RealNodeOptions options_;
  EventLog& log_;
  Observer observer_;
  std::unique_ptr<DataDirectory> directory_;

  // --- Caller: of the transfer of leadership that a leader begins when it is to stop ---
  void OnAnswer(std::uint64_t, ClientAnswer) override {}
  void OnReply(std::uint64_t, const Message&) override {}
  void OnTransfer(std::uint64_t number, const TransferAnswer& answer) override;
  void OnDrop(std::uint64_t) override { BeginToDrain(); }

  NodeSecurity security_{log_, [this] { return now_; }};  // outlives the services, which ask it
  // The services outlive the server, and what is in the queue outlives the queue.
  Services services_;
  PeerLinks links_;
  RoundTrips round_trips_;
  OpenServer server_;
  std::optional<ConnectionGuard> guard_;  // gone before the server
  std::unique_ptr<Mailbox> mailbox_;
  std::optional<NodeRunner> runner_;
  std::unique_ptr<DiskWorker> disk_worker_;

  std::unique_ptr<HttpServer> pages_;  // gone before what it shows
  std::optional<LogSize> log_size_;

  TimePoint now_;  // of this turn of the loop
  TimePoint started_;
  TimePoint next_housekeeping_;
  bool stopping_ = false;                 // a leader hands over first
  std::optional<TimePoint> drain_until_;  // set: no new calls are taken
};

// --- Assembly -----------------------------------------------------------------------------------

RaftServiceOptions RealNode::Parts::RaftOptions() {
  return {.fingerprint = ClusterFingerprint(options_.config.cluster),
          .address_of = [this](NodeId node) { return AddressOfNode(node); },
          .enable_suspend = options_.enable_suspend,
          .heard =
              [this](NodeId peer) {
                // A stranger may call itself anything, each time something else.
                if (links_.Contains(peer)) observer_.Heard(peer, now_);
              },
          .turned_away = [] {},
          .gate = &security_.gate()};
}

AdminServiceHooks RealNode::Parts::AdminHooks() {
  const BackupHooks backup =
      HooksOfBackups({.id = options_.id,
                      .cluster = options_.config.cluster,
                      .directory = options_.data_directory,
                      .runner = [this]() -> NodeRunner& { return *runner_; },
                      .mailbox = [this]() -> Mailbox& { return *mailbox_; }});
  return {
      .status = [this](const v1::GetStatusRequest& request,
                       v1::GetStatusResponse& out) { FillStatus(Source(), now_, request, out); },
      .resume =
          [this] {
            const bool was_suspended = runner_->node().raft().suspended();
            runner_->Resume();
            return was_suspended;
          },
      .transfer = [this](std::optional<NodeId> target,
                         Question question) { runner_->Transfer(target, question); },
      .snapshot = backup.snapshot,
      .newest_snapshot =
          [this](v1::TakeSnapshotResponse& out) { FillSnapshot(runner_->node(), out); },
      .change = [this](MembershipChange change,
                       Question question) { runner_->ChangeMembers(std::move(change), question); },
      .measure = [this](const v1::MeasureRoundTripsRequest& request,
                        RoundTrips::Done done) { Measure(request, std::move(done)); },
      .self = options_.id,
      .address_of = [this](NodeId node) { return AddressOfNode(node); },
      .gate = &security_.gate(),
      .backup = backup};
}

void RealNode::Parts::Measure(const v1::MeasureRoundTripsRequest& request, RoundTrips::Done done) {
  std::vector<NodeId> nodes;
  for (const Member& member : runner_->node().raft().configuration().members()) {
    if (member.node != options_.id) nodes.push_back(member.node);
  }
  const std::int64_t within = request.within_ms() == 0 ? kMeasureTime : request.within_ms();
  round_trips_.Measure(nodes, request.count(), now_ + Duration::Milliseconds(within),
                       std::move(done));
}

bool RealNode::Parts::TakeGreeting(const v1::HelloRequest& request, v1::HelloResponse& response) {
  response.set_cluster(options_.config.cluster);
  response.set_node(options_.id.value());
  if (request.cluster() != options_.config.cluster) return false;
  return links_.ReconnectNow(NodeId(request.node()));
}

// The port before the store: it may take long to recover, and nobody shall wait to be told that the
// port is taken.
Status RealNode::Parts::Open() {
  Status member = CheckIsMember(options_.config, options_.id);
  if (!member.ok()) return member;
  Status secure = security_.Open(options_.security, options_.config, options_.id);
  if (!secure.ok()) return secure;
  security_.ConnectWith(links_);
  const bool found = options_.bootstrap || options_.join;
  auto directory = OpenDirectory(options_.config, options_.data_directory, found, options_.join);
  if (!directory.ok()) return directory.error();
  directory_ = std::move(directory.value());
  Status pages = OpenPages();
  if (!pages.ok()) return pages;
  auto server = ListenAt(security_.Doors(), services_.All(), options_.config);
  if (!server.ok()) return server.error();
  server_ = std::move(server.value());
  mailbox_ = std::make_unique<Mailbox>(*server_.queue);
  auto recovered = RecoverStore(*directory_, options_.config, options_.id, found);
  if (!recovered.ok()) return recovered.error();
  log_size_.emplace(directory_->disk());
  now_ = started_ = SteadyNow();
  if (!options_.trace_file.empty()) {
    auto trace = TraceFile::Open(options_.trace_file, options_.config.cluster, recovered.value(),
                                 started_, EventLog::SystemClock());
    if (!trace.ok()) return trace.error();
    observer_.WriteTraceTo(std::move(trace.value()));
  }
  MakeNode(std::move(recovered.value()));
  return Ok();
}

Status RealNode::Parts::OpenPages() {
  const std::string& address = options_.config.nodes.at(options_.id).metrics;
  if (address.empty()) return Ok();
  auto opened = HttpServer::Open(
      address, NodePages(
                   observer_.health(), [this] { return observer_.metrics().Text(); },
                   "raftd " + NameOf(options_.id) + " of cluster " + options_.config.cluster));
  if (!opened.ok()) return opened.error();
  pages_ = std::move(opened.value());
  return Ok();
}

void RealNode::Parts::MakeNode(Recovered recovered) {
  observer_.StartIn(recovered.term);
  Tell(recovered, log_);
  disk_worker_ = std::make_unique<DiskWorker>(
      directory_->disk(), [this](DiskResult result) { TakeFromDisk(std::move(result)); });
  disk_worker_->KeepSpare(options_.config.settings.segment_bytes);
  // Who is to be added founds nothing: the cluster's leader tells it who the members are.
  const bool founds = !directory_->joins();
  NodeConfig config{.voters = founds ? options_.config.Members() : std::vector<NodeId>(),
                    .settings = options_.config.settings,
                    .seed = DrawFromSystem(),
                    .pins = {}};
  runner_.emplace(Node(std::move(config), std::move(recovered), started_), *this,
                  options_.config.limits.concurrent_calls);
}

PeerEvents RealNode::Parts::EventsOfPeers() {
  return {
      .response = [this](Message response) { runner_->Take(PeerResponse{std::move(response)}); },
      .round_trip =
          [this](NodeId peer, std::chrono::nanoseconds took) {
            observer_.Heard(peer, now_);
            observer_.RoundTrip(peer, took);
          },
      .failed =
          [this](NodeId peer, const grpc::Status& why) {
            if (!drain_until_.has_value()) observer_.Unreachable(peer, why.error_message());
          },
      .knows_commit = [this](NodeId peer,
                             Index commit) { observer_.lead_times().KnowsCommit(peer, commit); },
      .pinged =
          [this](NodeId peer, std::uint64_t number, const grpc::Status& status,
                 std::chrono::nanoseconds took) {
            if (status.ok()) return round_trips_.Answered(peer, number, took);
            round_trips_.Failed(peer, number, status);
          }};
}

// On the disk's thread.
void RealNode::Parts::TakeFromDisk(DiskResult result) {
  mailbox_->Post([this, result = std::move(result)]() mutable {
    observer_.DiskDone(result);
    runner_->Take(std::move(result.done));
  });
}

void RealNode::Parts::Submit(DiskOp op) {
  log_size_->Note(op);
  observer_.Submitted(now_, op);
  disk_worker_->Submit(std::move(op));
}

// --- The loop -----------------------------------------------------------------------------------

std::optional<std::string> RealNode::Parts::Run() {
  services_.Start(*server_.queue, *runner_);
  links_.Start(*server_.queue);
  observer_.health().Run(Health::Clock::now());
  observer_.ShowHealth(runner_->node());
  KeepHouse();
  security_.Watch(*mailbox_, [this] {
    if (!drain_until_.has_value()) links_.Renew();
  });
  log_.Info("listening", {{"address", options_.config.nodes.at(options_.id).listen}});
  options_.serving();
  guard_.emplace(options_.config.limits.concurrent_calls, [this](const std::string& peer,
                                                                 std::uint64_t streams) {
    log_.Warning("connection_ended", {{"peer", peer},
                                      {"unfinished_calls", streams},
                                      {"why",
                                       "calls are begun and taken back faster than they can be "
                                       "forgotten"}});
  });
  while (!IsDrained() && observer_.halted().empty()) {
    HandleEvents();
    now_ = SteadyNow();
    runner_->Step();
    NoteHeldEverywhere();
    observer_.Flush();
    services_.Flush();
    observer_.ShowHealth(runner_->node());
    if (now_ >= next_housekeeping_) KeepHouse();
  }
  ShutDown();
  if (observer_.halted().empty()) return std::nullopt;
  return observer_.halted();
}

// Everything that is ready, and no waiting once there was something.
void RealNode::Parts::HandleEvents() {
  gpr_timespec deadline = ToGpr(std::min(runner_->NextDeadline(), next_housekeeping_));
  void* tag = nullptr;
  bool ok = false;
  for (int i = 0; i < kEventsPerStep; ++i) {
    const auto next = server_.queue->AsyncNext(&tag, &ok, deadline);
    if (i == 0) now_ = SteadyNow();
    if (next != grpc::CompletionQueue::GOT_EVENT) return;
    static_cast<Tag*>(tag)->Proceed(ok);
    deadline = gpr_inf_past(GPR_CLOCK_MONOTONIC);
  }
}

void RealNode::Parts::NoteHeldEverywhere() {
  const Raft& raft = runner_->node().raft();
  LeadTimes& times = observer_.lead_times();
  if (raft.leadership() == nullptr || !times.WaitsForOthers()) return;
  Index everywhere = raft.durable_index();
  Index known = raft.commit();
  for (const Peer& peer : raft.leadership()->peers) {
    everywhere = std::min(everywhere, peer.match);
    known = std::min(known, times.CommitKnownBy(peer.node));
  }
  times.HeldEverywhere(everywhere, now_);
  times.KnownEverywhere(known, now_);
}

void RealNode::Parts::KeepHouse() {
  next_housekeeping_ = now_ + kHousekeeping;
  links_.Follow(runner_->node().raft(), now_);
  round_trips_.Expire(now_);
  observer_.SetTimeOfDay(EventLog::SystemClock(), now_);
  observer_.Show(runner_->node(), now_, runner_->open_client_calls(), log_size_->bytes());
  services_.SetReady(observer_.IsReady());
  security_.Flush();
  services_.Tick();
}

// --- Stopping -----------------------------------------------------------------------------------

// A leader hands over first, and goes on serving until that has ended.
void RealNode::Parts::BeginToStop() {
  if (stopping_) return;
  stopping_ = true;
  log_.Info("stopping", {{"pending", runner_->open_client_calls()}});
  options_.stopping();
  observer_.health().Stop();
  services_.SetReady(false);
  const Raft& raft = runner_->node().raft();
  if (!raft.IsLeader() || raft.leadership()->peers.empty()) return BeginToDrain();
  runner_->Transfer(std::nullopt, {static_cast<Caller*>(this), 0});
}

// The core ends every transfer within an election timeout. Calls that it held are let go after it:
// they are answered while the node drains.
void RealNode::Parts::OnTransfer(std::uint64_t, const TransferAnswer& answer) {
  if (answer.outcome == TransferOutcome::kDone) {
    log_.Info("handed_over", {{"leader", NameOf(*answer.leader)}});
  } else {
    log_.Warning("not_handed_over", {{"why", std::string(NameOf(answer.outcome))}});
  }
  BeginToDrain();
}

void RealNode::Parts::BeginToDrain() {
  if (drain_until_.has_value()) return;
  drain_until_ = now_ + kDrainTime;
  runner_->RefuseClients();
}

bool RealNode::Parts::IsDrained() {
  return drain_until_.has_value() && (runner_->open_client_calls() == 0 || now_ >= *drain_until_);
}

// gRPC ends its calls while the queue is being served, so the ending is asked for on another
// thread.
void RealNode::Parts::ShutDown() {
  drain_until_ = now_;
  runner_->Abandon();
  services_.Flush();
  services_.Close();
  round_trips_.Abandon();
  links_.Cancel();
  bool ended = false;
  std::thread ending([&] {
    server_.server->Shutdown(std::chrono::system_clock::now() + kFarewell);
    mailbox_->Post([&] { ended = true; });
  });
  while (!ended || services_.live() > 0 || links_.HasLiveStreams()) {
    next_housekeeping_ = SteadyNow() + kHousekeeping;
    HandleEvents();
    services_.Flush();
  }
  ending.join();
  CloseQueue();
  observer_.Flush();
  log_.Flush(EventLog::SystemClock());
  log_.Info("stopped");
}

void RealNode::Parts::CloseQueue() {
  security_.StopWatching();
  guard_.reset();
  server_.server->Shutdown();
  disk_worker_.reset();
  mailbox_->Close();
  server_.queue->Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (server_.queue->Next(&tag, &ok)) static_cast<Tag*>(tag)->Proceed(ok);
  server_.server.reset();
}

// --- RealNode -----------------------------------------------------------------------------------

RealNode::RealNode(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
RealNode::~RealNode() = default;

Result<std::unique_ptr<RealNode>> RealNode::Open(RealNodeOptions options, EventLog& log) {
  auto parts = std::make_unique<Parts>(std::move(options), log);
  const Status opened = parts->Open();
  if (!opened.ok()) return opened.error();
  return std::unique_ptr<RealNode>(new RealNode(std::move(parts)));
}

std::optional<std::string> RealNode::Run() {
  return parts_->Run();
}

void RealNode::Stop() {
  parts_->Stop();
}

}  // namespace drydock::net
