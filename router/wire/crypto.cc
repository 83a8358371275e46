#include "router/wire/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <cstring>
#include <memory>

#include "absl/strings/escaping.h"

namespace pgshoal::wire {
namespace {

const unsigned char* Bytes(std::string_view data) { return reinterpret_cast<const unsigned char*>(data.data()); }

// SHA-256 and random bytes cannot fail but for want of memory or of a random source; going on without is no option.
void Must(bool ok) {
  if (!ok) std::abort();
}

// OpenSSL 3 looks an algorithm up by its name each time that one is asked for the short way, which takes longer than
// the hash of so few bytes: one of each is kept for each thread.
class Hashes {
 public:
  static Hashes& OfThisThread() {
    static thread_local Hashes hashes;
    return hashes;
  }
  Sha256Digest Sha256(std::string_view data) {
    Sha256Digest digest{};
    Must(EVP_DigestInit_ex2(digest_.get(), sha256_.get(), nullptr) == 1 &&
         EVP_DigestUpdate(digest_.get(), data.data(), data.size()) == 1 &&
         EVP_DigestFinal_ex(digest_.get(), digest.data(), nullptr) == 1);
    return digest;
  }
  Sha256Digest Hmac(std::string_view key, std::string_view data) {
    Sha256Digest digest{};
    std::size_t size = 0;
    Must(EVP_MAC_init(mac_.get(), Bytes(key), key.size(), nullptr) == 1 &&
         EVP_MAC_update(mac_.get(), Bytes(data), data.size()) == 1 &&
         EVP_MAC_final(mac_.get(), digest.data(), &size, digest.size()) == 1 && size == digest.size());
    return digest;
  }

 private:
  template <auto kFree>
  struct Free {
    template <class T>
    void operator()(T* object) const {
      kFree(object);
    }
  };
  Hashes() {
    Must(sha256_ != nullptr && hmac_ != nullptr && digest_ != nullptr);
    mac_.reset(EVP_MAC_CTX_new(hmac_.get()));
    char name[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                     OSSL_PARAM_construct_end()};
    Must(mac_ != nullptr && EVP_MAC_CTX_set_params(mac_.get(), parameters) == 1);
  }

  std::unique_ptr<EVP_MD, Free<EVP_MD_free>> sha256_{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  std::unique_ptr<EVP_MAC, Free<EVP_MAC_free>> hmac_{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
  std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>> digest_{EVP_MD_CTX_new()};
  std::unique_ptr<EVP_MAC_CTX, Free<EVP_MAC_CTX_free>> mac_;
};

// Random bytes are fetched for many logins at a time; none is given twice, or kept once it is given.
class RandomStore {
 public:
  static RandomStore& OfThisThread() {
    static thread_local RandomStore store;
    return store;
  }
  void Take(std::string* into) {
    if (into->size() > kSize - used_) {
      Must(RAND_bytes(bytes_, kSize) == 1);
      used_ = 0;
    }
    std::memcpy(into->data(), bytes_ + used_, into->size());
    OPENSSL_cleanse(bytes_ + used_, into->size());
    used_ += into->size();
  }
  static constexpr std::size_t kSize = 1024;

 private:
  unsigned char bytes_[kSize];
  std::size_t used_ = kSize;
};

}  // namespace

Sha256Digest Sha256(std::string_view data) {
  return Hashes::OfThisThread().Sha256(data);
}

Sha256Digest HmacSha256(std::string_view key, std::string_view data) {
  return Hashes::OfThisThread().Hmac(key, data);
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
  if (size <= RandomStore::kSize / 8) {
    RandomStore::OfThisThread().Take(&bytes);
    return bytes;
  }
  Must(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) == 1);
  return bytes;
}

bool SecretsEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace pgshoal::wire
