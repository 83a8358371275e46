#include "router/auth/access_rules.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/status.hpp"

namespace pgshoal::auth {
namespace {

absl::Status NoEntry(std::string_view verb, const Peer& peer) {
  std::string host = "[local]";
  if (peer.address.has_value()) {
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(peer.address->v6 ? AF_INET6 : AF_INET, peer.address->bytes.data(), text, sizeof text);
    host = text;
  }
  return SqlStatus(sqlstate::kInvalidAuthorizationSpecification,
                   fmt::format("{} host \"{}\", user \"{}\", database \"{}\", {}", verb, host, peer.user, peer.database,
                               peer.tls ? "SSL encryption" : "no encryption"));
}

absl::Status Needs(std::string_view what, std::string_view setting) {
  return SqlStatus(sqlstate::kConfigFileError, fmt::format("{} needs the setting {}", what, setting));
}

}  // namespace

absl::StatusOr<AccessRules> AccessRules::Load(const AccessOptions& options) {
  AccessRules rules;
  if (options.auth != "hba") {
    rules.everybody_ = ParseMethod(options.auth == "plain" ? "password" : options.auth);
    if (!rules.everybody_.has_value() || rules.everybody_ == Method::kReject ||
        rules.everybody_ == Method::kPeer) {
      return SqlStatus(sqlstate::kConfigFileError, fmt::format("there is no way of authentication \"{}\"", options.auth));
    }
  } else if (options.hba_file.empty()) {
    return Needs("auth = \"hba\"", "auth_hba_file");
  }
  if (!options.user_file.empty()) {
    absl::StatusOr<std::string> text = ReadWholeFile(options.user_file);
    if (!text.ok()) return text.status();
    absl::StatusOr<UserTable> users = ParseUserFile(*text, options.user_file);
    wire::Wipe(&*text);
    if (!users.ok()) return users.status();
    rules.users_ = *std::move(users);
    const auto is_scram = [](const auto& user) {
      return user.second.secret.kind() == StoredSecret::Kind::kScram;
    };
    rules.unknown_see_scram_ =
        rules.users_.empty() || std::any_of(rules.users_.begin(), rules.users_.end(), is_scram);
  }
  if (!options.ident_file.empty()) {
    absl::StatusOr<std::string> text = ReadWholeFile(options.ident_file);
    if (!text.ok()) return text.status();
    absl::StatusOr<IdentMaps> maps = IdentMaps::Parse(*text, options.ident_file);
    if (!maps.ok()) return maps.status();
    rules.maps_ = *std::move(maps);
  }
  if (options.auth == "hba") {
    absl::StatusOr<std::string> text = ReadWholeFile(options.hba_file);
    if (!text.ok()) return text.status();
    absl::StatusOr<HbaRules> hba = HbaRules::Parse(*text, options.hba_file);
    if (!hba.ok()) return hba.status();
    rules.hba_ = *std::move(hba);
    for (const HbaRule& rule : rules.hba_.rules()) {
      if (!rule.map.empty() && !rules.maps_.Has(rule.map)) {
        return RuleMistake(options.hba_file, rule.line, fmt::format("there is no map \"{}\"", rule.map));
      }
    }
  }
  return rules;
}

absl::StatusOr<Demand> AccessRules::DemandOf(const Peer& peer) const {
  if (everybody_.has_value()) {
    return Demand{*everybody_, everybody_ == Method::kCert ? ClientCert::kVerifyFull : ClientCert::kNotAsked, {}};
  }
  const HbaRule* rule = hba_.Find(peer);
  if (rule == nullptr) return NoEntry("no hba rule for", peer);
  if (rule->method == Method::kReject) return NoEntry("hba rule rejects connection for", peer);
  return Demand{rule->method, rule->client_cert, rule->map};
}

const UserRecord* AccessRules::FindUser(const std::string& user) const {
  const auto found = users_.find(user);
  return found == users_.end() ? nullptr : &found->second;
}

std::vector<std::string> AccessRules::UserNames() const {
  std::vector<std::string> names;
  names.reserve(users_.size());
  for (const auto& [name, record] : users_) names.push_back(name);
  return names;
}

bool AccessRules::NameFits(const Demand& demand, const std::string& name, const std::string& user) const {
  return maps_.Allows(demand.map, name, user);
}

bool AccessRules::NeedsCertificates() const {
  if (everybody_.has_value()) return everybody_ == Method::kCert;
  const auto asks = [](const HbaRule& rule) { return rule.client_cert != ClientCert::kNotAsked; };
  return std::any_of(hba_.rules().begin(), hba_.rules().end(), asks);
}

}  // namespace pgshoal::auth
