#pragma once
// Password authentication, both ends: SCRAM-SHA-256 (RFC 5802, RFC 7677; manual, chapter 55.3) and md5.
//
// Passwords: ASCII is taken as it stands, and so is anything else (PostgreSQL applies SASLprep to what is valid UTF-8 and
// changes under it, such as compatibility characters; such passwords do not authenticate here).
// Threads: one exchange is used by one thread at a time.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "router/wire/secret.hpp"

namespace pgshoal::wire {

inline constexpr std::string_view kScramMechanism = "SCRAM-SHA-256";
inline constexpr std::string_view kScramPlusMechanism = "SCRAM-SHA-256-PLUS";  // bound to the TLS connection
using Sha256Digest = std::array<unsigned char, 32>;

// What a server keeps instead of a password (pg_authid.rolpassword).
struct ScramVerifier {
  int iterations = 0;
  std::string salt;  // raw bytes
  Sha256Digest stored_key{};
  Sha256Digest server_key{};

  // Of "SCRAM-SHA-256$iterations:salt$stored:server"; nothing when the text is no such thing.
  static std::optional<ScramVerifier> Parse(std::string_view text);
  static ScramVerifier FromPassword(std::string_view password, std::string_view salt, int iterations);
  std::string ToText() const;
};

// What opens a server in place of the password, if that server keeps the same verifier: a server learns it when a client
// authenticates (RFC 5802, chapter 3).
struct ScramKeys {
  int iterations = 0;  // of the verifier
  std::string salt;
  Sha256Digest client_key{};
  Sha256Digest server_key{};
};

// How an exchange is tied to its TLS connection by the server's certificate (tls-server-end-point).
enum class ChannelBinding : std::uint8_t {
  kNone,     // no TLS, or nothing to bind to
  kOffered,  // could be, but the other mechanism is used. Client: the server has offered none, which it must confirm
  kUsed,     // SCRAM-SHA-256-PLUS
};

// The client's side. First -> (server answers) -> Final -> (server answers) -> CheckServer.
class ScramClient {
 public:
  // With a nonce from the system's random source, or the one given (tests).
  explicit ScramClient(std::string_view password, std::string nonce = {});
  explicit ScramClient(ScramKeys keys, std::string nonce = {});
  // Before First. `end_point` as of net::TlsServerEndPoint; counts for kUsed only.
  void Bind(ChannelBinding binding, std::string end_point);

  std::string First() const;  // data of SASLInitialResponse
  // 28P01 or 08P01 when the server's message is not acceptable; else data of SASLResponse.
  absl::StatusOr<std::string> Final(std::string_view server_first);
  // 28P01 unless the server has proven that it knows the password's verifier.
  absl::Status CheckServer(std::string_view server_final) const;

 private:
  std::string_view Header() const;

  Secret password_;
  std::optional<ScramKeys> keys_;
  ChannelBinding binding_ = ChannelBinding::kNone;
  std::string end_point_;
  std::string nonce_;
  std::string auth_message_;
  Sha256Digest server_key_{};
};

// The server's side. First (client's first data) -> Final (client's answer).
class ScramServer {
 public:
  // `verifier` nothing: no such user or no password; the exchange runs all the same, over made-up secrets that stay the
  // same for the same `user`, and fails at its end.
  ScramServer(std::optional<ScramVerifier> verifier, std::string_view user, std::string nonce = {});

  // Before First; kOffered: the client was offered both mechanisms and chose the plain one.
  void Bind(ChannelBinding binding, std::string end_point);

  // Data for AuthenticationSASLContinue; 08P01 for a malformed message, 0A000 for an authorization identity, 28000 when
  // somebody between has hidden from the client that its login could be bound.
  absl::StatusOr<std::string> First(std::string_view client_first);
  // Data for AuthenticationSASLFinal; 28P01 when the password is wrong, 08P01 for a malformed message, 28000 when the
  // client has another server's certificate before it.
  absl::StatusOr<std::string> Final(std::string_view client_final);
  // REQUIRES: Final has succeeded.
  ScramKeys Keys() const { return {verifier_.iterations, verifier_.salt, client_key_, verifier_.server_key}; }

 private:
  absl::Status CheckFlag(std::string_view client_first) const;

  ChannelBinding binding_ = ChannelBinding::kNone;
  std::string end_point_;
  Sha256Digest client_key_{};
  ScramVerifier verifier_;
  bool known_;
  std::string user_;
  std::string nonce_;  // the server's part; after First, both parts
  std::string gs2_header_;
  std::string auth_message_;
};

// "md5" and 32 hex digits: the stored form, and the answer to AuthenticationMD5Password with its four bytes of salt.
std::string Md5Verifier(std::string_view password, std::string_view user);
std::string Md5Response(std::string_view verifier, std::string_view salt);

// Compares two secrets in a time that depends on their lengths only.
bool SecretsEqual(std::string_view a, std::string_view b);

// `size` bytes from the system's cryptographic random source.
std::string RandomBytes(std::size_t size);

}  // namespace pgshoal::wire
