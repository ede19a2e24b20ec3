// The story of a run: who led, what broke, what the scenario asked, and why each leader was lost.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/trace/sim_event.h"

namespace drydock::sim {

struct StoryLine {
  std::int64_t time = 0;
  EventId event = 0;
  std::string text;
};

// An observer that keeps the few events a person would tell.
class Story final : public Observer {
 public:
  // `scripted_client` and those behind it are the ones whose calls are part of the story.
  explicit Story(std::uint32_t scripted_client) : scripted_client_(scripted_client) {}

  void OnNodeEvent(const EventMeta& meta, const TraceEvent& event) override;
  void OnSimEvent(const EventMeta& meta, const SimEvent& event) override;

  const std::vector<StoryLine>& lines() const { return lines_; }

 private:
  struct Teller {  // what was told of a node
    Role role = Role::kFollower;
    Term term;
    Term led;                     // the last term that it led
    std::int64_t heard_at = 0;    // of a leader
    std::uint64_t campaigns = 0;  // pre-votes and votes asked for without success
    Index configuration;          // in force
    bool searching = false;       // it has campaigned, or led, and follows nobody yet
  };

  void On(const EventMeta& meta, const drydock::trace::RoleChanged& event);
  void On(const EventMeta& meta, const drydock::trace::LeaderKnown& event);
  void On(const EventMeta& meta, const drydock::trace::TermAndVote& event);
  void On(const EventMeta& meta, const drydock::trace::TransferStarted& event);
  void On(const EventMeta& meta, const drydock::trace::TransferEnded& event);
  void On(const EventMeta& meta, const drydock::trace::Truncated& event);
  void On(const EventMeta& meta, const drydock::trace::ConfigurationInForce& event);
  void On(const EventMeta& meta, const drydock::trace::Refused& event);
  void On(const EventMeta& meta, const drydock::trace::Halted& event);
  void On(const EventMeta& meta, const drydock::trace::ReadsGivenUp& event);
  void On(const EventMeta& meta, const trace::Started& event);
  void On(const EventMeta& meta, const trace::RefusedToStart& event);
  void On(const EventMeta& meta, const trace::Crashed& event);
  void On(const EventMeta& meta, const trace::Fault& event);
  void On(const EventMeta& meta, const trace::Refounded& event);
  void On(const EventMeta& meta, const trace::Delivered& event);
  void On(const EventMeta& meta, const trace::Called& event);
  void On(const EventMeta& meta, const trace::Attempted& event);
  void On(const EventMeta& meta, const trace::Answered& event);
  template <class Event>
  void On(const EventMeta&, const Event&) {}  // too small for the story

  void TellLeader(const EventMeta& meta, Teller& node);
  void TellLeaderLost(const EventMeta& meta, Teller& node, RoleCause cause);
  void TellFollows(const EventMeta& meta, Teller& node, NodeId leader);
  void TellCampaign(const EventMeta& meta, Teller& node, RoleCause cause);
  void Say(const EventMeta& meta, std::string text) {
    lines_.push_back({meta.time, meta.id, std::move(text)});
  }

  std::uint32_t scripted_client_;
  std::map<NodeId, Teller> nodes_;
  struct ToldCall {
    std::string text;
    bool is_read = false;
    bool is_stale = false;
    bool tells_node = false;  // who answers matters
    std::int64_t since = 0;
    NodeId target = NodeId(0);
  };
  std::map<std::uint64_t, ToldCall> calls_;  // by operation
  bool founded_ = false;
  std::string members_;                            // as told last
  std::set<std::pair<NodeId, NodeId>> strangers_;  // refused for their store, and told
  std::vector<StoryLine> lines_;
};

}  // namespace drydock::sim
