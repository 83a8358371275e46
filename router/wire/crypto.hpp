#pragma once
// The few cryptographic functions that passwords need, over OpenSSL.

#include <optional>
#include <string>
#include <string_view>

#include "router/wire/scram.hpp"

namespace pgshoal::wire {

Sha256Digest Sha256(std::string_view data);
Sha256Digest HmacSha256(std::string_view key, std::string_view data);
// RFC 5802's Hi(): PBKDF2 with HMAC-SHA-256. REQUIRES: iterations > 0
Sha256Digest SaltedPassword(std::string_view password, std::string_view salt, int iterations);
std::string Md5Hex(std::string_view data);  // empty where MD5 is forbidden

inline std::string_view AsView(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string EncodeBase64(std::string_view data);
// Nothing unless `text` is exactly what EncodeBase64 makes of something.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace pgshoal::wire
