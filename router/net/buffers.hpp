#pragma once
// Memory for bytes in flight: blocks for one receive, lent and taken back, and the input buffer of one stream.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"

namespace pgshoal::net::internal {

inline constexpr std::size_t kBlockSize = limits::kReceiveBuffer;  // for one receive that somebody asked for
inline constexpr std::size_t kSmallBlockSize = 4096;               // lent to the kernel for whatever comes

// Blocks of these two sizes from malloc; the last one given back is the first lent again, as it is warm. A block may
// be given back to another pool than its own, or freed.
class BlockPool {
 public:
  BlockPool() = default;
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // `size` is one of the two.
  char* Get(std::size_t size);
  void Put(char* block, std::size_t size);
  static bool Lends(std::size_t size) { return size == kBlockSize || size == kSmallBlockSize; }

 private:
  static constexpr std::size_t kKept = 64;
  std::vector<char*>& Free(std::size_t size) { return size == kBlockSize ? free_ : free_small_; }
  std::vector<char*> free_, free_small_;
};

// Emptied strings that keep their capacity, for output.
class StringPool {
 public:
  void Get(std::string* into);  // REQUIRES: into->empty()
  void Put(std::string&& string);

 private:
  static constexpr std::size_t kKept = 64;
  static constexpr std::size_t kMaxCapacity = 64u << 10;
  static constexpr std::size_t kInitialCapacity = 2048;
  std::vector<std::string> free_;
};

// Received bytes, contiguous. Holds one block while a block suffices, larger memory of its own when more must be
// together, nothing when empty.
class InputBuffer {
 public:
  InputBuffer() = default;
  ~InputBuffer();
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

  std::string_view View() const { return {data_ + begin_, end_ - begin_}; }
  std::size_t Size() const { return end_ - begin_; }
  void Consume(std::size_t n, BlockPool& pool) {
    begin_ += n;
    if (begin_ == end_) Release(pool);
  }
  // Takes a small block with so many bytes in it: by reference when empty, by copy otherwise.
  void TakeSmallBlock(char* block, std::size_t size, BlockPool& pool);
  void Append(std::string_view bytes, BlockPool& pool);

  // Room to receive into, at least kMinTail bytes, and `empty_size` when nothing else is here; then Filled(n) of it, or
  // DropTail() when nothing came.
  struct Tail {
    char* data;
    std::size_t size;
  };
  Tail GetTail(BlockPool& pool, std::size_t empty_size = kBlockSize);
  void Filled(std::size_t n) { end_ += n; }
  void DropTail(BlockPool& pool) {
    if (begin_ == end_) Release(pool);
  }

 private:
  static constexpr std::size_t kMinTail = 4096;
  void Release(BlockPool& pool);
  void MakeRoom(std::size_t n, BlockPool& pool);

  char* data_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace pgshoal::net::internal
