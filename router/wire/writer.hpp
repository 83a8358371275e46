#pragma once
// Big-endian fields appended to a string, and the frame of a typed message.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace pgshoal::wire {

inline void AppendUint16(std::string* out, std::uint16_t v) {
  v = __builtin_bswap16(v);
  out->append(reinterpret_cast<const char*>(&v), sizeof v);
}
inline void AppendUint32(std::string* out, std::uint32_t v) {
  v = __builtin_bswap32(v);
  out->append(reinterpret_cast<const char*>(&v), sizeof v);
}
inline void AppendUint64(std::string* out, std::uint64_t v) {
  v = __builtin_bswap64(v);
  out->append(reinterpret_cast<const char*>(&v), sizeof v);
}
inline void AppendInt16(std::string* out, std::int16_t v) { AppendUint16(out, static_cast<std::uint16_t>(v)); }
inline void AppendInt32(std::string* out, std::int32_t v) { AppendUint32(out, static_cast<std::uint32_t>(v)); }
inline void AppendInt64(std::string* out, std::int64_t v) { AppendUint64(out, static_cast<std::uint64_t>(v)); }
// REQUIRES: no zero byte in `s` (whatever follows one would be read as the next field; it is cut off here).
inline void AppendCString(std::string* out, std::string_view s) {
  out->append(s.substr(0, s.find('\0')));
  out->push_back('\0');
}

inline void StoreUint32(char* p, std::uint32_t v) {
  v = __builtin_bswap32(v);
  std::memcpy(p, &v, sizeof v);
}

// Writes a message's type and, when it goes out of scope, its length. `type` 0: an untyped (startup) packet.
class Frame {
 public:
  Frame(std::string* out, char type) : out_(out) {
    if (type != '\0') out->push_back(type);
    start_ = out->size();
    out->append(4, '\0');
  }
  ~Frame() { StoreUint32(out_->data() + start_, static_cast<std::uint32_t>(out_->size() - start_)); }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

 private:
  std::string* out_;
  std::size_t start_;
};

}  // namespace pgshoal::wire
