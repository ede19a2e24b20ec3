#include "sim/check/session_judge.h"

#include <algorithm>

#include "core/base/hasher.h"
#include "core/kv/command.h"

namespace drydock::sim {
namespace {

std::string Text(Index index) {
  return "entry " + std::to_string(index.value());
}
std::string Name(const ClientRequest& request) {
  return "request " + std::to_string(request.sequence) + " of session " +
         std::to_string(request.session.value());
}

// Of what is sorted by sequence: the first that has this one or a later one.
template <class Effects>
auto FirstFrom(Effects& effects, std::uint64_t sequence) {
  return std::find_if(effects.begin(), effects.end(),
                      [sequence](const auto& one) { return one.sequence >= sequence; });
}

std::uint64_t HashOf(const ClientAnswer& answer) {
  Hasher hasher;
  hasher.Add(static_cast<std::uint64_t>(answer.outcome));
  hasher.Add(answer.found ? 1 : 0);
  hasher.Add(answer.value.view());
  return hasher.Finish();
}

}  // namespace

// --- The log ------------------------------------------------------------------------------------

std::optional<Bytes> SessionJudge::CommandIn(const Entry& entry) {
  if (entry.kind == EntryKind::kPart) {
    parts_.push_back(entry.payload);
    return std::nullopt;
  }
  std::vector<Bytes> parts = std::exchange(parts_, {});
  if (entry.kind == EntryKind::kCommand) return entry.payload;
  if (entry.kind != EntryKind::kLastPart || parts.empty()) return std::nullopt;
  parts.push_back(entry.payload);
  return Joined(parts);
}

std::optional<std::string> SessionJudge::Apply(Index index, const Entry& entry, Outcome outcome,
                                               bool duplicate) {
  const std::optional<Bytes> command = CommandIn(entry);
  if (!command.has_value()) return std::nullopt;
  const std::optional<ClientRequest> request = DecodeCommand(*command);
  if (!request.has_value()) return std::nullopt;
  if (request->session != SessionId()) {
    return ApplyInSession(index, *request, outcome, duplicate);
  }
  if (const auto* open = std::get_if<RegisterOp>(&request->op)) Open(index, open->max_sessions);
  return std::nullopt;
}

// Past the bound, the sessions that were used longest ago go.
void SessionJudge::Open(Index index, std::uint64_t max_sessions) {
  sessions_[SessionId(index.value())].used = index;
  while (sessions_.size() > max_sessions) {
    sessions_.erase(std::min_element(
        sessions_.begin(), sessions_.end(),
        [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
  }
}

// A bad request changes nothing, whatever it is bad for.
std::optional<std::string> SessionJudge::ApplyInSession(Index index, const ClientRequest& request,
                                                        Outcome outcome, bool duplicate) {
  const auto what = [&] { return Text(index) + ", " + Name(request); };
  const auto found = sessions_.find(request.session);
  if ((found == sessions_.end()) != (outcome == Outcome::kSessionUnknown)) {
    return what() + (found == sessions_.end() ? ", is applied: by the log the session is gone"
                                              : ", is refused: by the log the session is open");
  }
  if (outcome == Outcome::kSessionUnknown || outcome == Outcome::kBadRequest) return std::nullopt;
  Session& session = found->second;
  session.used = index;
  session.first_unanswered = std::max(session.first_unanswered, request.first_unanswered);
  auto& effects = session.effects;
  effects.erase(effects.begin(), FirstFrom(effects, session.first_unanswered));
  if (request.sequence < session.first_unanswered) {
    return what() + ", is applied: the client has said that it has that answer";
  }
  const auto effect = FirstFrom(effects, request.sequence);
  if (effect == effects.end() || effect->sequence != request.sequence) {
    effects.insert(effect, {request.sequence, index, outcome});
    if (!duplicate) return std::nullopt;
    return what() + ", is taken for a retry: it was never applied";
  }
  const std::string first = Text(effect->index);
  if (!duplicate) return what() + ", is applied again: " + first + " did it";
  if (outcome == effect->outcome) return std::nullopt;
  return what() + ", comes to something else than at " + first;
}

// --- The clients --------------------------------------------------------------------------------

void SessionJudge::Called(std::uint32_t client, std::uint64_t operation,
                          const ClientRequest& request) {
  if (request.sequence == 0) return;
  if (client >= clients_.size()) clients_.resize(client + 1);
  clients_[client].open.emplace_back(operation, request.sequence);
}

std::optional<std::string> SessionJudge::Answered(std::uint32_t number, std::uint64_t operation,
                                                  const ClientAnswer& answer, bool decided) {
  if (number >= clients_.size()) return std::nullopt;
  auto& [open, told] = clients_[number];
  const auto call = std::find_if(open.begin(), open.end(),
                                 [operation](const auto& one) { return one.first == operation; });
  if (call == open.end()) return std::nullopt;
  const std::uint64_t sequence = call->second;
  *call = open.back();
  open.pop_back();
  if (!decided) return std::nullopt;
  const Told now{sequence, HashOf(answer)};
  Told& before = told[sequence % told.size()];
  if (before.sequence == sequence && before != now) {
    return "client " + std::to_string(number) + "'s request " + std::to_string(sequence) +
           " is answered otherwise than before";
  }
  before = now;
  return std::nullopt;
}

}  // namespace drydock::sim
