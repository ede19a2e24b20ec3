#include "core/text/event_json.h"

#include <variant>

#include "core/text/names.h"
#include "core/text/protocol_json.h"

namespace drydock {
namespace {

// One overload for each event; a new event without one does not compile.
class MemberWriter {
 public:
  explicit MemberWriter(JsonWriter& out) : out_(out) {}

  // "why" and not "cause": that is the event that brought this one about.
  void operator()(const trace::RoleChanged& e) {
    Begin("role_changed");
    out_.NameMember("role", NameOf(e.role));
    out_.NameMember("why", NameOf(e.cause));
    WriteNode(out_, "leader", e.leader);
  }
  void operator()(const trace::LeaderKnown& e) {
    Begin("leader_known");
    WriteNode(out_, "leader", e.leader);
  }
  void operator()(const trace::TermAndVote& e) {
    Begin("term_and_vote");
    out_.Member("term", e.term.value());
    WriteNode(out_, "vote", e.vote);
  }
  void operator()(const trace::Appended& e) {
    Begin("appended");
    out_.Member("index", e.index.value());
    WriteEntry(out_, e.entry);
  }
  void operator()(const trace::Truncated& e) {
    Begin("truncated");
    out_.Member("last", e.last.value());
  }
  void operator()(const trace::Durable& e) {
    Begin("durable");
    out_.Member("last", e.last.value());
    out_.Member("term", e.term.value());
    WriteNode(out_, "vote", e.vote);
  }
  void operator()(const trace::Committed& e) {
    Begin("committed");
    out_.Member("commit", e.commit.value());
  }
  void operator()(const trace::Applied& e) {
    Begin("applied");
    out_.Member("index", e.index.value());
    out_.NameMember("outcome", NameOf(e.outcome));
    out_.Member("duplicate", e.duplicate);
  }
  void operator()(const trace::ConfigurationInForce& e) {
    Begin("configuration_in_force");
    out_.Member("index", e.index.value());
    WriteConfiguration(out_, e.configuration);
  }
  void operator()(const trace::TimerArmed& e) {
    Begin("timer_armed");
    out_.NameMember("timer", NameOf(e.timer));
    out_.Member("deadline", e.deadline.nanoseconds());
  }
  void operator()(const trace::TimerFired& e) {
    Begin("timer_fired");
    out_.NameMember("timer", NameOf(e.timer));
  }
  void operator()(const trace::Refused& e) {
    Begin("refused");
    out_.NameMember("why", NameOf(e.reason));
    WriteNode(out_, "peer", e.peer);
  }
  void operator()(const trace::AppendHeld& e) {
    Begin("append_held");
    WriteNode(out_, "peer", e.peer);
    out_.Member("sequence", e.sequence);
  }
  void operator()(const trace::PeerLost& e) {
    Begin("peer_lost");
    WriteNode(out_, "peer", e.peer);
  }
  void operator()(const trace::ReadConfirmed& e) {
    Begin("read_confirmed");
    out_.Member("index", e.index.value());
    out_.Member("count", e.count);
  }
  void operator()(const trace::TransferStarted& e) {
    Begin("transfer_started");
    WriteNode(out_, "target", e.target);
    out_.NameMember("why", NameOf(e.cause));
  }
  void operator()(const trace::TransferEnded& e) {
    Begin("transfer_ended");
    WriteNode(out_, "target", e.target);
    out_.NameMember("outcome", NameOf(e.outcome));
    WriteNode(out_, "leader", e.leader);
  }
  void operator()(const trace::Halted& e) {
    Begin("halted");
    out_.TextMember("why", e.reason);
  }
  void operator()(const trace::SnapshotSaved& e) {
    Begin("snapshot_saved");
    Snapshot(e);
  }
  void operator()(const trace::Compacted& e) {
    Begin("compacted");
    out_.Member("index", e.index.value());
  }
  void operator()(const trace::SnapshotOffered& e) {
    Begin("snapshot_offered");
    WriteNode(out_, "peer", e.peer);
    out_.Member("index", e.index.value());
  }
  void operator()(const trace::SnapshotInstalled& e) {
    Begin("snapshot_installed");
    Snapshot(e);
    out_.Member("log_kept", e.log_kept);
  }
  void operator()(const trace::ReadIndexLearnt& e) {
    Begin("read_index_learnt");
    WriteNode(out_, "leader", e.leader);
    out_.Member("index", e.index.value());
    out_.Member("count", e.count);
  }
  void operator()(const trace::ReadsGivenUp& e) {
    Begin("reads_given_up");
    WriteNode(out_, "leader", e.leader);
    out_.Member("count", e.count);
  }
  void operator()(const trace::ReadUnderLease& e) {
    Begin("read_under_lease");
    out_.Member("index", e.index.value());
    out_.Member("until", e.until.nanoseconds());
  }
  void operator()(const trace::TransferRefused& e) {
    Begin("transfer_refused");
    WriteNode(out_, "target", e.target);
    out_.NameMember("why", NameOf(e.why));
  }
  void operator()(const trace::ChangeAnswered& e) {
    Begin("change_answered");
    out_.NameMember("outcome", NameOf(e.outcome));
  }

 private:
  template <class Event>
  void Snapshot(const Event& e) {
    out_.Member("index", e.index.value());
    out_.Member("term", e.term.value());
    out_.Member("bytes", e.bytes);
    out_.Member("crc32c", e.checksum);
  }
  void Begin(std::string_view name) { out_.NameMember("event", name); }

  JsonWriter& out_;
};

}  // namespace

void WriteEvent(JsonWriter& out, const TraceEvent& event) {
  std::visit(MemberWriter(out), event);
}

}  // namespace drydock
