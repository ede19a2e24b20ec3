// One backup (AdminService.Backup): finds out up to where writes were acknowledged, waits for a
// snapshot that reaches as far, and sends its state as the client takes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/storage/snapshot_format.h"
#include "net/disk/snapshot_source.h"
#include "net/rpc/server_stream_method.h"
#include "net/runtime/call_table.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"

namespace drydock::net {

using BackupMethod = ServerStreamMethod<v1::BackupRequest, v1::BackupResponse>;

// What a backup asks of the node.
struct BackupHooks {
  // A linearizable read. The caller is told by OnAnswer: the node has then applied, at `index`, all
  // that was acknowledged before.
  std::function<void(Question)> confirm;
  // A snapshot, as in AdminServiceHooks.
  std::function<std::optional<v1::SnapshotOutcome>(Question)> snapshot;
  // The newest one on disk; null: there is none.
  std::function<const StoredSnapshot*()> newest;
  // Reads it. `deliver` is called on the loop's thread.
  std::function<std::unique_ptr<SnapshotSource>(const StoredSnapshot&, SnapshotSource::Deliver)>
      open;
  // What the node is: its number, the cluster's name, the data format.
  std::function<void(v1::BackupHead&)> describe;
};

class BackupStream;

// The backups that are under way. Each holds a file open that may be old, and a thread.
class Backups {
 public:
  static constexpr std::size_t kMost = 4;

  explicit Backups(BackupHooks hooks) : hooks_(std::move(hooks)) {}
  // Refuses the call when there are too many.
  std::unique_ptr<BackupMethod::Session> Open(BackupMethod::Call& call);
  // To be called a few times a second: what waited for another snapshot tries again.
  void Tick();

 private:
  friend class BackupStream;
  BackupHooks hooks_;
  std::vector<BackupStream*> streams_;
};

class BackupStream final : public BackupMethod::Session, public Caller {
 public:
  BackupStream(BackupMethod::Call& call, Backups& owner);
  ~BackupStream() override;
  void Begin();
  void Tick();

  void OnWritten() override;
  void OnBroken() override { broken_ = true; }
  bool MayGo() const override { return !asked_ && !reading_; }

  void OnAnswer(std::uint64_t number, ClientAnswer answer) override;
  void OnReply(std::uint64_t, const Message&) override {}  // no peer asks here
  void OnDrop(std::uint64_t number) override { OnAnswer(number, ClientAnswer{}); }

 private:
  void Confirmed(const ClientAnswer& answer);
  void SnapshotTaken(const ClientAnswer& answer);
  void WantSnapshot();
  void BeginToSend(const StoredSnapshot& snapshot);
  void OnPiece(SnapshotSource::Piece piece);
  void SendOn();
  void SendHead();
  void Write();
  void Fail(grpc::StatusCode code, const std::string& why) { call_.Finish({code, why}); }

  BackupMethod::Call& call_;
  Backups& owner_;
  Index at_least_;        // where the snapshot must reach
  bool asked_ = false;    // the node owes an answer
  bool waits_ = false;    // until the next tick: another snapshot is being written
  bool writing_ = false;  // a response is on its way
  bool broken_ = false;
  bool reading_ = false;  // the source owes a piece
  bool head_told_ = false;
  std::unique_ptr<SnapshotSource> source_;
  Bytes piece_;           // that was read,
  std::size_t told_ = 0;  // and so much of it is on its way or there
  v1::BackupResponse response_;
};

}  // namespace drydock::net
