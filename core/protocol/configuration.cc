#include "core/protocol/configuration.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/codec.h"

namespace drydock {
namespace {

constexpr std::uint8_t kFormatVersion = 1;
// Each member with its address. Written only when there is one.
constexpr std::uint8_t kFormatWithAddresses = 2;

void WriteNodes(Writer& writer, const std::vector<NodeId>& nodes) {
  writer.U32(static_cast<std::uint32_t>(nodes.size()));
  for (const NodeId node : nodes) writer.U32(node.value());
}

// Ascending and without duplicates, or it is not ours.
bool ReadNodes(Reader& reader, std::vector<NodeId>& nodes) {
  const std::uint32_t count = reader.U32();
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    const NodeId node(reader.U32());
    if (!nodes.empty() && !(nodes.back() < node)) return false;
    nodes.push_back(node);
  }
  return reader.ok();
}

}  // namespace

Majority::Majority(std::vector<NodeId> voters) : voters_(std::move(voters)) {
  std::sort(voters_.begin(), voters_.end());
  DRYDOCK_CHECK(std::adjacent_find(voters_.begin(), voters_.end()) == voters_.end());
}

bool Majority::Contains(NodeId node) const {
  return std::binary_search(voters_.begin(), voters_.end(), node);
}

Configuration::Configuration(std::vector<NodeId> voters) : incoming_(std::move(voters)) {
  for (const NodeId node : incoming_.voters()) members_.push_back({node, StoreId(0)});
}

bool Configuration::IsVoter(NodeId node) const {
  return incoming_.Contains(node) || outgoing_.Contains(node);
}

const Member* Configuration::FindMember(NodeId node) const {
  for (const Member& member : members_) {
    if (member.node == node) return &member;
  }
  return nullptr;
}

StoreId Configuration::StoreOf(NodeId node) const {
  const Member* member = FindMember(node);
  return member == nullptr ? StoreId(0) : member->store;
}

void Configuration::Bind(NodeId node, StoreId store) {
  for (Member& member : members_) {
    if (member.node == node) member.store = store;
  }
}

void Configuration::SetAddress(NodeId node, std::string address) {
  const auto member = std::find_if(members_.begin(), members_.end(),
                                   [node](const Member& each) { return each.node == node; });
  if (member != members_.end()) member->address = std::move(address);
}

std::size_t Configuration::FoundingSize() const {
  return std::min(incoming_.voters().size(), incoming_.QuorumSize() + 1);
}

Configuration Configuration::WithRoles(Majority incoming, Majority outgoing,
                                       std::vector<NodeId> learners) const {
  Configuration result;
  result.incoming_ = std::move(incoming);
  result.outgoing_ = std::move(outgoing);
  result.learners_ = std::move(learners);
  std::sort(result.learners_.begin(), result.learners_.end());
  for (const NodeId node : result.NodesWithRoles()) {
    const Member* member = FindMember(node);
    result.members_.push_back(member == nullptr ? Member{node, StoreId(0)} : *member);
  }
  result.founded_ = founded_;
  return result;
}

// Ascending, each once.
std::vector<NodeId> Configuration::NodesWithRoles() const {
  std::vector<NodeId> nodes = incoming_.voters();
  nodes.insert(nodes.end(), outgoing_.voters().begin(), outgoing_.voters().end());
  nodes.insert(nodes.end(), learners_.begin(), learners_.end());
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

// Somebody votes, nobody is voter and learner at once, and the members are those with a role.
bool Configuration::IsConsistent() const {
  if (incoming_.voters().empty()) return false;
  for (const NodeId node : learners_) {
    if (incoming_.Contains(node)) return false;
  }
  const std::vector<NodeId> nodes = NodesWithRoles();
  return std::equal(nodes.begin(), nodes.end(), members_.begin(), members_.end(),
                    [](NodeId node, const Member& member) { return node == member.node; });
}

std::string Configuration::Encode() const {
  const bool addresses = std::any_of(members_.begin(), members_.end(),
                                     [](const Member& member) { return !member.address.empty(); });
  std::string out;
  Writer writer(out);
  writer.U8(addresses ? kFormatWithAddresses : kFormatVersion);
  writer.U8(founded_ ? 1 : 0);
  WriteNodes(writer, incoming_.voters());
  WriteNodes(writer, outgoing_.voters());
  WriteNodes(writer, learners_);
  writer.U32(static_cast<std::uint32_t>(members_.size()));
  for (const Member& member : members_) {
    writer.U32(member.node.value());
    writer.U64(member.store.value());
    if (addresses) writer.Blob(member.address);
  }
  return out;
}

std::optional<Configuration> Configuration::Decode(std::string_view bytes) {
  Reader reader(bytes);
  const std::uint8_t format = reader.U8();
  if (format != kFormatVersion && format != kFormatWithAddresses) return std::nullopt;
  Configuration configuration;
  const std::uint8_t founded = reader.U8();
  if (founded > 1) return std::nullopt;
  configuration.founded_ = founded == 1;
  std::vector<NodeId> incoming;
  std::vector<NodeId> outgoing;
  if (!ReadNodes(reader, incoming) || !ReadNodes(reader, outgoing)) return std::nullopt;
  if (!ReadNodes(reader, configuration.learners_)) return std::nullopt;
  configuration.incoming_ = Majority(std::move(incoming));
  configuration.outgoing_ = Majority(std::move(outgoing));
  const std::uint32_t count = reader.U32();
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    const NodeId node(reader.U32());
    if (i > 0 && !(configuration.members_.back().node < node)) return std::nullopt;
    configuration.members_.push_back({node, StoreId(reader.U64())});
    if (format == kFormatWithAddresses) {
      configuration.members_.back().address = std::string(reader.Blob());
    }
  }
  if (!reader.AtEnd() || !configuration.IsConsistent()) return std::nullopt;
  return configuration;
}

}  // namespace drydock
