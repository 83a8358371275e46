#include "router/auth/hba.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/status.hpp"

namespace pgshoal::auth {
namespace {

constexpr int kMaxIncludeDepth = 10;

// One field of names with its @files put in. `seen` is how deep the files are nested.
absl::Status Expand(const WordList& names, const std::string& file, int line, const FileReader& read, int depth,
                    WordList* expanded) {
  if (depth > kMaxIncludeDepth) return RuleMistake(file, line, "files of names are nested too deeply");
  for (const Word& name : names) {
    if (name.quoted || !name.text.starts_with('@') || name.text.size() == 1) {
      expanded->push_back(name);
      continue;
    }
    std::string path = name.text.substr(1);
    if (!path.starts_with('/')) {
      const std::size_t slash = file.rfind('/');
      if (slash != std::string::npos) path = file.substr(0, slash + 1) + path;
    }
    absl::StatusOr<std::string> text = read(path);
    if (!text.ok()) return RuleMistake(file, line, ToSqlError(text.status()).message);
    absl::StatusOr<std::vector<RuleLine>> lines = ReadRuleLines(*text, path);
    if (!lines.ok()) return lines.status();
    for (const RuleLine& included : *lines) {
      for (const WordList& field : included.fields) {
        if (absl::Status status = Expand(field, path, included.number, read, depth + 1, expanded); !status.ok()) {
          return status;
        }
      }
    }
  }
  return absl::OkStatus();
}

// Names that PostgreSQL reads as something that the router cannot know.
std::string UnknownMeaning(const WordList& names, bool databases) {
  for (const Word& name : names) {
    if (name.quoted) continue;
    if (name.text.starts_with('+')) {
      return fmt::format("\"{}\": the router does not know who is a member of a role; list the users", name.text);
    }
    if (name.text.starts_with('/')) return fmt::format("\"{}\": regular expressions are not supported", name.text);
    if (databases && (name.text == "samerole" || name.text == "samegroup")) {
      return fmt::format("\"{}\": the router does not know who is a member of a role", name.text);
    }
  }
  return {};
}

bool NameFits(const WordList& names, const std::string& name, const std::string& user, bool databases) {
  return std::any_of(names.begin(), names.end(), [&](const Word& word) {
    if (word.quoted) return word.text == name;
    if (word.text == "all") return true;
    if (databases && word.text == "sameuser") return name == user;
    if (databases && word.text == "replication") return false;  // such connections are not served at all
    return word.text == name;
  });
}

std::optional<HbaRule::Type> ParseType(std::string_view word) {
  if (word == "local") return HbaRule::Type::kLocal;
  if (word == "host" || word == "hostnogssenc") return HbaRule::Type::kHost;
  if (word == "hostssl") return HbaRule::Type::kHostSsl;
  if (word == "hostnossl") return HbaRule::Type::kHostNoSsl;
  return std::nullopt;
}

// One line's fields, from the left. Each step gives what is wrong, or nothing.
class RuleReader {
 public:
  RuleReader(const RuleLine& line, const std::string& file, const FileReader& read)
      : line_(line), file_(file), read_(read) {}

  absl::StatusOr<HbaRule> Read() {
    rule_.line = line_.number;
    std::string mistake = Type();
    if (mistake.empty()) {
      if (absl::Status names = Names(); !names.ok()) return names;
      if (rule_.type != HbaRule::Type::kLocal) mistake = Where();
    }
    if (mistake.empty()) mistake = How();
    if (mistake.empty()) mistake = Options();
    if (!mistake.empty()) return RuleMistake(file_, line_.number, mistake);
    return std::move(rule_);
  }

 private:
  const WordList* Next() { return at_ < line_.fields.size() ? &line_.fields[at_++] : nullptr; }

  // The next field when it is a single word.
  std::string Single(std::string_view what, const Word** word) {
    const WordList* field = Next();
    if (field == nullptr) return fmt::format("the rule ends before its {}", what);
    if (field->size() != 1) return fmt::format("several values where one {} is expected", what);
    *word = &field->front();
    return {};
  }

  std::string Type() {
    const Word* word = nullptr;
    if (std::string mistake = Single("connection type", &word); !mistake.empty()) return mistake;
    const std::optional<HbaRule::Type> type = ParseType(word->text);
    if (!type.has_value()) return fmt::format("connection type \"{}\" is not supported", word->text);
    rule_.type = *type;
    return {};
  }

  absl::Status Names() {
    for (const bool databases : {true, false}) {
      const WordList* field = Next();
      if (field == nullptr) {
        return RuleMistake(file_, line_.number,
                           fmt::format("the rule ends before its {}", databases ? "database" : "user"));
      }
      WordList& names = databases ? rule_.databases : rule_.users;
      if (absl::Status status = Expand(*field, file_, line_.number, read_, 0, &names); !status.ok()) return status;
      if (std::string mistake = UnknownMeaning(names, databases); !mistake.empty()) {
        return RuleMistake(file_, line_.number, mistake);
      }
    }
    return absl::OkStatus();
  }

  std::string Where() {
    const Word* word = nullptr;
    if (std::string mistake = Single("address", &word); !mistake.empty()) return mistake;
    const std::string& text = word->text;
    if (!word->quoted && text == "all") return {};
    if (!word->quoted && (text == "samehost" || text == "samenet")) {
      return fmt::format("\"{}\" is not supported: give the network", text);
    }
    if (text.find('/') != std::string::npos) {
      rule_.network = ParseNetwork(text);
      return rule_.network.has_value() ? "" : fmt::format("\"{}\" is not a network", text);
    }
    if (!ParseAddress(text).has_value()) {
      return fmt::format("\"{}\" is not an address; host names are not looked up", text);
    }
    const Word* mask = nullptr;
    if (!Single("mask", &mask).empty() || !ParseAddress(mask->text).has_value()) {
      return fmt::format("address \"{}\" has neither a prefix length nor a mask", text);
    }
    rule_.network = ParseNetwork(text, mask->text);
    return rule_.network.has_value() ? "" : fmt::format("\"{}\" is not a mask of \"{}\"", mask->text, text);
  }

  std::string How() {
    const Word* word = nullptr;
    if (std::string mistake = Single("method", &word); !mistake.empty()) return mistake;
    const std::optional<Method> method = ParseMethod(word->text);
    if (!method.has_value()) return fmt::format("authentication method \"{}\" is not supported", word->text);
    rule_.method = *method;
    if (rule_.method == Method::kPeer && rule_.type != HbaRule::Type::kLocal) {
      return "peer authentication is only supported on local sockets";
    }
    if (rule_.method != Method::kCert) return {};
    if (rule_.type != HbaRule::Type::kHostSsl) return "cert authentication is only supported on hostssl connections";
    rule_.client_cert = ClientCert::kVerifyFull;
    return {};
  }

  std::string Options() {
    const Word* word = nullptr;
    while (at_ < line_.fields.size()) {
      if (std::string mistake = Single("option", &word); !mistake.empty()) return mistake;
      const std::size_t equal = word->text.find('=');
      if (equal == std::string::npos) return fmt::format("\"{}\" is not of the form name=value", word->text);
      const std::string name = word->text.substr(0, equal), value = word->text.substr(equal + 1);
      if (name == "clientcert") {
        if (rule_.type != HbaRule::Type::kHostSsl) return "clientcert can only be given for hostssl rules";
        if (value != "verify-ca" && value != "verify-full") return "clientcert is verify-ca or verify-full";
        if (rule_.method == Method::kCert && value == "verify-ca") {
          return "cert authentication needs clientcert=verify-full";
        }
        rule_.client_cert = value == "verify-ca" ? ClientCert::kVerifyCa : ClientCert::kVerifyFull;
      } else if (name == "map") {
        if (rule_.method != Method::kCert && rule_.method != Method::kPeer) {
          return "map can only be given for the methods cert and peer";
        }
        rule_.map = value;
      } else {
        return fmt::format("option \"{}\" is not supported", name);
      }
    }
    return {};
  }

  const RuleLine& line_;
  const std::string& file_;
  const FileReader& read_;
  std::size_t at_ = 0;
  HbaRule rule_;
};

}  // namespace

std::optional<Method> ParseMethod(std::string_view name) {
  static constexpr std::pair<std::string_view, Method> kMethods[] = {
      {"trust", Method::kTrust}, {"reject", Method::kReject},      {"password", Method::kPassword},
      {"md5", Method::kMd5},     {"scram-sha-256", Method::kScram}, {"cert", Method::kCert},
      {"peer", Method::kPeer}};
  for (const auto& [text, method] : kMethods) {
    if (text == name) return method;
  }
  return std::nullopt;
}

bool HbaRule::Fits(const Peer& peer) const {
  if ((type == Type::kLocal) == peer.address.has_value()) return false;
  if (type == Type::kHostSsl && !peer.tls) return false;
  if (type == Type::kHostNoSsl && peer.tls) return false;
  if (network.has_value() && !network->Contains(*peer.address)) return false;
  return NameFits(databases, peer.database, peer.user, true) && NameFits(users, peer.user, peer.user, false);
}

absl::StatusOr<HbaRules> HbaRules::Parse(std::string_view text, const std::string& file, const FileReader& read) {
  absl::StatusOr<std::vector<RuleLine>> lines = ReadRuleLines(text, file);
  if (!lines.ok()) return lines.status();
  HbaRules rules;
  for (const RuleLine& line : *lines) {
    absl::StatusOr<HbaRule> rule = RuleReader(line, file, read).Read();
    if (!rule.ok()) return rule.status();
    rules.rules_.push_back(*std::move(rule));
  }
  if (rules.rules_.empty()) return SqlStatus(sqlstate::kConfigFileError, fmt::format("{} contains no rules", file));
  return rules;
}

const HbaRule* HbaRules::Find(const Peer& peer) const {
  const auto fits = [&peer](const HbaRule& rule) { return rule.Fits(peer); };
  const auto found = std::find_if(rules_.begin(), rules_.end(), fits);
  return found == rules_.end() ? nullptr : &*found;
}

}  // namespace pgshoal::auth
