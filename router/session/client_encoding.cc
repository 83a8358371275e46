// client_encoding other than UTF8. The router and its servers speak UTF-8; what such a client sends is converted when a
// message is taken, what it gets when the bytes leave (encoded_output.hpp). The setting itself lives with the client's
// other settings, so that it follows transactions, and never reaches a server.

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/limits.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

constexpr std::string_view kSetting = "client_encoding";
constexpr std::string_view kUtf8 = "UTF8";
// JDBC drivers of old ask for it, and want to see it again.
constexpr std::string_view kUnicode = "UNICODE";

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

// From the statement that SetStatement has made.
std::string_view ValueOf(std::string_view statement) {
  const std::size_t end = statement.rfind('\'');
  const std::size_t begin = statement.rfind('\'', end - 1);
  return statement.substr(begin + 1, end - begin - 1);
}

// Of binary values only those that hold no text are the same for every client.
bool IsSameInAllEncodings(Oid type) {
  constexpr Oid kTypes[] = {16,   17,   20,   21,   23,   24,   26,   27,   28,   29,   600,  601,  602,  603,  604,
                            628,  650,  700,  701,  718,  774,  790,  829,  869,  1005, 1007, 1016, 1021, 1022, 1082,
                            1083, 1114, 1115, 1182, 1184, 1185, 1186, 1231, 1266, 1560, 1562, 1700, 2950, 2951, 3220};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

SqlError Unsupported(std::string message, std::string hint = "Use UTF8.") {
  SqlError error;
  error.sqlstate = std::string(sqlstate::kFeatureNotSupported);
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

}  // namespace

std::optional<SqlError> EncodingProblem(std::string_view value) {
  constexpr std::size_t kMaxName = 63;
  if (value.size() > kMaxName) return SqlError{std::string("42622"), "encoding name too long"};
  const wire::Encoding* encoding = wire::FindEncoding(value);
  if (encoding == nullptr) {
    return SqlError{std::string(sqlstate::kInvalidParameterValue),
                    fmt::format("invalid value for parameter \"client_encoding\": \"{}\"", value)};
  }
  if (encoding->kind == wire::EncodingKind::kMultiByte ||
      (encoding->kind == wire::EncodingKind::kSingleByte && wire::SingleByteCodec::For(*encoding) == nullptr)) {
    return Unsupported(fmt::format("client_encoding \"{}\" is not supported", encoding->name),
                       "Use UTF8, SQL_ASCII, or an encoding of one byte for each character.");
  }
  return std::nullopt;
}

std::string EncodingName(std::string_view value) {
  return std::string(value == kUnicode ? value : wire::FindEncoding(value)->name);
}

std::optional<SqlError> Session::ServerEncodingProblem() const {
  const std::string* server = reported_.Find("server_encoding");
  if (encoding_ == nullptr || (encoding_->codec == nullptr && encoding_->name != "SQL_ASCII")) return std::nullopt;
  if (console_ || server == nullptr || *server == kUtf8) return std::nullopt;
  return Unsupported(
      fmt::format("client_encoding \"{}\" is not supported with a database in {}", encoding_->name, *server));
}

// After the settings have changed: the encoding is what they say.
void Session::FollowEncoding() {
  const Settings::Map& settings = settings_.current();
  const auto found = settings.find(kSetting);
  if (found == settings.end() && encoding_ == nullptr) return;
  const std::string name(found == settings.end() ? kUtf8 : ValueOf(found->second));
  if (encoding_ != nullptr && encoding_->name == name) return;
  if (encoding_ == nullptr) encoding_ = std::make_unique<ClientEncoding>();
  encoding_->name = name;
  const wire::Encoding* encoding = wire::FindEncoding(name);
  const wire::SingleByteCodec* codec =
      encoding->kind == wire::EncodingKind::kSingleByte ? wire::SingleByteCodec::For(*encoding) : nullptr;
  if (codec != encoding_->codec) {
    encoding_->codec = codec;
    if (encoding_->output == nullptr) {
      auto filter = std::make_unique<EncodedOutput>();
      encoding_->output = filter.get();
      filter->OnFailure([this] {
        end_reason_ = "error";
        EndClient();
        event_.Notify();
      });
      client_->SetOutputFilter(std::move(filter));
    }
    encoding_->output->Change(ToClient().size(), codec);
  }
  LearnParameter(kSetting, name);
}

// SET, RESET, SHOW and set_config of client_encoding: no server has a part in it.
bool Session::RunEncoding(const plan::SessionSetting& action, const Portal* portal, std::string_view column) {
  using plan::SettingVerb;
  const auto row = [&](std::string_view name_of_column) {
    const std::string name(encoding_ == nullptr ? kUtf8 : encoding_->name);
    constexpr Oid kText = 25;
    wire::Field field;
    field.name = name_of_column;
    field.type = kText;
    if (portal == nullptr || portal->describe_rows) wire::AppendRowDescription(&ToClient(), std::span(&field, 1));
    const wire::Value value{false, name};
    wire::AppendDataRow(&ToClient(), std::span(&value, 1));
  };
  if (action.verb == SettingVerb::kShow) {
    row(kSetting);
    SendComplete("SHOW");
    return true;
  }
  const bool local = action.verb == SettingVerb::kSetLocal;
  const bool resets = action.verb == SettingVerb::kReset || action.is_default;
  if (!resets) {
    if (action.values.size() != 1) {
      return Fail({std::string(sqlstate::kInvalidParameterValue), "SET client_encoding takes only one argument"});
    }
    if (const std::optional<SqlError> problem = EncodingProblem(action.values.front())) return Fail(*problem);
  }
  if (local && block_ == Block::kNone && column.empty()) {
    SendNotice("25P01", "SET LOCAL can only be used in transaction blocks", wire::Severity::kWarning);
    SendComplete("SET");
    return true;
  }
  if (local && (resets || EncodingName(action.values.front()) != (encoding_ == nullptr ? kUtf8 : encoding_->name))) {
    return Fail(Unsupported("SET LOCAL client_encoding is not supported", "Use SET, and RESET afterwards."));
  }
  if (cursors_ != nullptr) {
    return Fail(Unsupported("client_encoding cannot be changed while cursors are open", "Close the cursors first."));
  }
  if (!local) {
    const Settings before = settings_;
    if (resets) {
      settings_.Reset(kSetting);
    } else {
      settings_.Set(kSetting, SetStatement(kSetting, EncodingName(action.values.front())));
    }
    FollowEncoding();
    if (const std::optional<SqlError> problem = ServerEncodingProblem()) {
      settings_ = before;
      FollowEncoding();
      return Fail(*problem);
    }
  }
  if (!column.empty()) {
    row(column);
    SendComplete("SELECT 1");
  } else {
    SendComplete(action.verb == SettingVerb::kReset ? "RESET" : "SET");
  }
  return true;
}

// What is wrong, for a client in another encoding than UTF8, with a statement that is right for all others.
std::optional<SqlError> Session::EncodingBars(const plan::Plan& plan, std::string_view text) const {
  if (encoding_ == nullptr || encoding_->name == kUtf8 || encoding_->name == kUnicode) return std::nullopt;
  const std::string lower = Lower(text);
  const auto mentions = [&](std::string_view word) { return lower.find(word) != std::string::npos; };
  const auto* setting = std::get_if<plan::SessionSetting>(&plan.action);
  const bool reads = setting == nullptr
                         ? mentions(kSetting) || mentions("pg_settings") || mentions("pg_show_all_settings")
                         : setting->verb == plan::SettingVerb::kShow && setting->name == "all";
  if (reads) {
    return Unsupported("servers do not know of a client_encoding other than UTF8", "Use SHOW client_encoding.");
  }
  if (encoding_->codec == nullptr) return std::nullopt;
  const bool copies = plan.command == "COPY" && (mentions("binary") || mentions("encoding"));
  if (copies || (plan.declares.has_value() && mentions("binary"))) {
    return Unsupported(
        fmt::format("{} in binary, or in an encoding of its own, is not supported with client_encoding "
                    "\"{}\"",
                    plan.command, encoding_->name));
  }
  return std::nullopt;
}

std::optional<SqlError> Session::EncodingBars(const wire::BindView& bind, const PreparedStatement& statement) const {
  if (encoding_ == nullptr) return std::nullopt;
  if (std::optional<SqlError> barred = EncodingBars(statement.plan(), statement.planned->text)) return barred;
  if (encoding_->codec == nullptr) return std::nullopt;
  for (std::size_t i = 0; i < bind.values.size(); ++i) {
    const std::vector<Oid>& types = statement.planned->types;
    if (bind.FormatOf(i) == 0 || bind.values[i].is_null || (i < types.size() && IsSameInAllEncodings(types[i])))
      continue;
    return Unsupported(fmt::format("a binary parameter whose declared type may be text is not supported with "
                                   "client_encoding \"{}\"",
                                   encoding_->name),
                       "Send it as text, declare its type, or use UTF8.");
  }
  if (IsBinary(bind)) return BinaryResultsBarred();
  return std::nullopt;
}

bool Session::IsBinary(const wire::BindView& bind) {
  return std::find(bind.result_formats.begin(), bind.result_formats.end(), 1) != bind.result_formats.end();
}

SqlError Session::BinaryResultsBarred() const {
  return Unsupported(fmt::format("binary results are not supported with client_encoding \"{}\"", encoding_->name),
                     "Ask for text, or use UTF8.");
}

absl::Status Session::KeepRepresentable(std::string* out, std::size_t from) const {
  for (std::size_t at = from; at < out->size();) {
    const std::string_view rest = std::string_view(*out).substr(at);
    const wire::Header header = wire::Peek(rest, limits::kMaxMessage);
    if (header.progress != wire::Progress::kOk || header.length > rest.size()) break;
    if (absl::Status status = CheckConvertible(*encoding_->codec, rest.substr(0, header.length)); !status.ok()) {
      out->resize(at);
      return status;
    }
    at += header.length;
  }
  return absl::OkStatus();
}

bool Session::NeedsBlock(const plan::Plan& plan) const {
  if (!Converts() || block_ != Block::kNone || plan.command == "CALL") return false;
  if (std::holds_alternative<plan::ExecuteStatement>(plan.action)) return true;
  return std::holds_alternative<plan::RunRouted>(plan.action) && (plan.returns_rows || plan.command == "COPY");
}

void Session::RejectAnswer(Backend& backend, const absl::Status& why) {
  SendError(ToSqlError(why));
  FailBlock();
  if (backend.pending.front().request == Request::kQuery) {
    backend.pending.front().handling = Handling::kSwallow;
    return;
  }
  // As after a server's error: nothing that was asked for after it has an answer, or effects.
  skip_until_sync_ = true;
  std::vector<Pending> left(backend.pending.begin(), backend.pending.end());
  backend.pending.clear();
  backend.local_replies.clear();
  bool ends = false;
  for (Pending& pending : left) {
    ends |= pending.request == Request::kSync;
    if (pending.request == Request::kLocal) continue;
    if (!ends) pending.handling = Handling::kSwallow;
    pending.confirms = nullptr;
    backend.pending.push_back(std::move(pending));
  }
  if (ends || block_ != Block::kNone) return;
  for (auto& each : backends_) {
    if (!each->in_batch || each->lost || each->skipping) continue;
    // Makes the server roll its part of the batch back at Sync.
    wire::AppendParse(each->Output(), "", "batch aborted by pgshoal", {});
    each->unnamed_statement = 0;
    each->Expect(Request::kParse, Handling::kSwallow);
  }
}

// The answer to a message that has a byte without a meaning.
net::Task<void> Session::RefuseUnreadable(char type) {
  SqlError problem = *std::exchange(encoding_->unreadable, nullptr);
  if (skip_until_sync_ || type == wire::frontend::kCopyData || type == wire::frontend::kCopyFail) co_return;  // left over
  error_sent_ = false;
  const bool is_query = type == wire::frontend::kQuery;
  if (is_query && !pending_parse_ && batch_backend_ == nullptr) {
    SendError(problem);
    FailBlock();
    SendReady();
    co_return;
  }
  RaiseInBatch(std::move(problem));
  co_await FailBatch();
  if (!is_query) co_return;
  const bool ended = co_await EndBatch();
  if (ended) SendReady();
}

}  // namespace pgshoal::session
