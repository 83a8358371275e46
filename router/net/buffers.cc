#include "router/net/buffers.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

namespace pgshoal::net::internal {
namespace {

char* Allocate(std::size_t size) {
  auto* memory = static_cast<char*>(std::malloc(size));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

BlockPool::~BlockPool() {
  for (char* block : free_) std::free(block);
  for (char* block : free_small_) std::free(block);
}

char* BlockPool::Get(std::size_t size) {
  std::vector<char*>& free = Free(size);
  if (free.empty()) return Allocate(size);
  char* block = free.back();
  free.pop_back();
  return block;
}

void BlockPool::Put(char* block, std::size_t size) {
  std::vector<char*>& free = Free(size);
  if (free.size() == kKept) {
    std::free(block);
    return;
  }
  free.push_back(block);
}

void StringPool::Get(std::string* into) {
  if (free_.empty()) {
    into->reserve(kInitialCapacity);
    return;
  }
  *into = std::move(free_.back());
  free_.pop_back();
}

void StringPool::Put(std::string&& string) {
  if (string.capacity() < kInitialCapacity || string.capacity() > kMaxCapacity || free_.size() == kKept) {
    std::string().swap(string);
    return;
  }
  string.clear();
  free_.push_back(std::move(string));
}

InputBuffer::~InputBuffer() {
  std::free(data_);
}

void InputBuffer::Release(BlockPool& pool) {
  if (BlockPool::Lends(capacity_)) {
    pool.Put(data_, capacity_);
  } else {
    std::free(data_);
  }
  data_ = nullptr;
  capacity_ = begin_ = end_ = 0;
}

void InputBuffer::MakeRoom(std::size_t n, BlockPool& pool) {
  if (data_ == nullptr && n <= kBlockSize) {
    data_ = pool.Get(kBlockSize);
    capacity_ = kBlockSize;
    return;
  }
  if (capacity_ - end_ >= n) return;
  const std::size_t size = Size();
  if (size + n <= capacity_ && size <= capacity_ / 2) {
    std::memmove(data_, data_ + begin_, size);
  } else {
    std::size_t capacity = capacity_ == 0 ? kBlockSize : capacity_;
    do {
      capacity *= 2;
    } while (capacity < size + n);
    char* larger = BlockPool::Lends(capacity) ? pool.Get(capacity) : Allocate(capacity);
    if (size != 0) std::memcpy(larger, data_ + begin_, size);
    if (data_ != nullptr) Release(pool);
    data_ = larger;
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = size;
}

void InputBuffer::TakeSmallBlock(char* block, std::size_t size, BlockPool& pool) {
  if (data_ == nullptr) {
    data_ = block;
    capacity_ = kSmallBlockSize;
    end_ = size;
    return;
  }
  Append({block, size}, pool);
  pool.Put(block, kSmallBlockSize);
}

void InputBuffer::Append(std::string_view bytes, BlockPool& pool) {
  if (bytes.empty()) return;
  MakeRoom(bytes.size(), pool);
  std::memcpy(data_ + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
}

InputBuffer::Tail InputBuffer::GetTail(BlockPool& pool, std::size_t empty_size) {
  MakeRoom(data_ == nullptr ? empty_size : kMinTail, pool);
  return {data_ + end_, capacity_ - end_};
}

}  // namespace pgshoal::net::internal
