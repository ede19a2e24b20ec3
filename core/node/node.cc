#include "core/node/node.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/kv/command.h"

namespace drydock {
namespace {

// So many keys ahead: what was fetched is still in the caches when its turn comes.
constexpr std::uint64_t kPrefetched = 16;
// So many pairs of a map that is given up, at a step: so that none takes long.
constexpr std::size_t kFreedAtOnce = 8192;

RaftStart StartOf(NodeConfig& config, Recovered& recovered) {
  return RaftStart{.id = recovered.node,
                   .store = recovered.store,
                   .incarnation = recovered.incarnation,
                   .configuration = Configuration(std::move(config.voters)),
                   .settings = config.settings,
                   .seed = config.seed,
                   .pins = std::move(config.pins),
                   .term = recovered.term,
                   .vote = recovered.vote,
                   .log = recovered.log,
                   .snapshot = recovered.snapshot.has_value()
                                   ? std::optional(recovered.snapshot->stored.meta)
                                   : std::nullopt,
                   .lsn = Lsn(recovered.log_restarted ? 2 : 0),
                   .vote_promise = recovered.vote_promise};
}

KvStore StateOf(const std::optional<LoadedSnapshot>& snapshot) {
  if (!snapshot.has_value()) return {};
  StateDecoder decoder;
  for (const Bytes& piece : snapshot->pieces) decoder.Feed(piece.view());
  return decoder.Take(snapshot->stored.meta.index);
}

}  // namespace

Node::Node(NodeConfig config, Recovered recovered, TimePoint now)
    : raft_(StartOf(config, recovered), now),
      kv_(StateOf(recovered.snapshot)),
      wal_(recovered, config.settings.segment_bytes),
      taker_(config.settings.snapshot_chunk_bytes),
      receiver_(recovered.store, recovered.incoming),
      applied_(raft_.commit()),
      shown_(now),
      now_(now) {
  if (recovered.log_restarted) {
    wal_.Add(StoreTermAndVote{recovered.term, recovered.vote});
    wal_.Add(StoreLogStart{raft_.log().base(), raft_.log().base_term()});
  }
  if (recovered.snapshot.has_value()) shelf_.Add(std::move(recovered.snapshot->stored));
  CountLog();
}

Node::Node(const Node&) = default;
Node::Node(Node&&) noexcept = default;
Node& Node::operator=(const Node&) = default;
Node& Node::operator=(Node&&) noexcept = default;
Node::~Node() = default;

TimePoint Node::NextDeadline() const {
  if (halted_) return TimePoint::Max();
  if (applied_ < raft_.commit()) return shown_;
  const TimePoint deadline = raft_.NextDeadline();
  return deadline == TimePoint::Max() ? deadline : deadline - behind_;
}

void Node::NoteTime(TimePoint shown) {
  if (shown < shown_) {
    behind_ = behind_ + (shown_ - shown);
    raft_.ForgetLease();  // time passed that we do not know of
  }
  shown_ = shown;
  now_ = shown_ + behind_;
}

void Node::Step(TimePoint now, Input input, Effects& out) {
  Step(now, std::span(&input, 1), out);
}

void Node::Step(TimePoint now, std::span<Input> inputs, Effects& out) {
  BeginStep(now, inputs, out);
  EndStep(out);
}

void Node::BeginStep(TimePoint now, std::span<Input> inputs, Effects& out) {
  DRYDOCK_CHECK(!std::exchange(in_step_, true));
  if (halted_) {
    for (const Input& input : inputs) RefuseInput(input, out);
    return;
  }
  NoteTime(now);
  RaftOutput raft_out = Collect(out);
  raft_.AdvanceTo(now_, raft_out);
  for (Input& input : inputs) {
    if (halted_) {
      RefuseInput(input, out);
      continue;
    }
    std::visit([&](auto& in) { Handle(std::move(in), out, raft_out); }, input);
    if (!chunks_offered_.empty()) TakeOfferedChunks(out, raft_out);
    NoteLeadership(out);
    if (!held_.empty() && !raft_.transferring()) LetHeldCallsGo(out, raft_out);
  }
  if (halted_) return;
  SendAndWrite(out, raft_out);
  raft_.CheckInvariants();
  CheckInvariants();
}

void Node::EndStep(Effects& out) {
  DRYDOCK_CHECK(std::exchange(in_step_, false));
  if (halted_) return;
  Apply(out);
  if (halted_) return;
  AnswerReads(out);
  if (shelf_.newest() != nullptr) CompactLog(out);
  raft_.FreeSome();
  if (!garbage_.empty()) KvStore::Map::FreeSome(garbage_, kFreedAtOnce);
}

RaftOutput Node::Collect(Effects& out) {
  mutations_.clear();
  new_reads_.clear();
  return {.messages = out.messages,
          .replies = out.peer_replies,
          .drops = out.drops,
          .trace = out.trace,
          .mutations = mutations_,
          .reads = new_reads_,
          .transfers = out.transfer_replies,
          .changes = out.change_replies,
          .chunks_wanted = chunks_wanted_,
          .chunks_offered = chunks_offered_};
}

// After each input: the next one may end the leadership under which reads were confirmed by this.
void Node::NoteLeadership(Effects& out) {
  if (raft_.stay() != stay_) AbandonPending(out);
  TakeConfirmedReads(out);
}

void Node::TakeConfirmedReads(Effects& out) {
  for (const ConfirmedReads& reads : new_reads_) {
    if (reads.given_up) {
      RefuseReads(reads.count, out);
    } else {
      confirmed_.push_back(reads);
    }
  }
  new_reads_.clear();
}

// The oldest of those that are not confirmed: the leader is the one to ask.
void Node::RefuseReads(std::uint64_t count, Effects& out) {
  std::uint64_t confirmed = 0;
  for (const ConfirmedReads& reads : confirmed_) confirmed += reads.count;
  DRYDOCK_CHECK(confirmed + count <= reads_.size(), confirmed, count, reads_.size());
  const auto first = reads_.begin() + static_cast<std::ptrdiff_t>(confirmed);
  const auto last = first + static_cast<std::ptrdiff_t>(count);
  for (auto read = first; read != last; ++read) GiveUp(read->call, Outcome::kNotLeader, out);
  reads_.erase(first, last);
}

void Node::GiveUp(CallId call, Outcome outcome, Effects& out) const {
  out.client_replies.push_back(
      {call, ClientAnswer{.outcome = outcome, .leader = raft_.leader(), .term = raft_.term()}});
}

// The order matters in one place: what is to be written goes to the log before the flush; what must
// not leave before it is durable is still held inside raft_.
void Node::SendAndWrite(Effects& out, RaftOutput& raft_out) {
  raft_.Send(raft_out);
  NoteLeadership(out);
  for (const Mutation& mutation : mutations_) wal_.Add(mutation);
  DRYDOCK_CHECK(wal_.last() == raft_.lsn(), wal_.last(), raft_.lsn());
  wal_.Flush(out.disk);
  for (const ChunkWanted& wanted : chunks_wanted_) shelf_.Read(wanted, bulk_, out.disk);
  chunks_wanted_.clear();
}

// --- Inputs -------------------------------------------------------------------------------------

void Node::Handle(Wake, Effects&, RaftOutput&) {}

void Node::Handle(PeerRequest&& request, Effects&, RaftOutput& raft_out) {
  raft_.HandleRequest(request.call, std::move(request.message), raft_out);
}

void Node::Handle(const PeerResponse& response, Effects&, RaftOutput& raft_out) {
  raft_.HandleResponse(response.message, raft_out);
}

// A write or sync that failed may have done anything, and trying again may report success for
// pages that were dropped: the only safe answer is to stop and recover from what is there.
void Node::Handle(const DiskDone& done, Effects& out, RaftOutput& raft_out) {
  if (done.error.has_value()) return Halt("disk: " + *done.error, out, raft_out);
  if (BulkLane::Owns(done.ticket)) return HandleBulk(done, out, raft_out);
  if (const std::optional<Lsn> durable = wal_.Done(done.ticket)) {
    raft_.HandleDurable(*durable, raft_out);
  }
}

void Node::Handle(Suspend suspend, Effects& out, RaftOutput& raft_out) {
  DropPending(out);
  raft_.Suspend(suspend.length, raft_out);
}

void Node::Handle(Resume, Effects&, RaftOutput& raft_out) {
  raft_.Resume(raft_out);
}

void Node::Handle(TransferLeadership transfer, Effects&, RaftOutput& raft_out) {
  raft_.HandleTransfer(transfer.call, transfer.target, raft_out);
}

void Node::Handle(ChangeMembers change, Effects& out, RaftOutput& raft_out) {
  if (raft_.suspended()) return out.drops.push_back(change.call);
  raft_.ChangeMembers(change.call, std::move(change.change), raft_out);
}

void Node::Handle(ClientCall&& call, Effects& out, RaftOutput& raft_out) {
  if (raft_.suspended()) return out.drops.push_back(call.call);
  if (const auto* get = std::get_if<GetOp>(&call.request.op)) {
    if (get->mode == ReadMode::kStale) return AnswerRead(call.call, get->key, out);
  }
  if (const std::optional<Outcome> refusal = ReasonToRefuse(call.request)) {
    ClientAnswer answer{.outcome = *refusal, .term = raft_.term()};
    if (*refusal == Outcome::kNotLeader) answer.leader = raft_.leader();
    if (*refusal == Outcome::kTooLarge) answer.limit = *LimitPassedBy(call.request);
    out.client_replies.push_back({call.call, std::move(answer)});
    return;
  }
  if (raft_.transferring()) return Hold(std::move(call));
  if (raft_.stay() != stay_) AbandonPending(out);
  if (auto* get = std::get_if<GetOp>(&call.request.op)) {
    TakeRead(call.call, std::move(*get), out);
  } else {
    if (auto* open = std::get_if<RegisterOp>(&call.request.op)) {
      open->max_sessions = raft_.settings().max_sessions;
    }
    ProposeCommand(call.call, call.request, raft_out);
  }
}

void Node::TakeRead(CallId call, GetOp get, Effects& out) {
  if (get.mode == ReadMode::kLease && ReadUnderLease(call, get, out)) return;
  reads_.push_back({call, std::move(get.key)});
  through_leader_ = !raft_.IsLeader();
  if (through_leader_) {
    raft_.ReadThroughLeader();
  } else {
    raft_.Read();
  }
}

// The lease holds at this moment, and the read was asked before it: what is committed now is the
// answer, however late it leaves.
bool Node::ReadUnderLease(CallId call, GetOp& get, Effects& out) {
  const std::optional<TimePoint> until = raft_.LeaseUntil();
  if (!until.has_value()) return false;
  lease_reads_.push_back({{call, std::move(get.key)}, raft_.commit()});
  out.trace.emplace_back(trace::ReadUnderLease{raft_.commit(), *until});
  return true;
}

// --- Client calls -------------------------------------------------------------------------------

// They are served as if they had come just now; by a node that no longer leads, refused.
void Node::LetHeldCallsGo(Effects& out, RaftOutput& raft_out) {
  for (ClientCall& call : held_.Take()) Handle(std::move(call), out, raft_out);
}

// A large command becomes pieces, so that nothing on the wire or on disk is ever large.
void Node::ProposeCommand(CallId call, const ClientRequest& request, RaftOutput& raft_out) {
  const std::size_t most = raft_.settings().max_piece_bytes;
  if (EncodedSize(request) <= most) {
    const Bytes command(EncodeCommand(request));
    writes_.push_back({raft_.Propose(EntryKind::kCommand, command, raft_out), call});
    return;
  }
  const std::vector<Bytes> pieces = EncodeInPieces(request, most);
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
    raft_.Propose(EntryKind::kPart, pieces[i], raft_out);
  }
  writes_.push_back({raft_.Propose(EntryKind::kLastPart, pieces.back(), raft_out), call});
}

// What was proposed may still be committed by another leader; a read has surely not happened, but
// its client only needs to ask again, or to ask the leader.
void Node::AbandonPending(Effects& out) {
  stay_ = raft_.stay();
  for (const PendingWrite& write : writes_) GiveUp(write.call, Outcome::kUnknown, out);
  const Outcome of_reads = through_leader_ ? Outcome::kNotLeader : Outcome::kUnknown;
  for (const PendingRead& read : reads_) GiveUp(read.call, of_reads, out);
  for (const LeaseRead& read : lease_reads_) GiveUp(read.read.call, Outcome::kUnknown, out);
  writes_.clear();
  reads_.clear();
  confirmed_.clear();
  new_reads_.clear();  // what the same step said about them
  lease_reads_.clear();
}

// Without a word: a node that is silent or stopped gives no answers.
void Node::DropPending(Effects& out) {
  for (const PendingWrite& write : writes_) out.drops.push_back(write.call);
  for (const PendingRead& read : reads_) out.drops.push_back(read.call);
  for (const LeaseRead& read : lease_reads_) out.drops.push_back(read.read.call);
  for (const ClientCall& call : held_.Take()) out.drops.push_back(call.call);
  DropSnapshotCalls(out);
  writes_.clear();
  reads_.clear();
  confirmed_.clear();
  new_reads_.clear();  // what the same step said about them
  lease_reads_.clear();
}

// --- Applying -----------------------------------------------------------------------------------

void Node::Apply(Effects& out) {
  const Index end = std::min(raft_.commit(), applied_ + raft_.settings().max_apply_per_step);
  while (applied_ < end) {
    const Index stop = std::min(end, applied_ + kPrefetched);
    PrefetchEntries(stop);
    for (; applied_ < stop; ApplyNext(out)) {
      if (!CanApplyNext(out)) return;
    }
  }
}

// Of the entries from the next one to apply up to `last`. A single one would gain nothing.
void Node::PrefetchEntries(Index last) {
  if (last.value() - applied_.value() < 2) return;
  keys_.clear();
  for (Index index = Next(applied_); index <= last; index = Next(index)) {
    const Entry& entry = raft_.log().At(index);
    if (entry.kind != EntryKind::kCommand) continue;
    if (const auto key = KeyOfCommand(entry.payload)) keys_.emplace_back(*key);
  }
  kv_.Prefetch(keys_);
}

// A newer leader's entry that means nothing to us means something to others: to pass it over would
// make this node's state another one than theirs.
bool Node::CanApplyNext(Effects& out) {
  const Index next = Next(applied_);
  const auto unknown = kv_.UnknownForm(raft_.log().At(next));
  if (!unknown.has_value()) return true;
  RaftOutput raft_out = Collect(out);
  Halt("entry " + std::to_string(next.value()) + " is " + *unknown + kUpgrade, out, raft_out);
  return false;
}

void Node::ApplyNext(Effects& out) {
  applied_ = Next(applied_);
  const ApplyResult result = kv_.Apply(applied_, raft_.log().At(applied_));
  out.trace.emplace_back(trace::Applied{applied_, result.outcome, result.duplicate});
  if (!writes_.empty() && writes_.front().index == applied_) AnswerWrite(applied_, result, out);
  applied_bytes_ += Cost(raft_.log().At(applied_));
  if (!taker_.busy() && IsSnapshotDue()) BeginSnapshot(out);
}

void Node::AnswerWrite(Index index, const ApplyResult& result, Effects& out) {
  out.client_replies.push_back(
      {writes_.front().call, ClientAnswer{.outcome = result.outcome,
                                          .found = result.found,
                                          .value = result.value,
                                          .session = result.session,
                                          .term = raft_.log().TermAt(index),
                                          .index = index}});
  writes_.pop_front();
}

void Node::AnswerReads(Effects& out) {
  for (; !confirmed_.empty() && confirmed_.front().index <= applied_; confirmed_.pop_front()) {
    DRYDOCK_CHECK(confirmed_.front().count <= reads_.size(), reads_.size());
    for (std::uint64_t left = confirmed_.front().count; left > 0;) {
      const std::uint64_t count = std::min(left, kPrefetched);
      PrefetchReads(count);
      for (std::uint64_t i = 0; i < count; ++i, reads_.pop_front()) {
        AnswerRead(reads_.front().call, reads_.front().key, out);
      }
      left -= count;
    }
  }
  for (; !lease_reads_.empty() && lease_reads_.front().index <= applied_;
       lease_reads_.pop_front()) {
    const PendingRead& read = lease_reads_.front().read;
    AnswerRead(read.call, read.key, out);
  }
}

void Node::PrefetchReads(std::uint64_t count) {
  if (count < 2) return;
  keys_.clear();
  for (std::uint64_t i = 0; i < count; ++i) keys_.emplace_back(reads_[i].key.view());
  kv_.Prefetch(keys_);
}

void Node::AnswerRead(CallId call, const Bytes& key, Effects& out) const {
  const std::optional<Bytes> value = kv_.Get(key.view());
  out.client_replies.push_back(
      {call, ClientAnswer{.outcome = value.has_value() ? Outcome::kOk : Outcome::kNotFound,
                          .found = value.has_value(),
                          .value = value.value_or(Bytes()),
                          .term = raft_.term(),
                          .index = applied_}});
}

// --- Halting ------------------------------------------------------------------------------------

// The step that halts leaves nothing behind that it prepared: nothing more will become durable.
void Node::Halt(std::string reason, Effects& out, RaftOutput& raft_out) {
  halted_ = true;
  out.trace.emplace_back(trace::Halted{std::move(reason)});
  DropPending(out);
  raft_.DropHeld(raft_out);
}

void Node::RefuseInput(const Input& input, Effects& out) {
  if (const std::optional<CallId> call = CallOf(input)) out.drops.push_back(*call);
}

std::uint64_t Node::Digest(std::span<const NodeId> permutation) const {
  Hasher hasher;
  raft_.AddTo(hasher, permutation);
  kv_.AddTo(hasher);
  wal_.AddTo(hasher, permutation);
  if (shelf_.newest() != nullptr) hasher.Add(shelf_.newest()->meta.index);
  taker_.AddTo(hasher);
  receiver_.AddTo(hasher);
  hasher.Add(applied_);
  hasher.Add(std::uint64_t{halted_});
  for (const PendingWrite& write : writes_) hasher.Add(write.index);
  for (const PendingRead& read : reads_) hasher.Add(read.key.view());
  for (const ConfirmedReads& reads : confirmed_) hasher.Add(reads.index);
  for (const LeaseRead& read : lease_reads_) hasher.Add(read.index);
  hasher.Add(held_.size());
  return hasher.Finish();
}

}  // namespace drydock
