#include "sim/scenario/network_change.h"

namespace drydock::sim {

bool Separates(const Cut& cut, std::uint32_t from, std::uint32_t to) {
  bool from_listed = false;
  bool to_listed = false;
  for (const NodeMask group : cut.groups) {
    if (Has(group, from) && Has(group, to)) return false;
    from_listed |= Has(group, from);
    to_listed |= Has(group, to);
  }
  if (!from_listed || !to_listed) return false;
  return !cut.one_way || Has(cut.groups.front(), from);
}

std::vector<std::pair<NodeId, NodeId>> CutLinks(const Cut& cut, std::uint32_t nodes) {
  std::vector<std::pair<NodeId, NodeId>> links;
  for (std::uint32_t from = 0; from < nodes; ++from) {
    for (std::uint32_t to = 0; to < nodes; ++to) {
      if (from != to && Separates(cut, from, to)) links.emplace_back(from, to);
    }
  }
  return links;
}

}  // namespace drydock::sim
