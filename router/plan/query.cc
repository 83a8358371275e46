// SELECT, INSERT, UPDATE, DELETE, MERGE: what must be where, and the relay proof.
#include "router/plan/query.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "router/plan/leftovers.hpp"
#include "router/plan/set_config_plan.hpp"

namespace pgshoal::plan {

using parser::As;
using parser::Is;

namespace {

constexpr char kOneShardHint[] =
    "Give the shard key of every sharded table as a constant or parameter in WHERE or in the join conditions.";

std::string TableName(const FromItem& item) {
  return item.info.relation != nullptr ? item.info.relation->name : item.alias;
}

SqlError SeveralShards(Job& job, const Analysis& analysis, const Census& census, const parser::Node& node) {
  if (census.home || census.server_bound || census.system) {
    const parser::Node* at = census.first_home != nullptr ? census.first_home->node : census.server_node;
    const std::string what = census.first_home != nullptr
                                 ? fmt::format("\"{}\", which is on the home shard only", TableName(*census.first_home))
                                 : std::string("something that only the home shard can answer");
    return job.Refuse(
        fmt::format("the statement joins sharded table \"{}\" with {}", TableName(*census.first_sharded), what), at,
        "Make the other table a reference table, or split the statement in two.");
  }
  const parser::Node* at = census.first_sharded != nullptr ? census.first_sharded->node : &node;
  const std::string table = census.first_sharded != nullptr ? TableName(*census.first_sharded) : "?";
  if (Is<parser::InsertStmt>(&node)) {
    const auto& insert = static_cast<const parser::InsertStmt&>(node);
    const auto* values = As<parser::SelectStmt>(insert.selectStmt);
    if (values != nullptr && values->valuesLists.size() > 1) {
      return job.Refuse("rows of one INSERT belong to several shards", values->valuesLists[1],
                        "Insert rows with different shard keys in statements of their own, or use COPY.");
    }
    return job.Refuse(fmt::format("INSERT into sharded table \"{}\" from rows that may lie on several shards", table),
                      at, "Select with a constant shard key, or insert row by row.");
  }
  if (Is<parser::UpdateStmt>(&node) || Is<parser::DeleteStmt>(&node)) {
    return job.Refuse(fmt::format("{} may touch rows of \"{}\" on several shards",
                                  Is<parser::UpdateStmt>(&node) ? "UPDATE" : "DELETE", table),
                      at, "Give one shard key in WHERE, and run the statement once for each key.");
  }
  if (analysis.lock != nullptr) {
    return job.Refuse("locking rows on several shards", analysis.lock, kOneShardHint);
  }
  return job.Refuse(fmt::format("the statement needs rows of \"{}\" from several shards", table), at, kOneShardHint);
}

bool ReturnsRows(const parser::Node& node) {
  if (Is<parser::SelectStmt>(&node)) return true;
  if (const auto* insert = As<parser::InsertStmt>(&node)) return !insert->returningList.empty();
  if (const auto* update = As<parser::UpdateStmt>(&node)) return !update->returningList.empty();
  if (const auto* del = As<parser::DeleteStmt>(&node)) return !del->returningList.empty();
  return false;
}

bool LocksOnlySharded(const Analysis& analysis) {
  for (const auto& scope : analysis.scopes) {
    if (scope->select == nullptr) continue;
    for (const parser::LockingClause* clause : scope->select->lockingClause) {
      for (int index : scope->items) {
        const FromItem& item = analysis.items[static_cast<std::size_t>(index)];
        if (item.info.kind != RelationClass::kReference || item.kind != FromItem::Kind::kRelation) continue;
        const bool named = std::any_of(clause->lockedRels.begin(), clause->lockedRels.end(),
                                       [&](const parser::RangeVar* var) { return var->relname == item.alias; });
        if (clause->lockedRels.empty() || named) return false;
      }
    }
  }
  return true;
}

std::string WhyRelay(const Census& census, const Selector& selector) {
  switch (selector.op) {
    case Selector::Op::kHome:
      return "everything it names is on the home shard";
    case Selector::Op::kAny:
      return census.reference ? "reference tables are whole on every shard" : "it names no table";
    case Selector::Op::kNone:
      return "no row can qualify";
    case Selector::Op::kAll:
      return "no shard key confines the sharded tables";
    default:
      return "the shard keys confine all sharded tables";
  }
}

PlanPtr PlanReplicatedWrite(Job& job, Analysis& analysis, const parser::Node& node, const std::string& command) {
  if (Blocker blocker = CheckReplicatedWrite(job, analysis, node)) return RefusalPlan(job, command, *blocker);
  PlanPtr plan = EverywherePlan(job, command, false, "a reference table is written on every shard alike");
  plan->returns_rows = ReturnsRows(node);
  return plan;
}

bool WritesReference(const Analysis& analysis) {
  return std::any_of(analysis.items.begin(), analysis.items.end(), [](const FromItem& item) {
    return item.is_target && item.info.kind == RelationClass::kReference;
  });
}

}  // namespace

namespace {

// Locks that end with the transaction, and notifications: sent once it has committed, and nothing to anybody if it does
// not. The home shard commits after the shard that was written.
bool LeavesNothingToCommit(std::string_view function) {
  return function == "pg_notify" || function.starts_with("pg_advisory_xact_lock") ||
         function.starts_with("pg_try_advisory_xact_lock");
}

}  // namespace

Blocker TakeCensus(Job& job, Analysis& analysis, Census* census) {
  if (analysis.problem) return analysis.problem;
  for (const FromItem& item : analysis.items) {
    if (item.kind != FromItem::Kind::kRelation) continue;
    // What is written to a temporary table is no commit's to keep: it goes with the session.
    if (item.is_target && !IsTemporary(item.info)) census->writes = true;
    switch (item.info.kind) {
      case RelationClass::kSharded:
        census->sharded = true;
        if (census->first_sharded == nullptr) census->first_sharded = &item;
        break;
      case RelationClass::kReference:
        census->reference = true;
        break;
      case RelationClass::kHome:
        census->home = true;
        if (census->first_home == nullptr) census->first_home = &item;
        break;
      case RelationClass::kSystem:
        census->system = true;
        census->server_node = item.node;
        break;
      case RelationClass::kBroken:
        return item.info.problem;
    }
  }
  if (analysis.lock != nullptr) census->writes = true;
  if (analysis.server_reference != nullptr) {
    census->server_bound = true;
    census->server_node = analysis.server_reference;
  }
  const bool spreads = MapSpreadsTables(job.context);
  for (const auto& [use, scope] : analysis.calls) {
    const bool is_volatile = std::any_of(use.candidates.begin(), use.candidates.end(), [](const auto* function) {
      return function->worst == catalog::Volatility::kVolatile;
    });
    if ((use.aggregate || use.window) && !Is<parser::FuncCall>(use.node) && census->sharded) {
      return job.Refuse(fmt::format("the aggregate {} is called as a column", use.name), use.node,
                        "Write it as a function.");
    }
    switch (use.kind) {
      case FunctionClass::kPure:
      case FunctionClass::kSession:
      case FunctionClass::kRandom:
      case FunctionClass::kNow:
        break;
      case FunctionClass::kServer:
        census->server_bound = true;
        census->server_node = use.node;
        census->writes |= (is_volatile || use.candidates.empty()) && !LeavesNothingToCommit(use.name);
        break;
      case FunctionClass::kReadsByText:
        if (spreads) {
          return job.Refuse(fmt::format("{} takes tables or indexes by a text, and they may be on every shard", use.name), use.node,
                            "Read tables in the statement itself; work on indexes on each shard itself.");
        }
        census->server_bound = true;
        census->writes = true;
        break;
      case FunctionClass::kSessionState:
        if (IsSessionLock(use.name)) {
          census->server_bound = true;
          census->server_node = use.node;
          job.may_pin = true;
          break;
        }
        return job.Refuse(fmt::format("{} depends on the server session, which clients share", use.name), use.node,
                          "Use RETURNING for new keys, pg_advisory_xact_lock for locks, and SET for settings.");
      case FunctionClass::kUser: {
        if (!use.known && census->sharded) {
          return job.Error(sqlstate::kFeatureNotSupported, fmt::format("function {} is not known", use.name), use.node,
                           "Create the function through the router first.");
        }
        for (const auto* function : use.candidates) NotePins(job, function->bodies);
        const bool may = std::any_of(use.candidates.begin(), use.candidates.end(),
                                     [&](const auto* function) { return FunctionMayTouchSharded(job, *function); });
        const bool is_operator = use.candidates.empty() && use.known;
        if (may || census->sharded || (is_operator && spreads)) {
          return job.Refuse(fmt::format("{} is user-defined and not IMMUTABLE: it may read or write tables that are "
                                        "spread over shards",
                                        use.name),
                            use.node,
                            "Declare the function IMMUTABLE if it reads no table, or call it apart from "
                            "sharded tables.");
        }
        census->server_bound = true;
        census->server_node = use.node;
        census->writes |= is_volatile || use.candidates.empty();
        break;
      }
    }
  }
  if (analysis.cursor != nullptr && (census->sharded || census->reference)) {
    return job.Refuse("WHERE CURRENT OF on a sharded or reference table", analysis.cursor, "Name the row by its key.");
  }
  if (analysis.lock != nullptr && census->reference && census->sharded && !LocksOnlySharded(analysis)) {
    return job.Refuse("locking rows of a reference table on one of its copies", analysis.lock,
                      "Lock only the sharded tables: FOR UPDATE OF …");
  }
  return std::nullopt;
}

PlanPtr PlanQuery(Job& job, const parser::Node& node) {
  const bool is_query = Is<parser::SelectStmt>(&node) || Is<parser::InsertStmt>(&node) ||
                        Is<parser::UpdateStmt>(&node) || Is<parser::DeleteStmt>(&node) || Is<parser::MergeStmt>(&node);
  if (!is_query) return nullptr;
  const std::string command = CommandName(node);
  const auto* select = As<parser::SelectStmt>(&node);
  if (select != nullptr) {
    if (PlanPtr setting = PlanSetConfig(job, *select)) return setting;
    if (select->intoClause != nullptr) return PlanSelectInto(job, *select);
  }
  Analysis analysis(job);
  analysis.Run(node);
  Census census;
  if (Blocker blocker = TakeCensus(job, analysis, &census)) return RefusalPlan(job, command, *blocker);
  if (Is<parser::MergeStmt>(&node) && (census.sharded || census.reference)) {
    return RefusalPlan(
        job, command,
        job.Refuse("MERGE with sharded or reference tables", &node, "Use INSERT … ON CONFLICT, UPDATE and DELETE."));
  }
  if (WritesReference(analysis)) return PlanReplicatedWrite(job, analysis, node, command);

  std::vector<Selector> members;
  if (Blocker blocker = CheckWrites(job, analysis, &members)) return RefusalPlan(job, command, *blocker);
  for (std::size_t i = 0; i < analysis.items.size(); ++i) {
    const FromItem& item = analysis.items[i];
    if (item.kind != FromItem::Kind::kRelation || item.info.kind != RelationClass::kSharded) continue;
    const bool inserts = item.is_target && item.owner->from == nullptr;
    if (!inserts) members.push_back(analysis.SelectorFor(static_cast<int>(i)));
  }
  const bool locks_reference = analysis.lock != nullptr && census.reference && !census.sharded;
  if (census.home || census.system || census.server_bound || locks_reference) {
    members.push_back(SelectorOf(Selector::Op::kHome));
  }
  const bool only_home = !census.sharded && !members.empty();

  PlanPtr plan = NewPlan(job, command);
  plan->returns_rows = ReturnsRows(node);
  plan->leaves_state = MayLeaveState(job, analysis);
  plan->notifies = std::any_of(analysis.calls.begin(), analysis.calls.end(),
                               [](const auto& call) { return call.first.name == "pg_notify"; });
  RunRouted routed;
  routed.selector = only_home ? SelectorOf(Selector::Op::kHome) : UnionOf(std::move(members));
  routed.writes = census.writes;
  plan->why = WhyRelay(census, routed.selector);
  const bool may_be_several = routed.selector.op != Selector::Op::kHome && routed.selector.op != Selector::Op::kAny &&
                              routed.selector.op != Selector::Op::kNone;
  if (may_be_several) {
    routed.if_several = SeveralShards(job, analysis, census, node);
    if (select != nullptr && !census.home && !census.system && !census.server_bound && !census.writes) {
      StreamResult stream = PlanStream(job, analysis, *select);
      if (stream.spec) {
        routed.stream = std::move(stream.spec);
        plan->why += "; " + stream.why;
      } else {
        routed.if_several = std::move(stream.in_the_way);
      }
    }
  }
  plan->action = std::move(routed);
  return plan;
}

}  // namespace pgshoal::plan
