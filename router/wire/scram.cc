#include "router/wire/scram.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/sqlstate.hpp"
#include "base/status.hpp"
#include "router/wire/crypto.hpp"
#include "router/wire/saslprep.hpp"

namespace pgshoal::wire {
namespace {

constexpr std::size_t kNonceBytes = 18;
constexpr std::size_t kSaltBytes = 16;
constexpr int kDefaultIterations = 4096;
constexpr int kMaxIterations = 10'000'000;  // a server may not keep a client computing for minutes
constexpr std::string_view kVerifierPrefix = "SCRAM-SHA-256$";
constexpr std::string_view kBoundHeader = "p=tls-server-end-point,,";

absl::Status Malformed(std::string detail) {
  return SqlStatus(sqlstate::kProtocolViolation, "malformed SCRAM message", 0, {}, std::move(detail));
}

std::optional<int> ParseIterations(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0 || value > kMaxIterations) {
    return std::nullopt;
  }
  return value;
}

std::optional<Sha256Digest> ParseDigest(std::string_view base64) {
  const std::optional<std::string> bytes = DecodeBase64(base64);
  Sha256Digest digest{};
  if (!bytes.has_value() || bytes->size() != digest.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

// Takes "<name>=value" off the front of a comma-separated message; nothing when another attribute stands there.
std::optional<std::string_view> TakeAttribute(std::string_view* message, char name) {
  if (message->size() < 2 || (*message)[0] != name || (*message)[1] != '=') return std::nullopt;
  const std::size_t comma = std::min(message->find(','), message->size());
  const std::string_view value = message->substr(2, comma - 2);
  message->remove_prefix(std::min(comma + 1, message->size()));
  return value;
}

// RFC 5802: printable ASCII without commas.
bool IsNonce(std::string_view text) {
  for (const char c : text) {
    if (c < 0x21 || c > 0x7e || c == ',') return false;
  }
  return !text.empty();
}

std::string NewNonce() { return EncodeBase64(RandomBytes(kNonceBytes)); }

// For users who have no verifier: the salt that such a user is shown must not change from one attempt to the next.
ScramVerifier MadeUpVerifier(std::string_view user) {
  static const std::string secret = RandomBytes(32);
  ScramVerifier verifier;
  verifier.iterations = kDefaultIterations;
  verifier.salt = std::string(AsView(HmacSha256(secret, user)).substr(0, kSaltBytes));
  return verifier;
}

Sha256Digest Xor(const Sha256Digest& a, const Sha256Digest& b) {
  Sha256Digest result{};
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = a[i] ^ b[i];
  return result;
}

}  // namespace

std::optional<ScramVerifier> ScramVerifier::Parse(std::string_view text) {
  if (!text.starts_with(kVerifierPrefix)) return std::nullopt;
  text.remove_prefix(kVerifierPrefix.size());
  const std::size_t colon = text.find(':');
  const std::size_t dollar = text.find('$');
  const std::size_t last = text.rfind(':');
  if (colon >= dollar || dollar == std::string_view::npos || last < dollar) return std::nullopt;
  const auto iterations = ParseIterations(text.substr(0, colon));
  const auto salt = DecodeBase64(text.substr(colon + 1, dollar - colon - 1));
  const auto stored = ParseDigest(text.substr(dollar + 1, last - dollar - 1));
  const auto server = ParseDigest(text.substr(last + 1));
  if (!iterations || !salt || salt->empty() || !stored || !server) return std::nullopt;
  return ScramVerifier{*iterations, *salt, *stored, *server};
}

ScramVerifier ScramVerifier::FromPassword(std::string_view password, std::string_view salt, int iterations) {
  const Sha256Digest salted = SaltedPassword(SaslPrep(password).view(), salt, iterations);
  const Sha256Digest client_key = HmacSha256(AsView(salted), "Client Key");
  return {iterations, std::string(salt), Sha256(AsView(client_key)), HmacSha256(AsView(salted), "Server Key")};
}

std::string ScramVerifier::ToText() const {
  return fmt::format("{}{}:{}${}:{}", kVerifierPrefix, iterations, EncodeBase64(salt), EncodeBase64(AsView(stored_key)),
                     EncodeBase64(AsView(server_key)));
}

ScramClient::ScramClient(std::string_view password, std::string nonce)
    : password_(password), nonce_(nonce.empty() ? NewNonce() : std::move(nonce)) {}

ScramClient::ScramClient(ScramKeys keys, std::string nonce)
    : keys_(std::move(keys)), nonce_(nonce.empty() ? NewNonce() : std::move(nonce)) {}

void ScramClient::Bind(ChannelBinding binding, std::string end_point) {
  binding_ = binding;
  end_point_ = std::move(end_point);
}

std::string_view ScramClient::Header() const {
  switch (binding_) {
    case ChannelBinding::kNone:
      break;
    case ChannelBinding::kOffered:
      return "y,,";
    case ChannelBinding::kUsed:
      return kBoundHeader;
  }
  return "n,,";
}

std::string ScramClient::First() const { return fmt::format("{}n=,r={}", Header(), nonce_); }

absl::StatusOr<std::string> ScramClient::Final(std::string_view server_first) {
  std::string_view rest = server_first;
  const auto nonce = TakeAttribute(&rest, 'r');
  const auto salt_text = TakeAttribute(&rest, 's');
  const auto iterations_text = TakeAttribute(&rest, 'i');
  if (!nonce || !salt_text || !iterations_text) return Malformed("The server's first message is incomplete.");
  if (!nonce->starts_with(nonce_) || nonce->size() == nonce_.size() || !IsNonce(*nonce)) {
    return Malformed("The server's nonce does not continue the client's.");
  }
  const auto salt = DecodeBase64(*salt_text);
  const auto iterations = ParseIterations(*iterations_text);
  if (!salt || salt->empty() || !iterations) return Malformed("The server's salt or iteration count is invalid.");

  Sha256Digest client_key;
  if (keys_.has_value()) {
    if (*salt != keys_->salt || *iterations != keys_->iterations) {
      return SqlStatus(sqlstate::kInvalidPassword, "the server keeps another SCRAM verifier of this user", 0,
                       "Keys are passed on only between servers with the same verifier: copy it, or give the password.");
    }
    client_key = keys_->client_key;
    server_key_ = keys_->server_key;
  } else {
    Sha256Digest salted = SaltedPassword(SaslPrep(password_.view()).view(), *salt, *iterations);
    client_key = HmacSha256(AsView(salted), "Client Key");
    server_key_ = HmacSha256(AsView(salted), "Server Key");
    Wipe(AsView(salted));
  }
  std::string channel(Header());
  if (binding_ == ChannelBinding::kUsed) channel += end_point_;
  const std::string without_proof = fmt::format("c={},r={}", EncodeBase64(channel), *nonce);
  auth_message_ = fmt::format("n=,r={},{},{}", nonce_, server_first, without_proof);
  const Sha256Digest signature = HmacSha256(AsView(Sha256(AsView(client_key))), auth_message_);
  return fmt::format("{},p={}", without_proof, EncodeBase64(AsView(Xor(client_key, signature))));
}

absl::Status ScramClient::CheckServer(std::string_view server_final) const {
  std::string_view rest = server_final;
  if (const auto error = TakeAttribute(&rest, 'e')) {
    return SqlStatus(sqlstate::kInvalidPassword, fmt::format("SCRAM authentication failed: {}", *error));
  }
  const auto signature = TakeAttribute(&rest, 'v');
  if (!signature || auth_message_.empty()) return Malformed("The server's final message is incomplete.");
  if (!SecretsEqual(*signature, EncodeBase64(AsView(HmacSha256(AsView(server_key_), auth_message_))))) {
    return SqlStatus(sqlstate::kInvalidPassword, "the server could not prove that it knows the password");
  }
  return absl::OkStatus();
}

ScramServer::ScramServer(std::optional<ScramVerifier> verifier, std::string_view user, std::string nonce)
    : verifier_(verifier.has_value() ? *verifier : MadeUpVerifier(user)),
      known_(verifier.has_value()),
      user_(user),
      nonce_(nonce.empty() ? NewNonce() : std::move(nonce)) {}

void ScramServer::Bind(ChannelBinding binding, std::string end_point) {
  binding_ = binding;
  end_point_ = std::move(end_point);
}

// The first letters say whether the client binds the exchange to the connection ("p"), cannot ("n"), or would but thinks
// that the server cannot ("y").
absl::Status ScramServer::CheckFlag(std::string_view client_first) const {
  const bool used = binding_ == ChannelBinding::kUsed;
  if (client_first.starts_with("n,")) {
    if (used) return Malformed("The client chose SCRAM-SHA-256-PLUS and sends no channel binding.");
  } else if (client_first.starts_with("y,")) {
    if (used) return Malformed("The client chose SCRAM-SHA-256-PLUS and sends no channel binding.");
    if (binding_ == ChannelBinding::kOffered) {
      return SqlStatus(sqlstate::kInvalidAuthorizationSpecification, "SCRAM channel binding negotiation error", 0, {},
                       "The client believes that channel binding was not offered, but it was.");
    }
  } else if (client_first.starts_with("p=")) {
    if (!used) return Malformed("The client chose SCRAM-SHA-256 and sends channel binding.");
    if (!client_first.starts_with(kBoundHeader.substr(0, kBoundHeader.size() - 1))) {
      return SqlStatus(sqlstate::kProtocolViolation,
                       fmt::format("unsupported SCRAM channel-binding type \"{}\"",
                                   client_first.substr(2, std::min<std::size_t>(client_first.find(','), 34) - 2)));
    }
  } else {
    return Malformed("Unexpected channel-binding flag.");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ScramServer::First(std::string_view client_first) {
  if (absl::Status status = CheckFlag(client_first); !status.ok()) return status;
  const std::size_t flag = std::min(client_first.find(','), client_first.size());
  if (flag + 1 >= client_first.size() || client_first[flag + 1] != ',') {
    return SqlStatus(sqlstate::kFeatureNotSupported,
                     "client uses authorization identity, but it is not supported");
  }
  gs2_header_ = std::string(client_first.substr(0, flag + 2));
  const std::string_view bare = client_first.substr(flag + 2);
  std::string_view rest = bare;
  if (rest.starts_with("m=")) {
    return SqlStatus(sqlstate::kFeatureNotSupported, "client requires an unsupported SCRAM extension");
  }
  const auto user = TakeAttribute(&rest, 'n');  // ignored: the startup packet's name counts
  const auto client_nonce = TakeAttribute(&rest, 'r');
  if (!user || !client_nonce || !IsNonce(*client_nonce)) return Malformed("The client's first message is incomplete.");

  nonce_ = std::string(*client_nonce) + nonce_;
  std::string server_first =
      fmt::format("r={},s={},i={}", nonce_, EncodeBase64(verifier_.salt), verifier_.iterations);
  auth_message_ = fmt::format("{},{},", bare, server_first);
  return server_first;
}

absl::StatusOr<std::string> ScramServer::Final(std::string_view client_final) {
  const std::size_t proof_at = client_final.rfind(",p=");
  if (proof_at == std::string_view::npos || auth_message_.empty()) {
    return Malformed("The client's final message has no proof.");
  }
  std::string_view rest = client_final.substr(0, proof_at);
  const auto binding = TakeAttribute(&rest, 'c');
  const auto nonce = TakeAttribute(&rest, 'r');
  const auto proof = ParseDigest(client_final.substr(proof_at + 3));
  if (!binding || !nonce || !proof) return Malformed("The client's final message is incomplete.");
  if (binding_ == ChannelBinding::kUsed) {
    if (*binding != EncodeBase64(gs2_header_ + end_point_)) {
      return SqlStatus(sqlstate::kInvalidAuthorizationSpecification, "SCRAM channel binding check failed");
    }
  } else if (*binding != EncodeBase64(gs2_header_)) {
    return SqlStatus(sqlstate::kProtocolViolation,
                     "unexpected SCRAM channel-binding attribute in client-final-message");
  }
  if (*nonce != nonce_) return Malformed("The client's final message has another nonce.");

  const std::string auth_message = auth_message_ + std::string(client_final.substr(0, proof_at));
  const Sha256Digest signature = HmacSha256(AsView(verifier_.stored_key), auth_message);
  client_key_ = Xor(*proof, signature);
  const Sha256Digest stored = Sha256(AsView(client_key_));
  const bool equal = SecretsEqual(AsView(stored), AsView(verifier_.stored_key));
  if (!equal || !known_) {
    return SqlStatus(sqlstate::kInvalidPassword, fmt::format("password authentication failed for user \"{}\"", user_));
  }
  return "v=" + EncodeBase64(AsView(HmacSha256(AsView(verifier_.server_key), auth_message)));
}

std::string Md5Verifier(std::string_view password, std::string_view user) {
  return "md5" + Md5Hex(std::string(password).append(user));
}

std::string Md5Response(std::string_view verifier, std::string_view salt) {
  return "md5" + Md5Hex(std::string(verifier.starts_with("md5") ? verifier.substr(3) : verifier).append(salt));
}

}  // namespace pgshoal::wire
