// From the first byte to the first ReadyForQuery.

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "router/net/tls.hpp"
#include "router/session/authentication.hpp"
#include "router/plan/set_config.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

SqlError Fatal(std::string_view state, std::string message) {
  SqlError error;
  error.sqlstate = std::string(state);
  error.message = std::move(message);
  return error;
}

constexpr std::size_t kMaxKnownLogins = 10'000;   // users, of each worker
constexpr std::size_t kMaxKnownStartups = 1'000;  // different ones, of each worker
constexpr std::size_t kMaxKnownStartup = 500;     // bytes of one
constexpr std::string_view kApplicationName = "application_name";
constexpr char kTlsHandshake = 0x16;  // the first byte of a ClientHello; a startup packet begins with a zero

}  // namespace

net::Task<bool> Session::EncryptClient(std::shared_ptr<const net::TlsContext> context, bool direct,
                                       net::Deadline deadline) {
  const net::TlsStart how = direct ? net::TlsStart::kDirect : net::TlsStart::kAgreed;
  const std::string no_host;
  net::Task<absl::Status> start = net::StartTls(*client_, std::move(context), how, no_host, deadline);
  const absl::Status started = co_await start;
  if (!started.ok()) client_.reset();  // good for nothing else
  co_return started.ok();
}

net::Task<bool> Session::Start() {
  const net::Deadline deadline = net::Deadline::After(worker_->live->client_login_timeout);
  late_ = shared_.refusing();
  if (late_) shared_.late.fetch_add(1);
  const std::shared_ptr<const SecuritySnapshot> security = shared_.security().Current();
  client_->SetInputLimit(limits::kMaxStartupPacket);
  bool asked_ssl = false, asked_gss = false;
  while (true) {
    if (!asked_ssl && !asked_gss && client_->Input().starts_with(kTlsHandshake)) {
      if (security->client_tls == nullptr || client_->IsUnix()) co_return false;  // it would understand nothing else
      const bool encrypted = co_await EncryptClient(security->client_tls, true, deadline);
      if (!encrypted) co_return false;
      asked_ssl = true;
    }
    wire::NextStartup next = wire::NextStartupPacket(client_->Input());
    if (next.progress == wire::Progress::kNeedMore) {
      if (client_->IsClosed()) co_return false;
      const bool in_time = co_await event_.Wait(deadline);
      if (!in_time) co_return false;
      continue;
    }
    if (next.progress == wire::Progress::kMalformed) {
      SendError(next.error, wire::Severity::kFatal);
      co_return false;
    }
    client_->Consume(next.length);
    if (const auto* cancel = std::get_if<wire::CancelRequest>(&next.packet)) {
      // No answer but the end of the connection, as PostgreSQL, once the servers know.
      auto told = std::make_shared<bool>(false);
      auto done = [told, ticket = Ticket()] {
        *told = true;
        if (ticket->event != nullptr) ticket->event->Notify();
      };
      shared_.Cancel(cancel->pid, cancel->key, worker_->reactor->MakePoster(), std::move(done));
      while (!*told) {
        const bool in_time = co_await event_.Wait(deadline);
        if (!in_time) break;
      }
      co_return false;
    }
    if (std::holds_alternative<wire::SslRequest>(next.packet) ||
        std::holds_alternative<wire::GssencRequest>(next.packet)) {
      bool& asked = std::holds_alternative<wire::SslRequest>(next.packet) ? asked_ssl : asked_gss;
      if (asked) {
        SendError(Fatal(sqlstate::kProtocolViolation, "encryption was requested twice"), wire::Severity::kFatal);
        co_return false;
      }
      asked = true;
      if (!std::holds_alternative<wire::SslRequest>(next.packet) || security->client_tls == nullptr ||
          client_->IsUnix()) {
        client_->Write("N");
        continue;
      }
      if (!client_->Input().empty()) {
        // A forger between may have put them there, to be taken for what comes encrypted.
        SqlError error = Fatal(sqlstate::kProtocolViolation, "received unencrypted data after SSL request");
        error.detail = "The client, or somebody in between, has sent more than the request before encryption began.";
        SendError(error, wire::Severity::kFatal);
        co_return false;
      }
      client_->Write("S");
      const bool encrypted = co_await EncryptClient(security->client_tls, false, deadline);
      if (!encrypted) co_return false;
      continue;
    }
    if (security->client_tls_required && !client_->IsUnix() && !net::IsTls(*client_)) {
      SendError(Fatal(sqlstate::kInvalidAuthorizationSpecification, "SSL required"), wire::Severity::kFatal);
      co_return false;
    }
    const wire::StartupMessage startup = std::get<wire::StartupMessage>(std::move(next.packet));
    const bool welcome = co_await Welcome(startup, deadline);
    co_return welcome;
  }
}

bool Session::AdoptStartupSettings(const wire::StartupMessage& startup) {
  std::string given;
  for (const auto& [name, value] : startup.parameters) {
    if (name != "user" && name != "database") given.append(name).append(1, '\0').append(value).append(1, '\0');
  }
  if (const auto known = worker_->startups.find(given); known != worker_->startups.end()) {
    settings_.AdoptDefaults(known->second.defaults);
    if (known->second.application_name) {
      own_application_name_ = std::make_unique<std::string>(*known->second.application_name);
    }
    plain_login_ = known->second.plain;
    return true;
  }
  std::vector<std::pair<std::string, std::string>> settings;
  for (const auto& [name, value] : startup.parameters) {
    if (name == "user" || name == "database" || name.starts_with("_pq_.")) continue;
    if (name == "replication") {
      std::string lower = value;
      std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
      if (lower == "false" || lower == "off" || lower == "no" || lower == "0") continue;
      SendError(Fatal(sqlstate::kFeatureNotSupported, "replication connections are not supported"),
                wire::Severity::kFatal);
      return false;
    }
    if (name == "options") {
      if (!ParseStartupOptions(value, &settings)) {
        SendError(Fatal(sqlstate::kInvalidParameterValue,
                        fmt::format("invalid command-line arguments in startup packet: \"{}\"", value)),
                  wire::Severity::kFatal);
        return false;
      }
      continue;
    }
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    settings.emplace_back(std::move(lower), value);
  }
  for (const auto& [name, value] : settings) {
    if (name == "client_encoding") {
      if (const std::optional<SqlError> problem = EncodingProblem(value)) {
        SendError(*problem, wire::Severity::kFatal);
        return false;
      }
      if (wire::FindEncoding(value)->kind == wire::EncodingKind::kUtf8) continue;  // what every server connection has
      plain_login_ = false;
      settings_.SetDefault(name, SetStatement(name, EncodingName(value)));
      continue;
    }
    if (const std::optional<SqlError> problem = plan::SettingProblem(name, value)) {
      SendError(*problem, wire::Severity::kFatal);
      return false;
    }
    if (name == "application_name") {
      own_application_name_ = std::make_unique<std::string>(value);
    } else {
      plain_login_ = false;
    }
    settings_.SetDefault(name, SetStatement(name, value));
  }
  if (given.size() > kMaxKnownStartup) return true;
  if (worker_->startups.size() >= kMaxKnownStartups) worker_->startups.clear();
  KnownStartup& known = worker_->startups[given];
  known = {settings_.defaults(), std::nullopt, plain_login_};
  if (own_application_name_) known.application_name = *own_application_name_;
  return true;
}

net::Task<void> Session::LearnSearchPath(Backend& home) {
  // The same for all logins of a user until something changes in the catalogs.
  if (local_->logins.size() >= kMaxKnownLogins) local_->logins.clear();
  if (local_->logins[user_].version != local_->snapshot_version) {
    class OneRow : public MessageSink {
     public:
      void OnMessage(Backend&, char type, std::string_view body) override {
        std::vector<wire::Value> row;
        if (type != wire::backend::kDataRow || !wire::DecodeDataRow(body, &row).ok() || row.size() != 2) return;
        path = std::string(row[0].bytes);
        if (!row[1].is_null) role = std::make_shared<const std::string>(row[1].bytes);
      }
      bool Wants(const Backend&) const override { return true; }
      std::string path;
      std::shared_ptr<const std::string> role;
    };
    OneRow sink;
    home.sink = &sink;
    const std::string sql = fmt::format(
        "SELECT reset_val, (SELECT r.rolname FROM pg_catalog.pg_db_role_setting d, unnest(d.setconfig) c, pg_catalog.pg_roles u, "
        "pg_catalog.pg_roles r WHERE u.rolname = {} AND d.setrole IN (0, u.oid) AND d.setdatabase IN (0, (SELECT oid FROM "
        "pg_catalog.pg_database WHERE datname = current_database())) AND c LIKE 'role=%' AND r.rolname = substr(c, 6) "
        "AND pg_has_role(u.oid, r.oid, 'MEMBER') ORDER BY d.setrole = 0, d.setdatabase = 0 LIMIT 1) "
        "FROM pg_catalog.pg_settings WHERE name = 'search_path'",
        QuotedLiteral(user_));
    SendSimple(home, sql, Handling::kSink);
    co_await AwaitServers();
    home.sink = nullptr;
    home.error.reset();
    std::vector<std::string> path = ReadSearchPath(SetStatement("search_path", sink.path));
    local_->logins[user_] = KnownLogin{local_->snapshot_version,
                                       std::make_shared<const std::vector<std::string>>(std::move(path)),
                                       sink.role, {}, {}, {}};
  }
  login_role_ = local_->logins[user_].role;
  default_search_path_ = local_->logins[user_].search_path;
  RememberSearchPath();
}

// What is known when nothing in the client's login needs to be checked at the home shard.
const KnownLogin* Session::RecallLogin() {
  const auto found = local_->logins.find(user_);
  if (found == local_->logins.end()) return nullptr;
  const KnownLogin& known = found->second;
  if (known.version != local_->snapshot_version || known.parameters == nullptr) return nullptr;
  const std::string* own = own_application_name_.get();
  if (own == nullptr && !known.application_name.has_value()) return nullptr;
  // What PostgreSQL makes of other characters differs between versions.
  if (own != nullptr && !std::all_of(own->begin(), own->end(), [](char c) { return c >= ' ' && c <= '~'; })) {
    return nullptr;
  }
  reported_.StartAs(known.parameters, kApplicationName, own != nullptr ? *own : *known.application_name);
  default_search_path_ = known.search_path;
  login_role_ = known.role;
  RememberSearchPath();
  return &known;
}

void Session::RememberLogin() {
  KnownLogin& known = local_->logins[user_];
  const std::string* name = reported_.Find(kApplicationName);
  if (known.version != local_->snapshot_version || name == nullptr) return;
  if (own_application_name_ == nullptr) known.application_name = *name;
  known.parameters = reported_.Share();
  known.greeting.clear();
  for (const auto& [parameter, value] : *known.parameters) {
    if (parameter != kApplicationName) wire::AppendParameterStatus(&known.greeting, parameter, value);
  }
}

net::Task<bool> Session::Welcome(const wire::StartupMessage& startup, net::Deadline deadline) {
  if (startup.major != 3) {
    SendError(Fatal(sqlstate::kFeatureNotSupported,
                    fmt::format("unsupported frontend protocol {}.{}: server supports 3.0 to 3.0", startup.major,
                                startup.minor)),
              wire::Severity::kFatal);
    co_return false;
  }
  const std::vector<std::string_view> unknown = startup.ProtocolOptions();
  if (startup.minor > 0 || !unknown.empty()) wire::AppendNegotiateProtocolVersion(&ToClient(), 3 << 16, unknown);
  user_ = std::string(startup.Find("user").value_or(""));
  if (user_.empty()) {
    SendError(
        Fatal(sqlstate::kInvalidAuthorizationSpecification, "no PostgreSQL user name specified in startup packet"),
        wire::Severity::kFatal);
    co_return false;
  }
  database_ = std::string(startup.Find("database").value_or(user_));
  if (database_.empty()) database_ = user_;
  console_ = IsConsoleDatabase(database_);
  if (late_ && !console_) {
    SendError(Fatal(sqlstate::kCannotConnectNow, "pooler is shutting down"), wire::Severity::kFatal);
    co_return false;
  }
  while (worker_->suspended && !console_) {
    if (client_->IsClosed()) co_return false;
    const bool in_time = co_await event_.Wait(deadline);
    if (!in_time) co_return false;
  }
  if (!console_) local_ = worker_->Find(database_);
  if (!console_ && shared_.clients.load() > shared_.pools().settings()->max_client_conn) {
    SendError(Fatal(sqlstate::kTooManyConnections, "no more connections allowed (max_client_conn)"),
              wire::Severity::kFatal);
    co_return false;
  }
  const Login login{user_, database_};
  net::Task<absl::Status> authenticate = Authenticate(*client_, event_, *worker_, login, deadline);
  const absl::Status proven = co_await authenticate;
  if (!proven.ok()) {
    if (!absl::IsCancelled(proven)) SendError(ToSqlError(proven), wire::Severity::kFatal);
    co_return false;
  }
  if (!console_) {
    if (absl::Status admitted = shared_.Admit(database_, user_); !admitted.ok()) {
      SendError(ToSqlError(admitted), wire::Severity::kFatal);
      co_return false;
    }
    admitted_ = true;
  }
  if (!AdoptStartupSettings(startup)) co_return false;
  if (console_) {
    absl::Status admitted = AdmitToConsole();
    if (admitted.ok()) admitted = shared_.Admit(database_, user_);
    if (!admitted.ok()) {
      SendError(ToSqlError(admitted), wire::Severity::kFatal);
      co_return false;
    }
    admitted_ = true;
  }
  const KnownLogin* known = nullptr;
  if (!console_) {
    if (local_ == nullptr && shared_.FindOrMakeDatabase(database_) != nullptr) local_ = worker_->Find(database_);
    if (local_ == nullptr) {
      // Of a user who does not exist either, PostgreSQL says that first.
      const DatabasePtr main = shared_.MainDatabase();
      if (const SnapshotPtr known = main->snapshot(); known != nullptr) {
        net::Task<absl::StatusOr<exec::Lease>> borrow =
            Borrow(shared_.PoolFor(*main, *known->map, known->map->home(), user_));
        absl::StatusOr<exec::Lease> lease = co_await borrow;
        if (!lease.ok()) {
          SendError(ToSqlError(lease.status()), wire::Severity::kFatal);
          co_return false;
        }
        lease->Return();
      }
      SendError(Fatal(sqlstate::kInvalidCatalogName, fmt::format("database \"{}\" does not exist", database_)),
                wire::Severity::kFatal);
      co_return false;
    }
    net::Task<absl::Status> load = LoadDatabase();
    if (const absl::Status loaded = co_await load; !loaded.ok()) {
      shared_.ForgetUnread(*local_->database);
      SendError(ToSqlError(loaded), wire::Severity::kFatal);
      co_return false;
    }
    if (plain_login_) known = RecallLogin();
    if (known == nullptr) {
      // The home shard checks the user and tells the settings that clients expect to be told.
      absl::StatusOr<Backend*> home = co_await Enlist(local_->snapshot->map->home(), Intent::kRead);
      if (!home.ok()) {
        SendError(ToSqlError(home.status()), wire::Severity::kFatal);
        co_return false;
      }
      const Settings::Map parameters = (*home)->lease->parameters;
      co_await LearnSearchPath(**home);
      if (settings_.current().contains("session_authorization")) {
        // What becomes of it depends on what else is given.
        SqlError error = Fatal(sqlstate::kFeatureNotSupported, "session_authorization at startup is not supported");
        error.hint = "Use SET SESSION AUTHORIZATION.";
        SendError(error, wire::Severity::kFatal);
        co_return false;
      }
      if (role_ != nullptr) {
        net::Task<absl::Status> check = CheckOwnSchema(**home, role_->name);
        if (const absl::Status fits = co_await check; !fits.ok()) {
          SendError(ToSqlError(fits), wire::Severity::kFatal);
          co_return false;
        }
      }
      ReleaseBackends();
      reported_.Start(parameters, &worker_->reported);
      if (plain_login_) RememberLogin();
    }
  } else {
    const Reported::Map parameters = {{"server_version", "15.0 (pgshoal console)"},
                                      {"client_encoding", "UTF8"},
                                      {"DateStyle", "ISO, MDY"},
                                      {"integer_datetimes", "on"},
                                      {"standard_conforming_strings", "on"}};
    Reported::Common own;
    reported_.Start(parameters, &own);
  }
  FollowEncoding();
  if (const std::optional<SqlError> problem = ServerEncodingProblem()) {
    SendError(*problem, wire::Severity::kFatal);
    co_return false;
  }
  welcomed_ = true;
  meter_.Attach(shared_.statistics().For(worker_->index, database_));
  LogConnected();
  wire::AppendAuthenticationOk(&ToClient());
  if (known != nullptr) {
    ToClient() += known->greeting;
    wire::AppendParameterStatus(&ToClient(), kApplicationName, *reported_.Find(kApplicationName));
  } else {
    for (const auto& [name, value] : reported_.All()) wire::AppendParameterStatus(&ToClient(), name, value);
  }
  wire::AppendBackendKeyData(&ToClient(), {key_.pid, key_.secret});
  client_->SetInputLimit(64u << 10);
  own_application_name_.reset();
  SendReady();
  co_return true;
}

}  // namespace pgshoal::session
