#pragma once
// Maps from the names in certificates, or the system's, to users, in the format of pg_ident.conf (manual, chapter 21.2):
// lines of map name, that name, user. Regular expressions are refused.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace pgshoal::auth {

class IdentMaps {
 public:
  // F0000 with "file:line: what is wrong".
  static absl::StatusOr<IdentMaps> Parse(std::string_view text, const std::string& file);

  // Whether somebody with that name may be that user. Without a map: when the two are the same.
  bool Allows(const std::string& map, const std::string& certificate_name, const std::string& user) const;
  bool Has(const std::string& map) const;

 private:
  struct Entry {
    std::string map, name, user;
  };
  std::vector<Entry> entries_;
};

}  // namespace pgshoal::auth
