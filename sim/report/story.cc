#include "sim/report/story.h"

#include <utility>

#include "sim/engine/expectations.h"
#include "sim/engine/targets.h"
#include "sim/words.h"

namespace drydock::sim {
namespace {

std::string Ago(std::int64_t now, std::int64_t then) {
  return TextOf(Duration::Microseconds((now - then) / 1000));
}

}  // namespace

void Story::OnNodeEvent(const EventMeta& meta, const TraceEvent& event) {
  std::visit([&](const auto& e) { On(meta, e); }, event);
}

void Story::OnSimEvent(const EventMeta& meta, const SimEvent& event) {
  std::visit([&](const auto& e) { On(meta, e); }, event);
}

// --- Leaders ------------------------------------------------------------------------------------

void Story::On(const EventMeta& meta, const drydock::trace::RoleChanged& event) {
  Teller& node = nodes_[*meta.node];
  if (event.role == Role::kLeader) TellLeader(meta, node);
  if (event.cause == RoleCause::kLeaderAppeared) TellFollows(meta, node, *event.leader);
  if (event.cause == RoleCause::kResumed) {
    Say(meta, NodeName(*meta.node) + " is awake again, a follower");
    node.heard_at = meta.time;
  }
  if (event.role == Role::kFollower && node.role == Role::kLeader) {
    TellLeaderLost(meta, node, event.cause);
    node.searching = event.cause != RoleCause::kSuspended;
    node.heard_at = meta.time;  // of itself, until now
  }
  if (event.role == Role::kPreCandidate || event.role == Role::kCandidate) {
    TellCampaign(meta, node, event.cause);
  }
  if (event.role == Role::kFollower || event.role == Role::kLeader) node.campaigns = 0;
  node.role = event.role;
}

void Story::TellLeader(const EventMeta& meta, Teller& node) {
  node.led = node.term;
  node.searching = false;
  Say(meta, NodeName(*meta.node) + " LEADS term " + std::to_string(node.term.value()) +
                ": a quorum voted for it");
}

void Story::TellLeaderLost(const EventMeta& meta, Teller& node, RoleCause cause) {
  const std::string what =
      NodeName(*meta.node) + " no longer leads term " + std::to_string(node.led.value()) + ": ";
  if (cause == RoleCause::kQuorumLost) {
    Say(meta, what + "no quorum has answered it for an election timeout");
  } else if (cause == RoleCause::kSuspended) {
    Say(meta, what + "it is suspended");
  } else if (cause == RoleCause::kDiskStalled) {
    Say(meta, what + "its disk completes no write");
  } else if (cause == RoleCause::kRemoved) {
    Say(meta, what + "it is removed");
  } else {
    Say(meta, what + "it met a higher term");
  }
}

void Story::On(const EventMeta& meta, const drydock::trace::LeaderKnown& event) {
  TellFollows(meta, nodes_[*meta.node], event.leader);
}

void Story::TellFollows(const EventMeta& meta, Teller& node, NodeId leader) {
  if (!node.searching) return;
  node.searching = false;
  Say(meta, NodeName(*meta.node) + " finds " + NodeName(leader) + " leading term " +
                std::to_string(node.term.value()) + " and follows it");
}

// The first attempt of a row is told; the others are counted.
void Story::TellCampaign(const EventMeta& meta, Teller& node, RoleCause cause) {
  node.searching = true;
  if (cause == RoleCause::kPreVoteWon) return;
  if (cause == RoleCause::kTransfer) {
    return Say(meta, NodeName(*meta.node) + " is bidden to lead and asks for votes");
  }
  if (++node.campaigns > 1) {
    if (node.campaigns == 4) {
      Say(meta, NodeName(*meta.node) + " asks for votes again and again, in vain");
    }
    return;
  }
  Say(meta, NodeName(*meta.node) + " has heard no leader for " + Ago(meta.time, node.heard_at) +
                " and asks for votes");
}

void Story::On(const EventMeta& meta, const drydock::trace::TransferStarted& event) {
  const char* why = event.cause == TransferCause::kPriority      ? ", which is preferred"
                    : event.cause == TransferCause::kDiskStalled ? ": its disk completes no write"
                                                                 : "";
  Say(meta, NodeName(*meta.node) + " begins to hand leadership to " + NodeName(event.target) + why);
}

void Story::On(const EventMeta& meta, const drydock::trace::TransferEnded& event) {
  const std::string who = NodeName(*meta.node);
  const std::string target = NodeName(event.target);
  if (event.outcome == TransferOutcome::kDone) {
    Say(meta, who + " has handed leadership to " + target);
  } else if (event.outcome == TransferOutcome::kFailed) {
    Say(meta, who + " serves on: " + target + " did not take over");
  } else if (event.outcome == TransferOutcome::kOvertaken && event.leader.has_value()) {
    Say(meta, who + " wanted " + target + " to lead, and " + NodeName(*event.leader) + " does");
  } else {
    Say(meta, who + " no longer leads, and cannot tell whether " + target + " does");
  }
}

void Story::On(const EventMeta& meta, const drydock::trace::TermAndVote& event) {
  nodes_[*meta.node].term = event.term;
}

void Story::On(const EventMeta& meta, const trace::Delivered& event) {
  const MessageBody& body = event.message->body;
  if (std::holds_alternative<Heartbeat>(body) || std::holds_alternative<AppendRequest>(body)) {
    nodes_[*meta.node].heard_at = meta.time;
  }
}

// --- Logs and disks -----------------------------------------------------------------------------

void Story::On(const EventMeta& meta, const drydock::trace::Truncated& event) {
  Say(meta, NodeName(*meta.node) + " drops its entries after " +
                std::to_string(event.last.value()) +
                ": they are not its leader's, and were "
                "never committed");
}

void Story::On(const EventMeta& meta, const drydock::trace::ConfigurationInForce& event) {
  if (!event.configuration.founded()) return;
  Teller& node = nodes_[*meta.node];
  const bool goes_back = event.index < std::exchange(node.configuration, event.index);
  const std::string members = RolesIn(event.configuration);
  if (!std::exchange(founded_, true)) {
    members_ = members;
    Say(meta, "the cluster is founded: " + NodeName(*meta.node) + " takes client calls");
  } else if (goes_back) {
    Say(meta, NodeName(*meta.node) + " goes back to the members before: " + members);
  } else if (node.role == Role::kLeader && members_ != members) {
    members_ = members;
    Say(meta, NodeName(*meta.node) + " appends new members: " + members);
  }
}

// Once for each pair.
void Story::On(const EventMeta& meta, const drydock::trace::Refused& event) {
  if (event.reason != RefusalReason::kWrongStore) return;
  if (!strangers_.emplace(*meta.node, event.peer).second) return;
  Say(meta, NodeName(*meta.node) + " refuses " + NodeName(event.peer) +
                ": the cluster knows it by another store");
}

void Story::On(const EventMeta& meta, const drydock::trace::ReadsGivenUp& event) {
  Say(meta, NodeName(*meta.node) + " refuses the reads that wait: " + NodeName(event.leader) +
                " does not say how far it must have applied");
}

void Story::On(const EventMeta& meta, const drydock::trace::Halted& event) {
  Say(meta, NodeName(*meta.node) + " STOPS ITSELF: " + event.reason);
}

void Story::On(const EventMeta& meta, const trace::Started& event) {
  nodes_[*meta.node] = Teller{.term = event.term, .heard_at = meta.time};
  if (event.incarnation == Incarnation(1) && meta.time > 0) {
    return Say(meta, NodeName(*meta.node) + " starts with an empty disk, and waits");
  }
  if (event.incarnation == Incarnation(1)) {
    if (*meta.node == NodeId(0)) Say(meta, "all nodes start, with empty disks");
    return;
  }
  std::string text = NodeName(*meta.node) + " is back: term " + std::to_string(event.term.value()) +
                     ", " + std::to_string(event.last.value()) + " entries";
  if (!event.torn.empty()) text += "; cut off what the crash left half written in " + event.torn;
  Say(meta, text);
}

void Story::On(const EventMeta& meta, const trace::RefusedToStart& event) {
  Say(meta, NodeName(*meta.node) + " STAYS OUT: " + event.error);
}

void Story::On(const EventMeta& meta, const trace::Crashed& event) {
  const Teller& node = nodes_[*meta.node];
  const char* roles[] = {"a follower", "a pre-candidate", "a candidate", "the leader"};
  std::string text = NodeName(*meta.node) + ", " + roles[static_cast<std::size_t>(node.role)] +
                     " in term " + std::to_string(node.term.value()) + ", is down";
  if (event.lost_lies > 0) text += "; lost is what a sync had falsely called durable";
  Say(meta, text);
}

void Story::On(const EventMeta& meta, const trace::Fault& event) {
  Say(meta, "-- " + event.what);
}

void Story::On(const EventMeta& meta, const trace::Refounded& event) {
  Say(meta, "-- what is on the disk of " + NodeName(*meta.node) + ", entries up to " +
                std::to_string(event.last.value()) +
                ", becomes the store of a cluster of it alone");
}

// --- Scripted calls -----------------------------------------------------------------------------

void Story::On(const EventMeta& meta, const trace::Called& event) {
  if (event.client < scripted_client_) return;
  if (std::holds_alternative<RegisterOp>(event.request->op)) return;
  const bool is_read = std::holds_alternative<GetOp>(event.request->op);
  const bool numbered = event.client > scripted_client_;
  const std::string who = numbered ? "client c" + std::to_string(event.client) + ", request " +
                                         std::to_string(event.request->sequence) + ": "
                                   : "client: ";
  ToldCall call{.text = who + TextOf(event.request->op), .is_read = is_read, .since = meta.time};
  if (const auto* get = std::get_if<GetOp>(&event.request->op)) {
    call.is_stale = get->mode == ReadMode::kStale;
    call.tells_node = get->mode != ReadMode::kLinearizable || get->any_node;
  }
  calls_[event.operation] = std::move(call);
}

void Story::On(const EventMeta&, const trace::Attempted& event) {
  const auto call = calls_.find(event.operation);
  if (call != calls_.end()) call->second.target = event.target;
}

void Story::On(const EventMeta& meta, const trace::Answered& event) {
  const auto call = calls_.find(event.operation);
  if (call == calls_.end()) return;
  std::string result =
      event.given_up.empty() ? TextOf(*event.answer, call->second.is_read) : event.given_up;
  if (call->second.is_stale && event.given_up.empty()) {
    result += " as of entry " + std::to_string(event.answer->index.value());
  }
  if (call->second.tells_node && event.given_up.empty()) {
    result += ", says " + NodeName(call->second.target);
  }
  Say(meta,
      call->second.text + " -> " + result + " (after " + Ago(meta.time, call->second.since) + ")");
  calls_.erase(call);
}

}  // namespace drydock::sim
