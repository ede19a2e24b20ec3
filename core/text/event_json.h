// The events of a node as members of a JSON object: the same in a simulation and on a real node
// (docs/trace.md).
#pragma once

#include "core/protocol/trace_event.h"
#include "core/text/json_writer.h"

namespace drydock {

// "event" with the event's name, then its fields, into the object that the writer has open.
void WriteEvent(JsonWriter& out, const TraceEvent& event);

}  // namespace drydock
