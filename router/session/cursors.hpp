#pragma once
// Rows that are fetched in portions: a client's cursors, and what of them the router itself keeps.
//
// A cursor over one shard is that shard's own; the router remembers where it is. For a cursor (or a portal that is
// executed with a row limit) over several shards, each shard has a portal of its own, of which the router asks for
// portions, and MergedRows merges them; it lives as long as the transaction or batch that opened it. One session, one
// thread.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "router/plan/plan.hpp"
#include "router/session/backend.hpp"

namespace pgshoal::merge {
class Merger;
}

namespace pgshoal::session {

struct Portal;

class MergedRows : public MessageSink {
 public:
  MergedRows();
  ~MergedRows() override;

  void OnMessage(Backend& from, char type, std::string_view body) override;
  bool Wants(const Backend&) const override { return true; }  // a portion is bounded

  struct Source {
    Backend* backend = nullptr;  // the session's; valid while the transaction or batch is open
    bool done = false;
  };
  std::shared_ptr<const plan::Plan> plan;  // owns `spec`
  const plan::StreamSpec* spec = nullptr;
  std::unique_ptr<merge::Merger> merger;
  std::vector<Source> sources;
  std::string portal;              // its name on the shards
  std::string shard_description;   // RowDescription of the first shard
  std::string description;         // … as the client sees it
  std::size_t depth = 0;           // how many savepoints there were when it was opened
  bool parsed = false;             // the first shard has found nothing wrong with the client's own text
  absl::Status status = absl::OkStatus();
};

struct Cursor {
  ShardId shard;
  std::shared_ptr<MergedRows> rows;  // over several shards; null: it is `shard`'s own
  bool hold = false;
  std::size_t depth = 0;  // how many savepoints there were when it was declared
};

class Cursors {
 public:
  // Null: not declared, or by something that the router does not see, which runs on the home shard.
  const Cursor* Find(std::string_view name) const;
  void Add(std::string name, Cursor cursor) { cursors_[std::move(name)] = std::move(cursor); }
  void Erase(std::string_view name);
  std::size_t Merged() const;  // how many are over several shards
  std::vector<ShardId> Shards() const;

  // Only what was declared WITH HOLD stays. True: nothing does.
  bool EndTransaction();
  void RollbackTo(std::size_t depth);
  void Release(std::size_t depth);
  // Of the held cursors on `shard` only these exist.
  void KeepHeld(ShardId shard, const std::vector<std::string>& names);

 private:
  std::map<std::string, Cursor, std::less<>> cursors_;
};

}  // namespace pgshoal::session
