#include "core/storage/wal_writer.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/base/overloaded.h"
#include "core/storage/wal_format.h"

namespace drydock {
namespace {

constexpr std::uint64_t kMaxBatchBytes = 1 << 20;
// A larger payload is written from where it is; a smaller one costs less to copy than to refer to.
constexpr std::size_t kMaxCopiedPayload = 512;

const Bytes* PayloadOf(const Mutation& mutation) {
  const StoreEntry* const entry = std::get_if<StoreEntry>(&mutation);
  return entry == nullptr ? nullptr : &entry->entry.payload;
}

void AddMutation(Hasher& hasher, const Mutation& mutation, Permutation permutation) {
  hasher.Add(std::uint64_t{mutation.index()});
  std::visit(Overloaded{[&](const StoreTermAndVote& state) {
                          hasher.Add(state.term);
                          AddNode(hasher, state.vote, permutation);
                        },
                        [&](const StoreEntry& store) {
                          hasher.Add(store.index);
                          AddEntry(hasher, store.entry, permutation);
                        },
                        [&](const StoreTruncation& truncation) { hasher.Add(truncation.last); },
                        [&](const StoreLogStart& start) {
                          hasher.Add(start.base);
                          hasher.Add(start.base_term);
                        }},
             mutation);
}

// A record whose payload is elsewhere is no longer one: from there on the bytes are taken as such.
void AddRecords(Hasher& hasher, std::string_view records, Permutation permutation) {
  while (!records.empty()) {
    const std::optional<Mutation> mutation = TakeRecord(records);
    if (!mutation.has_value()) return hasher.Add(records);
    AddMutation(hasher, *mutation, permutation);
  }
}

}  // namespace

WalWriter::WalWriter(const Recovered& recovered, std::uint64_t segment_bytes)
    : node_(recovered.node),
      store_(recovered.store),
      salt_(BatchSalt(recovered.store)),
      new_segment_bytes_(RoundUpToSector(segment_bytes)),
      // Half a segment, so that a batch always leaves a small segment well used.
      batch_limit_(std::min(kMaxBatchBytes, segment_bytes / 2)),
      at_(recovered.position),
      path_(SegmentPath(recovered.position.segment)),
      segment_begun_(recovered.position.offset > kSectorBytes),
      term_(recovered.term),
      vote_(recovered.vote),
      last_index_(recovered.log.last()),
      last_term_(recovered.log.last_term()),
      written_{recovered.term, recovered.vote} {
  DRYDOCK_CHECK(segment_bytes >= kMinSegmentBytes, segment_bytes);
  DRYDOCK_CHECK(at_.offset % kSectorBytes == 0 && at_.offset >= kSectorBytes, at_.offset);
  if (at_.segment_bytes == 0) at_.segment_bytes = new_segment_bytes_;
}

// Whatever Recover would refuse must not be written: better to stop at the bug than to be unable to
// start after it.
void WalWriter::CheckFollows(const StoreTermAndVote& state) {
  DRYDOCK_CHECK(state.term >= term_, state.term, term_);
  DRYDOCK_CHECK(state.term > term_ || !vote_.has_value() || state.vote == vote_, term_, *vote_);
  term_ = state.term;
  vote_ = state.vote;
}

void WalWriter::CheckFollows(const StoreEntry& entry) {
  DRYDOCK_CHECK(entry.index == Next(last_index_), entry.index, last_index_);
  DRYDOCK_CHECK(entry.entry.term <= term_, entry.entry.term, term_);
  last_index_ = entry.index;
  last_term_ = entry.entry.term;
}

void WalWriter::CheckFollows(const StoreTruncation& truncation) {
  DRYDOCK_CHECK(truncation.last <= last_index_, truncation.last, last_index_);
  last_index_ = truncation.last;
  last_term_ = truncation.last_term;
}

void WalWriter::CheckFollows(const StoreLogStart& start) {
  DRYDOCK_CHECK(start.base > Index(0) && start.base_term <= term_, start.base, start.base_term);
  last_index_ = start.base;
  last_term_ = start.base_term;
}

void WalWriter::Gather::Clear() {
  head.clear();
  splices.clear();
  bytes = 0;
  records = 0;
  last_index = Index(0);
  state.reset();
}

Lsn WalWriter::Add(const Mutation& mutation) {
  const StoreLogStart log_before{last_index_, last_term_};
  std::visit([this](const auto& m) { CheckFollows(m); }, mutation);
  const Bytes* const payload = PayloadOf(mutation);
  const std::size_t payload_bytes = payload == nullptr ? 0 : payload->size();
  if (open_.records != 0 && open_.bytes + payload_bytes > batch_limit_) {
    closed_.push_back(std::exchange(open_, {}));
  }
  if (open_.records == 0) open_.log_before = log_before;
  const bool apart = payload_bytes > kMaxCopiedPayload;
  const std::size_t before = open_.head.size();
  AppendRecord(mutation, apart, open_.head);
  open_.bytes += open_.head.size() - before;
  if (apart) {
    open_.splices.push_back({open_.head.size(), *payload});
    open_.bytes += payload_bytes;
  }
  if (const auto* state = std::get_if<StoreTermAndVote>(&mutation)) open_.state = *state;
  if (payload != nullptr) open_.last_index = std::max(open_.last_index, last_index_);
  ++open_.records;
  last_ = Next(last_);
  open_.last = last_;
  return last_;
}

void WalWriter::Flush(std::vector<DiskOp>& out) {
  if (busy() || !HasGathered()) return;
  if (!segment_opened_) {
    EmitHeader(out);
    return;
  }
  // Room for the records that begin a segment as well, whether they will be there or not.
  constexpr std::uint64_t kSlack = 64;
  const std::uint64_t needed = kBatchHeaderBytes + kSlack + NextGather().bytes;
  if (needed > at_.segment_bytes - std::min(at_.offset, at_.segment_bytes)) {
    EmitCreate(out);
  } else {
    EmitBatch(out);
  }
}

void WalWriter::Emit(Action action, DiskAction disk_action, std::vector<DiskOp>& out) {
  action_ = action;
  out.push_back(DiskOp{Lane::kWal, Ticket(++tickets_), std::move(disk_action)});
}

void WalWriter::EmitCreate(std::vector<DiskOp>& out) {
  // Closed, so that it cannot outgrow the segment that is made for it.
  if (closed_.empty()) closed_.push_back(std::exchange(open_, {}));
  at_.older.push_back({at_.segment, std::exchange(at_.last, Index(0))});
  ++at_.segment;
  at_.offset = kSectorBytes;
  at_.segment_bytes =
      std::max(new_segment_bytes_, RoundUpToSector(2 * kSectorBytes + closed_.front().bytes));
  path_ = SegmentPath(at_.segment);
  segment_opened_ = false;
  segment_begun_ = false;
  Emit(Action::kCreate, CreateDurably{path_, at_.segment_bytes}, out);
}

// A write of its own: in one with the first batch a crash could keep the batch and lose the header,
// and then damage in front of a sound batch would be lawful.
void WalWriter::EmitHeader(std::vector<DiskOp>& out) {
  const SegmentHeader header{.node = node_,
                             .store = store_,
                             .segment = at_.segment,
                             .first_batch = at_.next_batch,
                             .bytes = at_.segment_bytes};
  segment_opened_ = true;
  Emit(Action::kHeader, WriteAndSync{path_, 0, {Bytes(EncodeSegmentHeader(header))}}, out);
}

Bytes WalWriter::EncodeHead(const Gather& gather, std::string_view prefix,
                            std::uint32_t prefix_records) const {
  BatchHeader header{
      .number = at_.next_batch,
      .payload_bytes = static_cast<std::uint32_t>(prefix.size() + gather.bytes),
      .records = gather.records + prefix_records,
      .payload_checksum = Crc32c(prefix),
  };
  std::uint32_t& checksum = header.payload_checksum;
  const std::string_view head(gather.head);
  std::size_t from = 0;
  for (const Splice& splice : gather.splices) {
    checksum = Crc32c(head.substr(from, splice.at - from), checksum);
    checksum = Crc32c(splice.payload.view(), checksum);
    from = splice.at;
  }
  checksum = Crc32c(head.substr(from), checksum);
  return Bytes::Make(kBatchHeaderBytes + prefix.size() + head.size(), [&](char* out) {
    EncodeBatchHeader(header, salt_, out);
    prefix.copy(out + kBatchHeaderBytes, prefix.size());
    head.copy(out + kBatchHeaderBytes + prefix.size(), head.size());
  });
}

void WalWriter::EmitBatch(std::vector<DiskOp>& out) {
  const Gather& gather = NextGather();
  std::string prefix;
  std::uint32_t prefix_records = 0;
  if (at_.offset == kSectorBytes) {
    AppendRecord(written_, false, prefix);
    ++prefix_records;
    if (at_.segment > 1) {
      AppendRecord(gather.log_before, false, prefix);
      ++prefix_records;
    }
  }
  in_flight_ = EncodeHead(gather, prefix, prefix_records);
  WriteAndSync write{path_, at_.offset, {}};
  write.pieces.reserve(1 + 2 * gather.splices.size());
  std::size_t from = 0;
  for (const Splice& splice : gather.splices) {
    const std::size_t to = kBatchHeaderBytes + prefix.size() + splice.at;
    write.pieces.push_back(in_flight_.Slice(from, to - from));
    write.pieces.push_back(splice.payload);
    from = to;
  }
  if (from < in_flight_.size()) {
    write.pieces.push_back(from == 0 ? in_flight_
                                     : in_flight_.Slice(from, in_flight_.size() - from));
  }
  at_.offset += RoundUpToSector(kBatchHeaderBytes + prefix.size() + gather.bytes);
  ++at_.next_batch;
  in_flight_last_ = gather.last;
  at_.last = std::max(at_.last, gather.last_index);
  if (gather.state.has_value()) written_ = *gather.state;
  DropGather();
  Emit(Action::kBatch, std::move(write), out);
}

void WalWriter::DropGather() {
  if (closed_.empty()) {
    open_.Clear();
  } else {
    closed_.erase(closed_.begin());
  }
}

std::optional<Lsn> WalWriter::Done(Ticket ticket) {
  DRYDOCK_CHECK(busy() && ticket == Ticket(tickets_), ticket, tickets_);
  if (std::exchange(action_, Action::kNone) != Action::kBatch) return std::nullopt;
  in_flight_ = Bytes();
  segment_begun_ = true;
  durable_ = in_flight_last_;
  return durable_;
}

// The first batch of a segment holds the term and the vote: until it is durable they are in an
// older one.
std::vector<std::string> WalWriter::TakeObsolete(Index index) {
  std::vector<std::string> paths;
  if (!segment_begun_) return paths;
  std::vector<WalSegment>& older = at_.older;
  const auto kept = std::ranges::find_if(older, [index](const auto& s) { return s.last > index; });
  for (auto at = older.begin(); at != kept; ++at) paths.push_back(SegmentPath(at->segment));
  older.erase(older.begin(), kept);
  return paths;
}

void WalWriter::AddTo(Hasher& hasher, Permutation permutation) const {
  hasher.Add(last_.value() - durable_.value());
  hasher.Add(static_cast<std::uint64_t>(action_));
  hasher.Add(static_cast<std::uint64_t>(segment_opened_));
  if (action_ == Action::kBatch) {
    hasher.Add(in_flight_last_.value() - durable_.value());
    AddRecords(hasher, in_flight_.view().substr(kBatchHeaderBytes), permutation);
  }
  for (const Gather& gather : closed_) AddRecords(hasher, gather.head, permutation);
  AddRecords(hasher, open_.head, permutation);
}

}  // namespace drydock
