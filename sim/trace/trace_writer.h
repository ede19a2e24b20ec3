// Writes a run as JSON Lines: a header, then one event a line (docs/trace.md).
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "core/text/json_writer.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/sim_event.h"

namespace drydock::sim {

// "event" with the event's name, then its fields, into the object that the writer has open.
void WriteEvent(JsonWriter& out, const SimEvent& event);

// The line of one event, without its line break.
std::string LineOf(const EventMeta& meta, const TraceEvent& event);
std::string LineOf(const EventMeta& meta, const SimEvent& event);

// The same scenario and seed give the same bytes. Lines gather in memory; what has gathered is
// written by Flush, and when the writer goes.
// With kYes each line also has "says": its event as a sentence (sentence.h).
enum class Sentences : bool { kNo, kYes };
class TraceWriter final : public Observer {
 public:
  // Writes the header. `out` must outlive the writer.
  TraceWriter(std::ostream& out, const Scenario& scenario, std::uint64_t seed,
              Sentences sentences = Sentences::kNo);
  ~TraceWriter() override;
  TraceWriter(const TraceWriter&) = delete;
  TraceWriter& operator=(const TraceWriter&) = delete;

  void OnNodeEvent(const EventMeta& meta, const TraceEvent& event) override;
  void OnSimEvent(const EventMeta& meta, const SimEvent& event) override;

  // The last line: what became of it all. Nothing may follow.
  void End(const std::string& line) { buffer_ += line + "\n"; }
  // False if `out` did not take everything so far (a full disk, say).
  bool Flush();

 private:
  void FlushIfFull();

  std::ostream& out_;
  Sentences sentences_;
  std::string buffer_;
};

}  // namespace drydock::sim
