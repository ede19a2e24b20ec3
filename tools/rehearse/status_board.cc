#include "tools/rehearse/status_board.h"

#include <algorithm>

namespace drydock::tools {

StatusBoard::StatusBoard(NodeClient& client, Options options)
    : client_(client),
      options_(std::move(options)),
      views_(options_.nodes),
      asked_(options_.nodes) {}

void StatusBoard::Ask(NodeId node) {
  asked_[node.value()].asked = true;
}

void StatusBoard::Leave(NodeId node) {
  Asked& asked = asked_[node.value()];
  asked.asked = false;
  asked.open = 0;
  asked.answered = false;
  FinishIfAllAnswered();
}

void StatusBoard::Forget(NodeId node) {
  views_[node.value()] = NodeView();
  Leave(node);
}

void StatusBoard::Tick(std::int64_t now) {
  if (!under_way_ && now >= next_) Begin(now);
}

void StatusBoard::Begin(std::int64_t now) {
  ++round_;
  under_way_ = true;
  began_ = now;
  next_ = now + options_.interval.nanoseconds();
  for (std::uint32_t i = 0; i < asked_.size(); ++i) {
    Asked& asked = asked_[i];
    asked.open = 0;
    asked.answered = false;
    asked.draft = views_[i];
    if (!asked.asked) continue;
    const auto first = options_.keys.empty() ? std::nullopt : std::optional(options_.keys.front());
    AskFor(NodeId(i), first);
  }
  FinishIfAllAnswered();
}

void StatusBoard::AskFor(NodeId node, const std::optional<std::string>& key) {
  ++asked_[node.value()].open;
  client_.GetStatus(node, key, options_.patience,
                    [this, node, key, round = round_](std::optional<NodeReport> report) {
                      const bool in_time = round == round_ && asked_[node.value()].open > 0;
                      if (in_time) Take(node, key, std::move(report));
                    });
}

void StatusBoard::Take(NodeId node, const std::optional<std::string>& key,
                       std::optional<NodeReport> report) {
  Asked& asked = asked_[node.value()];
  --asked.open;
  if (report.has_value()) {
    const bool first = !asked.answered;
    asked.answered = true;
    if (key.has_value()) asked.draft.values[*key] = std::exchange(report->value, std::nullopt);
    asked.draft.report = std::move(*report);
    // Other values can only have changed with what is applied.
    const NodeView& shown = views_[node.value()];
    const bool moved = !shown.known || asked.draft.report.applied != shown.report.applied;
    for (std::size_t i = 1; first && moved && i < options_.keys.size(); ++i) {
      AskFor(node, options_.keys[i]);
    }
  }
  FinishIfAllAnswered();
}

StatusBoard::Leaders StatusBoard::LeadersOfDrafts() const {
  Leaders leaders;
  for (std::uint32_t i = 0; i < asked_.size(); ++i) {
    const NodeReport& report = asked_[i].answered ? asked_[i].draft.report : views_[i].report;
    const bool known = asked_[i].answered || views_[i].known;
    if (known && report.role == Role::kLeader) leaders.emplace_back(i, report.term);
  }
  return leaders;
}

void StatusBoard::FinishIfAllAnswered() {
  const auto is_open = [](const Asked& asked) { return asked.open > 0; };
  if (!under_way_ || std::any_of(asked_.begin(), asked_.end(), is_open)) return;
  under_way_ = false;
  Leaders leaders = LeadersOfDrafts();
  if (leaders.size() > 1 && leaders != unconfirmed_) {
    unconfirmed_ = std::move(leaders);
    next_ = began_;  // at once
    return;
  }
  unconfirmed_ = std::move(leaders);
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    if (!asked_[i].answered) continue;
    views_[i] = std::move(asked_[i].draft);
    views_[i].known = true;
  }
  picture_time_ = began_;
  options_.on_picture();
}

}  // namespace drydock::tools
