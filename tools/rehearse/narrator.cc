#include "tools/rehearse/narrator.h"

#include <cstdio>
#include <utility>

#include "sim/engine/expectations.h"
#include "sim/words.h"

namespace drydock::tools {

void Narrator::Say(std::int64_t time, std::string text) {
  if (aloud_) {
    std::printf("%8lld.%03lld ms  %s\n", static_cast<long long>(time / 1000000),
                static_cast<long long>(time / 1000 % 1000), text.c_str());
    std::fflush(stdout);
  }
  lines_.push_back({.time = time, .text = std::move(text)});
}

void Narrator::OnSimEvent(const sim::EventMeta& meta, const sim::SimEvent& event) {
  if (const auto* fault = std::get_if<sim::trace::Fault>(&event)) {
    Say(meta.time, "-- " + fault->what);
  } else if (const auto* called = std::get_if<sim::trace::Called>(&event)) {
    Take(meta.time, *called);
  } else if (const auto* answered = std::get_if<sim::trace::Answered>(&event)) {
    Take(meta.time, *answered);
  }
}

void Narrator::Take(std::int64_t time, const sim::trace::Called& event) {
  if (event.client != scripted_client_ || !calls_told_) return;
  if (std::holds_alternative<RegisterOp>(event.request->op)) return;
  const bool is_read = std::holds_alternative<GetOp>(event.request->op);
  calls_[event.operation] = {sim::TextOf(event.request->op), is_read, time};
}

void Narrator::Take(std::int64_t time, const sim::trace::Answered& event) {
  const auto call = calls_.find(event.operation);
  if (call == calls_.end()) return;
  const std::string result =
      event.given_up.empty() ? sim::TextOf(*event.answer, call->second.is_read) : event.given_up;
  Say(time, "client: " + call->second.text + " -> " + result + " (after " +
                sim::TextOf(Duration::Microseconds((time - call->second.since) / 1000)) + ")");
  calls_.erase(call);
}

}  // namespace drydock::tools
