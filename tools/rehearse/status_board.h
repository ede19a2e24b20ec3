// What all nodes say of themselves, as one picture: asked together again and again, shown once all
// have answered.
//
// The answers of one round are a few milliseconds apart, so a picture with two leaders may be of
// none that led at the same time. It is shown only if the next round says the same.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "tools/rehearse/node_client.h"

namespace drydock::tools {

struct NodeView {
  bool known = false;  // it has answered since it was last forgotten
  NodeReport report;
  std::map<std::string, std::optional<Bytes>> values;  // of the keys that the board watches
  friend bool operator==(const NodeView&, const NodeView&) = default;
};

class StatusBoard {
 public:
  struct Options {
    std::uint32_t nodes = 0;
    std::vector<std::string> keys;  // whose values are watched
    Duration interval = Duration::Milliseconds(20);
    Duration patience = Duration::Seconds(1);  // then a round goes on without the silent
    std::function<void()> on_picture;          // a new picture is there
  };
  // The client must outlive the board.
  StatusBoard(NodeClient& client, Options options);

  void Ask(NodeId node);     // from the next round on
  void Leave(NodeId node);   // it cannot answer: its view stays as it is
  void Forget(NodeId node);  // its process is gone
  const NodeView& At(NodeId node) const { return views_[node.value()]; }

  // Begins a round if it is time. `now` is in nanoseconds, of any one clock.
  void Tick(std::int64_t now);
  // When the round began that the picture is of.
  std::int64_t picture_time() const { return picture_time_; }

 private:
  struct Asked {
    bool asked = false;
    std::uint32_t open = 0;  // answers of this round that are still to come
    bool answered = false;
    NodeView draft;
  };
  using Leaders = std::vector<std::pair<std::uint32_t, Term>>;

  void Begin(std::int64_t now);
  void AskFor(NodeId node, const std::optional<std::string>& key);
  void Take(NodeId node, const std::optional<std::string>& key, std::optional<NodeReport> report);
  void FinishIfAllAnswered();
  Leaders LeadersOfDrafts() const;

  NodeClient& client_;
  Options options_;
  std::vector<NodeView> views_;
  std::vector<Asked> asked_;
  std::uint64_t round_ = 0;
  bool under_way_ = false;
  std::int64_t began_ = 0;
  std::int64_t next_ = 0;
  std::int64_t picture_time_ = -1;
  Leaders unconfirmed_;
};

}  // namespace drydock::tools
