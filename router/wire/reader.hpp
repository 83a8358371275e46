#pragma once
// Bounds-checked, big-endian reading of one message's body.
//
// A reader never reads outside its input. The first field that does not fit makes the reader fail for good: every later
// field is zero or empty, so a decoder reads all its fields and asks once, at the end.

#include <cstdint>
#include <cstring>
#include <string_view>

namespace pgshoal::wire {

inline std::uint16_t LoadUint16(const char* p) {
  std::uint16_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap16(v);
}
inline std::uint32_t LoadUint32(const char* p) {
  std::uint32_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap32(v);
}
inline std::uint64_t LoadUint64(const char* p) {
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap64(v);
}

class Reader {
 public:
  // `input` must outlive the reader and every view that it gives out.
  explicit Reader(std::string_view input) : p_(input.data()), end_(input.data() + input.size()) {}

  std::uint8_t Byte() { return Fits(1) ? static_cast<std::uint8_t>(*p_++) : 0; }
  std::uint16_t Uint16() {
    if (!Fits(2)) return 0;
    const std::uint16_t v = LoadUint16(p_);
    p_ += 2;
    return v;
  }
  std::uint32_t Uint32() {
    if (!Fits(4)) return 0;
    const std::uint32_t v = LoadUint32(p_);
    p_ += 4;
    return v;
  }
  std::uint64_t Uint64() {
    if (!Fits(8)) return 0;
    const std::uint64_t v = LoadUint64(p_);
    p_ += 8;
    return v;
  }
  std::int16_t Int16() { return static_cast<std::int16_t>(Uint16()); }
  std::int32_t Int32() { return static_cast<std::int32_t>(Uint32()); }
  std::int64_t Int64() { return static_cast<std::int64_t>(Uint64()); }

  std::string_view Bytes(std::size_t n) {
    if (!Fits(n)) return {};
    const std::string_view v(p_, n);
    p_ += n;
    return v;
  }
  // Up to a zero byte, which is consumed and not part of the result.
  std::string_view CString() {
    const void* zero = failed_ || p_ == end_ ? nullptr : std::memchr(p_, 0, Left());
    if (zero == nullptr) {
      failed_ = true;
      return {};
    }
    const std::string_view v(p_, static_cast<std::size_t>(static_cast<const char*>(zero) - p_));
    p_ += v.size() + 1;
    return v;
  }
  std::string_view Rest() { return Bytes(Left()); }

  std::size_t Left() const { return failed_ ? 0 : static_cast<std::size_t>(end_ - p_); }
  const char* position() const { return p_; }
  bool failed() const { return failed_; }
  // Every field fitted and nothing is left over.
  bool Complete() const { return !failed_ && p_ == end_; }

 private:
  bool Fits(std::size_t n) {
    if (failed_ || static_cast<std::size_t>(end_ - p_) < n) failed_ = true;
    return !failed_;
  }

  const char* p_;
  const char* end_;
  bool failed_ = false;
};

}  // namespace pgshoal::wire
