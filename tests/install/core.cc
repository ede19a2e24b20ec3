// What who only wants the state machine needs: a cluster of one node, stepped by hand, whose disk
// is a map. Nothing but the core and the standard library.
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "core/node/node.h"

using namespace drydock;

namespace {

class MapDisk final : public Disk {
 public:
  Result<std::vector<std::string>> List(const std::string& folder) override {
    std::vector<std::string> names;
    for (const auto& [path, bytes] : files_) {
      const std::size_t slash = path.rfind('/');
      const bool in_root = slash == std::string::npos;
      if ((in_root ? "" : path.substr(0, slash)) == folder) {
        names.push_back(in_root ? path : path.substr(slash + 1));
      }
    }
    return names;
  }
  Result<std::uint64_t> Size(const std::string& path) override { return files_[path].size(); }
  Result<std::string> Read(const std::string& path, std::uint64_t at, std::uint64_t size) override {
    return files_[path].substr(at, size);
  }
  Status Create(const std::string& path, std::uint64_t size) override {
    files_[path].assign(size, '\0');
    return Ok();
  }
  Status Write(const std::string& path, std::uint64_t at, std::string_view bytes) override {
    files_[path].replace(at, bytes.size(), bytes);
    return Ok();
  }
  Status Sync(const std::string&) override { return Ok(); }
  Status Rename(const std::string& from, const std::string& to) override {
    files_[to] = files_[from];
    return Remove(from);
  }
  Status Remove(const std::string& path) override {
    files_.erase(path);
    return Ok();
  }
  Status SyncDirectory(const std::string&) override { return Ok(); }
  Result<std::uint64_t> SpaceLeft() override { return std::uint64_t{1} << 40; }

 private:
  std::map<std::string, std::string> files_;
};

}  // namespace

int main() {
  MapDisk disk;
  const StartOptions start{
      .node = NodeId(0), .bootstrap = StoreId(1), .segment_bytes = 1 << 20, .vote_promise = {}};
  auto recovered = Recover(disk, start);
  if (!recovered.ok()) return 1;
  Node node({.voters = {NodeId(0)}, .settings = {}, .seed = 1, .pins = {}},
            std::move(recovered.value()), TimePoint());
  std::optional<ClientAnswer> answer;
  std::deque<Input> inputs;
  inputs.emplace_back(Wake{});
  const auto run = [&] {
    const TimePoint now = node.NextDeadline();
    for (; !inputs.empty(); inputs.pop_front()) {
      Effects out;
      node.Step(now, std::move(inputs.front()), out);
      for (const DiskOp& op : out.disk) inputs.emplace_back(DiskDone{op.ticket, std::nullopt});
      for (const ClientReply& reply : out.client_replies) answer = reply.answer;
    }
  };
  run();
  inputs.emplace_back(ClientCall{CallId(1), {.op = PutOp{Bytes("city"), Bytes("Logan")}}});
  run();
  const bool done = answer.has_value() && answer->outcome == Outcome::kOk;
  return done && node.kv().Get("city") == Bytes("Logan") ? 0 : 1;
}
