#include "net/codec/client_codec.h"

#include <utility>
#include <variant>

#include "core/base/overloaded.h"
#include "net/config/cluster_config.h"
#include "net/config/host_port.h"
#include "net/config/member_address.h"

namespace drydock::net {
namespace {

// Both enumerations list the outcomes in the same order; on the wire 0 is "not said".
v1::Outcome OnWire(Outcome outcome) {
  return static_cast<v1::Outcome>(static_cast<int>(outcome) + 1);
}
static_assert(static_cast<int>(Outcome::kOk) + 1 == v1::OUTCOME_OK);
static_assert(static_cast<int>(Outcome::kNotLeader) + 1 == v1::OUTCOME_NOT_LEADER);
static_assert(static_cast<int>(Outcome::kSessionUnknown) + 1 == v1::OUTCOME_SESSION_UNKNOWN);
static_assert(static_cast<int>(Outcome::kUnknown) + 1 == v1::OUTCOME_UNKNOWN);

// An outcome of a later version says nothing that can be relied on.
Outcome FromWire(v1::Outcome outcome) {
  const bool known = outcome >= v1::OUTCOME_OK && outcome <= v1::OUTCOME_UNKNOWN;
  return known ? static_cast<Outcome>(static_cast<int>(outcome) - 1) : Outcome::kUnknown;
}

// And so do these, all of them.
static_assert(static_cast<int>(ReadMode::kLinearizable) + 1 == v1::READ_MODE_LINEARIZABLE);
static_assert(static_cast<int>(ReadMode::kLease) + 1 == v1::READ_MODE_LEASE);
static_assert(v1::ReadMode_MAX == v1::READ_MODE_LEASE);

// One that is known; not said is linearizable.
ReadMode FromWire(v1::ReadMode mode) {
  if (mode == v1::READ_MODE_UNSPECIFIED) return ReadMode::kLinearizable;
  return static_cast<ReadMode>(static_cast<int>(mode) - 1);
}

std::optional<ClientOp> DecodeOp(v1::Operation& in) {
  switch (in.kind_case()) {
    case v1::Operation::kPut: {
      v1::PutOperation& put = *in.mutable_put();
      return PutOp{Bytes(put.key()), Bytes::Adopt(std::move(*put.mutable_value()))};
    }
    case v1::Operation::kGet:
      if (!v1::ReadMode_IsValid(in.get().mode())) return std::nullopt;
      return GetOp{Bytes(in.get().key()), FromWire(in.get().mode()), in.get().any_node()};
    case v1::Operation::kDelete:
      return DeleteOp{Bytes(in.delete_().key())};
    case v1::Operation::kCompareAndSet: {
      v1::CompareAndSetOperation& cas = *in.mutable_compare_and_set();
      std::optional<Bytes> expected;
      if (cas.has_expected()) expected = Bytes::Adopt(std::move(*cas.mutable_expected()));
      return CompareAndSetOp{Bytes(cas.key()), std::move(expected),
                             Bytes::Adopt(std::move(*cas.mutable_value()))};
    }
    case v1::Operation::kRegister:
      return RegisterOp{};
    case v1::Operation::KIND_NOT_SET:
      return std::nullopt;
  }
  return std::nullopt;
}

std::string Text(const Bytes& bytes) {
  return std::string(bytes.view());
}

// Both list the outcomes in the same order; on the wire 0 is "not said".
static_assert(static_cast<int>(ChangeOutcome::kDone) + 1 == v1::CHANGE_OUTCOME_DONE);
static_assert(static_cast<int>(ChangeOutcome::kBadRequest) + 1 == v1::CHANGE_OUTCOME_BAD_REQUEST);
static_assert(static_cast<int>(ChangeOutcome::kUnknown) + 1 == v1::CHANGE_OUTCOME_UNKNOWN);
static_assert(v1::ChangeOutcome_MAX == v1::CHANGE_OUTCOME_UNKNOWN);

Status TakeNode(std::uint32_t number, std::vector<NodeId>& into) {
  if (number > kMaxNodeId) return Error{"no node has the number " + std::to_string(number)};
  into.emplace_back(number);
  return Ok();
}

Status TakeNodes(const google::protobuf::RepeatedField<std::uint32_t>& numbers,
                 std::vector<NodeId>& into) {
  Status status = Ok();
  for (int i = 0; i < numbers.size() && status.ok(); ++i) status = TakeNode(numbers[i], into);
  return status;
}

Status CheckAddress(std::uint32_t node, const std::string& address) {
  const std::string what = "the address of n" + std::to_string(node) + ": ";
  const Result<MemberAddress> place = ParseMemberAddress(address);
  if (!place.ok()) return Error{what + place.error().text};
  if (!ParseHostPort(place.value().clients).value().IsWildcard()) return Ok();
  return Error{what +
               "it means every interface, and the other nodes could not know where to "
               "connect; name an address of its machine"};
}

Status TakeNew(const google::protobuf::RepeatedPtrField<v1::NewMember>& members,
               std::vector<NodeId>& into, MembershipChange& change) {
  for (const v1::NewMember& member : members) {
    Status status = TakeNode(member.node(), into);
    if (status.ok()) status = CheckAddress(member.node(), member.address());
    if (!status.ok()) return status;
    change.addresses[NodeId(member.node())] = member.address();
  }
  return Ok();
}

}  // namespace

v1::ReadMode OnWire(ReadMode mode) {
  return static_cast<v1::ReadMode>(static_cast<int>(mode) + 1);
}

std::optional<ClientRequest> Decode(v1::Operation in) {
  std::optional<ClientOp> op = DecodeOp(in);
  if (!op.has_value()) return std::nullopt;
  return ClientRequest{.session = SessionId(in.session()),
                       .sequence = in.sequence(),
                       .first_unanswered = in.first_unanswered(),
                       .op = std::move(*op)};
}

void Encode(const ClientRequest& request, v1::Operation& out) {
  out.Clear();
  out.set_session(request.session.value());
  out.set_sequence(request.sequence);
  out.set_first_unanswered(request.first_unanswered);
  std::visit(Overloaded{[&](const PutOp& op) {
                          out.mutable_put()->set_key(Text(op.key));
                          out.mutable_put()->set_value(Text(op.value));
                        },
                        [&](const GetOp& op) {
                          out.mutable_get()->set_key(Text(op.key));
                          if (op.mode != ReadMode::kLinearizable) {
                            out.mutable_get()->set_mode(OnWire(op.mode));
                          }
                          out.mutable_get()->set_any_node(op.any_node);
                        },
                        [&](const DeleteOp& op) { out.mutable_delete_()->set_key(Text(op.key)); },
                        [&](const CompareAndSetOp& op) {
                          v1::CompareAndSetOperation& cas = *out.mutable_compare_and_set();
                          cas.set_key(Text(op.key));
                          if (op.expected.has_value()) cas.set_expected(Text(*op.expected));
                          cas.set_value(Text(op.value));
                        },
                        [&](const RegisterOp&) { out.mutable_register_(); }},
             request.op);
}

ClientRequest Decode(setVal_request in) {
  return {.op = PutOp{Bytes(in.key()), Bytes::Adopt(std::move(*in.mutable_value()))}};
}

ClientRequest Decode(const getVal_request& in) {
  return {.op = GetOp{.key = Bytes(in.key())}};
}

void Encode(const ClientAnswer& answer, v1::Answer& out) {
  out.Clear();
  out.set_outcome(OnWire(answer.outcome));
  out.set_found(answer.found);
  const std::string_view value = answer.value.view();
  out.set_value(value.data(), value.size());
  if (answer.leader.has_value()) out.set_leader(answer.leader->value());
  out.set_session(answer.session.value());
  out.set_term(static_cast<std::int64_t>(answer.term.value()));
  out.set_index(answer.index.value());
  out.set_limit(answer.limit);
}

ClientAnswer Decode(const v1::Answer& in) {
  ClientAnswer answer{.outcome = FromWire(in.outcome()),
                      .found = in.found(),
                      .value = Bytes(in.value()),
                      .session = SessionId(in.session()),
                      .term = Term(static_cast<std::uint64_t>(in.term())),
                      .index = Index(in.index()),
                      .limit = in.limit()};
  if (in.has_leader()) answer.leader = NodeId(in.leader());
  return answer;
}

const char* WordsOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return "done";
    case Outcome::kNotFound:
      return "no such key";
    case Outcome::kCompareFailed:
      return "the key does not hold the expected value";
    case Outcome::kNotLeader:
      return "this node does not lead";
    case Outcome::kNotReady:
      return "the cluster takes no calls yet: not enough of its nodes have been started";
    case Outcome::kBusy:
      return "too much is under way: try again";
    case Outcome::kTooLarge:
      return "the key or the value is above the limit";
    case Outcome::kBadRequest:
      return "the request is not valid";
    case Outcome::kSessionUnknown:
      return "the session is unknown or has expired";
    case Outcome::kUnknown:
      return "outcome unknown: it may have happened or may still happen";
  }
  return "outcome unknown: it may have happened or may still happen";
}

void Encode(const TransferAnswer& answer, v1::TransferLeadershipResponse& out) {
  // The same order, one further: 0 is never sent.
  out.set_outcome(static_cast<v1::TransferOutcome>(static_cast<int>(answer.outcome) + 1));
  if (answer.target.has_value()) out.set_target(answer.target->value());
  if (answer.leader.has_value()) out.set_leader(answer.leader->value());
  out.set_term(static_cast<std::int64_t>(answer.term.value()));
}

Result<MembershipChange> Decode(const v1::ChangeMembersRequest& in) {
  MembershipChange change;
  Status status = TakeNew(in.add(), change.add, change);
  if (status.ok()) status = TakeNew(in.add_learners(), change.add_learners, change);
  if (status.ok()) status = TakeNodes(in.promote(), change.promote);
  if (status.ok()) status = TakeNodes(in.demote(), change.demote);
  if (status.ok()) status = TakeNodes(in.remove(), change.remove);
  if (!status.ok()) return status.error();
  return change;
}

void Encode(const ChangeAnswer& answer, v1::ChangeMembersResponse& out) {
  out.set_outcome(static_cast<v1::ChangeOutcome>(static_cast<int>(answer.outcome) + 1));
  out.set_reason(answer.reason);
  if (answer.leader.has_value()) out.set_leader(answer.leader->value());
  out.set_term(static_cast<std::int64_t>(answer.term.value()));
  out.set_index(answer.index.value());
}

std::optional<TransferAnswer> Decode(const v1::TransferLeadershipResponse& in) {
  const int outcome = static_cast<int>(in.outcome()) - 1;
  if (outcome < 0 || outcome > static_cast<int>(TransferOutcome::kUnknown)) return std::nullopt;
  TransferAnswer answer{.outcome = static_cast<TransferOutcome>(outcome),
                        .target = std::nullopt,
                        .leader = std::nullopt,
                        .term = Term(static_cast<std::uint64_t>(in.term()))};
  if (in.has_target()) answer.target = NodeId(in.target());
  if (in.has_leader()) answer.leader = NodeId(in.leader());
  return answer;
}

}  // namespace drydock::net
