#include <array>

#include "core/text/units.h"
#include "sim/scenario/names.h"
#include "sim/scenario/writing.h"

namespace drydock::sim {
namespace {

constexpr int kRatePlaces = 6;

template <class Enum, std::size_t size>
std::string_view Spell(const std::array<std::string_view, size>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

// Adds "do" and what belongs to it.
class ActionWriter {
 public:
  explicit ActionWriter(ObjectWriter& out) : out_(out) {}

  void operator()(const Crash& crash) {
    Hit("crash", crash.node).OptionalText("as", crash.as);
    if (crash.lose != Crash::Lose::kUnsynced) out_.Text("lose", Spell(kLoseNames, crash.lose));
    out_.OptionalTime("for", crash.length);
  }
  void operator()(const Restart& restart) { Hit("restart", restart.node); }
  void operator()(const SuspendNode& suspend) {
    Hit("suspend", suspend.node).OptionalText("as", suspend.as).OptionalTime("for", suspend.length);
  }
  void operator()(const ResumeNode& resume) { Hit("resume", resume.node); }
  void operator()(const Pause& pause) {
    Hit("pause", pause.node).OptionalText("as", pause.as).OptionalTime("for", pause.length);
  }
  void operator()(const Unpause& unpause) { Hit("unpause", unpause.node); }
  void operator()(const Partition& partition);
  void operator()(const Heal&) { Hit("heal", {}); }
  void operator()(const SetNetwork& set) {
    Hit("set_network", {})
        .Add("network", WriteNetwork(set.network))
        .OptionalTime("for", set.length);
  }
  void operator()(const Filter& filter);
  void operator()(const SetClock& clock);
  void operator()(const DiskFault& fault);
  void operator()(const Corrupt& corrupt) {
    Hit("corrupt", corrupt.node).OptionalText("file", corrupt.file);
    out_.OptionalCount("offset", corrupt.offset);
    if (corrupt.bit != 0) out_.Count("bit", corrupt.bit);
    if (corrupt.settled) out_.Bool("settled", true);
  }
  void operator()(const ScriptedCall& call);
  void operator()(const TransferLeader& transfer);
  void operator()(const Note&) { Hit("note", {}); }
  void operator()(const ChangeMembers& change);
  void operator()(const Wipe& wipe) { Hit("wipe", wipe.node); }
  void operator()(const RefoundNode& refound) { Hit("refound", {refound.node}); }
  void operator()(const SnapshotNode& snapshot) { Hit("snapshot", snapshot.node); }

 private:
  ObjectWriter& Hit(std::string_view name, const Targets& node) {
    return out_.Text("do", name).OptionalTargets("node", node);
  }
  ObjectWriter& out_;
};

void ActionWriter::operator()(const Partition& partition) {
  std::vector<std::string> groups;
  for (const Targets& group : partition.groups) groups.push_back(WriteTargets(group));
  Hit("partition", {}).Add("groups", WriteArray(groups));
  if (partition.one_way) out_.Bool("one_way", true);
  out_.OptionalTime("for", partition.length).OptionalTime("flap", partition.flap);
}

void ActionWriter::operator()(const Filter& filter) {
  Hit("filter", {});
  std::vector<std::string> types;
  for (const MessageType type : filter.types) {
    types.push_back(WriteText(Spell(kMessageTypeNames, type)));
  }
  if (!types.empty()) out_.Add("types", WriteArray(types));
  out_.OptionalTargets("from", filter.from).OptionalTargets("to", filter.to);
  if (filter.drop != kCertain) out_.OptionalProbability("drop", filter.drop);
  out_.OptionalTime("delay", filter.delay).OptionalCount("count", filter.count);
  out_.OptionalTime("for", filter.length);
}

void ActionWriter::operator()(const SetClock& clock) {
  Hit("set_clock", clock.node);
  if (clock.rate_ppm.has_value()) {
    out_.Add("rate", FormatScaled(static_cast<std::uint64_t>(*clock.rate_ppm), kRatePlaces));
  }
  out_.OptionalTime("jump", clock.jump).OptionalTime("for", clock.length);
}

void ActionWriter::operator()(const DiskFault& fault) {
  Hit("disk", fault.node);
  out_.OptionalProbability("sync_fails", fault.sync_fails);
  out_.OptionalProbability("sync_lies", fault.sync_lies);
  out_.OptionalProbability("read_flips", fault.read_flips);
  out_.OptionalProbability("torn", fault.torn);
  out_.OptionalProbability("name_vanishes", fault.name_vanishes);
  out_.OptionalTime("stall", fault.stall).OptionalCount("capacity", fault.capacity);
  out_.OptionalTime("for", fault.length);
}

void ActionWriter::operator()(const ScriptedCall& call) {
  using Kind = ScriptedCall::Kind;
  using Expect = ScriptedCall::Expect;
  constexpr std::array<std::string_view, 4> kKinds = {"put", "get", "delete", "cas"};
  Hit(Spell(kKinds, call.kind), {}).Text("key", call.key);
  if (call.mode != ReadMode::kLinearizable) out_.Text("mode", NameOf(call.mode));
  if (call.any_node) out_.Bool("any_node", true);
  if (call.kind == Kind::kCas) {
    out_.Add("expected", call.expected.has_value() ? WriteText(*call.expected) : "null");
  }
  if (call.kind == Kind::kPut || call.kind == Kind::kCas) {
    if (!call.value_bytes.has_value()) out_.Text("value", call.value);
    out_.OptionalCount("value_bytes", call.value_bytes);
  }
  if (!call.session.empty()) {
    out_.Text("session", call.session).Count("sequence", call.sequence);
  }
  if (call.via.has_value()) out_.OptionalTargets("via", {*call.via});
  if (call.expect == Expect::kValue) {
    out_.Add("expect", ObjectWriter().Text("value", call.expect_value).OneLine());
  } else if (call.expect != Expect::kAnything) {
    const auto first = static_cast<std::size_t>(Expect::kOk);
    out_.Text("expect", kAnswerNames[static_cast<std::size_t>(call.expect) - first]);
  }
  out_.OptionalTime("within", call.within);
}

void ActionWriter::operator()(const TransferLeader& transfer) {
  Hit("transfer_leader", {});
  if (transfer.to.has_value()) out_.OptionalTargets("to", {*transfer.to});
  if (transfer.via.has_value()) out_.OptionalTargets("via", {*transfer.via});
  if (transfer.expect.has_value()) out_.Text("expect", NameOf(*transfer.expect));
}

void ActionWriter::operator()(const ChangeMembers& change) {
  if (!change.add.empty() && !change.remove.empty()) {
    Hit("replace", change.remove).OptionalTargets("with", change.add);
  } else if (!change.add.empty()) {
    Hit("add", change.add);
  } else if (!change.remove.empty()) {
    Hit("remove", change.remove);
  } else if (!change.promote.empty()) {
    Hit("promote", change.promote);
  } else {
    Hit("demote", change.demote);
  }
  if (change.as_learner) out_.Bool("as_learner", true);
  if (change.via.has_value()) out_.OptionalTargets("via", {*change.via});
  if (change.expect.has_value()) out_.Text("expect", NameOf(*change.expect));
  out_.OptionalTime("within", change.within);
}

}  // namespace

std::string WriteEvent(const Event& event) {
  ObjectWriter out;
  out.Time("at", event.at);
  std::visit(ActionWriter(out), event.action);
  return out.OptionalText("note", event.note).OneLine();
}

std::string WriteExpectation(const Expectation& expectation) {
  using That = Expectation::That;
  ObjectWriter out;
  out.Text("that", Spell(kThatNames, expectation.that));
  out.OptionalTargets("node", expectation.node).OptionalTargets("not", expectation.not_node);
  out.OptionalTargets("among", expectation.among);
  out.OptionalTargets("voters", expectation.voters);
  out.OptionalTargets("learners", expectation.learners);
  std::vector<std::string> roles;
  for (const Role role : expectation.is) roles.push_back(WriteText(Spell(kRoleNames, role)));
  if (!roles.empty()) out.Add("is", WriteArray(roles));
  if (expectation.that == That::kValue) {
    out.Text("key", expectation.key);
    out.Add("value", expectation.value.has_value() ? WriteText(*expectation.value) : "null");
  }
  out.OptionalCount("at_least", expectation.at_least);
  out.OptionalCount("at_most", expectation.at_most);
  out.OptionalTime("within", expectation.within);
  out.OptionalTime("by", expectation.by).OptionalTime("at", expectation.at);
  if (expectation.during.has_value()) {
    out.Add("during", WriteArray({WriteTime(expectation.during->first),
                                  WriteTime(expectation.during->second)}));
  }
  return out.OptionalText("because", expectation.because).OneLine();
}

}  // namespace drydock::sim
