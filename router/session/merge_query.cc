// A statement that several shards answer together: ask all of them, merge while rows arrive.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/limits.hpp"
#include "parser/parser.hpp"
#include "parser/walk.hpp"
#include "router/merge/merger.hpp"
#include "router/session/merge_setup.hpp"
#include "router/session/session.hpp"
#include "router/wire/reader.hpp"

namespace pgshoal::session {
namespace {

class MergeSink : public MessageSink {
 public:
  MergeSink(merge::Merger* merger, std::vector<Backend*> sources) : merger_(merger), sources_(std::move(sources)) {}

  void OnMessage(Backend& from, char type, std::string_view body) override {
    const std::size_t source = IndexOf(from);
    if (type == wire::backend::kParseComplete) {
      if (source == 0) ++parsed_;
    } else if (type == wire::backend::kRowDescription) {
      if (description_.empty()) description_ = std::string(body);
    } else if (type == wire::backend::kDataRow) {
      if (status_.ok() && !discard && !merger_->Finished()) status_ = merger_->AddRow(source, body);
    } else if (type == wire::backend::kCommandComplete || type == wire::backend::kEmptyQuery) {
      merger_->SourceDone(source);
    }
  }
  // What no longer matters is read and thrown away.
  bool Wants(const Backend& from) const override {
    return discard || !status_.ok() || merger_->Finished() || merger_->Wants(IndexOf(from));
  }
  const std::string& description() const { return description_; }
  const absl::Status& status() const { return status_; }
  // The first source has found nothing wrong with the client's own text.
  bool accepted() const { return parsed_ > 0; }
  bool discard = false;  // no more rows are needed

 private:
  std::size_t IndexOf(const Backend& backend) const {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      if (sources_[i] == &backend) return i;
    }
    return 0;
  }
  merge::Merger* merger_;
  std::vector<Backend*> sources_;
  std::string description_;
  absl::Status status_;
  int parsed_ = 0;
};

absl::StatusOr<std::optional<std::int64_t>> ValueOf(const std::optional<plan::RowBound>& bound, const Portal* portal) {
  if (!bound.has_value()) return std::nullopt;
  if (bound->constant.has_value()) return bound->constant;
  if (!bound->parameter.has_value()) return std::nullopt;
  const std::size_t index = static_cast<std::size_t>(*bound->parameter);
  if (portal == nullptr || index >= portal->parameters.size()) {
    return SqlStatus(sqlstate::kProtocolViolation, "a parameter of LIMIT or OFFSET has no value");
  }
  const plan::ParameterValue& value = portal->parameters[index];
  if (value.is_null) return std::nullopt;
  if (value.is_binary) {
    if (value.bytes.size() == 8) return static_cast<std::int64_t>(wire::LoadUint64(value.bytes.data()));
    if (value.bytes.size() == 4) return static_cast<std::int32_t>(wire::LoadUint32(value.bytes.data()));
    if (value.bytes.size() == 2) return static_cast<std::int16_t>(wire::LoadUint16(value.bytes.data()));
  } else {
    std::string_view text = value.bytes;
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
  }
  return Refuse("the value of LIMIT or OFFSET is not an integer that can be read here", 0,
                "Bind it as bigint or integer.");
}

// What PostgreSQL says of a parameter in a simple query, which has none; nothing: there is no parameter in it.
std::optional<SqlError> NoSuchParameter(std::string_view text) {
  const absl::StatusOr<std::unique_ptr<parser::ParsedScript>> script = parser::Parse(text);
  if (!script.ok() || (*script)->statements().size() != 1) return std::nullopt;
  const parser::ParamRef* first = nullptr;
  const parser::Node& root = *(*script)->statements()[0].root;
  parser::Walk(root, [&first](const parser::Node& node) {
    const auto* parameter = parser::As<parser::ParamRef>(&node);
    if (parameter != nullptr && (first == nullptr || parameter->begin < first->begin)) first = parameter;
    return true;
  });
  if (first == nullptr) return std::nullopt;
  const std::string_view before = text.substr(0, first->begin);
  const auto characters = std::count_if(before.begin(), before.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return SqlError{std::string("42P02"), fmt::format("there is no parameter ${}", first->number), static_cast<int>(characters) + 1};
}

}  // namespace

absl::StatusOr<MergeSetup> SetUpMerge(const plan::StreamSpec& spec, const plan::Selection& selection,
                                      const Portal* portal, std::vector<std::int16_t> client_formats) {
  MergeSetup setup;
  setup.options.client_formats = std::move(client_formats);
  absl::StatusOr<std::optional<std::int64_t>> limit = ValueOf(spec.limit, portal);
  if (!limit.ok()) return limit.status();
  absl::StatusOr<std::optional<std::int64_t>> offset = ValueOf(spec.offset, portal);
  if (!offset.ok()) return offset.status();
  setup.options.limit = *limit;
  setup.options.offset = *offset;
  absl::StatusOr<std::vector<std::int16_t>> formats =
      merge::ShardFormats(spec, spec.shard_columns, setup.options.client_formats);
  if (!formats.ok()) return formats.status();
  setup.shard_formats = *std::move(formats);
  absl::StatusOr<std::unique_ptr<merge::Merger>> merger = merge::Merger::Create(
      spec, static_cast<std::size_t>(selection.shards.count()), spec.shard_columns, setup.options);
  if (!merger.ok()) return merger.status();
  setup.merger = *std::move(merger);
  return setup;
}

net::Task<bool> Session::RunMerged(PlanPtr plan, const plan::StreamSpec& spec, const plan::Selection& selection,
                                   Portal* portal, int position_shift) {
  std::vector<std::int16_t> client_formats;
  if (portal != nullptr) client_formats = portal->result_formats;
  absl::StatusOr<MergeSetup> setup = SetUpMerge(spec, selection, portal, client_formats);
  if (!setup.ok()) co_return Fail(ToSqlError(setup.status()));
  merge::Merger* const merger = setup->merger.get();

  std::vector<Backend*> sources;
  for (ShardId shard : selection.shards) {
    absl::StatusOr<Backend*> backend = co_await Enlist(shard, Intent::kRead);
    if (!backend.ok()) co_return Fail(ToSqlError(backend.status()));
    sources.push_back(*backend);
  }
  MergeSink sink(merger, sources);
  const std::vector<Oid> types = portal != nullptr ? portal->statement->planned->types : std::vector<Oid>();
  for (Backend* backend : sources) {
    backend->error.reset();
    backend->sink = &sink;
    backend->unnamed_statement = 0;
    std::string* out = backend->Output();
    if (backend == sources.front()) {
      // The client's own text first, only to be looked at: what is wrong with it is then reported in the client's
      // terms, at the position where it stands there.
      wire::AppendParse(out, "", plan->text, types);
      backend->Expect(Request::kParse, Handling::kSink);
    }
    wire::AppendParse(out, "", spec.shard_sql, types);
    if (portal != nullptr) {
      wire::AppendBind(out, "", "", portal->raw_parameters, setup->shard_formats);
    } else {
      wire::AppendBind(out, "", "", std::span<const std::int16_t>(), {}, setup->shard_formats);
    }
    wire::AppendDescribe(out, 'P', "");
    wire::AppendExecute(out, "", 0);
    wire::AppendSync(out);
    for (Request request : {Request::kParse, Request::kBind, Request::kDescribePortal, Request::kExecute}) {
      backend->Expect(request, Handling::kSink);
    }
    backend->Expect(Request::kSync, Handling::kSink);
  }

  const bool with_description = portal == nullptr || portal->describe_rows;
  bool described = false;
  bool own_words = false;  // the error speaks of the client's own text
  std::uint64_t rows = 0;
  std::optional<SqlError> error;
  while (true) {
    if (ClientGone()) break;
    PumpAll();
    const Backend& first = *sources.front();
    if (first.error.has_value() && !sink.accepted() && !own_words) {
      error = first.error;
      own_words = true;
    } else if (first.error.has_value() || sink.accepted()) {
      for (Backend* backend : sources) {
        if (backend->error.has_value() && !error.has_value()) error = backend->error;
      }
    }
    if (!error.has_value() && !sink.status().ok()) error = ToSqlError(sink.status());
    if (error.has_value()) {
      // The others' work is not wanted any longer; what they still send is read, or they would not end.
      if (!sink.discard) {
        sink.discard = true;
        if (AnyBusy()) Cancel();
        continue;
      }
    } else if (!sink.description().empty()) {
      if (!described) {
        described = true;
        if (with_description) {
          absl::StatusOr<std::string> description =
              merge::DescribeForClient(spec, sink.description(), setup->options.client_formats);
          if (!description.ok()) {
            error = ToSqlError(description.status());
            continue;
          }
          wire::AppendMessage(&ToClient(), wire::backend::kRowDescription, *description);
        }
      }
      if (!ClientIsSlow()) {
        const std::size_t before = ToClient().size();
        absl::StatusOr<std::uint64_t> drained =
            merger->Drain(&ToClient(), std::numeric_limits<std::uint64_t>::max());
        if (!drained.ok()) {
          error = ToSqlError(drained.status());
          continue;
        }
        if (Converts()) {
          if (const absl::Status convertible = KeepRepresentable(&ToClient(), before); !convertible.ok()) {
            error = ToSqlError(convertible);
            continue;
          }
        }
        rows += *drained;
        // More may be wanted now, and what is wanted may have arrived already.
        if (*drained > 0) continue;
      }
    }
    if (!AnyBusy() && !Cancelling() && (error.has_value() || merger->Finished())) break;
    if (!AnyBusy() && !Cancelling() && !error.has_value() && client_->PendingOutput() == 0) {
      error = SqlError{std::string(sqlstate::kInternalError), "the shards' answers ended too early"};
      break;
    }
    co_await event_.Wait();
  }
  for (Backend* backend : sources) {
    backend->sink = nullptr;
    backend->error.reset();
  }
  if (ClientGone()) {
    // Requests with a sink that is gone must not be pumped again.
    for (Backend* backend : sources) {
      for (Pending& pending : backend->pending) pending.handling = Handling::kSwallow;
    }
    co_return false;
  }
  if (error.has_value()) {
    if (portal == nullptr && error->sqlstate == sqlstate::kProtocolViolation) {
      if (const std::optional<SqlError> own = NoSuchParameter(plan->text)) {
        error = own;
        own_words = true;
      }
    }
    if (!own_words) error->position = 0;  // it would point into the shards' text
    if (own_words && error->position > 0) error->position += position_shift;
    co_return Fail(*std::move(error));
  }
  wire::AppendCommandComplete(&ToClient(), "SELECT", rows);
  co_return true;
}

}  // namespace pgshoal::session
