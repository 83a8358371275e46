#pragma once
// What merging the rows of several shards begins with: the merger, and the formats that shards and client speak.

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "router/merge/merger.hpp"
#include "router/plan/plan.hpp"
#include "router/session/portal.hpp"

namespace pgshoal::session {

struct MergeSetup {
  merge::MergeOptions options;
  std::vector<std::int16_t> shard_formats;  // for Bind
  std::unique_ptr<merge::Merger> merger;
};

// `portal`, null in the simple protocol, has the values of LIMIT and OFFSET. Errors: those of the client's values and
// formats.
absl::StatusOr<MergeSetup> SetUpMerge(const plan::StreamSpec& spec, const plan::Selection& selection,
                                      const Portal* portal, std::vector<std::int16_t> client_formats);

}  // namespace pgshoal::session
