#include "router/net/tls_context.hpp"

#include <fmt/format.h>
#include <openssl/err.h>

#include <cstring>
#include <string_view>
#include <utility>

namespace pgshoal::net {
namespace internal {

std::string TakeOpenSslError() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  if (const char* reason = ERR_reason_error_string(code); reason != nullptr) return reason;
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  return fmt::format("OpenSSL error {:#x}", code);
}

}  // namespace internal

namespace {

// The name by which both sides agree on the protocol, in ALPN's form: a length and the bytes.
constexpr unsigned char kProtocol[] = {10, 'p', 'o', 's', 't', 'g', 'r', 'e', 's', 'q', 'l'};

absl::Status Invalid(std::string_view what, const std::string& file) {
  return absl::InvalidArgumentError(fmt::format("TLS: {} \"{}\": {}", what, file, internal::TakeOpenSslError()));
}

int SelectProtocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                   unsigned offered_length, void*) {
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, length, kProtocol, sizeof kProtocol, offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = selected;
  return SSL_TLSEXT_ERR_OK;
}

// Never ask on the terminal.
int NoPassphrase(char*, int, int, void*) {
  return 0;
}

absl::Status LoadCertificate(SSL_CTX* ctx, const TlsConfig& config) {
  if (config.cert_file.empty()) return absl::OkStatus();
  if (SSL_CTX_use_certificate_chain_file(ctx, config.cert_file.c_str()) != 1) {
    return Invalid("cannot load the certificate file", config.cert_file);
  }
  if (SSL_CTX_use_PrivateKey_file(ctx, config.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Invalid("cannot load the key file", config.key_file);
  }
  if (SSL_CTX_check_private_key(ctx) != 1)
    return Invalid("the key does not belong to the certificate", config.key_file);
  return absl::OkStatus();
}

absl::Status LoadTrust(SSL_CTX* ctx, const TlsConfig& config, bool is_server) {
  if (config.ca_file.empty()) {
    if (config.check == TlsPeerCheck::kNone) return absl::OkStatus();
    return absl::InvalidArgumentError("TLS: checking the peer's certificate needs a file of trusted ones");
  }
  if (config.ca_file == "system") {
    if (SSL_CTX_set_default_verify_paths(ctx) != 1) return Invalid("cannot load the trusted certificates", "system");
  } else {
    if (SSL_CTX_load_verify_locations(ctx, config.ca_file.c_str(), nullptr) != 1) {
      return Invalid("cannot load the trusted certificates", config.ca_file);
    }
    if (is_server) SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(config.ca_file.c_str()));
  }
  if (!config.crl_file.empty()) {
    X509_STORE* store = SSL_CTX_get_cert_store(ctx);
    if (X509_STORE_load_locations(store, config.crl_file.c_str(), nullptr) != 1) {
      return Invalid("cannot load the revocation list", config.crl_file);
    }
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  }
  return absl::OkStatus();
}

int VerifyMode(const TlsConfig& config, bool is_server) {
  switch (config.check) {
    case TlsPeerCheck::kNone:
      return SSL_VERIFY_NONE;
    case TlsPeerCheck::kIfGiven:
      return is_server ? SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE : SSL_VERIFY_PEER;
    case TlsPeerCheck::kTrusted:
    case TlsPeerCheck::kHostName:
      break;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT | SSL_VERIFY_CLIENT_ONCE;
}

absl::StatusOr<std::shared_ptr<const TlsContext>> Make(const TlsConfig& config, bool is_server) {
  ERR_clear_error();
  auto impl = std::make_unique<TlsContext::Impl>();
  impl->is_server = is_server;
  impl->check = config.check;
  impl->ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
  SSL_CTX* ctx = impl->ctx;
  if (ctx == nullptr) return absl::ResourceExhaustedError("TLS: " + internal::TakeOpenSslError());

  const auto number = [](TlsVersion version) { return version == TlsVersion::kTls13 ? TLS1_3_VERSION : TLS1_2_VERSION; };
  SSL_CTX_set_min_proto_version(ctx, number(config.min_version));
  SSL_CTX_set_max_proto_version(ctx, number(config.max_version));
  SSL_CTX_set_options(
      ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);  // an idle connection holds no record buffers
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(ctx, 0);
  SSL_CTX_set_default_passwd_cb(ctx, NoPassphrase);
  if (is_server) {
    SSL_CTX_set_alpn_select_cb(ctx, SelectProtocol, nullptr);
    if (config.cert_file.empty()) return absl::InvalidArgumentError("TLS: a server needs a certificate file");
  } else {
    SSL_CTX_set_alpn_protos(ctx, kProtocol, sizeof kProtocol);
  }
  if (!config.ciphers.empty() && SSL_CTX_set_cipher_list(ctx, config.ciphers.c_str()) != 1) {
    return Invalid("no cipher known in the list", config.ciphers);
  }
  if (absl::Status status = LoadCertificate(ctx, config); !status.ok()) return status;
  if (absl::Status status = LoadTrust(ctx, config, is_server); !status.ok()) return status;
  SSL_CTX_set_verify(ctx, VerifyMode(config, is_server), nullptr);
  return std::make_shared<const TlsContext>(std::move(impl));
}

}  // namespace

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::Server(const TlsConfig& config) {
  return Make(config, true);
}

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::Client(const TlsConfig& config) {
  return Make(config, false);
}

}  // namespace pgshoal::net
