#include "router/wire/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdlib>

#include "absl/strings/escaping.h"

namespace pgshoal::wire {
namespace {

const unsigned char* Bytes(std::string_view data) { return reinterpret_cast<const unsigned char*>(data.data()); }

// SHA-256 and random bytes cannot fail but for want of memory or of a random source; going on without is no option.
void Must(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

Sha256Digest Sha256(std::string_view data) {
  Sha256Digest digest{};
  Must(EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

Sha256Digest HmacSha256(std::string_view key, std::string_view data) {
  Sha256Digest digest{};
  Must(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(data), data.size(), digest.data(), nullptr) !=
       nullptr);
  return digest;
}

Sha256Digest SaltedPassword(std::string_view password, std::string_view salt, int iterations) {
  Sha256Digest digest{};
  Must(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), Bytes(salt), static_cast<int>(salt.size()),
                         iterations, EVP_sha256(), static_cast<int>(digest.size()), digest.data()) == 1);
  return digest;
}

std::string Md5Hex(std::string_view data) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(data.data(), data.size(), digest, &size, EVP_md5(), nullptr) != 1) return {};
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex.push_back("0123456789abcdef"[digest[i] >> 4]);
    hex.push_back("0123456789abcdef"[digest[i] & 15]);
  }
  return hex;
}

std::string EncodeBase64(std::string_view data) {
  std::string text;
  absl::Base64Escape(absl::string_view(data.data(), data.size()), &text);
  return text;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  std::string data;
  if (!absl::Base64Unescape(absl::string_view(text.data(), text.size()), &data) || EncodeBase64(data) != text) {
    return std::nullopt;
  }
  return data;
}

std::string RandomBytes(std::size_t size) {
  std::string bytes(size, '\0');
  Must(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) == 1);
  return bytes;
}

bool SecretsEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace pgshoal::wire
