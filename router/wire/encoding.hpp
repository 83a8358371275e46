#pragma once
// The encodings that clients may ask for: their names as PostgreSQL reads them, and the conversion of those whose
// characters are one byte each.
//
// Everything here is constant or made once and never changed: any thread may use it.

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace pgshoal::wire {

enum class EncodingKind : unsigned char {
  kUtf8,
  kAscii,       // SQL_ASCII: "as it comes"; PostgreSQL converts nothing, and checks that input is right in its own
  kSingleByte,  // ASCII below 0x80, one byte for a character
  kMultiByte
};

struct Encoding {
  std::string_view name;  // as PostgreSQL reports it
  EncodingKind kind;
  const char* system_name;  // the C library's, for kSingleByte
};

// Case and anything but letters and digits do not count, and many have several names. Null: PostgreSQL knows none.
const Encoding* FindEncoding(std::string_view name);

// Converts as PostgreSQL does. What has no equivalent is 22P05, in its words.
class SingleByteCodec {
 public:
  // Null: the C library on this machine has no such conversion. REQUIRES: kind == kSingleByte
  static const SingleByteCodec* For(const Encoding& encoding);

  // Each replaces `out`.
  absl::Status ToUtf8(std::string_view text, std::string* out) const;
  absl::Status FromUtf8(std::string_view text, std::string* out) const;
  // The same for what cannot fail: '?' stands for what has no equivalent.
  void FromUtf8Anyway(std::string_view text, std::string* out) const;

  explicit SingleByteCodec(const Encoding& encoding);  // for For()

 private:
  static constexpr int kUpper = 128;
  // 0: none
  unsigned char ByteOf(std::string_view character) const;

  const Encoding& encoding_;
  bool known_ = false;
  std::string to_utf8_[kUpper];  // of the bytes from 0x80 on; empty: no equivalent
  struct Back {
    std::string_view utf8;
    unsigned char byte;
  };
  Back back_[kUpper] = {};  // sorted by utf8
  int back_count_ = 0;
};

}  // namespace pgshoal::wire
