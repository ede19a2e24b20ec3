#include "net/codec/client_codec.h"

#include <doctest/doctest.h>
#include <google/protobuf/stubs/logging.h>

#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>

#include "tests/net/codec/draws.h"

namespace drydock::net {
namespace {

auto Fields(const PutOp& op) {
  return std::tuple(op.key, op.value);
}
auto Fields(const GetOp& op) {
  return std::tuple(op.key, op.mode, op.any_node);
}
auto Fields(const DeleteOp& op) {
  return std::tuple(op.key);
}
auto Fields(const CompareAndSetOp& op) {
  return std::tuple(op.key, op.expected, op.value);
}
auto Fields(const RegisterOp&) {
  return std::tuple();
}

bool Same(const ClientRequest& a, const ClientRequest& b) {
  if (std::tuple(a.session, a.sequence, a.first_unanswered) !=
      std::tuple(b.session, b.sequence, b.first_unanswered)) {
    return false;
  }
  return std::visit(
      [&](const auto& op) {
        const auto* other = std::get_if<std::decay_t<decltype(op)>>(&b.op);
        return other != nullptr && Fields(op) == Fields(*other);
      },
      a.op);
}

auto Fields(const ClientAnswer& a) {
  return std::tuple(a.outcome, a.found, a.value, a.leader, a.session, a.term, a.index, a.limit);
}

ClientOp SomeOp(Draws& draws) {
  switch (draws.Below(5)) {
    case 0:
      return PutOp{draws.SomeBytes(), draws.SomeBytes()};
    case 1:
      return GetOp{draws.SomeBytes(), static_cast<ReadMode>(draws.Below(3)), draws.Coin()};
    case 2:
      return DeleteOp{draws.SomeBytes()};
    case 3: {
      // An expected empty value is something else than an expected missing key.
      std::optional<Bytes> expected;
      if (draws.Coin()) expected = draws.Coin() ? Bytes() : draws.SomeBytes();
      return CompareAndSetOp{draws.SomeBytes(), expected, draws.SomeBytes()};
    }
    default:
      return RegisterOp{};
  }
}

ClientAnswer SomeAnswer(Draws& draws) {
  ClientAnswer answer{.outcome = static_cast<Outcome>(
                          draws.Below(static_cast<std::uint64_t>(Outcome::kUnknown) + 1)),
                      .found = draws.Coin(),
                      .value = draws.SomeBytes(),
                      .session = SessionId(draws.Number()),
                      .term = draws.SomeTerm(),
                      .index = draws.SomeIndex(),
                      .limit = draws.Number()};
  if (draws.Coin()) answer.leader = draws.SomeNode();
  return answer;
}

template <class Wire>
Wire OverTheWire(const Wire& out) {
  Wire in;
  CHECK(in.ParseFromString(out.SerializeAsString()));
  return in;
}

}  // namespace

TEST_CASE("every request of a client comes back as it was sent") {
  Draws draws(1);
  v1::Operation wire;  // one for all: nothing of the one before may stay
  for (int round = 0; round < 3000; ++round) {
    CAPTURE(round);
    const ClientRequest request{.session = SessionId(draws.Number()),
                                .sequence = draws.Number(),
                                .first_unanswered = draws.Number(),
                                .op = SomeOp(draws)};
    Encode(request, wire);
    const auto back = Decode(OverTheWire(wire));
    REQUIRE(back.has_value());
    REQUIRE(Same(*back, request));
  }
}

TEST_CASE("every answer to a client comes back as it was sent") {
  Draws draws(2);
  v1::Answer wire;
  for (int round = 0; round < 3000; ++round) {
    CAPTURE(round);
    const ClientAnswer answer = SomeAnswer(draws);
    Encode(answer, wire);
    REQUIRE(Fields(Decode(OverTheWire(wire))) == Fields(answer));
  }
}

TEST_CASE("a request without an operation, or with an unknown read mode, does not decode") {
  v1::Operation wire;
  CHECK_FALSE(Decode(wire).has_value());
  wire.set_session(5);
  CHECK_FALSE(Decode(wire).has_value());
  // A kind of operation of a later version is an unknown field here.
  CHECK(wire.ParseFromString(std::string("\xaa\x06\x02\x0a\x00", 5)));
  CHECK_FALSE(Decode(wire).has_value());
  for (const int mode : {4, -1, 99, 2147483647}) {
    CAPTURE(mode);
    wire.mutable_get()->set_mode(static_cast<v1::ReadMode>(mode));
    CHECK_FALSE(Decode(OverTheWire(wire)).has_value());
  }
}

TEST_CASE("a read is linearizable unless it says otherwise") {
  v1::Operation wire;
  wire.mutable_get()->set_key("k");
  for (const v1::ReadMode mode : {v1::READ_MODE_UNSPECIFIED, v1::READ_MODE_LINEARIZABLE}) {
    wire.mutable_get()->set_mode(mode);
    CHECK(std::get<GetOp>(Decode(wire)->op).mode == ReadMode::kLinearizable);
  }
  wire.mutable_get()->set_mode(v1::READ_MODE_STALE);
  CHECK(std::get<GetOp>(Decode(wire)->op).mode == ReadMode::kStale);
  wire.mutable_get()->set_mode(v1::READ_MODE_LEASE);
  CHECK(std::get<GetOp>(Decode(wire)->op).mode == ReadMode::kLease);
}

TEST_CASE("an outcome that this version does not know is outcome unknown") {
  for (const int outcome : {0, 11, 12, 99, -1, 2147483647, -2147483647 - 1}) {
    CAPTURE(outcome);
    v1::Answer wire;
    wire.set_outcome(static_cast<v1::Outcome>(outcome));
    CHECK(Decode(OverTheWire(wire)).outcome == Outcome::kUnknown);
  }
}

TEST_CASE("each outcome has its own number and its own words") {
  const std::pair<Outcome, v1::Outcome> pairs[] = {
      {Outcome::kOk, v1::OUTCOME_OK},
      {Outcome::kNotFound, v1::OUTCOME_NOT_FOUND},
      {Outcome::kCompareFailed, v1::OUTCOME_COMPARE_FAILED},
      {Outcome::kNotLeader, v1::OUTCOME_NOT_LEADER},
      {Outcome::kNotReady, v1::OUTCOME_NOT_READY},
      {Outcome::kBusy, v1::OUTCOME_BUSY},
      {Outcome::kTooLarge, v1::OUTCOME_TOO_LARGE},
      {Outcome::kBadRequest, v1::OUTCOME_BAD_REQUEST},
      {Outcome::kSessionUnknown, v1::OUTCOME_SESSION_UNKNOWN},
      {Outcome::kUnknown, v1::OUTCOME_UNKNOWN}};
  std::set<std::string> words;
  for (const auto& [outcome, on_wire] : pairs) {
    v1::Answer wire;
    Encode(ClientAnswer{.outcome = outcome}, wire);
    CHECK(wire.outcome() == on_wire);
    CHECK(Decode(wire).outcome == outcome);
    words.insert(WordsOf(outcome));
  }
  CHECK(words.size() == std::size(pairs));
  CHECK(std::string(WordsOf(static_cast<Outcome>(200))) == WordsOf(Outcome::kUnknown));
}

TEST_CASE("the report's requests are a put and a linearizable get without a session") {
  setVal_request set;
  set.set_key(std::string("k\0\xff", 3));
  set.set_value("");
  const ClientRequest put = Decode(set);
  CHECK(std::get<PutOp>(put.op).key.view() == std::string_view("k\0\xff", 3));
  CHECK(std::get<PutOp>(put.op).value.empty());
  CHECK(put.session == SessionId());
  getVal_request get;
  get.set_key("k");
  CHECK(std::get<GetOp>(Decode(get).op).mode == ReadMode::kLinearizable);
}

TEST_CASE("requests and answers that are no more than bytes are survived") {
  const google::protobuf::LogSilencer no_words_about_utf8;
  Draws draws(3);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = draws.Text();
    if (draws.Coin()) {
      v1::Operation operation;
      Encode(ClientRequest{.op = SomeOp(draws)}, operation);
      bytes = operation.SerializeAsString();
      if (!bytes.empty()) bytes[draws.Below(bytes.size())] = static_cast<char>(draws.Below(256));
    }
    v1::Operation operation;
    if (operation.ParseFromString(bytes)) {
      const auto decoded = Decode(operation);
      v1::Operation again;
      if (decoded.has_value()) Encode(*decoded, again);
      if (decoded.has_value()) CHECK(Same(*Decode(again), *decoded));
    }
    v1::Answer answer;
    if (answer.ParseFromString(bytes)) Decode(answer);
  }
}

TEST_CASE("a change of members is read with the addresses of who is new") {
  v1::ChangeMembersRequest request;
  request.add_add()->set_node(3);
  request.mutable_add(0)->set_address("10.0.0.4:7000");
  request.add_add_learners()->set_node(4);
  request.mutable_add_learners(0)->set_address("[::1]:7000+7001");
  request.add_promote(5);
  request.add_demote(1);
  request.add_remove(0);
  const Result<MembershipChange> change = Decode(request);
  REQUIRE(change.ok());
  CHECK(change.value() == MembershipChange{.add = {NodeId(3)},
                                           .add_learners = {NodeId(4)},
                                           .promote = {NodeId(5)},
                                           .demote = {NodeId(1)},
                                           .remove = {NodeId(0)},
                                           .addresses = {{NodeId(3), "10.0.0.4:7000"},
                                                         {NodeId(4), "[::1]:7000+7001"}}});
}

TEST_CASE("a new member without a place to connect to is refused with its name") {
  for (const char* address :
       {"", "localhost", "0.0.0.0:7000", "[::]:7000", "a:0", "a:99999", "a:1+"}) {
    CAPTURE(address);
    v1::ChangeMembersRequest request;
    request.add_add()->set_node(3);
    request.mutable_add(0)->set_address(address);
    const Result<MembershipChange> change = Decode(request);
    REQUIRE_FALSE(change.ok());
    CHECK(change.error().text.find("the address of n3: ") == 0);
  }
  v1::ChangeMembersRequest request;
  request.add_remove(0xffffffff);
  CHECK(Decode(request).error().text == "no node has the number 4294967295");
}

TEST_CASE("what became of a change is told whole") {
  v1::ChangeMembersResponse response;
  Encode(ChangeAnswer{.outcome = ChangeOutcome::kNotLeader,
                      .reason = "this node does not lead",
                      .leader = NodeId(2),
                      .term = Term(7),
                      .index = Index(0)},
         response);
  CHECK(response.outcome() == v1::CHANGE_OUTCOME_NOT_LEADER);
  CHECK(response.reason() == "this node does not lead");
  CHECK(response.leader() == 2);
  CHECK(response.term() == 7);
  Encode(ChangeAnswer{.outcome = ChangeOutcome::kDone,
                      .reason = "",
                      .leader = std::nullopt,
                      .term = Term(7),
                      .index = Index(9)},
         response);
  CHECK(response.outcome() == v1::CHANGE_OUTCOME_DONE);
  CHECK(response.index() == 9);
}

}  // namespace drydock::net
