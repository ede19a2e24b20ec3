#include "net/codec/peer_codec.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "tests/net/codec/draws.h"

namespace drydock::net {
namespace {

// Every field of every message, so that one that the codec forgets is noticed.
auto Fields(const PreVoteRequest& b) {
  return std::tuple(b.next_term, b.last_index, b.last_term);
}
auto Fields(const PreVoteResponse& b) {
  return std::tuple(b.next_term, b.granted);
}
auto Fields(const VoteRequest& b) {
  return std::tuple(b.last_index, b.last_term, b.transfer);
}
auto Fields(const VoteResponse& b) {
  return std::tuple(b.granted);
}
auto Fields(const AppendRequest& b) {
  return std::tuple(b.receiver, b.sequence, b.probe, b.previous_index, b.previous_term, b.commit,
                    b.entries);
}
auto Fields(const AppendResponse& b) {
  return std::tuple(b.responder, b.sequence, b.accepted, b.match, b.hint, b.hint_term);
}
auto Fields(const Heartbeat& b) {
  return std::tuple(b.commit, b.round);
}
auto Fields(const HeartbeatResponse& b) {
  return std::tuple(b.responder, b.round, b.next_sequence, b.match, b.received, b.promise);
}
auto Fields(const CommitNotice& b) {
  return std::tuple(b.commit);
}
auto Fields(const CommitNoticeResponse&) {
  return std::tuple();
}
auto Fields(const TimeoutNow& b) {
  return std::tuple(b.last_index, b.last_term);
}
auto Fields(const TimeoutNowResponse& b) {
  return std::tuple(b.taken);
}
auto Fields(const SnapshotChunk& b) {
  return std::tuple(b.meta, b.offset, b.bytes.view());
}
auto Fields(const SnapshotChunkResponse& b) {
  return std::tuple(b.responder, b.index, b.received, b.installed);
}

auto Fields(const ReadIndexRequest& b) {
  return std::tuple(b.asker, b.number);
}
auto Fields(const ReadIndexResponse& b) {
  return std::tuple(b.asker, b.number, b.confirmed, b.index);
}

bool Same(const Message& a, const Message& b) {
  if (std::tuple(a.from, a.to, a.store, a.term) != std::tuple(b.from, b.to, b.store, b.term)) {
    return false;
  }
  return std::visit(
      [&](const auto& body) {
        const auto* other = std::get_if<std::decay_t<decltype(body)>>(&b.body);
        return other != nullptr && Fields(body) == Fields(*other);
      },
      a.body);
}

// Over the wire and back.
template <class Wire>
std::optional<FromWire> Sent(const Message& message, Fingerprint cluster) {
  Wire out;
  Encode(message, cluster, out);
  Wire in;
  CHECK(in.ParseFromString(out.SerializeAsString()));
  return Decode(in);
}

// The message of the service that carries a body.
template <class Do>
void WithWireOf(const MessageBody& body, Do act) {
  switch (body.index()) {
    case 0:
    case 2:
      return act(vote_4_me());
    case 1:
    case 3:
      return act(voted_4_u());
    case 4:
      return act(appendEntry());
    case 5:
      return act(appendEntry_pending());
    case 6:
      return act(heartbeat());
    case 7:
      return act(heartbeat_response());
    case 8:
      return act(commitVal_request());
    case 9:
      return act(commitVal_response());
    case 10:
      return act(v1::TimeoutNowRequest());
    case 11:
      return act(v1::TimeoutNowResponse());
    case 12:
      return act(v1::SnapshotChunkHead());
    case 13:
      return act(v1::InstallSnapshotResponse());
    case 14:
      return act(v1::ReadIndexRequest());
    case 15:
      return act(v1::ReadIndexResponse());
    default:
      FAIL("a kind of message that this test does not know");
  }
}

Entry SomeEntry(Draws& draws) {
  return {.term = draws.SomeTerm(),
          .kind = static_cast<EntryKind>(draws.Below(kLastEntryKind + 1)),
          .payload = draws.SomeBytes()};
}

AppendRequest SomeAppend(Draws& draws) {
  AppendRequest body{.receiver = Incarnation(draws.Number()),
                     .sequence = draws.Number(),
                     .probe = draws.Coin(),
                     .previous_index = draws.SomeIndex(),
                     .previous_term = draws.SomeTerm(),
                     .commit = draws.SomeIndex(),
                     .entries = {}};
  for (std::uint64_t left = draws.Below(6); left > 0; --left) {
    body.entries.push_back(SomeEntry(draws));
  }
  return body;
}

Configuration SomeConfiguration(Draws& draws) {
  std::vector<NodeId> voters = {NodeId(9)};
  for (std::uint64_t node = 0; node < 7; ++node) {
    if (draws.Coin()) voters.emplace_back(static_cast<std::uint32_t>(node));
  }
  Configuration configuration(voters);
  for (const NodeId node : voters) configuration.Bind(node, StoreId(draws.Number()));
  if (draws.Coin()) configuration.SetFounded();
  return configuration;
}

// Without bytes, which travel apart.
SnapshotChunk SomeChunk(Draws& draws) {
  return {.meta = {.index = draws.SomeIndex(),
                   .term = draws.SomeTerm(),
                   .configuration_index = draws.SomeIndex(),
                   .configuration = SomeConfiguration(draws),
                   .bytes = draws.Number(),
                   .checksum = static_cast<std::uint32_t>(draws.Number())},
          .offset = draws.Number(),
          .bytes = {}};
}

MessageBody SomeBody(Draws& draws, std::size_t kind) {
  switch (kind) {
    case 0:
      return PreVoteRequest{draws.SomeTerm(), draws.SomeIndex(), draws.SomeTerm()};
    case 1:
      return PreVoteResponse{draws.SomeTerm(), draws.Coin()};
    case 2:
      return VoteRequest{draws.SomeIndex(), draws.SomeTerm(), draws.Coin()};
    case 3:
      return VoteResponse{draws.Coin()};
    case 4:
      return SomeAppend(draws);
    case 5:
      return AppendResponse{Incarnation(draws.Number()), draws.Number(),    draws.Coin(),
                            draws.SomeIndex(),           draws.SomeIndex(), draws.SomeTerm()};
    case 6:
      return Heartbeat{Index(draws.SignedNumber()), draws.Number()};
    case 7:
      return HeartbeatResponse{
          Incarnation(draws.Number()),
          draws.Number(),
          draws.Number(),
          draws.SomeIndex(),
          draws.SomeIndex(),
          Duration::Nanoseconds(static_cast<std::int64_t>(draws.SignedNumber()))};
    case 8:
      return CommitNotice{draws.SomeIndex()};
    case 9:
      return CommitNoticeResponse{};
    case 10:
      return TimeoutNow{draws.SomeIndex(), draws.SomeTerm()};
    case 11:
      return TimeoutNowResponse{draws.Coin()};
    case 12:
      return SomeChunk(draws);
    case 14:
      return ReadIndexRequest{Incarnation(draws.Number()), draws.Number()};
    case 15:
      return ReadIndexResponse{Incarnation(draws.Number()), draws.Number(), draws.Coin(),
                               draws.SomeIndex()};
    default:
      return SnapshotChunkResponse{Incarnation(draws.Number()), draws.SomeIndex(), draws.Number(),
                                   draws.Coin()};
  }
}

constexpr std::size_t kKinds = std::variant_size_v<MessageBody>;

Message SomeMessage(Draws& draws, std::size_t kind) {
  return {.from = draws.SomeNode(),
          .to = draws.SomeNode(),
          .store = StoreId(draws.Number()),
          .term = draws.SomeTerm(),
          .body = SomeBody(draws, kind)};
}

// A message that could have been sent, changed before it is decoded.
template <class Wire, class Change>
bool Decodes(const MessageBody& body, Change change) {
  const Message message{
      .from = NodeId(1), .to = NodeId(2), .store = StoreId(3), .term = Term(4), .body = body};
  Wire wire;
  Encode(message, 5, wire);
  change(wire);
  return Decode(wire).has_value();
}

const SnapshotChunk kAChunk{.meta = {.configuration = Configuration({NodeId(0)})}, .bytes = {}};

constexpr auto kAsItIs = [](auto&) {};

}  // namespace

TEST_CASE("every message between nodes comes back as it was sent") {
  Draws draws(1);
  for (int round = 0; round < 500; ++round) {
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      CAPTURE(round);
      CAPTURE(kind);
      const Message message = SomeMessage(draws, kind);
      REQUIRE(message.body.index() == kind);
      const Fingerprint cluster = draws.Number();
      WithWireOf(message.body, [&](const auto& wire) {
        const auto back = Sent<std::decay_t<decltype(wire)>>(message, cluster);
        REQUIRE(back.has_value());
        REQUIRE(Same(back->message, message));
        REQUIRE(back->cluster == cluster);
      });
    }
  }
}

TEST_CASE("a message that is used again carries nothing of the one before") {
  Draws draws(2);
  appendEntry wire;
  Encode(SomeMessage(draws, 4), 1, wire);
  const Message empty{.body = AppendRequest{}};
  Encode(empty, 0, wire);
  CHECK(Same(Decode(wire)->message, empty));
  vote_4_me vote;
  Encode({.term = Term(1), .body = PreVoteRequest{Term(2), Index(3), Term(4)}}, 1, vote);
  Encode({.term = Term(1), .body = VoteRequest{Index(3), Term(4)}}, 1, vote);
  CHECK_FALSE(vote.pre_vote());
  CHECK(vote.next_term() == 0);
}

TEST_CASE("the report's fields are where the report has them") {
  const Message vote{.from = NodeId(1), .to = NodeId(2), .term = Term(3), .body = VoteRequest{}};
  vote_4_me wire;
  Encode(vote, 0, wire);
  CHECK(wire.source_node() == 1);
  CHECK(wire.dst_node() == 2);
  CHECK(wire.term() == 3);
  voted_4_u voted;
  Encode({.term = Term(3), .body = VoteResponse{.granted = true}}, 0, voted);
  CHECK(voted.outcome());
  heartbeat beat;
  Encode({.body = Heartbeat{.commit = Index(7)}}, 0, beat);
  CHECK(beat.lastdb_id() == 7);
  CHECK(beat.lastdb_key().empty());
}

TEST_CASE("what a node of the report sends decodes, and is a stranger's") {
  vote_4_me wire;
  wire.set_source_node(1);
  wire.set_dst_node(2);
  wire.set_term(3);
  const auto decoded = Decode(wire);
  REQUIRE(decoded.has_value());
  CHECK(decoded->cluster == 0);
  CHECK(decoded->message.store == StoreId());
}

TEST_CASE("negative numbers do not decode") {
  Draws draws(3);
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    CAPTURE(kind);
    const MessageBody body = SomeBody(draws, kind);
    WithWireOf(body, [&](const auto& wire) {
      using Wire = std::decay_t<decltype(wire)>;
      CHECK(Decodes<Wire>(body, kAsItIs));
      CHECK_FALSE(Decodes<Wire>(body, [](Wire& w) { w.set_source_node(-1); }));
      CHECK_FALSE(Decodes<Wire>(body, [](Wire& w) { w.set_dst_node(-2147483647 - 1); }));
      CHECK_FALSE(Decodes<Wire>(body, [](Wire& w) { w.set_term(-1); }));
    });
  }
  const auto next_term = [](auto& w) { w.set_next_term(-1); };
  CHECK_FALSE(Decodes<vote_4_me>(PreVoteRequest{}, next_term));
  CHECK_FALSE(Decodes<vote_4_me>(VoteRequest{}, next_term));
  CHECK_FALSE(Decodes<voted_4_u>(PreVoteResponse{}, next_term));
  CHECK_FALSE(Decodes<appendEntry>(AppendRequest{}, [](auto& w) { w.set_previous_term(-1); }));
  CHECK_FALSE(Decodes<appendEntry_pending>(AppendResponse{}, [](auto& w) { w.set_hint_term(-1); }));
  CHECK_FALSE(Decodes<heartbeat>(Heartbeat{}, [](auto& w) { w.set_lastdb_id(-1); }));
  CHECK_FALSE(Decodes<v1::SnapshotChunkHead>(kAChunk, [](auto& w) { w.set_index_term(-1); }));
}

TEST_CASE("a chunk of a snapshot without a configuration, or longer than any, does not decode") {
  using Head = v1::SnapshotChunkHead;
  CHECK(Decodes<Head>(kAChunk, [](Head& w) { w.set_chunk_bytes(kMaxChunkBytes); }));
  CHECK_FALSE(Decodes<Head>(kAChunk, [](Head& w) { w.set_chunk_bytes(kMaxChunkBytes + 1); }));
  CHECK_FALSE(Decodes<Head>(kAChunk, [](Head& w) { w.clear_configuration(); }));
  CHECK_FALSE(Decodes<Head>(kAChunk, [](Head& w) { w.mutable_configuration()->append("x"); }));
}

TEST_CASE("one impossible entry refuses the whole append") {
  Draws draws(4);
  AppendRequest body;
  for (int i = 0; i < 3; ++i) body.entries.push_back(SomeEntry(draws));
  CHECK(Decodes<appendEntry>(body, kAsItIs));
  for (const int at : {0, 1, 2}) {
    for (const std::uint32_t kind : {kLastEntryKind + 1U, 255U, 256U, 0xffffffffU}) {
      CHECK_FALSE(Decodes<appendEntry>(
          body, [&](appendEntry& w) { w.mutable_entries(at)->set_kind(kind); }));
    }
    CHECK_FALSE(
        Decodes<appendEntry>(body, [&](appendEntry& w) { w.mutable_entries(at)->set_term(-1); }));
  }
}

TEST_CASE("a body of another kind than the message on the wire is a bug") {
  heartbeat wire;
  CHECK_THROWS_AS(Encode({.body = CommitNotice{}}, 0, wire), CheckFailed);
  commitVal_response response;
  CHECK_THROWS_AS(Encode({.body = CommitNotice{}}, 0, response), CheckFailed);
}

// Whatever decodes must be a message that can be sent on: nothing in it is out of its range.
template <class Wire>
static void Survives(const std::string& bytes) {
  Wire wire;
  if (!wire.ParseFromString(bytes)) return;
  const auto decoded = Decode(wire);
  if (!decoded.has_value()) return;
  const auto back = Sent<Wire>(decoded->message, decoded->cluster);
  REQUIRE(back.has_value());
  CHECK(Same(back->message, decoded->message));
}

static void SurviveAll(const std::string& bytes) {
  Survives<vote_4_me>(bytes);
  Survives<voted_4_u>(bytes);
  Survives<appendEntry>(bytes);
  Survives<appendEntry_pending>(bytes);
  Survives<heartbeat>(bytes);
  Survives<heartbeat_response>(bytes);
  Survives<commitVal_request>(bytes);
  Survives<commitVal_response>(bytes);
  Survives<v1::TimeoutNowRequest>(bytes);
  Survives<v1::TimeoutNowResponse>(bytes);
  Survives<v1::ReadIndexRequest>(bytes);
  Survives<v1::ReadIndexResponse>(bytes);
  Survives<v1::SnapshotChunkHead>(bytes);
  Survives<v1::InstallSnapshotResponse>(bytes);
}

TEST_CASE("bytes that nobody sent are survived") {
  Draws draws(5);
  for (int round = 0; round < 3000; ++round) SurviveAll(draws.Text());
}

TEST_CASE("messages that were garbled on the way, or are of another kind, are survived") {
  Draws draws(6);
  for (int round = 0; round < 2000; ++round) {
    const Message message = SomeMessage(draws, draws.Below(kKinds));
    std::string bytes;
    WithWireOf(message.body, [&](auto wire) {
      Encode(message, draws.Number(), wire);
      bytes = wire.SerializeAsString();
    });
    for (std::uint64_t hits = draws.Below(4); hits > 0 && !bytes.empty(); --hits) {
      bytes[draws.Below(bytes.size())] = static_cast<char>(draws.Below(256));
    }
    if (draws.Below(4) == 0) bytes.resize(draws.Below(bytes.size() + 1));
    SurviveAll(bytes);
  }
}

}  // namespace drydock::net
