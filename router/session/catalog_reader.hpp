#pragma once
// Reading a home shard's catalog, as the control thread does it.

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "router/catalog/catalog.hpp"
#include "router/exec/server_connection.hpp"
#include "router/net/reactor.hpp"
#include "router/session/security.hpp"

namespace pgshoal::session {

// Where and as whom, and who helps.
struct CatalogSource {
  exec::ServerTarget home;  // `home.user` reads
  TlsOptions tls;
  // A reactor that runs, for logins that libpq cannot make; null: such logins fail with 28P01.
  net::Reactor* reactor = nullptr;
  std::function<bool()> give_up;  // asked while waiting for it
};

// Blocking, on a thread without a reactor. With a password, or where none is asked for, libpq logs in; with what clients
// have shown of theirs (SCRAM keys, md5) the router does it itself, over a connection for this alone.
// Errors: as catalog::LoadCatalog; class 28 when the server does not let the user in.
absl::StatusOr<std::shared_ptr<const catalog::Catalog>> ReadCatalog(const CatalogSource& source, std::uint64_t version);

// Whether the server, or the lack of a secret for it, has refused the login.
bool LoginWasRefused(const absl::Status& status);

}  // namespace pgshoal::session
