#pragma once
// What a client has prepared, and what it has bound. Plain data of one session, used on its thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "router/plan/plan.hpp"
#include "router/session/plan_cache.hpp"

namespace pgshoal::session {

class MergedRows;

// A statement that the client prepared, by Parse or by PREPARE.
struct PreparedStatement {
  std::string name;  // the client's; empty: unnamed
  PlannedTextPtr planned;
  std::uint64_t planned_for = 0;   // what the plan depends on besides text and types: see Session::PlanningVersion …
  std::uint32_t planned_path = 0;  // … and Session::PathNumber
  bool confirmed = false;          // the client has been told that it exists
  bool from_sql = false;           // PREPARE

  const plan::Plan& plan() const { return *planned->plan; }
  // Servers have it under no name, as the client does.
  bool IsUnnamed() const { return name.empty() && !from_sql; }
};
using PreparedPtr = std::shared_ptr<PreparedStatement>;

// A bound statement.
struct Portal {
  PreparedPtr statement;
  PlanPtr plan;
  std::optional<ShardId> shard;  // where it lives, when it is relayed; otherwise it is run here:
  std::vector<std::string> storage;
  std::vector<plan::ParameterValue> parameters;
  std::string raw_parameters;  // formats and values as in the Bind message
  std::vector<std::int16_t> result_formats;
  bool binary_results = false;
  plan::Selection selection;
  bool describe_rows = false;  // EXECUTE: the rows' description comes with them
  std::int32_t max_rows = 0;   // of Execute; 0: all
  bool done = false;
  std::shared_ptr<MergedRows> rows;  // of several shards, fetched in portions
};

SqlError NoSuchStatement(std::string_view name);
SqlError NoSuchPortal(std::string_view name);

// A message that has no more than its type, by the function that writes it.
std::string Frame(void (*append)(std::string*));

}  // namespace pgshoal::session
