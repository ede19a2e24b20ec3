#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "core/text/words.h"
#include "sim/scenario/reading.h"

namespace drydock::sim {
namespace {

constexpr std::size_t kMaxEvents = 100000;

// All words of "do", with their full sets of keys; made once, never changed.
class EventTable {
 public:
  EventTable() : kinds_(FaultEvents()) {
    for (EventKind& kind : CallEvents()) kinds_.push_back(std::move(kind));
    for (EventKind& kind : MemberEvents()) kinds_.push_back(std::move(kind));
    kinds_.push_back({"note", {}, [](const Fields& fields, Reading&) -> Action {
                        fields.Need("note");
                        return Note{};
                      }});
    for (EventKind& kind : kinds_) {
      kind.keys.insert(kind.keys.begin(), {"at", "do", "note"});
      names_.push_back(kind.name);
    }
  }
  const std::vector<EventKind>& kinds() const { return kinds_; }
  const std::vector<std::string_view>& names() const { return names_; }

 private:
  std::vector<EventKind> kinds_;
  std::vector<std::string_view> names_;
};

const EventTable& Table() {
  static const EventTable table;
  return table;
}

// Which word of "do" an event has; null after a mistake.
const EventKind* ReadKind(const JsonValue& value, Mistakes& mistakes) {
  if (!IsObject(value, "an event", mistakes)) return nullptr;
  const JsonMember* word = value.Find("do");
  if (word == nullptr) {
    mistakes.Add(value, "an event needs \"do\" (" + Join(Table().names()) + ")");
    return nullptr;
  }
  const std::size_t index = ReadWord(word->value, "event", Table().names(), mistakes);
  return mistakes.any() ? nullptr : &Table().kinds()[index];
}

void ReadTimes(const Fields& fields, const Reading& reading, const std::vector<Event>& before,
               Event& event) {
  const JsonValue* at = fields.Need("at");
  if (at == nullptr) return;
  event.at = ReadTime(*at, Duration(), reading.mistakes);
  if (event.at > reading.until) {
    reading.mistakes.Add(*at, "this event (" + Quote(at->text) + ") is after \"until\" (" +
                                  FormatDuration(reading.until) + ")");
  }
  if (!before.empty() && event.at < before.back().at) {
    reading.mistakes.Add(*at, "events go forward in time, but " + Quote(at->text) +
                                  " is before the event above it, /events/" +
                                  std::to_string(before.size() - 1) + " at " +
                                  Quote(FormatDuration(before.back().at)));
  }
}

}  // namespace

std::vector<Event> ReadEvents(const JsonValue& value, Reading& reading) {
  std::vector<Event> events;
  for (const JsonValue& item :
       ReadItems(value, "an array of events", 0, kMaxEvents, reading.mistakes)) {
    const EventKind* kind = ReadKind(item, reading.mistakes);
    if (kind == nullptr) break;
    const std::string article = kind->name.starts_with('a') ? "an " : "a ";
    const std::string what = article + std::string(kind->name) + " event";
    const Fields fields(item, what, kind->keys, reading.mistakes);
    Event event;
    ReadTimes(fields, reading, events, event);
    event.note = fields.Text("note");
    event.action = kind->read(fields, reading);
    if (reading.mistakes.any()) break;
    events.push_back(std::move(event));
  }
  return events;
}

void AddEventKeys(std::vector<AcceptedKeys>& all) {
  for (const EventKind& kind : Table().kinds()) {
    all.push_back({"event " + std::string(kind.name), kind.keys});
  }
}

}  // namespace drydock::sim
