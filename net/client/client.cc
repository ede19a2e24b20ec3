#include "net/client/client.h"

#include <algorithm>
#include <iterator>
#include <thread>
#include <tuple>
#include <utility>

#include "net/client/credentials.h"
#include "net/client/endpoint_book.h"
#include "net/client/errand.h"
#include "net/client/link.h"
#include "net/client/result_text.h"
#include "net/client/session.h"
#include "net/codec/client_codec.h"
#include "net/config/host_port.h"

namespace drydock::net {
namespace {

using std::chrono::milliseconds;

// What a protobuf message can hold, with room for all that is not the value.
constexpr std::size_t kMostBytes = std::size_t{1} << 30;
// How often those are asked whom the ones asked before have told of.
constexpr int kRoundsOfMembers = 2;
// The slowest line that is worth waiting for before another node is asked.
constexpr std::size_t kBytesPerMillisecond = 8192;
// What a node agrees to.
constexpr milliseconds kLongestMeasurement{60000};
// Before a leader that is not ready yet is asked again.
constexpr milliseconds kNotReady{20};

std::size_t SizeOf(const v1::Operation& operation) {
  return operation.ByteSizeLong();
}

bool IsRead(const v1::Operation& operation) {
  return operation.has_get();
}

// Of who knows most of the log, by the addresses that it tells.
std::vector<std::string> MembersNotAsked(const std::vector<EndpointStatus>& asked) {
  const v1::GetStatusResponse* best = nullptr;
  const auto rank = [](const v1::GetStatusResponse& told) {
    return std::tuple(told.role() == v1::ROLE_LEADER, told.term(), told.commit());
  };
  for (const EndpointStatus& each : asked) {
    if (!each.status.ok()) continue;
    const v1::GetStatusResponse& told = each.status.value();
    if (best == nullptr || rank(told) > rank(*best)) best = &told;
  }
  std::vector<std::string> endpoints;
  if (best == nullptr) return endpoints;
  for (const v1::MemberStatus& member : best->members()) {
    const bool known = std::ranges::any_of(asked, [&](const EndpointStatus& each) {
      return each.endpoint == member.address() ||
             (each.status.ok() && each.status.value().node() == member.node());
    });
    if (!known && !member.address().empty()) endpoints.push_back(member.address());
  }
  return endpoints;
}

Error WhyNoAnswer(const Attempt& attempt, Link& link) {
  if (attempt.end != Attempt::End::kNotConnected) return Error{attempt.text};
  return Error{attempt.text + ": " + link.WhyUnreachable()};
}

}  // namespace

class Client::State {
 public:
  State(std::vector<std::string> endpoints, ClientOptions options,
        std::shared_ptr<const ClientCredentials> credentials)
      : options_(std::move(options)),
        endpoints_(endpoints),
        book_(std::move(endpoints), options_.learn_addresses),
        links_(std::move(credentials)) {}

  milliseconds LengthOf(Within within) const { return within.value_or(options_.deadline); }
  LinkPool& links() { return links_; }
  const std::vector<std::string>& endpoints() const { return endpoints_; }

  CallResult Call(v1::Operation operation, Within within);

 private:
  Decision Read(v1::Operation operation, Clock::time_point deadline);
  Decision Write(const v1::Operation& operation, Clock::time_point deadline);
  Decision WriteInSession(const v1::Operation& operation, Clock::time_point deadline);
  // Null, and why in `failure`, if there is none in time.
  std::shared_ptr<Session> GetSession(Clock::time_point deadline, Decision& failure);
  Errand MakeErrand(v1::Operation operation, Clock::time_point deadline) const;
  Decision Go(Errand errand) { return Run(std::move(errand), book_, links_); }

  const ClientOptions options_;
  const std::vector<std::string> endpoints_;
  EndpointBook book_;
  LinkPool links_;
  SessionKeeper keeper_;
};

CallResult Client::State::Call(v1::Operation operation, Within within) {
  const milliseconds length = LengthOf(within);
  const CallTopic topic = TopicOf(operation, length);
  if (SizeOf(operation) > kMostBytes) return TooLargeToSend(topic);
  const Clock::time_point deadline = Clock::now() + length;
  Decision decision =
      IsRead(operation) ? Read(std::move(operation), deadline) : Write(operation, deadline);
  return ResultOf(std::move(decision), topic);
}

Errand Client::State::MakeErrand(v1::Operation operation, Clock::time_point deadline) const {
  Errand errand;
  errand.deadline = deadline;
  errand.attempt =
      options_.attempt +
      milliseconds(static_cast<std::int64_t>(SizeOf(operation) / kBytesPerMillisecond));
  *errand.request.mutable_operation() = std::move(operation);
  return errand;
}

Decision Client::State::Read(v1::Operation operation, Clock::time_point deadline) {
  Errand errand = MakeErrand(std::move(operation), deadline);
  errand.repeatable = true;
  errand.of_any_node = errand.request.operation().get().mode() == v1::READ_MODE_STALE;
  return Go(std::move(errand));
}

Decision Client::State::Write(const v1::Operation& operation, Clock::time_point deadline) {
  if (options_.sessions) return WriteInSession(operation, deadline);
  return Go(MakeErrand(operation, deadline));
}

// A session that the store has forgotten is no reason to fail, unless the write may have happened
// in it: then nobody can tell any more.
Decision Client::State::WriteInSession(const v1::Operation& operation, Clock::time_point deadline) {
  for (;;) {
    Decision failure;
    const std::shared_ptr<Session> session = GetSession(deadline, failure);
    if (session == nullptr) return failure;
    const Session::Write write(session);
    Errand errand = MakeErrand(operation, deadline);
    errand.repeatable = true;
    errand.refresh = [&write](v1::Operation& out) {
      out.set_session(write.session().id());
      out.set_sequence(write.sequence());
      out.set_first_unanswered(write.session().FirstUnanswered());
    };
    Decision decision = Go(std::move(errand));
    if (decision.answer.outcome() != v1::OUTCOME_SESSION_UNKNOWN) return decision;
    keeper_.Forget(*session);
    if (decision.maybe_done || Clock::now() >= deadline) return decision;
  }
}

std::shared_ptr<Session> Client::State::GetSession(Clock::time_point deadline, Decision& failure) {
  failure.trouble = "another call of this client was still opening a session";
  const auto open = [&]() -> std::optional<std::uint64_t> {
    v1::Operation registration;
    registration.mutable_register_();
    Errand errand = MakeErrand(std::move(registration), deadline);
    errand.repeatable = true;  // one too many is forgotten by the store in time
    failure = Go(std::move(errand));
    // Whatever became of it: the write itself was not sent.
    failure.maybe_done = false;
    if (failure.answer.outcome() != v1::OUTCOME_OK) return std::nullopt;
    return failure.answer.session();
  };
  return keeper_.Get(open, deadline);
}

// --- The interface ------------------------------------------------------------------------------

Result<std::unique_ptr<Client>> Client::Open(std::vector<std::string> endpoints,
                                             ClientOptions options) {
  if (endpoints.empty()) return Error{"no endpoints; name at least one node as host:port"};
  for (const std::string& endpoint : endpoints) {
    const Result<HostPort> place = ParseHostPort(endpoint);
    if (!place.ok()) return Error{"bad endpoint: " + place.error().text};
  }
  if (options.deadline <= milliseconds(0) || options.attempt <= milliseconds(0)) {
    return Error{"a client's deadline and the time of an attempt must be positive"};
  }
  auto credentials = ClientCredentials::Open(options.security);
  if (!credentials.ok()) return credentials.error();
  return std::unique_ptr<Client>(new Client(std::make_unique<State>(
      std::move(endpoints), std::move(options), std::move(credentials.value()))));
}

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::~Client() = default;

CallResult Client::Put(const std::string& key, const std::string& value, Within within) {
  v1::Operation operation;
  operation.mutable_put()->set_key(key);
  operation.mutable_put()->set_value(value);
  return state_->Call(std::move(operation), within);
}

CallResult Client::Get(const std::string& key, ReadMode mode, Within within) {
  v1::Operation operation;
  operation.mutable_get()->set_key(key);
  operation.mutable_get()->set_mode(OnWire(mode));
  return state_->Call(std::move(operation), within);
}

CallResult Client::GetAnywhere(const std::string& key, Within within) {
  v1::Operation operation;
  operation.mutable_get()->set_key(key);
  operation.mutable_get()->set_any_node(true);
  return state_->Call(std::move(operation), within);
}

CallResult Client::Delete(const std::string& key, Within within) {
  v1::Operation operation;
  operation.mutable_delete_()->set_key(key);
  return state_->Call(std::move(operation), within);
}

CallResult Client::CompareAndSet(const std::string& key, const std::optional<std::string>& expected,
                                 const std::string& value, Within within) {
  v1::Operation operation;
  v1::CompareAndSetOperation& compare_and_set = *operation.mutable_compare_and_set();
  compare_and_set.set_key(key);
  if (expected.has_value()) compare_and_set.set_expected(*expected);
  compare_and_set.set_value(value);
  return state_->Call(std::move(operation), within);
}

Result<v1::GetStatusResponse> Client::GetStatus(const std::string& endpoint,
                                                const StatusQuery& query, Within within) {
  v1::GetStatusRequest request;
  if (query.key.has_value()) request.set_key(*query.key);
  request.set_histograms(query.histograms);
  request.set_recent(query.recent);
  Link& link = state_->links().To(endpoint);
  v1::GetStatusResponse response;
  const Attempt attempt =
      link.GetStatus(request, response, Clock::now() + state_->LengthOf(within));
  if (attempt.end == Attempt::End::kAnswered) return response;
  return WhyNoAnswer(attempt, link);
}

std::vector<EndpointStatus> Client::AskStatus(const std::vector<std::string>& endpoints,
                                              const StatusQuery& query, Within within) {
  std::vector<EndpointStatus> all;
  all.reserve(endpoints.size());
  for (const std::string& endpoint : endpoints) all.push_back({endpoint, Error{}});
  std::vector<std::thread> threads;
  threads.reserve(all.size());
  for (EndpointStatus& each : all) {
    threads.emplace_back([&] { each.status = GetStatus(each.endpoint, query, within); });
  }
  for (std::thread& thread : threads) thread.join();
  return all;
}

std::vector<EndpointStatus> Client::GetStatusOfAll(const StatusQuery& query, Within within) {
  return AskStatus(state_->endpoints(), query, within);
}

// The endpoints may all be old: those who were added since may know of others, who lead by now.
std::vector<EndpointStatus> Client::GetStatusOfMembers(const StatusQuery& query, Within within) {
  std::vector<EndpointStatus> all = GetStatusOfAll(query, within);
  for (int round = 0; round < kRoundsOfMembers; ++round) {
    std::vector<EndpointStatus> more = AskStatus(MembersNotAsked(all), query, within);
    if (more.empty()) break;
    std::ranges::move(more, std::back_inserter(all));
  }
  return all;
}

CallResult Client::Suspend(const std::string& endpoint, milliseconds length, Within within) {
  if (length < milliseconds(1) || length > kMaxSuspension) {
    return {.outcome = CallOutcome::kRefused,
            .text = "a suspension takes from 1 ms to " + std::to_string(kMaxSuspension.count()) +
                    " ms; nothing was sent"};
  }
  Link& link = state_->links().To(endpoint);
  const Attempt attempt = link.Suspend(length, Clock::now() + state_->LengthOf(within));
  return ResultOf(attempt, link);
}

CallResult Client::Resume(const std::string& endpoint, Within within) {
  Link& link = state_->links().To(endpoint);
  v1::ResumeResponse response;
  const Attempt attempt = link.Resume(response, Clock::now() + state_->LengthOf(within));
  CallResult result = ResultOf(attempt, link);
  result.found = response.was_suspended();
  return result;
}

CallResult Client::Transfer(const std::string& endpoint, std::optional<NodeId> target,
                            Within within) {
  v1::TransferLeadershipRequest request;
  if (target.has_value()) request.set_target(target->value());
  Link& link = state_->links().To(endpoint);
  v1::TransferLeadershipResponse response;
  const Attempt attempt = link.Transfer(request, response, Clock::now() + state_->LengthOf(within));
  CallResult result = ResultOf(attempt, link);
  if (attempt.end == Attempt::End::kAnswered) JudgeTransfer(response, result);
  return result;
}

CallResult Client::ChangeMembers(const std::string& endpoint,
                                 const v1::ChangeMembersRequest& change, Within within) {
  Link& link = state_->links().To(endpoint);
  v1::ChangeMembersResponse response;
  const Clock::time_point end = Clock::now() + state_->LengthOf(within);
  Attempt attempt = link.ChangeMembers(change, response, end);
  // A leader that was just elected has changed nothing, and soon can.
  while (attempt.end == Attempt::End::kAnswered &&
         response.outcome() == v1::CHANGE_OUTCOME_NOT_READY && Clock::now() + kNotReady < end) {
    std::this_thread::sleep_for(kNotReady);
    attempt = link.ChangeMembers(change, response, end);
  }
  CallResult result = ResultOf(attempt, link);
  if (attempt.end == Attempt::End::kAnswered) JudgeChange(response, result);
  return result;
}

CallResult Client::TakeSnapshot(const std::string& endpoint, Within within) {
  Link& link = state_->links().To(endpoint);
  v1::TakeSnapshotResponse response;
  const Attempt attempt = link.TakeSnapshot(response, Clock::now() + state_->LengthOf(within));
  CallResult result = ResultOf(attempt, link);
  if (attempt.end == Attempt::End::kAnswered) JudgeSnapshot(response, result);
  return result;
}

// A fifth of the time is left for the answer; no node measures for longer than a minute.
Result<v1::MeasureRoundTripsResponse> Client::MeasureRoundTrips(const std::string& endpoint,
                                                                std::uint32_t count,
                                                                Within within) {
  const milliseconds length = state_->LengthOf(within);
  const milliseconds measuring = std::clamp(length * 4 / 5, milliseconds(1), kLongestMeasurement);
  v1::MeasureRoundTripsRequest request;
  request.set_count(count);
  request.set_within_ms(static_cast<std::uint32_t>(measuring.count()));
  Link& link = state_->links().To(endpoint);
  v1::MeasureRoundTripsResponse response;
  const Attempt attempt = link.MeasureRoundTrips(request, response, Clock::now() + length);
  if (attempt.end == Attempt::End::kAnswered) return response;
  return WhyNoAnswer(attempt, link);
}

CallResult Client::Backup(const std::string& endpoint, const BackupSink& sink, Within patience) {
  Link& link = state_->links().To(endpoint);
  Status taken = Ok();
  const Attempt attempt =
      link.Backup(state_->LengthOf(patience), [&](const v1::BackupResponse& part) {
        // Only to say that the node is there.
        if (part.part_case() == v1::BackupResponse::PART_NOT_SET) return true;
        taken = sink(part);
        return taken.ok();
      });
  CallResult result = ResultOf(attempt, link);
  // Whatever the node did, nothing has come of it.
  if (result.outcome == CallOutcome::kUnknown) {
    result = {.outcome = CallOutcome::kNoLeader, .text = endpoint + " " + attempt.text};
  }
  if (!taken.ok()) result = {.outcome = CallOutcome::kRefused, .text = taken.error().text};
  return result;
}

}  // namespace drydock::net
