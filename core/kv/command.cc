#include "core/kv/command.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "core/base/check.h"
#include "core/base/codec.h"

namespace drydock {
namespace {

constexpr std::uint8_t kFormatVersion = 1;

// These stand in logs on disk: a number is never given to anything else.
enum class OpCode : std::uint8_t { kPut = 1, kDelete = 2, kCompareAndSet = 3, kRegister = 4 };

// The version, three numbers and the operation's code.
constexpr std::size_t kHeaderBytes = 1 + 3 * 8 + 1;
constexpr std::size_t kLengthBytes = 4;

// Of an operation, without the header.
struct BodySize {
  std::size_t operator()(const PutOp& op) const {
    return 2 * kLengthBytes + op.key.size() + op.value.size();
  }
  std::size_t operator()(const DeleteOp& op) const { return kLengthBytes + op.key.size(); }
  std::size_t operator()(const CompareAndSetOp& op) const {
    const std::size_t expected = op.expected ? kLengthBytes + op.expected->size() : 0;
    return 2 * kLengthBytes + op.key.size() + 1 + expected + op.value.size();
  }
  std::size_t operator()(const RegisterOp&) const { return 8; }
  std::size_t operator()(const GetOp&) const {
    DRYDOCK_CHECK(false, "a get is never put into the log");
    return 0;
  }
};

class Encoder {
 public:
  explicit Encoder(const ClientRequest& request) : request_(request), writer_(out_) {}

  std::string Encode() && {
    out_.reserve(EncodedSize(request_));
    std::visit([this](const auto& op) { Put(op); }, request_.op);
    return std::move(out_);
  }
  // One behind the other they are the same; keys and values are shared.
  std::vector<Bytes> EncodeShared() && {
    std::vector<Bytes> parts;
    parts_ = &parts;
    std::visit([this](const auto& op) { Put(op); }, request_.op);
    EndPart();
    return parts;
  }

 private:
  void Put(const PutOp& op) {
    Header(OpCode::kPut);
    Blob(op.key);
    Blob(op.value);
  }
  void Put(const DeleteOp& op) {
    Header(OpCode::kDelete);
    Blob(op.key);
  }
  void Put(const CompareAndSetOp& op) {
    Header(OpCode::kCompareAndSet);
    Blob(op.key);
    writer_.U8(op.expected ? 1 : 0);
    if (op.expected) Blob(*op.expected);
    Blob(op.value);
  }
  void Put(const RegisterOp& op) {
    Header(OpCode::kRegister);
    writer_.U64(op.max_sessions);
  }
  void Put(const GetOp&) { DRYDOCK_CHECK(false, "a get is never put into the log"); }

  void Header(OpCode code) {
    writer_.U8(kFormatVersion);
    writer_.U64(request_.session.value());
    writer_.U64(request_.sequence);
    writer_.U64(request_.first_unanswered);
    writer_.U8(static_cast<std::uint8_t>(code));
  }
  void Blob(const Bytes& bytes) {
    DRYDOCK_CHECK(bytes.size() <= std::numeric_limits<std::uint32_t>::max(), bytes.size());
    if (parts_ == nullptr) return writer_.Blob(bytes.view());
    writer_.U32(static_cast<std::uint32_t>(bytes.size()));
    EndPart();
    parts_->push_back(bytes);
  }
  void EndPart() {
    if (!out_.empty()) parts_->emplace_back(out_);
    out_.clear();
  }

  const ClientRequest& request_;
  std::string out_;
  Writer writer_;
  std::vector<Bytes>* parts_ = nullptr;
};

// Cuts what comes one behind the other into pieces of a size.
class Cutter {
 public:
  explicit Cutter(std::size_t size) : size_(size) {}

  void Add(const Bytes& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t taken = std::min(size_ - held_, bytes.size() - at);
      slices_.push_back(bytes.Slice(at, taken));
      held_ += taken;
      at += taken;
      if (held_ == size_) EndPiece();
    }
  }
  std::vector<Bytes> Pieces() && {
    if (held_ > 0) EndPiece();
    return std::move(pieces_);
  }

 private:
  void EndPiece() {
    pieces_.push_back(Joined(slices_));
    slices_.clear();
    held_ = 0;
  }

  const std::size_t size_;
  std::vector<Bytes> slices_;  // of the piece that is not full yet
  std::size_t held_ = 0;       // bytes in them
  std::vector<Bytes> pieces_;
};

class Decoder {
 public:
  explicit Decoder(const Bytes& bytes) : bytes_(bytes), reader_(bytes.view()) {}

  std::optional<ClientRequest> Decode() {
    if (reader_.U8() != kFormatVersion) return std::nullopt;
    std::optional<ClientRequest> request(std::in_place);
    request->session = SessionId(reader_.U64());
    request->sequence = reader_.U64();
    request->first_unanswered = reader_.U64();
    if (!Op(request->op) || !reader_.AtEnd()) return std::nullopt;
    return request;
  }

 private:
  bool Op(ClientOp& op) {
    switch (static_cast<OpCode>(reader_.U8())) {
      case OpCode::kPut: {
        PutOp& put = op.emplace<PutOp>();
        put.key = Blob();
        put.value = Blob();
        return true;
      }
      case OpCode::kDelete:
        op.emplace<DeleteOp>().key = Blob();
        return true;
      case OpCode::kCompareAndSet:
        return CompareAndSet(op.emplace<CompareAndSetOp>());
      case OpCode::kRegister:
        return Register(op.emplace<RegisterOp>());
    }
    return false;
  }

  bool Register(RegisterOp& op) {
    op.max_sessions = reader_.U64();
    return op.max_sessions > 0;
  }

  bool CompareAndSet(CompareAndSetOp& op) {
    op.key = Blob();
    const std::uint8_t has_expected = reader_.U8();
    if (has_expected > 1) return false;
    if (has_expected == 1) op.expected = Blob();
    op.value = Blob();
    return true;
  }

  Bytes Blob() {
    const std::string_view blob = reader_.Blob();
    // Nothing to share, and no reason to keep the storage alive.
    if (blob.empty()) return {};
    return bytes_.Slice(static_cast<std::size_t>(blob.data() - bytes_.view().data()), blob.size());
  }

  const Bytes& bytes_;
  Reader reader_;
};

}  // namespace

std::size_t EncodedSize(const ClientRequest& request) {
  return kHeaderBytes + std::visit(BodySize(), request.op);
}

std::string EncodeCommand(const ClientRequest& request) {
  return Encoder(request).Encode();
}

std::vector<Bytes> EncodeInPieces(const ClientRequest& request, std::size_t size) {
  DRYDOCK_CHECK(size > 0);
  Cutter cutter(size);
  for (const Bytes& part : Encoder(request).EncodeShared()) cutter.Add(part);
  return std::move(cutter).Pieces();
}

std::optional<ClientRequest> DecodeCommand(const Bytes& bytes) {
  return Decoder(bytes).Decode();
}

std::optional<std::string> UnknownForm(std::string_view bytes) {
  Reader reader(bytes);
  const std::uint8_t version = reader.U8();
  if (version > kFormatVersion) {
    return "a command of format " + std::to_string(version) + ", and this program reads format " +
           std::to_string(kFormatVersion);
  }
  reader.Take(kHeaderBytes - 2);
  const std::uint8_t code = reader.U8();
  if (!reader.ok() || code <= static_cast<std::uint8_t>(OpCode::kRegister)) return std::nullopt;
  return "a command with operation " + std::to_string(code) + ", which this program does not know";
}

// All operations that have a key begin with it.
std::optional<std::string_view> KeyOfCommand(const Bytes& bytes) {
  const std::string_view command = bytes.view();
  if (command.size() <= kHeaderBytes) return std::nullopt;
  if (command.front() != char{kFormatVersion}) return std::nullopt;
  if (command[kHeaderBytes - 1] == static_cast<char>(OpCode::kRegister)) return std::nullopt;
  Reader reader(command.substr(kHeaderBytes));
  const std::string_view key = reader.Blob();
  if (!reader.ok()) return std::nullopt;
  return key;
}

}  // namespace drydock
