// Events that change who is a member.
#include "core/text/names.h"
#include "core/text/words.h"
#include "sim/scenario/reading.h"

namespace drydock::sim {
namespace {

Action ReadChange(const Fields& fields, Reading& reading, ChangeMembers change) {
  if (const JsonValue* via = fields.Find("via")) change.via = ReadNode(*via, reading);
  if (const JsonValue* expect = fields.Find("expect")) {
    change.expect = static_cast<ChangeOutcome>(
        ReadWord(*expect, "answer to a change", kChangeOutcomeNames, reading.mistakes));
  }
  change.within = fields.PositiveTime("within");
  return change;
}

Action ReadAdd(const Fields& fields, Reading& reading) {
  return ReadChange(fields, reading,
                    {.add = NeedTargets(fields, "node", reading),
                     .as_learner = fields.Bool("as_learner", false)});
}

template <Targets ChangeMembers::*nodes>
Action ReadOne(const Fields& fields, Reading& reading) {
  ChangeMembers change;
  change.*nodes = NeedTargets(fields, "node", reading);
  return ReadChange(fields, reading, std::move(change));
}

Action ReadReplace(const Fields& fields, Reading& reading) {
  return ReadChange(fields, reading,
                    {.add = NeedTargets(fields, "with", reading),
                     .remove = NeedTargets(fields, "node", reading)});
}

Action ReadWipe(const Fields& fields, Reading& reading) {
  return Wipe{NeedTargets(fields, "node", reading)};
}

Action ReadRefound(const Fields& fields, Reading& reading) {
  RefoundNode refound;
  if (const JsonValue* node = fields.Need("node")) refound.node = ReadNode(*node, reading);
  return refound;
}

}  // namespace

std::vector<EventKind> MemberEvents() {
  return {{"add", {"node", "as_learner", "via", "expect", "within"}, ReadAdd},
          {"remove", {"node", "via", "expect", "within"}, ReadOne<&ChangeMembers::remove>},
          {"promote", {"node", "via", "expect", "within"}, ReadOne<&ChangeMembers::promote>},
          {"demote", {"node", "via", "expect", "within"}, ReadOne<&ChangeMembers::demote>},
          {"replace", {"node", "with", "via", "expect", "within"}, ReadReplace},
          {"wipe", {"node"}, ReadWipe},
          {"refound", {"node"}, ReadRefound}};
}

}  // namespace drydock::sim
