// Small phrases that the sentences of a trace are made of.
#pragma once

#include <string>

#include "core/protocol/client.h"
#include "core/protocol/entry.h"
#include "core/protocol/message.h"

namespace drydock::sim {

// "term 4"
std::string TermText(Term term);
// "the put of x = "1"", "the get of x", "the registration of a session"
std::string OperationText(const ClientRequest& request);
// "an empty entry", "the put of x = "1"", "a piece of a large command (4096 bytes)", ...
std::string EntryText(const Entry& entry);
// What is asked or answered: "the append of entries 5..9", "a heartbeat", "the vote for term 4".
// Says nothing of who sends it to whom.
std::string MessageText(const Message& message);
// "done", "nothing is there", "refused: n2 leads", ...
std::string AnswerText(const ClientAnswer& answer);

}  // namespace drydock::sim
