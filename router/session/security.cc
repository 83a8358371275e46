#include "router/session/security.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/limits.hpp"
#include "base/status.hpp"

namespace pgshoal::session {
namespace {

absl::Status Wrong(std::string message) { return SqlStatus(sqlstate::kConfigFileError, std::move(message)); }

absl::Status ReadProtocols(const std::string& text, std::string_view side, net::TlsConfig* config) {
  if (text.empty() || text == "secure" || text == "all" || text == "default") return absl::OkStatus();
  bool tls12 = false, tls13 = false;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    std::string_view word = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (word == "tlsv1.2") {
      tls12 = true;
    } else if (word == "tlsv1.3") {
      tls13 = true;
    } else {
      return Wrong(fmt::format("{}_tls_protocols: \"{}\" is not one of secure, tlsv1.2, tlsv1.3", side, word));
    }
  }
  config->min_version = tls12 ? net::TlsVersion::kTls12 : net::TlsVersion::kTls13;
  config->max_version = tls13 ? net::TlsVersion::kTls13 : net::TlsVersion::kTls12;
  return absl::OkStatus();
}

absl::StatusOr<net::TlsConfig> ConfigOf(const TlsOptions& options, std::string_view side) {
  net::TlsConfig config;
  config.cert_file = options.cert_file;
  config.key_file = options.key_file;
  config.ca_file = options.ca_file;
  if (options.ciphers != "default" && options.ciphers != "secure") config.ciphers = options.ciphers;
  if (options.cert_file.empty() != options.key_file.empty()) {
    return Wrong(fmt::format("{0}_tls_cert_file and {0}_tls_key_file are given together or not at all", side));
  }
  if (options.sslmode.starts_with("verify-") && options.ca_file.empty()) {
    return Wrong(fmt::format("{0}_tls_sslmode = \"{1}\" needs {0}_tls_ca_file", side, options.sslmode));
  }
  if (absl::Status status = ReadProtocols(options.protocols, side, &config); !status.ok()) return status;
  return config;
}

absl::Status LoadClientTls(const SecurityOptions& options, SecuritySnapshot* snapshot) {
  const TlsOptions& tls = options.client_tls;
  const bool certificates = snapshot->rules.NeedsCertificates();
  if (tls.sslmode == "disable") {
    if (certificates) return Wrong("authentication by certificate needs client_tls_sslmode");
    return absl::OkStatus();
  }
  absl::StatusOr<net::TlsConfig> config = ConfigOf(tls, "client");
  if (!config.ok()) return config.status();
  if (config->cert_file.empty()) return Wrong("client_tls_sslmode needs client_tls_cert_file and client_tls_key_file");
  if (certificates && tls.ca_file.empty()) return Wrong("authentication by certificate needs client_tls_ca_file");
  const bool verify = tls.sslmode.starts_with("verify-");
  snapshot->client_tls_required = verify || tls.sslmode == "require";
  config->check = verify                ? net::TlsPeerCheck::kTrusted
                  : tls.ca_file.empty() ? net::TlsPeerCheck::kNone
                                        : net::TlsPeerCheck::kIfGiven;
  absl::StatusOr<std::shared_ptr<const net::TlsContext>> context = net::TlsContext::Server(*config);
  if (!context.ok()) return Wrong(fmt::format("client_tls: {}", std::string(context.status().message())));
  snapshot->client_tls = *std::move(context);
  return absl::OkStatus();
}

absl::Status LoadServerTls(const SecurityOptions& options, SecuritySnapshot* snapshot) {
  const TlsOptions& tls = options.server_tls;
  if (tls.sslmode == "disable") return absl::OkStatus();
  absl::StatusOr<net::TlsConfig> config = ConfigOf(tls, "server");
  if (!config.ok()) return config.status();
  config->check = tls.sslmode == "verify-full" ? net::TlsPeerCheck::kHostName
                  : tls.sslmode == "verify-ca" ? net::TlsPeerCheck::kTrusted
                                               : net::TlsPeerCheck::kNone;
  absl::StatusOr<std::shared_ptr<const net::TlsContext>> context = net::TlsContext::Client(*config);
  if (!context.ok()) return Wrong(fmt::format("server_tls: {}", std::string(context.status().message())));
  snapshot->server_tls.context = *std::move(context);
  snapshot->server_tls.mode = tls.sslmode == "allow"    ? exec::ServerTlsMode::kAllow
                              : tls.sslmode == "prefer" ? exec::ServerTlsMode::kPrefer
                                                        : exec::ServerTlsMode::kRequire;
  return absl::OkStatus();
}

}  // namespace

Security::Security() : cache_(limits::kMaxCachedSecrets), current_(std::make_shared<const SecuritySnapshot>()) {}

absl::Status Security::Load(const SecurityOptions& options) {
  auto snapshot = std::make_shared<SecuritySnapshot>();
  snapshot->options = options;
  absl::StatusOr<auth::AccessRules> rules = auth::AccessRules::Load(options.access);
  if (!rules.ok()) return rules.status();
  snapshot->rules = *std::move(rules);
  if (absl::Status status = LoadClientTls(options, snapshot.get()); !status.ok()) return status;
  if (absl::Status status = LoadServerTls(options, snapshot.get()); !status.ok()) return status;
  cache_.Clear();
  absl::MutexLock lock(&mutex_);
  current_ = std::move(snapshot);
  return absl::OkStatus();
}

std::shared_ptr<const SecuritySnapshot> Security::Current() const {
  absl::MutexLock lock(&mutex_);
  return current_;
}

std::string UserOf(const std::string& database, const std::string& user) {
  std::string key = database;
  key.push_back('\0');
  return key += user;
}

void Security::Learn(const std::string& database, const std::string& user, exec::LoginSecret secret) {
  const std::string key = UserOf(database, user);
  absl::MutexLock lock(&mutex_);
  // Whoever leaves is learned again at the next login.
  if (learned_.size() >= limits::kMaxCachedSecrets && !learned_.contains(key)) learned_.erase(learned_.begin());
  learned_[key] = std::move(secret);
}

exec::LoginSecret Security::SecretOf(const std::string& database, const std::string& user) const {
  using Kind = auth::StoredSecret::Kind;
  absl::MutexLock lock(&mutex_);
  const auth::UserRecord* record = current_->rules.FindUser(user);
  exec::LoginSecret secret;
  if (record != nullptr && record->secret.kind() == Kind::kPlain) {
    secret.password = wire::Secret(record->secret.text());
    return secret;
  }
  if (const auto learned = learned_.find(UserOf(database, user)); learned != learned_.end()) secret = learned->second;
  if (secret.md5.empty() && record != nullptr && record->secret.kind() == Kind::kMd5) {
    secret.md5 = wire::Secret(record->secret.text());
  }
  return secret;
}

exec::ServerTls Security::Tls() const {
  absl::MutexLock lock(&mutex_);
  return current_->server_tls;
}

}  // namespace pgshoal::session
