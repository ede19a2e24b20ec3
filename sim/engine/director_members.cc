// The changes of members that a scenario asks for, and what it expects of them.
#include "core/text/names.h"
#include "sim/engine/director.h"

namespace drydock::sim {
namespace {

constexpr Duration kPatience = Duration::Seconds(5);

std::string TextOf(const ChangeAnswer& answer) {
  if (answer.outcome == ChangeOutcome::kDone) return "done";
  return std::string(NameOf(answer.outcome)) +
         (answer.reason.empty() ? "" : " (" + answer.reason + ")");
}

}  // namespace

void Director::Do(const ChangeMembers& event) {
  MembershipChange change;
  (event.as_learner ? change.add_learners : change.add) = targets_.Resolve(event.add);
  change.promote = targets_.Resolve(event.promote);
  change.demote = targets_.Resolve(event.demote);
  change.remove = targets_.Resolve(event.remove);
  const std::size_t place = changes_.size();
  changes_.push_back({&event, drydock::Describe(change), now_, false});
  std::optional<NodeId> via;
  if (event.via.has_value()) {
    const std::vector<NodeId> nodes = targets_.Resolve({*event.via});
    if (nodes.empty()) return JudgeChange(place, {.reason = "nobody to ask", .leader = {}});
    via = nodes.front();
  }
  Tell(Deed::kMembers, "somebody asks " + (via ? NamesOf({*via}) : std::string("the leader")) +
                           " to " + changes_[place].text);
  cluster_.ChangeMembers(change, via, event.within.value_or(kPatience),
                         [this, place](const ChangeAnswer& a) { JudgeChange(place, a); });
}

void Director::JudgeChange(std::size_t place, const ChangeAnswer& answer) {
  PlayedChange& played = changes_[place];
  played.answered = true;
  const Duration taken = Duration::Nanoseconds(cluster_.Time() - played.at);
  Tell(Deed::kMembers,
       "to " + played.text + ": " + TextOf(answer) + ", after " + drydock::sim::TextOf(taken));
  if (!played.event->expect.has_value()) return;
  ExpectationResult result{.text = "at " + drydock::sim::TextOf(Duration::Nanoseconds(played.at)) +
                                   ", to " + played.text + " is answered " +
                                   std::string(NameOf(*played.event->expect)),
                           .held = answer.outcome == *played.event->expect,
                           .decided = true,
                           .decided_at = cluster_.Time(),
                           .why = TextOf(answer),
                           .because = ""};
  expectations_.AddResult(std::move(result));
}

void Director::FinishChanges() {
  for (std::size_t place = 0; place < changes_.size(); ++place) {
    if (changes_[place].answered) continue;
    JudgeChange(place, {.reason = "the run ended", .leader = std::nullopt});
  }
}

void Director::Do(const Wipe& wipe) {
  for (const NodeId node : targets_.Resolve(wipe.node)) {
    if (!cluster_.StatusOf(node).runs()) {
      cluster_.Wipe(node);
    } else {
      Tell(Deed::kWipe, "the disk of " + NamesOf({node}) + " cannot be wiped while it runs",
           {node});
    }
  }
}

void Director::Do(const RefoundNode& refound) {
  for (const NodeId node : targets_.Resolve({refound.node})) {
    drydock::Status done = Error{"it runs"};
    if (!cluster_.StatusOf(node).runs()) done = cluster_.Refound(node);
    if (done.ok()) continue;
    Tell(Deed::kNote, "the store of " + NamesOf({node}) +
                          " does not become a cluster of its own: " + done.error().text);
  }
}

}  // namespace drydock::sim
