#include "sim/run/causal_chain.h"

#include <algorithm>

#include "core/base/time.h"
#include "sim/engine/expectations.h"
#include "sim/run/run.h"
#include "sim/trace/sentence.h"

namespace drydock::sim {
namespace {

class CauseRecorder final : public Observer {
 public:
  // Nothing after `last` can be a cause of it.
  explicit CauseRecorder(EventId last) : last_(last) {}

  void OnNodeEvent(const EventMeta& meta, const TraceEvent&) override { Record(meta); }
  void OnSimEvent(const EventMeta& meta, const SimEvent&) override { Record(meta); }

  // Newest first, back to an event without a cause.
  std::vector<EventId> ChainOf(EventId event) const {
    std::vector<EventId> chain;
    if (event > causes_.size()) return chain;
    for (EventId id = event; id != 0; id = causes_[id - 1]) chain.push_back(id);
    return chain;
  }

 private:
  void Record(const EventMeta& meta) {
    if (meta.id <= last_) causes_.push_back(meta.cause);
  }

  EventId last_;
  std::vector<EventId> causes_;  // of event i + 1
};

// Tells the events whose ids it was given, in ascending order.
class Teller final : public Observer {
 public:
  explicit Teller(std::vector<EventId> wanted) : wanted_(std::move(wanted)) {}

  void OnNodeEvent(const EventMeta& meta, const TraceEvent& event) override { Tell(meta, event); }
  void OnSimEvent(const EventMeta& meta, const SimEvent& event) override { Tell(meta, event); }

  std::vector<std::string> TakeSentences() { return std::move(sentences_); }

 private:
  template <class Event>
  void Tell(const EventMeta& meta, const Event& event) {
    if (sentences_.size() == wanted_.size() || wanted_[sentences_.size()] != meta.id) return;
    sentences_.push_back(TextOf(Duration::Nanoseconds(meta.time)) + "  " + SentenceOf(meta, event));
  }

  std::vector<EventId> wanted_;
  std::vector<std::string> sentences_;
};

void RunWith(const Scenario& scenario, std::uint64_t seed, Observer& observer) {
  // The search for an order of the history adds no events.
  Run(scenario, {.seed = seed, .observers = {&observer}, .search_up_to = 0});
}

}  // namespace

std::vector<std::string> CausalChain(const Scenario& scenario, std::uint64_t seed, EventId event,
                                     std::size_t limit) {
  CauseRecorder recorder(event);
  RunWith(scenario, seed, recorder);
  std::vector<EventId> chain = recorder.ChainOf(event);
  if (chain.empty() || limit == 0) return {};
  std::size_t left_out = 0;
  if (chain.size() > limit) {
    const EventId root = chain.back();
    left_out = chain.size() - limit;
    chain.resize(limit);
    chain.back() = root;
    if (limit == 1) chain.back() = event;  // the event itself matters most
  }
  std::reverse(chain.begin(), chain.end());
  Teller teller(std::move(chain));
  RunWith(scenario, seed, teller);
  std::vector<std::string> sentences = teller.TakeSentences();
  if (left_out > 0 && limit > 1) {
    sentences.insert(sentences.begin() + 1,
                     "... (" + std::to_string(left_out) + " events are left out)");
  }
  return sentences;
}

}  // namespace drydock::sim
