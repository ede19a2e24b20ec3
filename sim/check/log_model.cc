#include "sim/check/log_model.h"

#include <algorithm>
#include <utility>

#include "core/kv/command.h"
#include "core/kv/session.h"

namespace drydock::sim {

std::optional<Bytes> LogModel::Get(const Bytes& key) const {
  const auto found = map_.find(key.view());
  return found == map_.end() ? std::nullopt : std::optional<Bytes>(found->second);
}

// A large command stands in parts that follow each other; anything in between makes them void.
std::optional<Bytes> LogModel::CommandIn(const Entry& entry) {
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

LogModel::Step LogModel::Apply(std::uint64_t index, const Entry& entry) {
  Step step{.request = {}, .found = std::nullopt, .effective = index};
  const std::optional<Bytes> command = CommandIn(entry);
  const bool is_last = entry.kind == EntryKind::kCommand || entry.kind == EntryKind::kLastPart;
  const auto request = command.has_value() ? DecodeCommand(*command) : std::nullopt;
  if (!request.has_value()) {
    if (is_last) step.outcome = Outcome::kBadRequest;
    return step;
  }
  step.is_command = true;
  step.request = *request;
  if (const auto* open = std::get_if<RegisterOp>(&request->op)) {
    Open(index, open->max_sessions);
  } else if (request->session != SessionId(0)) {
    ApplyInSession(index, step);
  } else {
    const Done done = Execute(index, *request);
    step.outcome = done.outcome;
    step.found = done.found;
  }
  return step;
}

// Past the bound, the sessions that were used longest ago go.
void LogModel::Open(std::uint64_t index, std::uint64_t max_sessions) {
  sessions_[index] = Session{.used = index, .first_unanswered = 0, .done = {}};
  while (sessions_.size() > max_sessions) {
    sessions_.erase(std::min_element(sessions_.begin(), sessions_.end(), [](auto& a, auto& b) {
      return a.second.used < b.second.used;
    }));
  }
}

void LogModel::ApplyInSession(std::uint64_t index, Step& step) {
  const ClientRequest& request = step.request;
  const auto found = sessions_.find(request.session.value());
  if (found == sessions_.end()) {
    step.outcome = Outcome::kSessionUnknown;
    return;
  }
  Session& session = found->second;
  if (request.sequence <
      std::max<std::uint64_t>({1, session.first_unanswered, request.first_unanswered})) {
    step.outcome = Outcome::kBadRequest;
    return;
  }
  session.used = index;
  session.first_unanswered = std::max(session.first_unanswered, request.first_unanswered);
  session.done.erase(session.done.begin(), session.done.lower_bound(session.first_unanswered));
  const auto known = session.done.find(request.sequence);
  step.duplicate = known != session.done.end();
  const Done done = step.duplicate ? known->second : Execute(index, request);
  session.done.emplace(request.sequence, done);
  KeepWithinBounds(session);
  step.outcome = done.outcome;
  step.found = done.found;
  step.effective = done.index;
}

// A client that never says what it has costs a bounded amount.
void LogModel::KeepWithinBounds(Session& session) {
  std::size_t bytes = 0;
  for (const auto& [sequence, done] : session.done) bytes += done.found ? done.found->size() : 0;
  while (session.done.size() > Sessions::kMaxAnswers ||
         (bytes > Sessions::kMaxAnswerBytes && session.done.size() > 1)) {
    const auto oldest = session.done.begin();
    bytes -= oldest->second.found ? oldest->second.found->size() : 0;
    session.first_unanswered = oldest->first + 1;
    session.done.erase(oldest);
  }
}

LogModel::Done LogModel::Execute(std::uint64_t index, const ClientRequest& request) {
  Done done{.outcome = Outcome::kOk, .found = std::nullopt, .index = index};
  if (const auto* put = std::get_if<PutOp>(&request.op)) {
    map_[std::string(put->key.view())] = put->value;
  } else if (const auto* del = std::get_if<DeleteOp>(&request.op)) {
    map_.erase(std::string(del->key.view()));
  } else if (const auto* cas = std::get_if<CompareAndSetOp>(&request.op)) {
    const std::optional<Bytes> now = Get(cas->key);
    if (now == cas->expected) {
      map_[std::string(cas->key.view())] = cas->value;
    } else {
      done.outcome = Outcome::kCompareFailed;
      done.found = now;
    }
  }
  return done;
}

}  // namespace drydock::sim
