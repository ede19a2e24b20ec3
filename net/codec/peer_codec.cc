#include "net/codec/peer_codec.h"

#include <utility>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/check.h"

namespace drydock::net {
namespace {

// --- What all messages have ----------------------------------------------------------------------

template <class Wire>
void EncodeEnvelope(const Message& message, Fingerprint cluster, Wire& out) {
  out.Clear();
  out.set_source_node(static_cast<std::int32_t>(message.from.value()));
  out.set_dst_node(static_cast<std::int32_t>(message.to.value()));
  out.set_term(static_cast<std::int64_t>(message.term.value()));
  out.mutable_sender()->set_store(message.store.value());
  out.mutable_sender()->set_cluster(cluster);
  out.mutable_sender()->set_addressee(message.addressee.value());
}

template <class Wire>
std::optional<FromWire> DecodeEnvelope(const Wire& in, MessageBody&& body) {
  if (in.source_node() < 0 || in.dst_node() < 0 || in.term() < 0) return std::nullopt;
  return FromWire{.message = {.from = NodeId(static_cast<std::uint32_t>(in.source_node())),
                              .to = NodeId(static_cast<std::uint32_t>(in.dst_node())),
                              .store = StoreId(in.sender().store()),
                              .term = Term(static_cast<std::uint64_t>(in.term())),
                              .body = std::move(body),
                              .addressee = StoreId(in.sender().addressee())},
                  .cluster = in.sender().cluster()};
}

template <class Body>
const Body& BodyOf(const Message& message) {
  const Body* body = std::get_if<Body>(&message.body);
  DRYDOCK_CHECK(body != nullptr, message.body.index());
  return *body;
}

std::int64_t Signed(Term term) {
  return static_cast<std::int64_t>(term.value());
}

Term Unsigned(std::int64_t term) {
  return Term(static_cast<std::uint64_t>(term));
}

// --- Entries -------------------------------------------------------------------------------------

void EncodeEntry(const Entry& entry, LogEntry& out) {
  out.set_term(Signed(entry.term));
  out.set_kind(static_cast<std::uint32_t>(entry.kind));
  const std::string_view payload = entry.payload.view();
  out.set_payload(payload.data(), payload.size());
}

std::optional<Entry> DecodeEntry(const LogEntry& in) {
  if (in.term() < 0 || in.kind() > kLastEntryKind) return std::nullopt;
  return Entry{.term = Unsigned(in.term()),
               .kind = static_cast<EntryKind>(in.kind()),
               .payload = Bytes(in.payload())};
}

}  // namespace

// --- Votes ---------------------------------------------------------------------------------------

void Encode(const Message& message, Fingerprint cluster, vote_4_me& out) {
  EncodeEnvelope(message, cluster, out);
  if (const auto* pre = std::get_if<PreVoteRequest>(&message.body)) {
    out.set_pre_vote(true);
    out.set_next_term(Signed(pre->next_term));
    out.set_last_index(pre->last_index.value());
    out.set_last_term(pre->last_term.value());
    return;
  }
  const auto& body = BodyOf<VoteRequest>(message);
  out.set_last_index(body.last_index.value());
  out.set_last_term(body.last_term.value());
  out.set_transfer(body.transfer);
}

std::optional<FromWire> Decode(const vote_4_me& in) {
  if (in.next_term() < 0) return std::nullopt;
  const Index last_index(in.last_index());
  const Term last_term(in.last_term());
  if (in.pre_vote()) {
    return DecodeEnvelope(in, PreVoteRequest{.next_term = Unsigned(in.next_term()),
                                             .last_index = last_index,
                                             .last_term = last_term});
  }
  return DecodeEnvelope(
      in, VoteRequest{.last_index = last_index, .last_term = last_term, .transfer = in.transfer()});
}

void Encode(const Message& message, Fingerprint cluster, voted_4_u& out) {
  EncodeEnvelope(message, cluster, out);
  if (const auto* pre = std::get_if<PreVoteResponse>(&message.body)) {
    out.set_pre_vote(true);
    out.set_next_term(Signed(pre->next_term));
    out.set_outcome(pre->granted);
    return;
  }
  out.set_outcome(BodyOf<VoteResponse>(message).granted);
}

std::optional<FromWire> Decode(const voted_4_u& in) {
  if (in.next_term() < 0) return std::nullopt;
  if (in.pre_vote()) {
    return DecodeEnvelope(
        in, PreVoteResponse{.next_term = Unsigned(in.next_term()), .granted = in.outcome()});
  }
  return DecodeEnvelope(in, VoteResponse{.granted = in.outcome()});
}

// --- Appends -------------------------------------------------------------------------------------

void Encode(const Message& message, Fingerprint cluster, appendEntry& out) {
  EncodeEnvelope(message, cluster, out);
  const auto& body = BodyOf<AppendRequest>(message);
  out.set_receiver_incarnation(body.receiver.value());
  out.set_sequence(body.sequence);
  out.set_probe(body.probe);
  out.set_previous_index(body.previous_index.value());
  out.set_previous_term(Signed(body.previous_term));
  out.set_commit(body.commit.value());
  out.mutable_entries()->Reserve(static_cast<int>(body.entries.size()));
  for (const Entry& entry : body.entries) EncodeEntry(entry, *out.add_entries());
}

std::optional<FromWire> Decode(const appendEntry& in) {
  if (in.previous_term() < 0) return std::nullopt;
  AppendRequest body{.receiver = Incarnation(in.receiver_incarnation()),
                     .sequence = in.sequence(),
                     .probe = in.probe(),
                     .previous_index = Index(in.previous_index()),
                     .previous_term = Unsigned(in.previous_term()),
                     .commit = Index(in.commit()),
                     .entries = {}};
  body.entries.reserve(static_cast<std::size_t>(in.entries_size()));
  for (const LogEntry& wire : in.entries()) {
    std::optional<Entry> entry = DecodeEntry(wire);
    if (!entry.has_value()) return std::nullopt;
    body.entries.push_back(std::move(*entry));
  }
  return DecodeEnvelope(in, std::move(body));
}

void Encode(const Message& message, Fingerprint cluster, appendEntry_pending& out) {
  EncodeEnvelope(message, cluster, out);
  const auto& body = BodyOf<AppendResponse>(message);
  out.set_outcome(body.accepted);
  out.set_responder_incarnation(body.responder.value());
  out.set_sequence(body.sequence);
  out.set_match(body.match.value());
  out.set_hint(body.hint.value());
  out.set_hint_term(Signed(body.hint_term));
}

std::optional<FromWire> Decode(const appendEntry_pending& in) {
  if (in.hint_term() < 0) return std::nullopt;
  return DecodeEnvelope(in, AppendResponse{.responder = Incarnation(in.responder_incarnation()),
                                           .sequence = in.sequence(),
                                           .accepted = in.outcome(),
                                           .match = Index(in.match()),
                                           .hint = Index(in.hint()),
                                           .hint_term = Unsigned(in.hint_term())});
}

// --- Heartbeats ----------------------------------------------------------------------------------

void Encode(const Message& message, Fingerprint cluster, heartbeat& out) {
  EncodeEnvelope(message, cluster, out);
  const auto& body = BodyOf<Heartbeat>(message);
  out.set_lastdb_id(static_cast<std::int64_t>(body.commit.value()));
  out.set_round(body.round);
}

std::optional<FromWire> Decode(const heartbeat& in) {
  if (in.lastdb_id() < 0) return std::nullopt;
  return DecodeEnvelope(in, Heartbeat{.commit = Index(static_cast<std::uint64_t>(in.lastdb_id())),
                                      .round = in.round()});
}

void Encode(const Message& message, Fingerprint cluster, heartbeat_response& out) {
  EncodeEnvelope(message, cluster, out);
  const auto& body = BodyOf<HeartbeatResponse>(message);
  out.set_responder_incarnation(body.responder.value());
  out.set_round(body.round);
  out.set_next_sequence(body.next_sequence);
  out.set_match(body.match.value());
  out.set_received(body.received.value());
  out.set_promise_ns(body.promise.nanoseconds());
}

std::optional<FromWire> Decode(const heartbeat_response& in) {
  if (in.promise_ns() < 0) return std::nullopt;
  return DecodeEnvelope(in, HeartbeatResponse{.responder = Incarnation(in.responder_incarnation()),
                                              .round = in.round(),
                                              .next_sequence = in.next_sequence(),
                                              .match = Index(in.match()),
                                              .received = Index(in.received()),
                                              .promise = Duration::Nanoseconds(in.promise_ns())});
}

// --- Commit notices ------------------------------------------------------------------------------

void Encode(const Message& message, Fingerprint cluster, commitVal_request& out) {
  EncodeEnvelope(message, cluster, out);
  out.set_commit(BodyOf<CommitNotice>(message).commit.value());
}

std::optional<FromWire> Decode(const commitVal_request& in) {
  return DecodeEnvelope(in, CommitNotice{.commit = Index(in.commit())});
}

void Encode(const Message& message, Fingerprint cluster, commitVal_response& out) {
  EncodeEnvelope(message, cluster, out);
  BodyOf<CommitNoticeResponse>(message);
}

std::optional<FromWire> Decode(const commitVal_response& in) {
  return DecodeEnvelope(in, CommitNoticeResponse{});
}

// --- Bids to campaign ----------------------------------------------------------------------------

void Encode(const Message& message, Fingerprint cluster, v1::TimeoutNowRequest& out) {
  EncodeEnvelope(message, cluster, out);
  const auto& body = BodyOf<TimeoutNow>(message);
  out.set_last_index(body.last_index.value());
  out.set_last_term(Signed(body.last_term));
}

std::optional<FromWire> Decode(const v1::TimeoutNowRequest& in) {
  if (in.last_term() < 0) return std::nullopt;
  return DecodeEnvelope(
      in, TimeoutNow{.last_index = Index(in.last_index()), .last_term = Unsigned(in.last_term())});
}

void Encode(const Message& message, Fingerprint cluster, v1::TimeoutNowResponse& out) {
  EncodeEnvelope(message, cluster, out);
  out.set_taken(BodyOf<TimeoutNowResponse>(message).taken);
}

std::optional<FromWire> Decode(const v1::TimeoutNowResponse& in) {
  return DecodeEnvelope(in, TimeoutNowResponse{.taken = in.taken()});
}

// --- Read indexes --------------------------------------------------------------------------------

void Encode(const Message& message, Fingerprint cluster, v1::ReadIndexRequest& out) {
  EncodeEnvelope(message, cluster, out);
  const auto& body = BodyOf<ReadIndexRequest>(message);
  out.set_asker_incarnation(body.asker.value());
  out.set_number(body.number);
}

std::optional<FromWire> Decode(const v1::ReadIndexRequest& in) {
  return DecodeEnvelope(
      in, ReadIndexRequest{.asker = Incarnation(in.asker_incarnation()), .number = in.number()});
}

void Encode(const Message& message, Fingerprint cluster, v1::ReadIndexResponse& out) {
  EncodeEnvelope(message, cluster, out);
  const auto& body = BodyOf<ReadIndexResponse>(message);
  out.set_asker_incarnation(body.asker.value());
  out.set_number(body.number);
  out.set_confirmed(body.confirmed);
  out.set_index(body.index.value());
}

std::optional<FromWire> Decode(const v1::ReadIndexResponse& in) {
  return DecodeEnvelope(in, ReadIndexResponse{.asker = Incarnation(in.asker_incarnation()),
                                              .number = in.number(),
                                              .confirmed = in.confirmed(),
                                              .index = Index(in.index())});
}

// --- Snapshots -----------------------------------------------------------------------------------

void Encode(const Message& message, Fingerprint cluster, v1::SnapshotChunkHead& out) {
  EncodeEnvelope(message, cluster, out);
  const auto& body = BodyOf<SnapshotChunk>(message);
  const SnapshotMeta& meta = body.meta;
  DRYDOCK_CHECK(body.bytes.size() <= kMaxChunkBytes, body.bytes.size());
  out.set_index(meta.index.value());
  out.set_index_term(Signed(meta.term));
  out.set_configuration_index(meta.configuration_index.value());
  out.set_configuration(meta.configuration.Encode());
  out.set_state_bytes(meta.bytes);
  out.set_state_checksum(meta.checksum);
  out.set_offset(body.offset);
  out.set_chunk_bytes(static_cast<std::uint32_t>(body.bytes.size()));
}

std::optional<FromWire> Decode(const v1::SnapshotChunkHead& in) {
  std::optional<Configuration> configuration = Configuration::Decode(in.configuration());
  if (in.index_term() < 0 || in.chunk_bytes() > kMaxChunkBytes) return std::nullopt;
  if (!configuration.has_value()) return std::nullopt;
  SnapshotMeta meta{.index = Index(in.index()),
                    .term = Unsigned(in.index_term()),
                    .configuration_index = Index(in.configuration_index()),
                    .configuration = std::move(*configuration),
                    .bytes = in.state_bytes(),
                    .checksum = in.state_checksum()};
  return DecodeEnvelope(in,
                        SnapshotChunk{.meta = std::move(meta), .offset = in.offset(), .bytes = {}});
}

void Encode(const Message& message, Fingerprint cluster, v1::InstallSnapshotResponse& out) {
  EncodeEnvelope(message, cluster, out);
  const auto& body = BodyOf<SnapshotChunkResponse>(message);
  out.set_responder_incarnation(body.responder.value());
  out.set_index(body.index.value());
  out.set_received_bytes(body.received);
  out.set_installed(body.installed);
}

std::optional<FromWire> Decode(const v1::InstallSnapshotResponse& in) {
  return DecodeEnvelope(in,
                        SnapshotChunkResponse{.responder = Incarnation(in.responder_incarnation()),
                                              .index = Index(in.index()),
                                              .received = in.received_bytes(),
                                              .installed = in.installed()});
}

}  // namespace drydock::net
