// As whom a client's statements run: SET ROLE and SET SESSION AUTHORIZATION. It is of interest here because "$user" in
// search_path is the schema of that name, which statements must be planned with.

#include <fmt/format.h>

#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

constexpr std::string_view kRole = "role";
constexpr std::string_view kAuthorization = "session_authorization";
constexpr std::string_view kNone = "none";

class AnyRow : public MessageSink {
 public:
  void OnMessage(Backend&, char type, std::string_view) override { seen |= type == wire::backend::kDataRow; }
  bool Wants(const Backend&) const override { return true; }
  bool seen = false;
};

}  // namespace

// What the settings make of the login's own role; empty: nothing. `statement`: which of them says it.
std::string Session::RoleBySettings(std::string* statement) {
  statement->clear();
  const Settings::Map& settings = settings_.current();
  bool own = login_role_ != nullptr;
  for (const std::string_view name : {kRole, kAuthorization}) {
    const auto found = settings.find(name);
    if (found == settings.end()) continue;
    own = false;
    *statement = found->second;
    if (role_ != nullptr && role_->statement == found->second) return role_->name;
    const std::vector<std::string> values = ReadSearchPath(found->second);  // the values of any SET
    if (!values.empty() && values.front() != kNone) return values.front();
  }
  return own ? *login_role_ : "";
}

void Session::RememberRole() {
  std::string statement, role;
  if (local_paths_ && local_paths_->back().role != nullptr) {
    role = *local_paths_->back().role;
  } else {
    role = RoleBySettings(&statement);
  }
  if (role.empty() ? role_ == nullptr : role_ != nullptr && role_->name == role && role_->statement == statement) return;
  role_ = role.empty() ? nullptr : std::make_unique<Role>(Role{std::move(role), std::move(statement)});
  path_number_ = 0;
}

net::Task<absl::Status> Session::CheckOwnSchema(Backend& backend, std::string role) {
  if (!Current()->catalog->HasSchema(role)) co_return absl::OkStatus();
  const std::string quoted = QuotedLiteral(role);
  const std::string sql = fmt::format(
      "SELECT 1 FROM pg_catalog.pg_roles r, pg_catalog.pg_namespace n WHERE r.rolname OPERATOR(pg_catalog.=) {0} "
      "AND n.nspname OPERATOR(pg_catalog.=) {0} AND NOT pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')",
      quoted);
  AnyRow denied;
  backend.error.reset();
  backend.sink = &denied;
  SendSimple(backend, sql, Handling::kSink);
  co_await AwaitServers();
  backend.sink = nullptr;
  if (backend.error.has_value()) {
    SqlError error = *std::move(backend.error);
    backend.error.reset();
    error.position = 0;
    co_return ToStatus(error);
  }
  if (!denied.seen) co_return absl::OkStatus();
  co_return Refuse(fmt::format("role \"{}\" may not use the schema of its own name", role), 0,
                   fmt::format("GRANT USAGE ON SCHEMA \"{0}\" TO \"{0}\".", role),
                   "The schema that $user in search_path stands for could not be told.");
}

net::Task<absl::Status> Session::CheckIdentity(Backend& backend, std::string name, std::string value, bool local) {
  if (name == kAuthorization) {
    if (local) co_return Refuse("SET LOCAL SESSION AUTHORIZATION", 0, "Use SET LOCAL ROLE.");
    // A change that is taken back makes PostgreSQL forget the role that was set before it.
    const bool role_set = settings_.current().contains(kRole) || settings_.committed().contains(kRole) ||
                          (local_paths_ && local_paths_->back().role != nullptr);
    if (login_role_ != nullptr || (block_ != Block::kNone && role_set)) {
      co_return Refuse("SET SESSION AUTHORIZATION inside a transaction while a role is set", 0,
                       "Reset the role before the transaction begins.");
    }
  }
  if (value.empty() || value == kNone || value == user_) co_return absl::OkStatus();
  co_return co_await CheckOwnSchema(backend, std::move(value));
}

void Session::NoteIdentity(const std::string& value, bool local) {
  if (local && block_ == Block::kNone) return;  // it lasted for its own statement
  if (!local) {
    if (local_paths_) return NoteLocal(local_paths_->back().path, nullptr);
    return RememberSearchPath();
  }
  std::string role = value, statement;
  if (role.empty()) {
    // SET LOCAL ROLE TO DEFAULT
    const std::vector<std::string> own = settings_.DefaultStatements(kRole);
    const std::vector<std::string> values = own.empty() ? std::vector<std::string>() : ReadSearchPath(own.front());
    role = !values.empty() ? values.front() : login_role_ != nullptr ? *login_role_ : std::string(kNone);
  }
  if (role == kNone) {
    const auto session = settings_.current().find(kAuthorization);
    const std::vector<std::string> values =
        session == settings_.current().end() ? std::vector<std::string>() : ReadSearchPath(session->second);
    role = values.empty() ? user_ : values.front();
  }
  NoteLocal(local_paths_ ? local_paths_->back().path : nullptr, std::make_shared<const std::string>(std::move(role)));
}

}  // namespace pgshoal::session
