// Notes which of the known situations a run reaches.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/strong.h"
#include "core/protocol/message.h"
#include "sim/fuzz/situation_table.h"
#include "sim/fuzz/situations.h"
#include "sim/trace/sim_event.h"

namespace drydock::sim {

// It believes the trace and judges nothing. What it keeps of each node is what the situations need.
class CoverageObserver final : public Observer {
 public:
  explicit CoverageObserver(std::uint32_t nodes);

  const SituationSet& reached() const { return reached_; }
  // How often a combination was seen that the list holds for impossible.
  std::uint64_t unlisted() const { return unlisted_; }

  void OnNodeEvent(const EventMeta& meta, const TraceEvent& event) override;
  void OnSimEvent(const EventMeta& meta, const SimEvent& event) override;

 private:
  struct LoggedEntry {
    Term term;
    EntryKind kind = EntryKind::kNoop;
  };
  struct Handover {
    NodeId target;
    TransferCause cause = TransferCause::kAsked;
    std::uint64_t bids = 0;
  };
  // What a follower receives of a snapshot.
  struct Incoming {
    Index index;
    NodeId from;
    bool since_start = false;  // some of it by the process that runs
  };
  // The chunk that a leader sent last to a peer.
  struct Outgoing {
    bool offered = false;
    Index index;
    std::uint64_t behind = 0;  // its last byte
  };
  struct View {
    bool running = false;
    bool started = false;  // just now: its configuration comes next
    bool installed = false;
    bool suspended = false;
    bool founded = false;
    bool joint = false;
    bool writing_snapshot = false;
    Role role = Role::kFollower;
    Standing standing = Standing::kWaiting;
    Term term, durable_term;
    std::optional<NodeId> vote, durable_vote;
    std::vector<LoggedEntry> log;  // entry 1 first; what a snapshot holds is blank
    Index base;                    // the blank part
    Index commit, applied, durable, snapshot, configuration_index;
    EventId start = 0;
    // The message that it handles.
    EventId delivered = 0;
    MessageType type = MessageType::kHeartbeat;
    std::uint64_t held = 0;  // appends in a row
    std::vector<Term> led;   // the terms that it has led
    std::optional<Handover> handover;
    std::optional<Incoming> incoming;
    std::vector<Outgoing> outgoing;  // by peer
    Index last() const { return Index(log.size()); }
    Term last_term() const { return log.empty() ? Term(0) : log.back().term; }
    bool leads() const { return running && role == Role::kLeader; }
  };
  // A call of a client that is not over.
  struct OpenCall {
    Asked asked = Asked::kWrite;
    std::vector<CallId> attempts;
  };

  // coverage.cc: what nodes say.
  void On(const EventMeta& meta, const drydock::trace::RoleChanged& event);
  void On(const EventMeta& meta, const drydock::trace::TermAndVote& event);
  void On(const EventMeta& meta, const drydock::trace::Appended& event);
  void On(const EventMeta& meta, const drydock::trace::Truncated& event);
  void On(const EventMeta& meta, const drydock::trace::Durable& event);
  void On(const EventMeta& meta, const drydock::trace::Committed& event);
  void On(const EventMeta& meta, const drydock::trace::Applied& event);
  void On(const EventMeta& meta, const drydock::trace::ConfigurationInForce& event);
  void On(const EventMeta& meta, const drydock::trace::TimerFired& event);
  void On(const EventMeta& meta, const drydock::trace::Refused& event);
  void On(const EventMeta& meta, const drydock::trace::AppendHeld& event);
  void On(const EventMeta& meta, const drydock::trace::PeerLost& event);
  void On(const EventMeta& meta, const drydock::trace::ReadConfirmed& event);
  void On(const EventMeta& meta, const drydock::trace::ReadIndexLearnt& event);
  void On(const EventMeta& meta, const drydock::trace::ReadsGivenUp& event);
  void On(const EventMeta& meta, const drydock::trace::ReadUnderLease& event);
  void On(const EventMeta& meta, const drydock::trace::TransferStarted& event);
  void On(const EventMeta& meta, const drydock::trace::TransferEnded& event);
  void On(const EventMeta& meta, const drydock::trace::TransferRefused& event);
  void On(const EventMeta& meta, const drydock::trace::ChangeAnswered& event);
  void On(const EventMeta& meta, const drydock::trace::SnapshotSaved& event);
  void On(const EventMeta& meta, const drydock::trace::Compacted& event);
  void On(const EventMeta& meta, const drydock::trace::SnapshotOffered& event);
  void On(const EventMeta& meta, const drydock::trace::SnapshotInstalled& event);
  // coverage_around.cc: what happens around them.
  void On(const EventMeta& meta, const trace::Sent& event);
  void On(const EventMeta& meta, const trace::Delivered& event);
  void On(const EventMeta& meta, const trace::Dropped& event);
  void On(const EventMeta& meta, const trace::Duplicated& event);
  void On(const EventMeta& meta, const trace::Started& event);
  void On(const EventMeta& meta, const trace::RefusedToStart& event);
  void On(const EventMeta& meta, const trace::Crashed& event);
  void On(const EventMeta& meta, const drydock::trace::Halted& event);
  void On(const EventMeta& meta, const trace::DiskSubmitted& event);
  void On(const EventMeta& meta, const trace::Called& event);
  void On(const EventMeta& meta, const trace::Attempted& event);
  void On(const EventMeta& meta, const trace::Arrived& event);
  void On(const EventMeta& meta, const trace::Replied& event);
  void On(const EventMeta& meta, const trace::Answered& event);
  void On(const EventMeta& meta, const trace::Refounded& event);
  template <class Event>
  void On(const EventMeta&, const Event&) {}  // tells of no situation

  void Campaigns(const View& node);
  void Wins(View& node);
  void LosesLeadership(const View& node, Loss loss);
  void Stops(View& node);
  void SendsChunk(View& from, const Message& message, const SnapshotChunk& chunk);
  void AnswersChunk(View& from, NodeId leader, const SnapshotChunkResponse& response);
  void GetsAppend(const View& to, const AppendRequest& request);
  void GetsChunk(View& to, NodeId from, const SnapshotChunk& chunk);
  void Recovers(const View& before, const trace::Started& event);

  View& At(const EventMeta& meta) { return nodes_[meta.node->value()]; }
  // The message that this event comes from; nothing if it comes from something else.
  static std::optional<MessageType> TypeBehind(const EventMeta& meta, const View& node);
  bool IsSucceeded(const View& leader) const;
  void Reach(SituationId id) {
    if (id == SituationSet::kCapacity) {
      ++unlisted_;
    } else {
      reached_.Add(id);
    }
  }
  void ReachIf(bool so, SituationId id) {
    if (so) reached_.Add(id);
  }

  const SituationTable& table_;
  std::vector<View> nodes_;
  std::map<std::uint64_t, OpenCall> calls_;  // by operation
  std::map<CallId, Asked> attempts_;
  SituationSet reached_;
  std::uint64_t unlisted_ = 0;
};

}  // namespace drydock::sim
