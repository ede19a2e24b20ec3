#include "sim/client/clients.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace drydock::sim {
namespace {

constexpr Duration kPauseAfterRefusal = Duration::Milliseconds(20);
constexpr std::uint64_t kAttemptBits = 20;

CallId CallIdOf(std::uint64_t operation, std::uint32_t attempt) {
  return CallId((operation << kAttemptBits) | attempt);
}
std::uint64_t OperationOf(CallId call) {
  return call.value() >> kAttemptBits;
}
std::uint32_t AttemptOf(CallId call) {
  return static_cast<std::uint32_t>(call.value() & ((1u << kAttemptBits) - 1));
}

bool IsRead(const ClientRequest& request) {
  return std::holds_alternative<GetOp>(request.op);
}
bool IsRegister(const ClientRequest& request) {
  return std::holds_alternative<RegisterOp>(request.op);
}

}  // namespace

Clients::Clients(const Workload& workload, std::int64_t until, std::uint32_t nodes,
                 std::uint64_t run_seed, const Pins& pins, ClientPort& port)
    : workload_(workload),
      until_(until),
      stop_(workload.stop.has_value() ? workload.stop->nanoseconds() : until),
      nodes_(nodes),
      run_seed_(run_seed),
      pins_(pins),
      port_(port),
      latency_(ConstantLatency{Duration::Microseconds(100)}),
      think_time_(workload.think_time) {
  for (std::uint32_t i = 0; i <= workload.clients; ++i) AddClient();
}

void Clients::AddClient() {
  const auto number = static_cast<std::uint32_t>(clients_.size());
  Client client;
  client.stream = Stream(run_seed_, "c" + std::to_string(number), pins_);
  client.target = NodeId(static_cast<std::uint32_t>(client.stream.Pick(Decision::kTarget, nodes_)));
  client.last_seen.resize(IsScripted(number) ? 0 : workload_.keys);
  clients_.push_back(std::move(client));
}

// A session that the scenario names has a client of its own.
std::uint32_t Clients::ClientOf(const std::string& session) {
  if (session.empty()) return workload_.clients;
  const auto next = static_cast<std::uint32_t>(clients_.size());
  const auto [found, is_new] = named_.emplace(session, next);
  if (is_new) AddClient();
  return found->second;
}

// Open-loop clients start spread over one interval, so that they do not call all at once.
void Clients::Start() {
  for (std::uint32_t i = 0; i < workload_.clients; ++i) {
    std::int64_t at = workload_.start.nanoseconds();
    if (workload_.rate > 0) {
      const std::uint64_t interval = 1000000000 / workload_.rate;
      at += static_cast<std::int64_t>(interval * i / workload_.clients);
    }
    ScheduleNextCall(i, at);
  }
}

// --- Time ---------------------------------------------------------------------------------------

// A client has one wake-up in the queue. What is due later than it was is found when it comes.
void Clients::ScheduleWake(std::uint32_t number, std::int64_t at) {
  Client& client = clients_[number];
  if (at >= client.wake_at) return;
  client.wake_at = at;
  port_.WakeClientAt(at, client.stream.Pick(Decision::kTie, ~std::uint64_t{0}), number,
                     ++client.wake_number);
}

std::int64_t Clients::NextDue(const Client& client) const {
  std::int64_t next = client.next_call;
  for (const std::uint64_t operation : client.operations) {
    const Call& call = calls_.at(operation);
    next = std::min({next, call.due, call.deadline});
  }
  return next;
}

bool Clients::IsDue(std::uint32_t number, std::uint64_t wake) {
  Client& client = clients_[number];
  if (wake != client.wake_number) return false;
  client.wake_at = kNever;
  const std::int64_t next = NextDue(client);
  if (next <= port_.Now()) return true;
  if (next != kNever) ScheduleWake(number, next);
  return false;
}

void Clients::Wake(std::uint32_t number) {
  const std::int64_t now = port_.Now();
  const std::vector<std::uint64_t> operations = clients_[number].operations;
  for (const std::uint64_t operation : operations) {
    const auto found = calls_.find(operation);
    if (found == calls_.end()) continue;
    Call& call = found->second;
    if (call.deadline <= now) {
      GiveUp(operation,
             call.maybe_applied || call.open ? "no answer in time" : "no leader in time");
    } else if (call.due <= now && call.pausing) {
      Send(operation, call);
    } else if (call.due <= now) {
      call.maybe_applied = true;
      call.open = false;
      TryElsewhere(operation, call);
    }
  }
  if (clients_[number].next_call <= now) NextCall(number);
  const std::int64_t next = NextDue(clients_[number]);
  if (next != kNever) ScheduleWake(number, next);
}

void Clients::SetDue(Call& call, Duration after, bool pausing) {
  call.due = port_.Now() + after.nanoseconds();
  call.pausing = pausing;
  ScheduleWake(call.client, call.due);
}

// --- The workload -------------------------------------------------------------------------------

void Clients::ScheduleNextCall(std::uint32_t client, std::int64_t at) {
  const bool over = at >= stop_ || at > until_;
  clients_[client].next_call = over ? kNever : at;
  if (!over) ScheduleWake(client, at);
}

void Clients::NextCall(std::uint32_t number) {
  Client& client = clients_[number];
  const std::int64_t called_at = std::exchange(client.next_call, kNever);
  if (workload_.rate > 0) {  // open loop: the next call comes whatever becomes of this one
    ScheduleNextCall(number, called_at + static_cast<std::int64_t>(1000000000 / workload_.rate));
    if (client.in_flight >= workload_.max_in_flight) return;
  }
  ++client.in_flight;
  ++client.calls;
  const std::uint64_t key = client.stream.Pick(Decision::kKey, workload_.keys);
  Call call{.client = number, .request = {}, .key = key, .done = {}};
  call.request.op = DrawOperation(client, number, key);
  call.in_session = workload_.sessions && !IsRead(call.request);
  call.anywhere = IsRead(call.request) && workload_.any_node;
  Begin(std::move(call), workload_.deadline);
}

ClientOp Clients::DrawOperation(Client& client, std::uint32_t number, std::uint64_t key) {
  const Bytes name("k" + std::to_string(key));
  const std::uint64_t total = workload_.put + workload_.get + workload_.del + workload_.cas;
  std::uint64_t draw = client.stream.Pick(Decision::kOperation, total);
  const std::uint64_t spread = workload_.value_bytes_max - workload_.value_bytes_min + 1;
  const std::uint64_t size =
      workload_.value_bytes_min + client.stream.Pick(Decision::kValueBytes, spread);
  if (draw < workload_.put) return PutOp{name, MakeValue(number, client.calls, size)};
  draw -= workload_.put;
  if (draw < workload_.get) return GetOp{name, workload_.read_mode, workload_.any_node};
  draw -= workload_.get;
  if (draw < workload_.del) return DeleteOp{name};
  // Expecting what was seen last gives successes and failures both.
  return CompareAndSetOp{name, client.last_seen[key], MakeValue(number, client.calls, size)};
}

// Tells in itself who wrote it, as far as it has room.
Bytes Clients::MakeValue(std::uint32_t client, std::uint64_t call, std::uint64_t size) {
  const std::string text = std::to_string(client) + "." + std::to_string(call);
  return Bytes::Make(size, [&text, size](char* out) {
    const std::size_t told = text.copy(out, size);
    std::fill_n(out + told, size - told, '.');
  });
}

void Clients::CallScripted(const ScriptedCall& scripted, std::optional<NodeId> via,
                           Cluster::CallDone done) {
  Call call{.client = ClientOf(scripted.session), .request = {}, .done = std::move(done)};
  call.numbered = !scripted.session.empty();
  call.request.sequence = scripted.sequence;
  const Bytes key(scripted.key);
  const std::uint64_t number = call.numbered ? scripted.sequence : next_operation_;
  const Bytes value = scripted.value_bytes.has_value()
                          ? MakeValue(call.client, number, *scripted.value_bytes)
                          : Bytes(scripted.value);
  std::optional<Bytes> expected;
  if (scripted.expected.has_value()) expected = Bytes(*scripted.expected);
  switch (scripted.kind) {
    case ScriptedCall::Kind::kPut:
      call.request.op = PutOp{key, value};
      break;
    case ScriptedCall::Kind::kGet:
      call.request.op = GetOp{key, scripted.mode, scripted.any_node};
      break;
    case ScriptedCall::Kind::kDelete:
      call.request.op = DeleteOp{key};
      break;
    case ScriptedCall::Kind::kCas:
      call.request.op = CompareAndSetOp{key, expected, value};
      break;
  }
  call.alone = via.has_value();
  if (!call.alone) call.line = scripted.key;
  if (via.has_value()) call.target = *via;
  call.in_session = call.numbered || (!call.alone && !IsRead(call.request));
  Begin(std::move(call), scripted.within.value_or(workload_.deadline));
}

// --- One call -----------------------------------------------------------------------------------

void Clients::Begin(Call call, Duration deadline) {
  const std::uint64_t operation = next_operation_++;
  const std::uint32_t number = call.client;
  Client& client = clients_[number];
  call.invoked = port_.Now();
  if (!call.alone) call.target = client.target;
  if (call.anywhere) {
    call.target = NodeId(static_cast<std::uint32_t>(client.stream.Pick(Decision::kTarget, nodes_)));
  }
  if (call.numbered) {
    // What is sent again is one write, on record as the first.
    call.recorded = client.unanswered.insert(call.request.sequence).second;
  } else if (call.in_session) {
    call.request.sequence = client.next_sequence++;
    client.unanswered.insert(call.request.sequence);
  }
  call.cause = port_.EmitClient(0, trace::Called{number, operation, &call.request});
  if (!IsRegister(call.request)) call.deadline = call.invoked + deadline.nanoseconds();
  client.operations.push_back(operation);
  if (!IsRegister(call.request)) ScheduleWake(number, call.deadline);
  Call& stored = calls_.emplace(operation, std::move(call)).first->second;
  if (stored.line.has_value()) {
    lines_[*stored.line].push_back(operation);
    if (lines_[*stored.line].size() > 1) return;
  }
  Dispatch(operation, stored);
}

void Clients::Dispatch(std::uint64_t operation, Call& call) {
  if (call.in_session) return SendInSession(operation, call);
  Send(operation, call);
}

void Clients::LeaveLine(std::uint64_t operation, const Call& call) {
  if (!call.line.has_value()) return;
  std::deque<std::uint64_t>& line = lines_[*call.line];
  const bool was_first = line.front() == operation;
  std::erase(line, operation);
  if (was_first && !line.empty()) Dispatch(line.front(), calls_.at(line.front()));
}

void Clients::SendInSession(std::uint64_t operation, Call& call) {
  Client& client = clients_[call.client];
  if (client.session == SessionId(0)) {
    client.waiting.push_back(operation);
    return Register(call.client);
  }
  call.request.session = client.session;
  if (!call.alone) call.target = client.target;  // the registration may have found the leader
  Send(operation, call);
}

// A registration that is retried may leave a session behind that nobody uses; it ages out.
void Clients::Register(std::uint32_t number) {
  if (clients_[number].registering) return;
  clients_[number].registering = true;
  Call call{.client = number, .request = {.op = RegisterOp{}}, .recorded = false, .done = {}};
  Begin(std::move(call), Duration());
}

void Clients::NoteRegistered(std::uint32_t number, const ClientAnswer& answer) {
  Client& client = clients_[number];
  client.registering = false;
  client.session = answer.session;
  for (const std::uint64_t operation : std::exchange(client.waiting, {})) {
    const auto found = calls_.find(operation);
    if (found != calls_.end()) SendInSession(operation, found->second);
  }
}

void Clients::Send(std::uint64_t operation, Call& call) {
  Client& client = clients_[call.client];
  ++call.attempt;
  call.open = true;
  DRYDOCK_CHECK(call.attempt < (1u << kAttemptBits), operation);
  if (call.in_session && !call.numbered) {
    call.request.first_unanswered = *client.unanswered.begin();
  }
  const CallId id = CallIdOf(operation, call.attempt);
  const EventId event =
      port_.EmitClient(call.cause, trace::Attempted{call.client, operation, call.target, id});
  port_.SendAttempt({id, call.target, call.request}, DrawLatency(id), DrawTie(id), event);
  call.due = kNever;
  if (!call.alone) SetDue(call, workload_.attempt_timeout, false);  // else its deadline is enough
}

Duration Clients::DrawLatency(CallId call) {
  const auto found = calls_.find(OperationOf(call));
  if (found == calls_.end()) return Duration();  // nobody waits for it any more
  Client& client = clients_[found->second.client];
  return latency_.Draw(client.stream, Decision::kLatency, NodeId(0), found->second.target);
}

std::uint64_t Clients::DrawTie(CallId call) {
  const auto found = calls_.find(OperationOf(call));
  if (found == calls_.end()) return 1;
  return clients_[found->second.client].stream.Pick(Decision::kTie, ~std::uint64_t{0});
}

void Clients::Pause(Call& call, Duration length) {
  ++call.attempt;  // the attempt before is over
  SetDue(call, length, true);
}

// --- Answers ------------------------------------------------------------------------------------

void Clients::OnAnswer(CallId id, const std::optional<ClientAnswer>& answer, EventId cause) {
  const std::uint64_t operation = OperationOf(id);
  const auto found = calls_.find(operation);
  if (found == calls_.end()) return;
  Call& call = found->second;
  const bool decided =
      answer.has_value() && !IsRefusal(answer->outcome) && answer->outcome != Outcome::kUnknown;
  // A late answer of an earlier attempt is as good as any if it decides; otherwise it is history.
  if (AttemptOf(id) != call.attempt && !decided) return;
  if (answer.has_value() && answer->outcome == Outcome::kBusy) ++calls_busy_;
  call.cause = cause;
  call.open = false;
  if (decided) return Finish(operation, *answer, "");
  if (!answer.has_value()) {  // nobody listens there
    if (call.alone) return GiveUp(operation, "the node is down");
    call.target = NodeId((call.target.value() + 1) % nodes_);
    return Pause(call, kPauseAfterRefusal);
  }
  if (answer->outcome != Outcome::kUnknown) return HandleRefusal(operation, call, *answer);
  call.maybe_applied = true;
  if (call.alone) return GiveUp(operation, "the node could not tell the outcome");
  TryElsewhere(operation, call);
}

void Clients::HandleRefusal(std::uint64_t operation, Call& call, const ClientAnswer& answer) {
  call.last_refusal = answer.outcome;
  const bool final = call.alone || answer.outcome == Outcome::kTooLarge ||
                     answer.outcome == Outcome::kBadRequest ||
                     answer.outcome == Outcome::kSessionUnknown;
  if (answer.outcome == Outcome::kSessionUnknown && !call.numbered) {
    clients_[call.client].session = SessionId(0);
  }
  // This attempt did nothing; an earlier one may have.
  if (final && call.maybe_applied) return GiveUp(operation, "refused, but tried before");
  if (final) return Finish(operation, answer, "");
  if (answer.outcome == Outcome::kNotLeader) {
    if (TakeHint(call, answer.leader)) return Send(operation, call);
    const NodeId asked = std::exchange(call.hints, 0) > 0 ? call.hinted_by : call.target;
    call.target = NodeId((asked.value() + 1) % nodes_);
  }
  Pause(call, kPauseAfterRefusal);
}

// Removed nodes go on naming each other: after a few hints in a row it is the turn of the node
// behind the one that gave the first.
bool Clients::TakeHint(Call& call, std::optional<NodeId> leader) {
  constexpr std::uint32_t kMostHints = 3;
  if (!leader.has_value() || *leader == call.target || call.hints == kMostHints) return false;
  if (call.hints++ == 0) call.hinted_by = call.target;
  call.target = *leader;
  return true;
}

// Without a session a second attempt could apply the write twice; a read may always be repeated.
void Clients::TryElsewhere(std::uint64_t operation, Call& call) {
  if (!call.in_session && !IsRead(call.request) && !IsRegister(call.request)) {
    return GiveUp(operation, "no answer, and not safe to repeat without a session");
  }
  call.target = NodeId((call.target.value() + 1) % nodes_);
  Send(operation, call);
}

void Clients::GiveUp(std::uint64_t operation, const std::string& why) {
  const Call& call = calls_.at(operation);
  const bool unknown = call.maybe_applied || call.open;
  Finish(operation, {.outcome = unknown ? Outcome::kUnknown : call.last_refusal}, why);
}

void Clients::Finish(std::uint64_t operation, const ClientAnswer& answer,
                     const std::string& given_up) {
  const auto found = calls_.find(operation);
  const Call call = std::move(found->second);
  calls_.erase(found);
  port_.EmitClient(call.cause,
                   trace::Answered{call.client, operation, answer.outcome, given_up, &answer});
  Client& client = clients_[call.client];
  if (!call.numbered || IsRefusal(answer.outcome)) client.unanswered.erase(call.request.sequence);
  std::erase(client.operations, operation);
  if (given_up.empty() && !call.anywhere) client.target = call.target;
  if (IsRegister(call.request)) return NoteRegistered(call.client, answer);
  if (call.recorded) Record(operation, call, answer);
  LeaveLine(operation, call);
  if (given_up.empty() && !IsRefusal(answer.outcome)) ++calls_done_;
  if (call.done) call.done({answer, given_up});
  if (IsScripted(call.client)) return;
  --client.in_flight;
  if (workload_.rate > 0) return;
  const Duration pause =
      think_time_.Draw(client.stream, Decision::kThinkTime, NodeId(0), NodeId(0));
  ScheduleNextCall(call.client, port_.Now() + pause.nanoseconds());
}

void Clients::Record(std::uint64_t operation, const Call& call, const ClientAnswer& answer) {
  Operation op{.client = call.client, .invoke = call.invoked, .response = port_.Now()};
  op.term = answer.term.value();
  op.index = answer.index.value();
  op.number = operation;
  std::visit(
      [&](const auto& request) {
        using Op = std::decay_t<decltype(request)>;
        if constexpr (requires { request.key; }) op.key = request.key;
        if constexpr (requires { request.value; }) op.value = request.value;
        if constexpr (requires { request.expected; }) op.expected = request.expected;
        if constexpr (std::is_same_v<Op, PutOp>) op.kind = OperationKind::kPut;
        if constexpr (std::is_same_v<Op, DeleteOp>) op.kind = OperationKind::kDelete;
        if constexpr (std::is_same_v<Op, CompareAndSetOp>) op.kind = OperationKind::kCompareAndSet;
      },
      call.request.op);
  const bool failed = answer.outcome == Outcome::kCompareFailed;
  op.outcome = answer.outcome == Outcome::kUnknown ? OperationOutcome::kUnknown
               : IsRefusal(answer.outcome)         ? OperationOutcome::kFailed
               : failed                            ? OperationOutcome::kCompareFailed
                                                   : OperationOutcome::kOk;
  op.result_known = failed || (IsRead(call.request) && op.outcome == OperationOutcome::kOk);
  if (op.result_known && answer.found) op.result = answer.value;
  const auto* get = std::get_if<GetOp>(&call.request.op);
  if (get != nullptr && get->mode == ReadMode::kStale) {
    if (op.result_known) history_.stale_reads.push_back(std::move(op));
    return;
  }
  if (op.outcome == OperationOutcome::kUnknown) op.response = kNeverReturned;
  if (call.key.has_value()) {
    std::optional<Bytes>& seen = clients_[call.client].last_seen[*call.key];
    if (op.result_known) seen = op.result;
    const bool wrote = op.kind == OperationKind::kPut || op.kind == OperationKind::kCompareAndSet;
    if (wrote && op.outcome == OperationOutcome::kOk) seen = op.value;
    if (op.kind == OperationKind::kDelete) seen.reset();
  }
  history_.ops.push_back(std::move(op));
}

History Clients::TakeHistory() {
  for (const auto& [operation, call] : calls_) {
    if (call.recorded) Record(operation, call, ClientAnswer{.outcome = Outcome::kUnknown});
  }
  calls_.clear();
  return std::move(history_);
}

}  // namespace drydock::sim
