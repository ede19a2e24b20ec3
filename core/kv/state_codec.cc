#include "core/kv/state_codec.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/codec.h"

namespace drydock {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kLastVersion = 127;  // that there can ever be: beyond it is nonsense
enum class Tag : std::uint8_t { kSession = 1, kAnswer = 2, kPart = 3, kPair = 4, kEnd = 5 };

constexpr std::size_t kBuffer = 32 << 10;  // gathered at a time
constexpr std::size_t kApart = 4 << 10;    // a larger value is handed out from where it is

void Put(Writer& writer, Tag tag) {
  writer.U8(static_cast<std::uint8_t>(tag));
}

}  // namespace

// --- Writing ------------------------------------------------------------------------------------

Bytes StateEncoder::Next(std::size_t limit) {
  std::string out;
  out.reserve(std::min(limit, 2 * kBuffer));
  while (out.size() < limit) {
    const std::size_t room = limit - out.size();
    if (buffered() > 0) {
      const std::size_t size = std::min(room, buffered());
      out.append(buffer_, taken_, size);
      taken_ += size;
    } else if (!apart_.empty()) {
      const std::size_t size = std::min(room, apart_.size());
      out.append(apart_.view().substr(0, size));
      apart_ = apart_.size() == size ? Bytes() : apart_.Slice(size, apart_.size() - size);
    } else if (!Refill()) {
      break;
    }
  }
  return Bytes(out);
}

bool StateEncoder::Refill() {
  buffer_.clear();
  taken_ = 0;
  Writer writer(buffer_);
  switch (phase_) {
    case Phase::kBegin:
      writer.U8(kVersion);
      phase_ = Phase::kSessions;
      return true;
    case Phase::kSessions:
      FillSession();
      return true;
    case Phase::kAnswers:
      FillAnswers();
      return true;
    case Phase::kParts:
      FillParts();
      return true;
    case Phase::kPairs:
      FillPairs();
      return true;
    case Phase::kLast:
      Put(writer, Tag::kEnd);
      phase_ = Phase::kEnd;
      return true;
    case Phase::kEnd:
      break;
  }
  return false;
}

void StateEncoder::FillSession() {
  phase_ = Phase::kParts;
  const SessionId* const after = session_.has_value() ? &*session_ : nullptr;
  state_.sessions_.sessions_.VisitAfter(after, [this](SessionId id, const auto& session) {
    Writer writer(buffer_);
    Put(writer, Tag::kSession);
    writer.U64(id.value());
    writer.U64(session.last_applied.value());
    writer.U64(session.first_unanswered);
    session_ = id;
    sequence_.reset();
    phase_ = Phase::kAnswers;
    return false;
  });
}

void StateEncoder::FillAnswers() {
  phase_ = Phase::kSessions;
  const auto& answers = state_.sessions_.sessions_.Find(*session_)->answers;
  const std::uint64_t* const after = sequence_.has_value() ? &*sequence_ : nullptr;
  answers.VisitAfter(after, [this](std::uint64_t sequence, const ApplyResult& answer) {
    Writer writer(buffer_);
    Put(writer, Tag::kAnswer);
    writer.U64(sequence);
    writer.U8(static_cast<std::uint8_t>(answer.outcome));
    writer.U8(answer.found ? 1 : 0);
    sequence_ = sequence;
    const bool go_on = FillBlob(answer.value);
    if (!go_on) phase_ = Phase::kAnswers;
    return go_on;
  });
}

void StateEncoder::FillParts() {
  phase_ = Phase::kPairs;
  const std::uint64_t* const after = part_.has_value() ? &*part_ : nullptr;
  state_.parts_.VisitAfter(after, [this](std::uint64_t number, const Bytes& part) {
    Writer writer(buffer_);
    Put(writer, Tag::kPart);
    part_ = number;
    const bool go_on = FillBlob(part);
    if (!go_on) phase_ = Phase::kParts;
    return go_on;
  });
}

void StateEncoder::FillPairs() {
  phase_ = Phase::kLast;
  const OrderedKey* const after = key_.has_value() ? &*key_ : nullptr;
  OrderedKey last{Bytes()};
  state_.map_.VisitAfter(after, [&](const OrderedKey& key, const Bytes& value) {
    Writer writer(buffer_);
    Put(writer, Tag::kPair);
    writer.Blob(key.view());
    const bool go_on = FillBlob(value);
    if (!go_on) {
      phase_ = Phase::kPairs;
      last = key;
    }
    return go_on;
  });
  key_ = std::move(last);
}

// False when it is time to hand out what there is.
bool StateEncoder::FillBlob(const Bytes& bytes) {
  Writer writer(buffer_);
  if (bytes.size() > kApart) {
    writer.U32(static_cast<std::uint32_t>(bytes.size()));
    apart_ = bytes;
    return false;
  }
  writer.Blob(bytes.view());
  return buffer_.size() < kBuffer;
}

// --- Reading ------------------------------------------------------------------------------------

bool StateDecoder::IsNewer(std::string_view bytes) {
  const std::uint8_t version = bytes.empty() ? kVersion : static_cast<std::uint8_t>(bytes.front());
  return version > kVersion && version <= kLastVersion;
}

bool StateDecoder::Feed(std::string_view bytes) {
  if (malformed_ || (complete_ && !bytes.empty())) return false;
  std::string held = std::exchange(buffer_, {});
  if (!held.empty()) held.append(bytes);
  std::string_view rest = held.empty() ? bytes : held;
  if (!begun_ && !rest.empty()) {
    begun_ = true;
    malformed_ = static_cast<std::uint8_t>(rest.front()) != kVersion;
    rest.remove_prefix(1);
  }
  Item item = Item::kTaken;
  while (!malformed_ && !complete_ && item == Item::kTaken && !rest.empty()) item = TakeItem(rest);
  malformed_ = malformed_ || item == Item::kMalformed || (complete_ && !rest.empty());
  if (malformed_) return false;
  // In place when most of it stays: a large value comes in many pieces.
  if (rest.size() == held.size()) {
    buffer_ = std::move(held);
  } else {
    buffer_.assign(rest);
  }
  return true;
}

StateDecoder::Item StateDecoder::TakeItem(std::string_view& rest) {
  Reader reader(rest);
  const auto tag = static_cast<Tag>(reader.U8());
  std::size_t key_at = 0;
  switch (tag) {
    case Tag::kSession:
      reader.Take(24);
      break;
    case Tag::kAnswer:
      reader.Take(10);
      reader.Blob();
      break;
    case Tag::kPart:
      reader.Blob();
      break;
    case Tag::kPair:
      reader.Blob();
      key_at = rest.size() - reader.rest().size();
      reader.Blob();
      break;
    case Tag::kEnd:
      complete_ = true;
      break;
    default:
      return Item::kMalformed;
  }
  if (!reader.ok()) return Item::kCutShort;
  const std::string_view item = rest.substr(0, rest.size() - reader.rest().size());
  rest = reader.rest();
  const std::string_view body = item.substr(1);
  bool sound = true;
  if (tag == Tag::kSession) sound = TakeSession(body);
  if (tag == Tag::kAnswer) sound = TakeAnswer(body);
  if (tag == Tag::kPart) state_.parts_.Assign(state_.parts_.size(), Bytes(body.substr(4)));
  if (tag == Tag::kPair) sound = TakePair(item, key_at);
  return sound ? Item::kTaken : Item::kMalformed;
}

bool StateDecoder::TakeSession(std::string_view body) {
  Reader reader(body);
  const SessionId id(reader.U64());
  Sessions::Session session;
  session.last_applied = Index(reader.U64());
  session.first_unanswered = reader.U64();
  if (session_.has_value() && id <= *session_) return false;
  if (!state_.sessions_.by_age_.Assign(session.last_applied, id)) return false;
  state_.sessions_.sessions_.Assign(id, std::move(session));
  session_ = id;
  return true;
}

bool StateDecoder::TakeAnswer(std::string_view body) {
  if (!session_.has_value()) return false;
  Reader reader(body);
  const std::uint64_t sequence = reader.U64();
  ApplyResult answer;
  answer.outcome = static_cast<Outcome>(reader.U8());
  answer.found = reader.U8() != 0;
  answer.value = Bytes(reader.Blob());
  if (answer.outcome > Outcome::kUnknown) return false;
  Sessions::Session& session = *state_.sessions_.sessions_.FindMutable(*session_);
  session.answer_bytes += answer.value.size();
  return session.answers.Assign(sequence, std::move(answer));
}

// The key and the value share one storage, as those of an entry do.
bool StateDecoder::TakePair(std::string_view item, std::size_t key_end) {
  constexpr std::size_t kLength = 4;
  const Bytes bytes(item);
  const std::size_t key_at = 1 + kLength;
  const std::size_t value_at = key_end + kLength;
  OrderedKey key(bytes.Slice(key_at, key_end - key_at));
  if (last_key_.has_value() && KeyOrder()(*last_key_, key) >= 0) return false;
  last_key_ = key;
  Bytes value = value_at == item.size() ? Bytes() : bytes.Slice(value_at, item.size() - value_at);
  state_.map_.Assign(std::move(key), std::move(value));
  return true;
}

KvStore StateDecoder::Take(Index applied) {
  DRYDOCK_CHECK(complete_ && !malformed_);
  state_.applied_ = applied;
  return std::move(state_);
}

}  // namespace drydock
