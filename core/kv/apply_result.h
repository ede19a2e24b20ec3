// What applying one entry of the log came to.
#pragma once

#include "core/base/bytes.h"
#include "core/base/strong.h"
#include "core/protocol/client.h"

namespace drydock {

// `outcome` is kOk, kCompareFailed, kBadRequest or kSessionUnknown; with the last two the entry
// changed nothing.
struct ApplyResult {
  Outcome outcome = Outcome::kOk;
  bool duplicate = false;  // a retry of a command that was applied before; this is its answer
  bool found = false;      // a delete: the key was there; a compare-and-set that failed: the key
                           // exists, with `value`
  Bytes value;
  SessionId session;  // a new session

  friend bool operator==(const ApplyResult&, const ApplyResult&) = default;
};

inline ApplyResult Refuse(Outcome outcome) {
  ApplyResult result;
  result.outcome = outcome;
  return result;
}

}  // namespace drydock
