#include "tools/raftd/refound.h"

#include <iostream>
#include <string>
#include <vector>

#include "core/text/names.h"
#include "net/node/refound.h"

namespace drydock::tools {
namespace {

std::string NamesOf(const std::vector<NodeId>& nodes) {
  std::string names;
  for (const NodeId node : nodes) names += (names.empty() ? "" : ", ") + NameOf(node);
  return names.empty() ? "none" : names;
}

std::string MembersOf(const Survivor& survivor) {
  const Configuration& configuration = survivor.configuration;
  std::string text = NamesOf(configuration.incoming().voters()) + " vote";
  if (configuration.IsJoint()) {
    text += ", and until the change that was under way is done " +
            NamesOf(configuration.outgoing().voters());
  }
  if (!configuration.learners().empty()) {
    text += "; " + NamesOf(configuration.learners()) + " only follow";
  }
  return text + " (entry " + std::to_string(survivor.configuration_index.value()) + ")";
}

std::vector<NodeId> OthersOf(const Survivor& survivor) {
  std::vector<NodeId> others;
  for (const Member& member : survivor.configuration.members()) {
    if (member.node != survivor.node) others.push_back(member.node);
  }
  return others;
}

void TellWhatIsThere(const Survivor& survivor, const std::string& directory) {
  std::cout << NameOf(survivor.node) << " in " << directory << "\n  last entry  "
            << survivor.last.value() << ", of term " << survivor.last_term.value() << "; term now "
            << survivor.term.value() << "\n  snapshot    "
            << (survivor.snapshot == Index(0)
                    ? "none"
                    : "up to entry " + std::to_string(survivor.snapshot.value()))
            << "\n  members     " << MembersOf(survivor) << "\n\n";
}

void TellWhatMayBeLost(const Survivor& survivor) {
  const std::string last = std::to_string(survivor.last.value());
  std::cout << "May be lost: every write behind entry " << last
            << " that the others acknowledged. This store cannot tell\nhow many there are. Of "
               "several survivors take the one whose last entry has the greatest term,\nand of "
               "those the greatest number: it has whatever any of them has.\n";
  if (survivor.snapshot < survivor.last) {
    std::cout << "May appear: writes from entry " << survivor.snapshot.value() + 1 << " to " << last
              << " whose outcome their clients never learnt. All of them count as done.\n";
  }
  std::cout << "Shut out: " << NamesOf(OthersOf(survivor))
            << ". They can come back only with empty directories; make sure that none of\nthem "
               "runs or ever starts with its old one, or there are two clusters of one name.\n\n";
}

void TellWhatToDo(const Survivor& survivor, const RaftdFlags& flags) {
  const std::string name = NameOf(survivor.node);
  std::cout << flags.refound_into << " holds a new store with " << name << " as the only member. "
            << flags.data << " is as it was.\nStart it: raftd --config " << flags.config << " --id "
            << name << " --data " << flags.refound_into
            << "\nThen start the others with --join in empty directories, and: raftctl members add "
               "...\n";
}

int Refuse(const std::string& text) {
  std::cerr << "raftd: " << text << "\n";
  return kExitFailed;
}

}  // namespace

int RefoundStore(const net::ClusterConfig& config, const RaftdFlags& flags) {
  const auto survival = net::OpenSurvivor(config, *flags.id, flags.data);
  if (!survival.ok()) return Refuse(survival.error().text);
  const Survivor survivor = SurvivorOf(survival.value().content);
  TellWhatIsThere(survivor, flags.data);
  TellWhatMayBeLost(survivor);
  if (!flags.accept_loss) {
    std::cout << "Nothing was written. To go on, add --accept-loss\n";
    return kExitOk;
  }
  const Status status = net::RefoundInto(config, survival.value(), flags.refound_into);
  if (!status.ok()) return Refuse(status.error().text);
  TellWhatToDo(survivor, flags);
  return kExitOk;
}

}  // namespace drydock::tools
