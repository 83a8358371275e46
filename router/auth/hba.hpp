#pragma once
// The rule file: which client must prove itself how. The format is that of pg_hba.conf (manual, chapter 21.1); the first
// rule that fits a connection decides.
//
// Understood: local, host, hostssl, hostnossl, hostnogssenc; databases and users by name, list, "all", "sameuser" and
// @file; addresses as CIDR, with a mask, or "all"; trust, reject, password, md5, scram-sha-256, cert, peer; the options
// clientcert and map. All else is refused when the file is read, with file and line: groups of roles (+role), host names,
// regular expressions, other methods.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "router/auth/address.hpp"
#include "router/auth/rule_file.hpp"

namespace pgshoal::auth {

enum class Method {
  kTrust,
  kReject,
  kPassword,  // in clear
  kMd5,       // by md5, or by SCRAM for users whose stored secret is for that
  kScram,
  kCert,  // the certificate names the user
  kPeer,  // the system's user at the other end of the unix socket does
};

enum class ClientCert {
  kNotAsked,
  kVerifyCa,    // a trusted certificate besides the method
  kVerifyFull,  // and it names the user
};

// A connection that wants to log in.
struct Peer {
  std::optional<Address> address;  // nothing: unix socket
  bool tls = false;
  std::string database, user;
};

struct HbaRule {
  enum class Type { kLocal, kHost, kHostSsl, kHostNoSsl };
  int line = 0;
  Type type = Type::kHost;
  WordList databases, users;
  std::optional<Network> network;  // nothing: every address
  Method method = Method::kReject;
  ClientCert client_cert = ClientCert::kNotAsked;
  std::string map;  // of certificates' or the system's names to users; empty: they are the same

  bool Fits(const Peer& peer) const;
};

class HbaRules {
 public:
  // F0000 with "file:line: what is wrong". `file` is where @names are looked for, by `read`.
  static absl::StatusOr<HbaRules> Parse(std::string_view text, const std::string& file,
                                        const FileReader& read = ReadWholeFile);

  // Null when no rule fits.
  const HbaRule* Find(const Peer& peer) const;
  const std::vector<HbaRule>& rules() const { return rules_; }

 private:
  std::vector<HbaRule> rules_;
};

// "trust", "reject", …; nothing for others.
std::optional<Method> ParseMethod(std::string_view name);

}  // namespace pgshoal::auth
