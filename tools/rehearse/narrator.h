// Tells the story of a rehearsal while it goes on, in the manner of `raftsim run`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/report/story.h"
#include "sim/trace/sim_event.h"

namespace drydock::tools {

class Narrator final : public sim::Observer {
 public:
  // `scripted_client` is the one whose calls are part of the story. Aloud: lines go to the standard
  // output as they come.
  Narrator(std::uint32_t scripted_client, bool aloud)
      : scripted_client_(scripted_client), aloud_(aloud) {}

  void Say(std::int64_t time, std::string text);
  // No more calls are told.
  void EndCalls() { calls_told_ = false; }
  const std::vector<sim::StoryLine>& lines() const { return lines_; }

  void OnNodeEvent(const sim::EventMeta&, const TraceEvent&) override {}
  void OnSimEvent(const sim::EventMeta& meta, const sim::SimEvent& event) override;

 private:
  struct ToldCall {
    std::string text;
    bool is_read = false;
    std::int64_t since = 0;
  };
  void Take(std::int64_t time, const sim::trace::Called& event);
  void Take(std::int64_t time, const sim::trace::Answered& event);

  std::uint32_t scripted_client_;
  bool aloud_;
  bool calls_told_ = true;
  std::map<std::uint64_t, ToldCall> calls_;  // by operation
  std::vector<sim::StoryLine> lines_;
};

}  // namespace drydock::tools
