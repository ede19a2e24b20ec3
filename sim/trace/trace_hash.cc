#include "sim/trace/trace_hash.h"

namespace drydock::sim {
namespace {

// One overload for each thing that an event holds; a new event without one does not compile.
class Feeder {
 public:
  explicit Feeder(Hasher& hasher) : hasher_(hasher) {}

  template <class... Fields>
  void All(const Fields&... fields) {
    (One(fields), ...);
  }

  // --- Node events ---
  void operator()(const drydock::trace::RoleChanged& e) { All(e.role, e.cause, e.leader); }
  void operator()(const drydock::trace::LeaderKnown& e) { All(e.leader); }
  void operator()(const drydock::trace::TermAndVote& e) { All(e.term, e.vote); }
  void operator()(const drydock::trace::Appended& e) { All(e.index, e.entry); }
  void operator()(const drydock::trace::Truncated& e) { All(e.last); }
  void operator()(const drydock::trace::Durable& e) { All(e.last, e.term, e.vote); }
  void operator()(const drydock::trace::Committed& e) { All(e.commit); }
  void operator()(const drydock::trace::Applied& e) { All(e.index, e.outcome, e.duplicate); }
  void operator()(const drydock::trace::ConfigurationInForce& e) {
    All(e.index, std::string_view(e.configuration.Encode()));
  }
  void operator()(const drydock::trace::TimerArmed& e) { All(e.timer, e.deadline.nanoseconds()); }
  void operator()(const drydock::trace::TimerFired& e) { All(e.timer); }
  void operator()(const drydock::trace::Refused& e) { All(e.reason, e.peer); }
  void operator()(const drydock::trace::AppendHeld& e) { All(e.peer, e.sequence); }
  void operator()(const drydock::trace::PeerLost& e) { All(e.peer); }
  void operator()(const drydock::trace::ReadConfirmed& e) { All(e.index, e.count); }
  void operator()(const drydock::trace::TransferStarted& e) { All(e.target, e.cause); }
  void operator()(const drydock::trace::TransferEnded& e) { All(e.target, e.outcome, e.leader); }
  void operator()(const drydock::trace::Halted& e) { All(std::string_view(e.reason)); }
  void operator()(const drydock::trace::SnapshotSaved& e) {
    All(e.index, e.term, e.bytes, e.checksum);
  }
  void operator()(const drydock::trace::Compacted& e) { All(e.index); }
  void operator()(const drydock::trace::SnapshotOffered& e) { All(e.peer, e.index); }
  void operator()(const drydock::trace::SnapshotInstalled& e) {
    All(e.index, e.term, e.bytes, e.checksum, e.log_kept);
  }
  void operator()(const drydock::trace::ReadIndexLearnt& e) { All(e.leader, e.index, e.count); }
  void operator()(const drydock::trace::ReadsGivenUp& e) { All(e.leader, e.count); }
  void operator()(const drydock::trace::ReadUnderLease& e) { All(e.index, e.until.nanoseconds()); }
  void operator()(const drydock::trace::TransferRefused& e) { All(e.target, e.why); }
  void operator()(const drydock::trace::ChangeAnswered& e) { All(e.outcome); }

  // --- Simulator events ---
  void operator()(const trace::Sent& e) { One(*e.message); }
  // The rest of a message was hashed when it was sent.
  void operator()(const trace::Delivered& e) { Envelope(*e.message); }
  void operator()(const trace::Dropped& e) {
    Envelope(*e.message);
    One(e.reason);
  }
  void operator()(const trace::Duplicated& e) { Envelope(*e.message); }
  void operator()(const trace::Started& e) {
    All(e.incarnation, e.store, e.term, e.vote, e.kept, e.last, std::string_view(e.torn));
    if (e.snapshot != Index(0)) All(e.snapshot, e.base);
  }
  void operator()(const trace::RefusedToStart& e) { All(std::string_view(e.error)); }
  void operator()(const trace::Crashed& e) { All(std::string_view(e.lose), e.lost_lies); }
  void operator()(const trace::Fault& e) { All(std::string_view(e.what)); }
  void operator()(const trace::Refounded& e) { All(e.store, e.term, e.last); }
  void operator()(const trace::DiskSubmitted& e) {
    All(e.op->ticket, e.op->lane, e.op->action.index());
    std::visit([this](const auto& action) { (*this)(action); }, e.op->action);
  }
  void operator()(const WriteAndSync& action) {
    All(std::string_view(action.path), action.offset);
    for (const Bytes& piece : action.pieces) One(piece.view());
  }
  void operator()(const CreateDurably& action) { All(std::string_view(action.path), action.size); }
  void operator()(const RenameDurably& action) {
    All(std::string_view(action.from), std::string_view(action.to));
  }
  void operator()(const RemoveDurably& action) { All(std::string_view(action.path)); }
  void operator()(const ReadBytes& action) {
    All(std::string_view(action.path), action.offset, action.size);
  }
  void operator()(const trace::DiskFinished& e) {
    All(e.ticket, e.error.has_value(), std::string_view(e.error.value_or("")), e.lied);
  }
  void operator()(const trace::Called& e) { All(e.client, e.operation, *e.request); }
  void operator()(const trace::Attempted& e) { All(e.client, e.operation, e.target, e.call); }
  void operator()(const trace::Arrived& e) { All(e.call); }
  void operator()(const trace::Replied& e) { All(e.call, *e.answer); }
  void operator()(const trace::Answered& e) {
    All(e.client, e.operation, e.outcome, std::string_view(e.given_up), *e.answer);
  }
  void operator()(const trace::Expected& e) { All(e.number, e.held, std::string_view(e.why)); }
  void operator()(const trace::Violated& e) {
    All(std::string_view(e.property), std::string_view(e.detail));
  }

  // --- Messages ---
  void operator()(const PreVoteRequest& m) { All(m.next_term, m.last_index, m.last_term); }
  void operator()(const PreVoteResponse& m) { All(m.next_term, m.granted); }
  void operator()(const VoteRequest& m) {
    All(m.last_index, m.last_term);
    if (m.transfer) One(m.transfer);
  }
  void operator()(const VoteResponse& m) { All(m.granted); }
  void operator()(const AppendRequest& m) {
    All(m.receiver, m.sequence, m.probe, m.previous_index, m.previous_term, m.commit,
        m.entries.size());
    for (const Entry& entry : m.entries) All(entry.term, entry.kind, entry.payload.size());
  }
  void operator()(const AppendResponse& m) {
    All(m.responder, m.sequence, m.accepted, m.match, m.hint, m.hint_term);
  }
  void operator()(const Heartbeat& m) { All(m.commit, m.round); }
  void operator()(const HeartbeatResponse& m) {
    All(m.responder, m.round, m.next_sequence, m.match, m.received);
    if (m.promise > Duration()) One(m.promise.nanoseconds());
  }
  void operator()(const CommitNotice& m) { All(m.commit); }
  void operator()(const CommitNoticeResponse&) {}
  void operator()(const TimeoutNow& m) { All(m.last_index, m.last_term); }
  void operator()(const TimeoutNowResponse& m) { All(m.taken); }
  void operator()(const SnapshotChunk& m) {
    All(m.meta.index, m.meta.term, m.meta.configuration_index,
        std::string_view(m.meta.configuration.Encode()), m.meta.bytes, m.meta.checksum, m.offset,
        m.bytes.view());
  }
  void operator()(const SnapshotChunkResponse& m) {
    All(m.responder, m.index, m.received, m.installed);
  }
  void operator()(const ReadIndexRequest& m) { All(m.asker, m.number); }
  void operator()(const ReadIndexResponse& m) { All(m.asker, m.number, m.confirmed, m.index); }

  // --- Client operations ---
  void operator()(const PutOp& op) { All(op.key.view(), op.value.view()); }
  void operator()(const GetOp& op) {
    All(op.key.view());
    if (op.mode != ReadMode::kLinearizable || op.any_node) All(op.mode, op.any_node);
  }
  void operator()(const DeleteOp& op) { All(op.key.view()); }
  void operator()(const CompareAndSetOp& op) {
    All(op.key.view(), op.expected.has_value(), op.value.view());
    if (op.expected.has_value()) One(op.expected->view());
  }
  void operator()(const RegisterOp&) {}

  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void One(T value) { hasher_.Add(static_cast<std::uint64_t>(value)); }
  template <class Tag, class Rep>
  void One(Strong<Tag, Rep> value) {
    hasher_.Add(value);
  }
  void One(std::string_view bytes) { hasher_.Add(bytes); }
  void One(std::optional<NodeId> node) {
    hasher_.Add(node.has_value() ? std::uint64_t{node->value()} + 1 : 0);
  }

 private:
  void One(const Entry& entry) { All(entry.term, entry.kind, entry.payload.view()); }
  void Envelope(const Message& m) { All(m.from, m.to, m.term, m.body.index()); }
  void One(const Message& m) {
    Envelope(m);
    One(m.store);
    std::visit(*this, m.body);
  }
  void One(const ClientRequest& request) {
    All(request.session, request.sequence, request.first_unanswered, request.op.index());
    std::visit(*this, request.op);
  }
  void One(const ClientAnswer& a) {
    All(a.outcome, a.found, a.value.view(), a.leader, a.session, a.term, a.index);
    if (a.outcome == Outcome::kTooLarge) One(a.limit);
  }

  Hasher& hasher_;
};

template <class Event>
void AddEvent(Hasher& hasher, const EventMeta& meta, const Event& event, std::uint64_t family) {
  hasher.Add(static_cast<std::uint64_t>(meta.time));
  hasher.Add(meta.cause);
  hasher.Add((event.index() << 32) | (family << 24) |
             (meta.node.has_value() ? std::uint64_t{meta.node->value()} + 1 : 0));
  Feeder feeder(hasher);
  std::visit(feeder, event);
}

}  // namespace

void TraceHash::Add(const EventMeta& meta, const TraceEvent& event) {
  AddEvent(hasher_, meta, event, 1);
}

void TraceHash::Add(const EventMeta& meta, const SimEvent& event) {
  AddEvent(hasher_, meta, event, 2);
}

}  // namespace drydock::sim
