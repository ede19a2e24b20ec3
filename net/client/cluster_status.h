// What the nodes of a cluster say of themselves, side by side: for people as a table, for programs
// as JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/client/client.h"

namespace drydock::net {

// One node, reached or not.
struct NodeStatus {
  std::string endpoint;
  std::string name;  // "n1"; "" if the node did not answer and its name is not known otherwise
  std::optional<v1::GetStatusResponse> told;
  std::string reason;  // why there is no answer
  // Since it was last in contact, in milliseconds: of a follower with its leader, by its own count;
  // of a node that does not answer, by the leader's.
  std::optional<std::uint64_t> silent_ms;
  // Entries of the leader's log that it is not known to hold; nothing if no leader answered, or if
  // the leader does not know.
  std::optional<std::uint64_t> behind;
};

struct ClusterStatus {
  std::vector<NodeStatus> nodes;      // in the order of the endpoints
  std::optional<std::size_t> leader;  // in `nodes`: of those that say so, the one of the last term
  std::size_t answered = 0;
  // As the leader has them; without a leader, as nobody has.
  std::vector<v1::MemberStatus> members;
  bool members_changing = false;  // a change of them is under way
};

// `names`: of endpoints whose node is known from elsewhere, such as the cluster's file.
ClusterStatus Summarize(std::vector<EndpointStatus> answers,
                        const std::map<std::string, std::string>& names = {});

// "F", "C" or "L"; a node that only asks whether it could be elected is a C. "-" for no answer.
const char* RoleLetter(const NodeStatus& node);

// A heading and one line a node, each ended by a newline.
std::string StatusTable(const ClusterStatus& status);
// One object in one line, without a newline.
std::string StatusJson(const ClusterStatus& status);

// The same of the members: who they are, what they do, where, and how far behind the leader.
std::string MembersTable(const ClusterStatus& status);
std::string MembersJson(const ClusterStatus& status);

}  // namespace drydock::net
