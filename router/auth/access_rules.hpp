#pragma once
// Everything that decides who may connect, read from its files at one moment. Immutable.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "router/auth/hba.hpp"
#include "router/auth/ident_map.hpp"
#include "router/auth/user_file.hpp"

namespace pgshoal::auth {

struct AccessOptions {
  std::string auth = "trust";  // trust, plain, md5, scram-sha-256, cert: for everybody; hba: by the rules
  std::string hba_file;        // needed for hba
  std::string ident_file;      // empty: no maps
  std::string user_file;       // empty: none

  friend bool operator==(const AccessOptions&, const AccessOptions&) = default;
};

// What one connection has to bring.
struct Demand {
  Method method = Method::kReject;
  ClientCert client_cert = ClientCert::kNotAsked;
  std::string map;
};

class AccessRules {
 public:
  // Reads the files. F0000 or 58P01 for the first mistake, naming file and line.
  static absl::StatusOr<AccessRules> Load(const AccessOptions& options);

  // 28000 when no rule fits, or the one that fits rejects.
  absl::StatusOr<Demand> DemandOf(const Peer& peer) const;
  // Null: not in the user file.
  const UserRecord* FindUser(const std::string& user) const;
  // Whether who has that name, as a certificate's common name or as the system's user at the other end of a unix socket,
  // may be the user.
  bool NameFits(const Demand& demand, const std::string& name, const std::string& user) const;
  // Whether a client who is asked by the method md5 and does not exist is shown the SCRAM dialogue: as most who exist.
  bool UnknownUsersSeeScram() const { return unknown_see_scram_; }
  // Whether it matters from where somebody comes: DemandOf looks at Peer::address.
  bool DependOnAddress() const { return !everybody_.has_value(); }
  // Some rule asks for certificates.
  bool NeedsCertificates() const;
  bool HasUsers() const { return !users_.empty(); }
  std::vector<std::string> UserNames() const;  // of the user file

 private:
  std::optional<Method> everybody_;  // nothing: by the rules
  HbaRules hba_;
  IdentMaps maps_;
  UserTable users_;
  bool unknown_see_scram_ = true;
};

}  // namespace pgshoal::auth
