#pragma once
// Secret: bytes that are erased when they are no longer needed.
//
// They lie in memory that is kept out of core dumps and of swap while there is room there (OpenSSL's secure heap, one
// megabyte for the whole process), else in ordinary memory. Never print one; there is no way to stream or format it.

#include <cstddef>
#include <string>
#include <string_view>

namespace pgshoal::wire {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text);
  Secret(const Secret& other) : Secret(other.view()) {}
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  std::string_view view() const { return {data_, size_}; }
  bool empty() const { return size_ == 0; }

  // In a time that depends on the lengths only.
  friend bool operator==(const Secret& a, const Secret& b);

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

// Overwrites the bytes. REQUIRES: they are not constant memory, and nobody else looks at them.
void Wipe(std::string_view bytes);
// Overwrites the text, spare room and all, and leaves it empty.
void Wipe(std::string* text);

}  // namespace pgshoal::wire
