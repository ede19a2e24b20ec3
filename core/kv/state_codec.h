// The bytes of a snapshot's state, written and read a piece at a time, so that no step of a node
// takes long however much there is. Equal states give equal bytes.
//
//   version u8 (1 to 127), then items, each a tag u8 and a body, all numbers little-endian:
//     1  a session: id u64, last applied u64, first unanswered u64
//     2  an answer kept by the session before: sequence u64, outcome u8, found u8, value
//     3  a piece of a large command that is not complete yet: its bytes
//     4  a pair: key, value
//     5  the end
//   sessions come by id, their answers by sequence, pairs by key; bytes are a u32 length and they.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/strong.h"
#include "core/kv/kv_store.h"
#include "core/kv/ordered_key.h"

namespace drydock {

// A value, as the store is: a copy goes on independently.
class StateEncoder {
 public:
  explicit StateEncoder(KvStore state) : state_(std::move(state)) {}

  // The next bytes: `limit` of them (at least one), fewer only at the end, and then none.
  Bytes Next(std::size_t limit);
  bool AtEnd() const { return phase_ == Phase::kEnd && buffered() == 0 && apart_.empty(); }
  // What was encoded, to be freed.
  KvStore Release() { return std::move(state_); }

 private:
  enum class Phase : std::uint8_t { kBegin, kSessions, kAnswers, kParts, kPairs, kLast, kEnd };

  std::size_t buffered() const { return buffer_.size() - taken_; }
  bool Refill();
  void FillSession();
  void FillAnswers();
  void FillParts();
  void FillPairs();
  bool FillBlob(const Bytes& bytes);

  KvStore state_;
  Phase phase_ = Phase::kBegin;
  std::optional<SessionId> session_;       // the last one begun
  std::optional<std::uint64_t> sequence_;  // of its last answer
  std::optional<std::uint64_t> part_;
  std::optional<OrderedKey> key_;
  std::string buffer_;  // what was encoded and not handed out: from taken_ on
  std::size_t taken_ = 0;
  Bytes apart_;  // and behind it, a large value
};

class StateDecoder {
 public:
  // Whether a state that begins with these bytes is one that only a newer program can read.
  static bool IsNewer(std::string_view bytes);
  // False once the bytes cannot be those of a state.
  bool Feed(std::string_view bytes);
  bool complete() const { return complete_; }
  // The whole state, after applying everything up to `applied`; complete() must hold.
  KvStore Take(Index applied);

 private:
  enum class Item : std::uint8_t { kTaken, kCutShort, kMalformed };

  Item TakeItem(std::string_view& rest);
  bool TakeSession(std::string_view body);
  bool TakeAnswer(std::string_view body);
  bool TakePair(std::string_view item, std::size_t key_end);

  KvStore state_;
  std::string buffer_;  // of an item that is not whole yet
  bool begun_ = false;
  bool malformed_ = false;
  bool complete_ = false;
  std::optional<SessionId> session_;
  std::optional<OrderedKey> last_key_;
};

}  // namespace drydock
