#include "router/auth/stored_secret.hpp"

#include <algorithm>

namespace pgshoal::auth {
namespace {

constexpr std::size_t kMd5Length = 35;
constexpr int kIterations = 4096;
constexpr std::size_t kSaltBytes = 16;

bool IsMd5(std::string_view text) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == kMd5Length && text.starts_with("md5") && std::all_of(text.begin() + 3, text.end(), is_hex);
}

}  // namespace

StoredSecret::StoredSecret(std::string_view text) : text_(text) {
  if (text.empty()) return;
  if (IsMd5(text)) {
    kind_ = Kind::kMd5;
    return;
  }
  made_ = std::make_shared<Made>();
  absl::MutexLock lock(&made_->mutex);
  made_->verifier = wire::ScramVerifier::Parse(text);
  kind_ = made_->verifier.has_value() ? Kind::kScram : Kind::kPlain;
}

bool StoredSecret::Accepts(std::string_view password, const std::string& user) const {
  if (password.empty()) return false;
  switch (kind_) {
    case Kind::kNone:
      return false;
    case Kind::kPlain:
      return wire::SecretsEqual(password, text());
    case Kind::kMd5:
      return wire::SecretsEqual(wire::Md5Verifier(password, user), text());
    case Kind::kScram: {
      const auto stored = Verifier();
      const auto given = wire::ScramVerifier::FromPassword(password, stored->salt, stored->iterations);
      const auto view = [](const wire::Sha256Digest& digest) {
        return std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size());
      };
      return wire::SecretsEqual(view(given.server_key), view(stored->server_key));
    }
  }
  return false;
}

bool StoredSecret::AcceptsMd5(std::string_view response, std::string_view salt, const std::string& user) const {
  if (kind_ != Kind::kPlain && kind_ != Kind::kMd5) return false;
  std::string verifier = kind_ == Kind::kMd5 ? std::string(text()) : wire::Md5Verifier(text(), user);
  const bool right = wire::SecretsEqual(response, wire::Md5Response(verifier, salt));
  wire::Wipe(&verifier);
  return right;
}

std::optional<wire::ScramVerifier> StoredSecret::Verifier() const {
  if (made_ == nullptr) return std::nullopt;
  absl::MutexLock lock(&made_->mutex);
  if (!made_->verifier.has_value()) {
    made_->verifier = wire::ScramVerifier::FromPassword(text(), wire::RandomBytes(kSaltBytes), kIterations);
  }
  return made_->verifier;
}

}  // namespace pgshoal::auth
