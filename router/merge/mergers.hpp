#pragma once
// The three kinds of merger, each made by Merger::Create from a spec whose column numbers have been checked.

#include <memory>

#include "router/merge/merger.hpp"
#include "router/wire/frontend.hpp"

namespace pgshoal::merge {

// What all three need to know, with everything resolved.
struct MergeShape {
  const plan::StreamSpec* spec = nullptr;
  std::size_t sources = 0;
  int shard_columns = 0;
  std::vector<int> projection;  // shard column of each client column; empty when the rows pass unchanged
  std::vector<std::int16_t> client_formats;  // one for each client column
  std::optional<std::int64_t> limit, offset;
};

std::unique_ptr<Merger> MakeConcatMerger(MergeShape shape);
std::unique_ptr<Merger> MakeOrderedMerger(MergeShape shape);
std::unique_ptr<Merger> MakeCombineMerger(MergeShape shape);

// Appends the DataRow that the client gets of a shard's row. `columns` is scratch space.
absl::Status AppendProjectedRow(std::string* out, std::string_view body, const std::vector<int>& projection,
                                std::vector<wire::Value>* columns);

}  // namespace pgshoal::merge
