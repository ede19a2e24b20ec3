#include "net/server/backup_stream.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "net/codec/chunk_parts.h"

namespace drydock::net {
namespace {

using grpc::StatusCode;

// What a question of the stream is about.
constexpr std::uint64_t kConfirm = 0;
constexpr std::uint64_t kSnapshot = 1;

}  // namespace

std::unique_ptr<BackupMethod::Session> Backups::Open(BackupMethod::Call& call) {
  if (streams_.size() >= kMost) {
    call.Finish({StatusCode::RESOURCE_EXHAUSTED,
                 std::to_string(kMost) + " backups are being taken from this node already"});
    return nullptr;
  }
  auto stream = std::make_unique<BackupStream>(call, *this);
  stream->Begin();
  return stream;
}

void Backups::Tick() {
  for (BackupStream* stream : std::vector(streams_)) stream->Tick();
}

BackupStream::BackupStream(BackupMethod::Call& call, Backups& owner) : call_(call), owner_(owner) {
  owner_.streams_.push_back(this);
}

BackupStream::~BackupStream() {
  std::erase(owner_.streams_, this);
}

void BackupStream::Begin() {
  asked_ = true;
  owner_.hooks_.confirm({this, kConfirm});
}

void BackupStream::OnAnswer(std::uint64_t number, ClientAnswer answer) {
  asked_ = false;
  if (!call_.ended()) {
    if (number == kConfirm) {
      Confirmed(answer);
    } else {
      SnapshotTaken(answer);
    }
  }
  call_.ReleaseIfOver();
}

void BackupStream::Confirmed(const ClientAnswer& answer) {
  switch (answer.outcome) {
    case Outcome::kOk:
    case Outcome::kNotFound:
      at_least_ = answer.index;
      return WantSnapshot();
    case Outcome::kNotReady:
      return Fail(StatusCode::FAILED_PRECONDITION, "the cluster is not founded yet");
    case Outcome::kBusy:
      return Fail(StatusCode::RESOURCE_EXHAUSTED, "too many calls wait there");
    default:
      return Fail(StatusCode::UNAVAILABLE,
                  "no leader confirmed up to where writes were acknowledged");
  }
}

void BackupStream::SnapshotTaken(const ClientAnswer& answer) {
  if (answer.outcome == Outcome::kOk) return WantSnapshot();
  if (answer.outcome == Outcome::kBusy) {
    waits_ = true;
    return;
  }
  Fail(StatusCode::UNAVAILABLE, "the node stopped, or was suspended, before it had a snapshot");
}

// One that is being written may have begun too early: then another one follows it.
void BackupStream::WantSnapshot() {
  const StoredSnapshot* newest = owner_.hooks_.newest();
  if (newest != nullptr && newest->meta.index >= at_least_) return BeginToSend(*newest);
  asked_ = true;
  const auto why_not = owner_.hooks_.snapshot({this, kSnapshot});
  if (!why_not.has_value()) return;
  asked_ = false;
  if (*why_not == v1::SNAPSHOT_OUTCOME_SUSPENDED) {
    return Fail(StatusCode::UNAVAILABLE, "the node is suspended");
  }
  Fail(StatusCode::FAILED_PRECONDITION, "the node has applied nothing yet");
}

// Who waits is told that the node is there; one that has gone is noticed so, too.
void BackupStream::Tick() {
  if (call_.ended() || source_ != nullptr) return;
  if (!writing_) {
    response_.Clear();
    Write();
  }
  if (std::exchange(waits_, false)) WantSnapshot();
}

void BackupStream::BeginToSend(const StoredSnapshot& snapshot) {
  source_ = owner_.hooks_.open(snapshot,
                               [this](SnapshotSource::Piece piece) { OnPiece(std::move(piece)); });
  SendOn();
}

void BackupStream::OnPiece(SnapshotSource::Piece piece) {
  reading_ = false;
  if (!call_.ended()) {
    if (!piece.ok()) {
      Fail(StatusCode::DATA_LOSS, piece.error().text);
    } else if (piece.value().has_value()) {
      piece_ = std::move(*piece.value());
      told_ = 0;
      SendOn();
    } else {
      source_.reset();  // a newer one took its place
      WantSnapshot();
    }
  }
  call_.ReleaseIfOver();
}

// The head goes once the file is known to be open, with the first piece.
void BackupStream::SendOn() {
  if (writing_ || reading_ || call_.ended()) return;
  if (told_ < piece_.size()) {
    if (!std::exchange(head_told_, true)) return SendHead();
    const std::size_t size = std::min(kChunkPieceBytes, piece_.size() - told_);
    const std::string_view part = piece_.view().substr(told_, size);
    told_ += size;
    response_.set_piece(part.data(), part.size());
    return Write();
  }
  if (source_->AtEnd()) return call_.Finish(grpc::Status::OK);
  reading_ = true;
  source_->Next();
}

void BackupStream::SendHead() {
  const SnapshotMeta& meta = source_->meta();
  v1::BackupHead& head = *response_.mutable_head();
  owner_.hooks_.describe(head);
  head.set_index(meta.index.value());
  head.set_term(static_cast<std::int64_t>(meta.term.value()));
  head.set_configuration_index(meta.configuration_index.value());
  head.set_configuration(meta.configuration.Encode());
  head.set_state_bytes(meta.bytes);
  head.set_state_checksum(meta.checksum);
  Write();
}

void BackupStream::Write() {
  writing_ = true;
  call_.Write(response_);
}

void BackupStream::OnWritten() {
  writing_ = false;
  if (source_ != nullptr) SendOn();
}

}  // namespace drydock::net
