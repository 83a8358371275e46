#include "router/wire/secret.hpp"

#include <openssl/crypto.h>

#include <cstring>
#include <new>
#include <utility>

#include "router/wire/scram.hpp"

namespace pgshoal::wire {
namespace {

constexpr std::size_t kSecureHeap = 1u << 20;
constexpr std::size_t kSmallestBlock = 32;

char* Allocate(std::size_t size) {
  // Without permission to lock memory the heap works all the same; without any, ordinary memory is used.
  static const bool secure = CRYPTO_secure_malloc_init(kSecureHeap, kSmallestBlock) != 0;
  void* data = secure ? OPENSSL_secure_malloc(size) : nullptr;
  if (data == nullptr) data = OPENSSL_malloc(size);
  if (data == nullptr) throw std::bad_alloc();
  return static_cast<char*>(data);
}

void Free(char* data, std::size_t size) {
  if (data == nullptr) return;
  if (CRYPTO_secure_allocated(data) != 0) {
    OPENSSL_secure_clear_free(data, size);
  } else {
    OPENSSL_clear_free(data, size);
  }
}

}  // namespace

Secret::Secret(std::string_view text) : size_(text.size()) {
  if (size_ == 0) return;
  data_ = Allocate(size_);
  std::memcpy(data_, text.data(), size_);
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) *this = Secret(other);
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Secret::~Secret() { Free(data_, size_); }

bool operator==(const Secret& a, const Secret& b) { return SecretsEqual(a.view(), b.view()); }

void Wipe(std::string_view bytes) { OPENSSL_cleanse(const_cast<char*>(bytes.data()), bytes.size()); }

void Wipe(std::string* text) {
  text->resize(text->capacity());
  OPENSSL_cleanse(text->data(), text->size());
  text->clear();
}

}  // namespace pgshoal::wire
