#include "router/wire/saslprep.hpp"

#include <openssl/crypto.h>
#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace pgshoal::wire {
namespace {

// What SASLprep makes of a character is at most this many (compatibility decompositions; U+FDFA is the longest).
constexpr std::size_t kLongestMapping = 18;
constexpr std::size_t kMaxPassword = std::size_t{64} << 10;  // bytes; longer ones are not looked at

struct Close {
  void operator()(UStringPrepProfile* profile) const { usprep_close(profile); }
};

// Immutable, and so for all threads; null when ICU's data is not installed.
const UStringPrepProfile* Profile() {
  static const std::unique_ptr<UStringPrepProfile, Close> profile = [] {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<UStringPrepProfile, Close> opened(usprep_openByType(USPREP_RFC4013_SASLPREP, &error));
    if (U_FAILURE(error)) opened.reset();
    return opened;
  }();
  return profile.get();
}

template <class T>
class Buffer {
 public:
  explicit Buffer(std::size_t size) : data_(size) {}
  ~Buffer() { OPENSSL_cleanse(data_.data(), data_.size() * sizeof(T)); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  T* data() { return data_.data(); }
  std::int32_t size() const { return static_cast<std::int32_t>(data_.size()); }

 private:
  std::vector<T> data_;
};

}  // namespace

Secret SaslPrep(std::string_view password) {
  const bool ascii =
      std::all_of(password.begin(), password.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
  if (ascii || password.size() > kMaxPassword || Profile() == nullptr) return Secret(password);
  UErrorCode error = U_ZERO_ERROR;
  // UTF-16 has never more units than UTF-8 has bytes.
  Buffer<UChar> given(password.size());
  std::int32_t given_size = 0;
  u_strFromUTF8(given.data(), given.size(), &given_size, password.data(), static_cast<std::int32_t>(password.size()),
                &error);
  if (U_FAILURE(error)) return Secret(password);
  Buffer<UChar> prepared(static_cast<std::size_t>(given_size) * kLongestMapping);
  UParseError where;
  // Without USPREP_ALLOW_UNASSIGNED: the rule for strings that are stored.
  const std::int32_t size = usprep_prepare(Profile(), given.data(), given_size, prepared.data(), prepared.size(),
                                           USPREP_DEFAULT, &where, &error);
  if (U_FAILURE(error) || size == 0) return Secret(password);
  Buffer<char> text(static_cast<std::size_t>(size) * 3);  // of a unit at most three bytes
  std::int32_t text_size = 0;
  u_strToUTF8(text.data(), text.size(), &text_size, prepared.data(), size, &error);
  if (U_FAILURE(error)) return Secret(password);
  return Secret(std::string_view(text.data(), static_cast<std::size_t>(text_size)));
}

}  // namespace pgshoal::wire
