#include "parser/arena.hpp"

#include <algorithm>
#include <cstdlib>

namespace pgshoal::parser {

namespace {
constexpr std::size_t kFirstChunk = 4096;
constexpr std::size_t kLargestChunk = 1u << 20;
}  // namespace

Arena::~Arena() {
  while (chunks_ != nullptr) {
    Chunk* previous = chunks_->previous;
    std::free(chunks_);
    chunks_ = previous;
  }
}

void* Arena::AllocateSlow(std::size_t bytes) {
  std::size_t size = std::clamp(bytes_, kFirstChunk, kLargestChunk);
  size = std::max(size, bytes + sizeof(Chunk));
  auto* chunk = static_cast<Chunk*>(std::malloc(size));
  if (chunk == nullptr) throw std::bad_alloc();
  bytes_ += size;
  chunk->previous = chunks_;
  chunks_ = chunk;
  char* start = reinterpret_cast<char*>(chunk + 1);
  next_ = start + bytes;
  limit_ = reinterpret_cast<char*>(chunk) + size;
  return start;
}

std::string_view Arena::Copy(std::string_view text) {
  auto* copy = static_cast<char*>(Allocate(text.size()));
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

}  // namespace pgshoal::parser
