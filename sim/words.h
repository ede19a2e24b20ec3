// Small things in words, the same wherever a person reads them.
#pragma once

#include <string>

#include "core/base/strong.h"
#include "core/protocol/client.h"

namespace drydock::sim {

std::string NodeName(NodeId node);       // "n3"
std::string TextOf(const ClientOp& op);  // "put city = \"Logan\""
// "done", or the value that a read gave; "not the leader, n2 is".
std::string TextOf(const ClientAnswer& answer, bool of_read);

}  // namespace drydock::sim
