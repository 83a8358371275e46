// COPY over several shards.

#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/oids.hpp"
#include "router/merge/binary_copy.hpp"
#include "router/merge/copy_splitter.hpp"
#include "router/session/session.hpp"
#include "shardmap/key_hash.hpp"

namespace pgshoal::session {
namespace {

// What servers answer to COPY … FROM STDIN.
class CopyInSink : public MessageSink {
 public:
  void OnMessage(Backend&, char type, std::string_view body) override {
    if (type == wire::backend::kCopyIn) {
      ++ready;
      response = std::string(body);
    } else if (type == wire::backend::kCommandComplete) {
      const wire::CommandTag tag = wire::ParseCommandTag(body.substr(0, body.find('\0')));
      rows += tag.rows.value_or(0);
      most = std::max(most, tag.rows.value_or(0));
    }
  }
  bool Wants(const Backend&) const override { return true; }
  std::size_t ready = 0;
  std::uint64_t rows = 0, most = 0;
  std::string response;
};

// What servers answer to COPY … TO STDOUT, one after another.
class CopyOutSink : public MessageSink {
 public:
  // `codec`: of the client's encoding; null: UTF8.
  CopyOutSink(net::Stream* client, bool binary, const wire::SingleByteCodec* codec)
      : client_(client), binary_(binary), codec_(codec) {}
  void OnMessage(Backend&, char type, std::string_view body) override {
    if (type == wire::backend::kCopyOut) {
      if (!started_) wire::AppendMessage(&client_->OutputBuffer(), type, body);
      started_ = true;
    } else if (type == wire::backend::kCopyData) {
      if (!binary_) {
        std::string converted;
        if (codec_ != nullptr && status.ok()) status = codec_->FromUtf8(body, &converted);
        if (status.ok()) wire::AppendMessage(&client_->OutputBuffer(), type, body);
        return;
      }
      std::string piece;
      if (status.ok()) status = joiner_.Add(body, &piece);
      if (!piece.empty()) wire::AppendCopyData(&client_->OutputBuffer(), piece);
    } else if (type == wire::backend::kCopyDone) {
      if (binary_ && status.ok()) status = joiner_.EndSource();
    } else if (type == wire::backend::kCommandComplete) {
      rows += wire::ParseCommandTag(body.substr(0, body.find('\0'))).rows.value_or(0);
    }
  }
  bool Wants(const Backend&) const override { return client_->Error() != 0 || client_->PendingOutput() < limits::kMaxBufferedOutput; }
  void Finish() {
    if (binary_) {
      std::string trailer;
      joiner_.Finish(&trailer);
      wire::AppendCopyData(&client_->OutputBuffer(), trailer);
    }
    wire::AppendCopyDone(&client_->OutputBuffer());
  }
  std::uint64_t rows = 0;
  absl::Status status;

 private:
  net::Stream* client_;
  bool binary_;
  const wire::SingleByteCodec* codec_;
  bool started_ = false;
  merge::BinaryCopyJoiner joiner_;
};

// Where in the data an error stands. A shard counts only the lines that it got itself: its number would mislead.
void PutContext(SqlError& error, const plan::CopyIn& copy) {
  std::erase_if(error.other_fields, [](const auto& field) { return field.first == 'W'; });
  constexpr std::string_view kOurs = "COPY data, line ";
  if (error.detail.starts_with(kOurs)) {
    error.other_fields.emplace_back('W',
                                    fmt::format("COPY {}, line {}", copy.table, error.detail.substr(kOurs.size())));
    error.detail.clear();
  }
}

// The shard of a row's key.
absl::StatusOr<ShardId> ShardOf(const shardmap::ShardMap& map, const plan::CopyIn& copy, const merge::CopyRow& row) {
  const bool binary = copy.options.format == plan::CopyFormat::kBinary;
  const shardmap::Format format = binary ? shardmap::Format::kBinary : shardmap::Format::kText;
  std::uint64_t hashes[limits::kMaxKeyColumns];
  for (std::size_t i = 0; i < copy.key.size(); ++i) {
    const std::optional<shardmap::KeyType> type = shardmap::KeyTypeOf(copy.key[i].type);
    if (!type.has_value()) return SqlStatus(sqlstate::kInternalError, "a key column has no hash");
    const shardmap::WireValue value = row.key[i].is_null ? shardmap::WireValue() : shardmap::WireValue(row.key[i].text);
    absl::StatusOr<shardmap::KeyMatch> match =
        shardmap::CoerceForAssignment(*type, copy.key[i].typmod, oid::kUnspecified, format, value);
    if (!match.ok()) {
      // PostgreSQL itself rejects it wherever it goes: let a shard say so, in its own words.
      if (shardmap::ServerRejects(match.status())) return map.home();
      return match.status();
    }
    hashes[i] = match->hash;
  }
  return map.ShardOf(shardmap::CombineHashes(std::span(hashes, copy.key.size())));
}

}  // namespace

net::Task<bool> Session::RunCopyIn(const plan::CopyIn& action) {
  absl::StatusOr<std::unique_ptr<merge::CopySplitter>> splitter = merge::CopySplitter::Create(action);
  if (!splitter.ok()) co_return Fail(ToSqlError(splitter.status()));
  const SnapshotPtr snapshot = Current();
  const shardmap::ShardMap& map = *snapshot->map;
  const bool own_block = block_ == Block::kNone;
  if (own_block) BeginBlock(Block::kImplicit, "BEGIN");

  std::optional<SqlError> error;
  CopyInSink sink;
  std::vector<Backend*> by_shard(static_cast<std::size_t>(map.shard_count()), nullptr);
  std::vector<bool> had_written(by_shard.size(), false);
  for (const shardmap::Shard& shard : map.shards()) {
    Backend* known = Find(shard.id);
    had_written[shard.id.value] = known != nullptr && known->wrote;
    absl::StatusOr<Backend*> enlisted = co_await Enlist(shard.id, Intent::kRead);
    if (!enlisted.ok()) {
      error = ToSqlError(enlisted.status());
      break;
    }
    by_shard[shard.id.value] = *enlisted;
  }
  if (!error.has_value()) {
    for (Backend* backend : by_shard) {
      backend->error.reset();
      backend->sink = &sink;
      SendSimple(*backend, action.shard_sql, Handling::kSink);
    }
  }
  // Until every shard has said that it is ready, or one has failed.
  auto first_error = [&]() {
    for (Backend* backend : by_shard) {
      if (backend != nullptr && backend->error.has_value() && !error.has_value()) error = backend->error;
    }
    return error.has_value();
  };
  while (!first_error() && sink.ready < by_shard.size()) {
    if (ClientGone()) co_return false;
    co_await event_.Wait();
    PumpAll();
  }
  bool to_client_open = false;  // the client has been asked for its data
  if (!error.has_value()) {
    wire::AppendMessage(&ToClient(), wire::backend::kCopyIn, sink.response);
    to_client_open = true;
  }
  std::vector<std::string> pieces(by_shard.size());
  merge::CopyRow row;
  auto route_rows = [&]() -> absl::Status {
    while (true) {
      absl::StatusOr<bool> more = (*splitter)->Next(&row);
      if (!more.ok()) return more.status();
      if (!*more) break;
      if (action.everywhere) {
        for (std::string& piece : pieces) piece += row.bytes;
      } else {
        absl::StatusOr<ShardId> shard = ShardOf(map, action, row);
        if (!shard.ok()) return shard.status();
        pieces[shard->value] += row.bytes;
      }
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (pieces[i].empty()) continue;
      by_shard[i]->wrote = true;
      wire::AppendCopyData(by_shard[i]->Output(), pieces[i]);
      pieces[i].clear();
    }
    return absl::OkStatus();
  };
  const std::string_view preamble = (*splitter)->Preamble(), epilogue = (*splitter)->Epilogue();
  for (Backend* backend : by_shard) {
    if (to_client_open && !preamble.empty()) wire::AppendCopyData(backend->Output(), preamble);
  }
  bool client_done = !to_client_open;
  while (!error.has_value() && !client_done) {
    if (ClientGone()) break;
    PumpAll();
    if (first_error()) break;
    bool full = false;
    for (Backend* backend : by_shard) {
      full = full || backend->lease->stream->PendingOutput() >= limits::kMaxBufferedOutput;
    }
    const wire::Next next = full ? wire::Next{} : wire::NextMessage(client_->Input(), limits::kMaxMessage);
    if (next.progress == wire::Progress::kNeedMore) {
      if (next.length > 0) client_->SetInputLimit(next.length + limits::kReceiveBuffer);
      if (client_->AtEof() && !full) {
        LoseCopyData();
        break;
      }
      co_await event_.Wait();
      continue;
    }
    if (next.progress == wire::Progress::kMalformed) {
      SendError({std::string(sqlstate::kProtocolViolation), "invalid message length"}, wire::Severity::kFatal);
      client_->ShutdownOutput();
      error = SqlError{std::string(sqlstate::kProtocolViolation), "invalid message length"};
      break;
    }
    absl::Status status = absl::OkStatus();
    using namespace wire::frontend;
    switch (next.message.type) {
      case kCopyData: {
        std::string converted;
        if (Converts()) {
          converted = next.message.body;
          status = ToUtf8(*encoding_->codec, kCopyData, &converted);
        }
        if (!status.ok()) break;
        (*splitter)->Feed(Converts() ? std::string_view(converted) : next.message.body);
        status = route_rows();
        break;
      }
      case kCopyDone:
        (*splitter)->End();
        status = route_rows();
        client_done = true;
        break;
      case kCopyFail: {
        absl::StatusOr<std::string_view> why = wire::DecodeCopyFail(next.message.body);
        status = SqlStatus(sqlstate::kQueryCanceled,
                           fmt::format("COPY from stdin failed: {}", why.ok() ? *why : std::string_view()));
        client_done = true;
        break;
      }
      case kFlush:
      case kSync:
        break;
      default:
        LoseSynchronization(next.message.type);
        client_done = true;
        break;
    }
    client_->Consume(next.length);
    if (!status.ok()) error = ToSqlError(status);
  }
  // The end, good or bad, for every shard that still waits for data.
  for (Backend* backend : by_shard) {
    if (backend == nullptr || backend->lost || !backend->Busy() || backend->sink != &sink) continue;
    if (error.has_value() || ClientGone()) {
      wire::AppendCopyFail(backend->Output(), "aborted by pgshoal");
    } else {
      if (!epilogue.empty()) wire::AppendCopyData(backend->Output(), epilogue);
      wire::AppendCopyDone(backend->Output());
    }
  }
  co_await AwaitServers();
  first_error();
  for (Backend* backend : by_shard) {
    if (backend == nullptr) continue;
    backend->sink = nullptr;
    backend->error.reset();
    if (!error.has_value() && !backend->wrote && had_written[backend->shard.value]) backend->wrote = true;
  }
  if (ClientGone() || error.has_value()) {
    if (!ClientGone()) {
      error->position = 0;
      PutContext(*error, action);
      SendError(*error);
      FailBlock();
    }
    if (own_block) co_await RollbackBlock();
    co_return false;
  }
  const std::string tag = fmt::format("COPY {}", action.everywhere ? sink.most : sink.rows);
  if (own_block) co_return co_await CommitBlock(tag);
  SendComplete(tag);
  co_return true;
}

// One shard after another, so that the client reads whole rows of one shard at a time.
net::Task<bool> Session::RunCopyOut(PlanPtr plan, const plan::CopyOut& action, int position_shift) {
  absl::StatusOr<plan::Selection> selection = plan::Evaluate(action.selector, *Current()->map, {});
  if (!selection.ok()) co_return Fail(ToSqlError(selection.status()));
  std::vector<ShardId> order;
  if (selection->any || selection->shards.empty()) {
    order.push_back(AnyShard(*selection));
  } else {
    for (ShardId shard : selection->shards) order.push_back(shard);
  }
  // All of them first: an error of the statement must come before any data.
  CopyOutSink sink(client_.get(), action.binary, Converts() ? encoding_->codec : nullptr);
  for (ShardId shard : order) {
    absl::StatusOr<Backend*> enlisted = co_await Enlist(shard, Intent::kRead);
    if (!enlisted.ok()) co_return Fail(ToSqlError(enlisted.status()));
  }
  bool first = true;
  for (ShardId shard : order) {
    Backend& backend = *Find(shard);
    backend.error.reset();
    backend.sink = &sink;
    SendSimple(backend, first ? plan->text : action.shard_sql, Handling::kSink);
    first = false;
    const bool alive = co_await AwaitAnswers();
    if (!alive) {
      for (Pending& pending : backend.pending) pending.handling = Handling::kSwallow;
      co_return false;
    }
    backend.sink = nullptr;
    std::optional<SqlError> error = std::move(backend.error);
    backend.error.reset();
    if (!error.has_value() && !sink.status.ok()) error = ToSqlError(sink.status);
    if (error.has_value()) {
      if (error->position > 0) error->position += position_shift;
      co_return Fail(*std::move(error));
    }
  }
  sink.Finish();
  wire::AppendCommandComplete(&ToClient(), "COPY", sink.rows);
  co_return true;
}

}  // namespace pgshoal::session
