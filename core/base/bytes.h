// Shared immutable bytes: payloads are written once and then only referred to.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace drydock {

// A reference to immutable bytes, or to a part of them. Copying shares; the last reference frees.
// Safe to share between threads, as shared_ptr is; smaller, and one allocation for all.
class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(std::string_view content);
  Bytes(const Bytes& other) noexcept
      : block_(other.block_), data_(other.data_), size_(other.size_) {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  Bytes(Bytes&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Bytes& operator=(Bytes other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Bytes() {
    if (block_ == nullptr) return;
    const std::uint32_t before = block_->references.fetch_sub(1, std::memory_order_acq_rel);
    if ((before & ~kAdopted) == 1) Free(block_);
  }

  // Takes the place of a string. A long one is kept as it is: copying it would take long.
  static Bytes Adopt(std::string&& content);

  // Room for `size` bytes; `fill` writes them before anyone else sees them.
  template <class Fill>
  static Bytes Make(std::size_t size, Fill fill) {
    Bytes bytes = Allocate(size);
    fill(const_cast<char*>(bytes.data_));
    return bytes;
  }

  std::string_view view() const { return {data_, size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Another reference will soon be made or given up.
  void PrefetchCount() const { __builtin_prefetch(block_); }
  // The bytes [offset, offset + size), sharing this storage.
  Bytes Slice(std::size_t offset, std::size_t size) const;

  friend bool operator==(const Bytes& a, const Bytes& b) { return a.view() == b.view(); }

 private:
  // Counts in its lower bits; the highest one says that the block is an AdoptedBlock.
  struct Block {
    std::atomic<std::uint32_t> references{1};
  };
  struct AdoptedBlock;
  static constexpr std::uint32_t kAdopted = std::uint32_t{1} << 31;
  static Bytes Allocate(std::size_t size);
  static void Free(Block* block);

  Block* block_ = nullptr;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

// All of them, one behind the other.
Bytes Joined(std::span<const Bytes> pieces);

}  // namespace drydock
