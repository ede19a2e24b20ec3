#include "core/base/bytes.h"

#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "core/base/check.h"

namespace drydock {
namespace {

// From here on a copy costs more than a second allocation.
constexpr std::size_t kLeastToAdopt = std::size_t{64} << 10;

}  // namespace

struct Bytes::AdoptedBlock : Block {
  explicit AdoptedBlock(std::string&& content) : owner(std::move(content)) {
    references.store(kAdopted | 1, std::memory_order_relaxed);
  }
  const std::string owner;
};

Bytes Bytes::Allocate(std::size_t size) {
  Bytes bytes;
  if (size == 0) return bytes;
  void* memory = ::operator new(sizeof(Block) + size);
  bytes.block_ = new (memory) Block;
  bytes.data_ = static_cast<const char*>(memory) + sizeof(Block);
  bytes.size_ = size;
  return bytes;
}

void Bytes::Free(Block* block) {
  if ((block->references.load(std::memory_order_relaxed) & kAdopted) != 0) {
    delete static_cast<AdoptedBlock*>(block);
    return;
  }
  block->~Block();
  ::operator delete(block);
}

Bytes::Bytes(std::string_view content) {
  if (content.empty()) return;
  *this = Make(content.size(),
               [content](char* out) { std::memcpy(out, content.data(), content.size()); });
}

Bytes Bytes::Adopt(std::string&& content) {
  if (content.size() < kLeastToAdopt) return Bytes(content);
  auto* block = new AdoptedBlock(std::move(content));
  Bytes bytes;
  bytes.block_ = block;
  bytes.data_ = block->owner.data();
  bytes.size_ = block->owner.size();
  return bytes;
}

Bytes Bytes::Slice(std::size_t offset, std::size_t size) const {
  DRYDOCK_CHECK(offset <= size_ && size <= size_ - offset, offset, size, size_);
  Bytes slice = *this;
  slice.data_ += offset;
  slice.size_ = size;
  return slice;
}

Bytes Joined(std::span<const Bytes> pieces) {
  if (pieces.size() == 1) return pieces.front();
  std::size_t size = 0;
  for (const Bytes& piece : pieces) size += piece.size();
  return Bytes::Make(size, [pieces](char* out) {
    for (const Bytes& piece : pieces) out += piece.view().copy(out, piece.size());
  });
}

}  // namespace drydock
