// What nodes and clients exchange, as members of a JSON object (docs/trace.md). Each function
// writes keys and values into the object that the writer has open.
#pragma once

#include <optional>
#include <string_view>

#include "core/protocol/client.h"
#include "core/protocol/configuration.h"
#include "core/protocol/entry.h"
#include "core/protocol/message.h"
#include "core/text/json_writer.h"

namespace drydock {

// "n3", or null.
void WriteNode(JsonWriter& out, std::string_view key, std::optional<NodeId> node);
// 16 hexadecimal digits in a string: all 64 bits matter, and many readers of JSON keep only 53.
void WriteStore(JsonWriter& out, std::string_view key, StoreId store);

// term and kind, and all that the entry holds: a command's session, sequence, first_unanswered and
// operation; the configuration; the bytes of a part, and of what cannot be decoded, as payload.
void WriteEntry(JsonWriter& out, const Entry& entry);
void WriteConfiguration(JsonWriter& out, const Configuration& configuration);
// from, to, type, term: what is enough to know a message again.
void WriteEnvelope(JsonWriter& out, const Message& message);
// All of it; but of an entry only index, term, kind and size: what index and term name stands in
// the trace already, where its sender appended it (Raft paper, section 5.3).
void WriteMessage(JsonWriter& out, const Message& message);
// session, sequence, first_unanswered, op and what it takes.
void WriteRequest(JsonWriter& out, const ClientRequest& request);
void WriteAnswer(JsonWriter& out, const ClientAnswer& answer);

}  // namespace drydock
