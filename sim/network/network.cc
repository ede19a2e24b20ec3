#include "sim/network/network.h"

#include <algorithm>
#include <string>

namespace drydock::sim {
Network::Network(std::uint32_t nodes, std::uint64_t run_seed, const Pins& pins, Pins* taken)
    : nodes_(nodes) {
  links_.resize(std::size_t{nodes} * nodes);
  for (std::uint32_t from = 0; from < nodes; ++from) {
    for (std::uint32_t to = 0; to < nodes; ++to) {
      Link& link = LinkOf(NodeId(from), NodeId(to));
      const std::string name = "n" + std::to_string(from) + ">n" + std::to_string(to);
      link.stream = Stream(run_seed, name, pins, taken);
      link.quality.latency = LatencySampler(ConstantLatency{Duration::Microseconds(100)});
    }
  }
}

template <class Visit>
void Network::ForEachLink(NodeMask from, NodeMask to, Visit visit) {
  for (std::uint32_t a = 0; a < nodes_; ++a) {
    for (std::uint32_t b = 0; b < nodes_; ++b) {
      if (a != b && Has(from, a) && Has(to, b)) visit(LinkOf(NodeId(a), NodeId(b)), a, b);
    }
  }
}

void Network::Apply(const NetworkSettings& settings, const std::vector<ResolvedLinks>& links) {
  const NodeMask all = ~NodeMask{0};
  const auto apply = [](Link& link, const auto& from) {
    if (from.latency) link.quality.latency = LatencySampler(*from.latency);
    if (from.loss) link.quality.loss = *from.loss;
    if (from.duplicate) link.quality.duplicate = *from.duplicate;
    if (from.reorder) link.quality.reorder = *from.reorder;
  };
  ForEachLink(all, all, [&](Link& link, auto, auto) { apply(link, settings); });
  if (settings.stale) stale_ = *settings.stale;
  for (const ResolvedLinks& resolved : links) {
    const auto one = [&](Link& link, auto, auto) { apply(link, resolved.settings); };
    ForEachLink(resolved.from, resolved.to, one);
    if (resolved.both_ways) ForEachLink(resolved.to, resolved.from, one);
  }
}

Network::Snapshot Network::Save() const {
  Snapshot snapshot{.qualities = {}, .stale = stale_};
  for (const Link& link : links_) snapshot.qualities.push_back(link.quality);
  return snapshot;
}

void Network::Restore(const Snapshot& snapshot) {
  for (std::size_t i = 0; i < links_.size(); ++i) links_[i].quality = snapshot.qualities[i];
  stale_ = snapshot.stale;
}

// --- Cuts and filters ---------------------------------------------------------------------------

void Network::CountCut(const Cut& cut, std::uint32_t change) {
  const NodeMask all = ~NodeMask{0};
  ForEachLink(all, all, [&](Link& link, std::uint32_t from, std::uint32_t to) {
    if (Separates(cut, from, to)) link.cuts += change;
  });
}

NetworkChangeId Network::AddCut(const Cut& cut) {
  CountCut(cut, 1);
  cuts_.emplace(next_id_, cut);
  return next_id_++;
}

void Network::RemoveCut(NetworkChangeId id) {
  const auto found = cuts_.find(id);
  if (found == cuts_.end()) return;  // healed meanwhile
  CountCut(found->second, static_cast<std::uint32_t>(-1));
  cuts_.erase(found);
}

NetworkChangeId Network::AddFilter(const ActiveFilter& filter) {
  filters_.emplace(next_id_, filter);
  return next_id_++;
}

void Network::RemoveFilter(NetworkChangeId id) {
  filters_.erase(id);
}

void Network::HealAll() {
  while (!cuts_.empty()) RemoveCut(cuts_.begin()->first);
  filters_.clear();
}

// --- Messages -----------------------------------------------------------------------------------

bool Network::IsFiltered(Stream& stream, NodeId from, NodeId to, MessageType type,
                         std::int64_t& delay) {
  for (auto at = filters_.begin(); at != filters_.end(); ++at) {
    ActiveFilter& filter = at->second;
    const bool hit = filter.types[static_cast<std::size_t>(type)] &&
                     Has(filter.from, from.value()) && Has(filter.to, to.value());
    if (!hit || !stream.Chance(Decision::kFilter, filter.drop)) continue;
    const std::optional<Duration> wait = filter.delay;
    if (filter.left.has_value() && --*filter.left == 0) filters_.erase(at);
    if (!wait.has_value()) return true;
    delay += wait->nanoseconds();
    return false;
  }
  return false;
}

std::int64_t Network::DrawArrival(Link& link, std::int64_t now, NodeId from, NodeId to) {
  return now + link.quality.latency.Draw(link.stream, Decision::kLatency, from, to).nanoseconds();
}

// Each kind of decision is drawn for each message, whether the fault is on or not, so that its
// ordinal is the number of the message on this link.
Fate Network::Send(std::int64_t now, NodeId from, NodeId to, MessageType type) {
  Link& link = LinkOf(from, to);
  Stream& stream = link.stream;
  const std::int64_t drawn = DrawArrival(link, now, from, to);
  Fate fate{.dropped = std::nullopt, .arrival = drawn, .second_arrival = std::nullopt};
  const bool lost = stream.Chance(Decision::kLoss, link.quality.loss);
  const bool doubled = stream.Chance(Decision::kDuplicate, link.quality.duplicate);
  const bool reordered = stream.Chance(Decision::kReorder, link.quality.reorder);
  const std::optional<std::int64_t> apart = stream.TakePin(Decision::kDuplicateDelay);
  if (!apart.has_value()) stream.Skip(Decision::kDuplicateDelay);
  std::int64_t delay = 0;
  if (link.cuts > 0) fate.dropped = DropReason::kPartition;
  if (!fate.dropped && lost) fate.dropped = DropReason::kLoss;
  if (!fate.dropped && !filters_.empty() && IsFiltered(stream, from, to, type, delay)) {
    fate.dropped = DropReason::kFilter;
  }
  if (fate.dropped) return fate;
  if (delay > 0) {
    fate.arrival += delay;  // held back alone; those behind it pass
  } else if (reordered) {
    fate.arrival += fate.arrival - now;  // late by its latency once more, not waited for
  } else {
    fate.arrival = std::max(fate.arrival, link.last_arrival + 1);
    link.last_arrival = fate.arrival;
  }
  // As late again as the first, so that each message draws one latency.
  if (doubled) fate.second_arrival = fate.arrival + apart.value_or(drawn - now + 1);
  return fate;
}

bool Network::DeliversStale(NodeId from, NodeId to) {
  return LinkOf(from, to).stream.Chance(Decision::kStale, stale_);
}

std::uint64_t Network::DrawTie(NodeId from, NodeId to) {
  return LinkOf(from, to).stream.Pick(Decision::kTie, ~std::uint64_t{0});
}

}  // namespace drydock::sim
