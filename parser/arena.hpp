#pragma once
// A bump allocator: everything of one parse is freed at once. Objects in it must be trivially destructible.
// Not thread-safe while it grows; a finished tree may be read by many threads.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

namespace pgshoal::parser {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  // Uninitialised memory, aligned to 8 bytes.
  void* Allocate(std::size_t bytes) {
    bytes = (bytes + 7) & ~std::size_t{7};
    if (bytes > static_cast<std::size_t>(limit_ - next_)) return AllocateSlow(bytes);
    void* result = next_;
    next_ += bytes;
    return result;
  }

  template <class T, class... Args>
  T* New(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 8);
    return new (Allocate(sizeof(T))) T(std::forward<Args>(args)...);
  }

  // A copy of `text` that lives as long as the arena.
  std::string_view Copy(std::string_view text);

  // Bytes taken from the system.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Chunk {
    Chunk* previous;
  };
  void* AllocateSlow(std::size_t bytes);

  char* next_ = nullptr;
  char* limit_ = nullptr;
  Chunk* chunks_ = nullptr;
  std::size_t bytes_ = 0;
};

// An array in an arena: a view that can be copied freely and appended to.
// Copies share the elements until one of them grows.
template <class T>
struct List {
  T* items = nullptr;
  uint32_t count = 0;
  uint32_t capacity = 0;  // 0: the elements are not the list's own (static data); the first append copies them

  T* begin() const { return items; }
  T* end() const { return items + count; }
  std::size_t size() const { return count; }
  bool empty() const { return count == 0; }
  T& operator[](std::size_t i) const { return items[i]; }
  T& front() const { return items[0]; }
  T& back() const { return items[count - 1]; }

  void push_back(Arena& arena, T value) {
    if (count >= capacity) Grow(arena);
    items[count++] = value;
  }

 private:
  void Grow(Arena& arena) {
    static_assert(std::is_trivially_copyable_v<T>);
    uint32_t wanted = count < 2 ? (count + 1) : count * 2;
    T* grown = static_cast<T*>(arena.Allocate(sizeof(T) * wanted));
    if (count != 0) std::memcpy(static_cast<void*>(grown), items, sizeof(T) * count);
    items = grown;
    capacity = wanted;
  }
};

}  // namespace pgshoal::parser
