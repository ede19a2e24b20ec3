// What clients ask and are told, as messages of drydock.v1 and of the Raft service, and back.
#pragma once

#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/protocol/client.h"
#include "core/protocol/membership.h"
#include "core/protocol/transfer.h"
#include "proto/drydock/v1/drydock.pb.h"
#include "proto/raft.pb.h"

namespace drydock::net {

// Nullopt when no kind of operation is set, or an unknown read mode. Large values are moved, not
// copied.
std::optional<ClientRequest> Decode(v1::Operation in);
void Encode(const ClientRequest& request, v1::Operation& out);

v1::ReadMode OnWire(ReadMode mode);

ClientRequest Decode(setVal_request in);
ClientRequest Decode(const getVal_request& in);

// The address of the leader is not the core's to know: the caller adds it.
void Encode(const ClientAnswer& answer, v1::Answer& out);
ClientAnswer Decode(const v1::Answer& in);

// What an outcome means, for a person: "the node does not lead"...
const char* WordsOf(Outcome outcome);

// What became of a transfer of leadership.
void Encode(const TransferAnswer& answer, v1::TransferLeadershipResponse& out);
// Nullopt when it tells no outcome that this version knows.
std::optional<TransferAnswer> Decode(const v1::TransferLeadershipResponse& in);

// The error tells, in words for the operator, which node has a number or an address that none has.
Result<MembershipChange> Decode(const v1::ChangeMembersRequest& in);
// The address of the leader is the caller's to add.
void Encode(const ChangeAnswer& answer, v1::ChangeMembersResponse& out);

}  // namespace drydock::net
