// COPY: rows in, by their key; rows out, one shard after another.
#include <algorithm>

#include <fmt/format.h>

#include "parser/print.hpp"
#include "parser/walk.hpp"
#include "router/plan/ddl.hpp"
#include "router/plan/leftovers.hpp"

namespace pgshoal::plan {

using parser::As;
using parser::Is;

namespace {

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text;
}

// HEADER's argument (PostgreSQL manual, "COPY"); nullopt: neither a Boolean value nor MATCH.
enum class Header : std::uint8_t { kOff, kOn, kMatch };

std::optional<Header> HeaderOf(const parser::Node* arg) {
  if (arg == nullptr) return Header::kOn;
  if (const auto* flag = As<parser::Boolean>(arg)) return flag->boolval ? Header::kOn : Header::kOff;
  if (const auto* number = As<parser::Integer>(arg)) {
    if (number->ival != 0 && number->ival != 1) return std::nullopt;
    return number->ival == 1 ? Header::kOn : Header::kOff;
  }
  const auto* text = As<parser::String>(arg);
  if (text == nullptr) return std::nullopt;
  const std::string word = Lower(std::string(text->sval));
  if (word == "true" || word == "on") return Header::kOn;
  if (word == "false" || word == "off") return Header::kOff;
  if (word == "match") return Header::kMatch;
  return std::nullopt;
}

std::string TextOf(const parser::Node* arg) {
  if (const auto* text = As<parser::String>(arg)) return std::string(text->sval);
  return {};
}

struct ReadOptions {
  CopyOptions options;
  std::vector<std::string> not_null, null;  // FORCE_NOT_NULL, FORCE_NULL
  Blocker problem;
};

std::vector<std::string> NamesOf(const parser::Node* arg) {
  std::vector<std::string> names;
  if (const auto* list = As<parser::ListNode>(arg)) {
    for (const parser::Node* item : list->items) names.push_back(TextOf(item));
  }
  return names;
}

// The options that matter for splitting rows. Mistakes in the list itself are reported here, with the place in the
// client's text; how options go together is for the server to say: it sees them too.
ReadOptions ReadCopyOptions(const Job& job, const parser::CopyStmt& copy) {
  ReadOptions read;
  CopyOptions& options = read.options;
  std::optional<char> delimiter, quote, escape;
  std::optional<std::string> null_text;
  Blocker late_problem;  // PostgreSQL looks at these after the whole list
  auto one = [&](const parser::DefElem* option) -> std::optional<char> {
    const std::string text = TextOf(option->arg);
    if (text.size() == 1) return text[0];
    if (!late_problem) {
      late_problem = job.Refuse(fmt::format("COPY {} must be a single one-byte character", option->defname), nullptr,
                                "Give one ASCII character.");
    }
    return std::nullopt;
  };
  std::vector<std::string_view> seen;
  for (const parser::DefElem* option : copy.options) {
    const std::string_view name = option->defname;
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      read.problem = job.Error(sqlstate::kSyntaxError, "conflicting or redundant options", option);
      return read;
    }
    seen.push_back(name);
    if (name == "format") {
      const std::string format = TextOf(option->arg);
      if (format == "csv") {
        options.format = CopyFormat::kCsv;
      } else if (format == "binary") {
        options.format = CopyFormat::kBinary;
      } else if (format != "text") {
        read.problem = job.Error(sqlstate::kInvalidParameterValue,
                                 fmt::format("COPY format \"{}\" not recognized", format), option);
        return read;
      }
    } else if (name == "delimiter") {
      delimiter = one(option);
    } else if (name == "quote") {
      quote = one(option);
    } else if (name == "escape") {
      escape = one(option);
    } else if (name == "null") {
      null_text = TextOf(option->arg);
    } else if (name == "header") {
      const std::optional<Header> header = HeaderOf(option->arg);
      if (!header) {
        read.problem = job.Error(sqlstate::kSyntaxError, "header requires a Boolean value or \"match\"", nullptr);
        return read;
      }
      options.header = header != Header::kOff;
      options.header_match = header == Header::kMatch;
    } else if (name == "encoding") {
      const std::string encoding = Lower(TextOf(option->arg));
      if (encoding != "utf8" && encoding != "utf-8" && encoding != "unicode") {
        read.problem = job.Refuse("COPY in an encoding other than UTF8", option, "Convert the data to UTF8.");
      }
    } else if (name == "force_not_null") {
      read.not_null = NamesOf(option->arg);
      if (Is<parser::A_Star>(option->arg)) read.problem = job.Refuse("FORCE_NOT_NULL *", option, "Name the columns.");
    } else if (name == "force_null") {
      read.null = NamesOf(option->arg);
      if (Is<parser::A_Star>(option->arg)) read.problem = job.Refuse("FORCE_NULL *", option, "Name the columns.");
    } else if (name != "freeze" && name != "force_quote" && name != "convert_selectively") {
      read.problem = job.Error(sqlstate::kSyntaxError, fmt::format("option \"{}\" not recognized", name), option);
      return read;
    } else if (name == "convert_selectively") {
      read.problem = job.Refuse("COPY option \"convert_selectively\"", option, "Leave the option out.");
    }
  }
  if (!read.problem) read.problem = std::move(late_problem);
  const bool csv = options.format == CopyFormat::kCsv;
  options.delimiter = delimiter.value_or(csv ? ',' : '\t');
  options.null_text = null_text.value_or(csv ? "" : "\\N");
  options.quote = quote.value_or('"');
  options.escape = escape.value_or(options.quote);
  return read;
}

// For shards. HEADER is the router's own affair, unless the format has none: that is for servers to say.
std::string CopyText(const parser::CopyStmt& copy, CopyFormat format, const std::vector<std::string>* columns) {
  parser::Arena arena;
  parser::CopyStmt* mine = parser::Clone(&copy, arena);
  parser::List<parser::DefElem*> kept;
  for (parser::DefElem* option : mine->options) {
    if (option->defname != "header" || format == CopyFormat::kBinary) kept.push_back(arena, option);
  }
  mine->options = kept;
  if (columns != nullptr) {
    mine->attlist = {};
    for (const std::string& column : *columns) mine->attlist.push_back(arena, column);
  }
  return parser::Print(*mine);
}

PlanPtr PlanCopyIn(Job& job, const parser::CopyStmt& copy, const RelationInfo& info) {
  const catalog::Relation& relation = *info.relation;
  ReadOptions read = ReadCopyOptions(job, copy);
  if (read.problem) return RefusalPlan(job, "COPY", *read.problem);
  const bool everywhere = info.kind == RelationClass::kReference;
  if (relation.has_triggers) {
    return RefusalPlan(job, "COPY",
                       job.Refuse(fmt::format("table \"{}\" has triggers, which may touch other tables", relation.name),
                                  copy.relation, "Drop the triggers and do their work apart."));
  }
  if (copy.whereClause != nullptr &&
      ClassifyExpression(job, copy.whereClause) > (everywhere ? FunctionClass::kSession : FunctionClass::kRandom)) {
    return RefusalPlan(job, "COPY",
                       job.Refuse("this condition may differ between servers", copy.whereClause,
                                  "Filter the rows before sending them."));
  }
  CopyIn action;
  action.table = relation.name;
  action.everywhere = everywhere;
  if (copy.attlist.empty()) {
    for (const catalog::Column& column : relation.columns) {
      if (!column.generated) action.column_names.push_back(column.name);
    }
  } else {
    for (std::string_view name : copy.attlist) {
      if (relation.FindColumn(name) == nullptr) {
        return RefusalPlan(
            job, "COPY",
            job.Error(sqlstate::kUndefinedColumn,
                      fmt::format("column \"{}\" of relation \"{}\" does not exist", name, relation.name), nullptr));
      }
      action.column_names.emplace_back(name);
    }
  }
  auto position = [&](const std::string& name) {
    return std::find(action.column_names.begin(), action.column_names.end(), name) - action.column_names.begin();
  };
  const auto count = static_cast<std::ptrdiff_t>(action.column_names.size());
  for (const catalog::Column& column : relation.columns) {
    if (position(column.name) < count) continue;
    if (Blocker blocker = CheckDefault(job, info, column, everywhere, copy.relation)) {
      return RefusalPlan(job, "COPY", *blocker);
    }
  }
  for (const KeyColumnInfo& key : info.key) {
    const catalog::Column& column = relation.columns[static_cast<std::size_t>(key.column)];
    if (position(column.name) >= count) {
      return RefusalPlan(
          job, "COPY",
          job.Refuse(fmt::format("COPY leaves out \"{}\", a shard key column of \"{}\"", column.name, relation.name),
                     copy.relation, "Add the column to the data and the column list."));
    }
    action.key.push_back({static_cast<int>(position(column.name)), shardmap::OidOf(key.type), key.typmod});
  }
  action.columns = static_cast<int>(count);
  read.options.force_not_null.assign(static_cast<std::size_t>(count), false);
  read.options.force_null.assign(static_cast<std::size_t>(count), false);
  for (const std::string& name : read.not_null) {
    if (position(name) < count) read.options.force_not_null[static_cast<std::size_t>(position(name))] = true;
  }
  for (const std::string& name : read.null) {
    if (position(name) < count) read.options.force_null[static_cast<std::size_t>(position(name))] = true;
  }
  action.options = std::move(read.options);
  action.shard_sql = CopyText(copy, action.options.format, &action.column_names);
  PlanPtr plan = NewPlan(job, "COPY");
  plan->why = everywhere ? "a reference table takes every row on every shard" : "each row goes to the shard of its key";
  plan->action = std::move(action);
  return plan;
}

PlanPtr PlanCopyOut(Job& job, const parser::CopyStmt& copy, const RelationInfo& info) {
  const ReadOptions read = ReadCopyOptions(job, copy);
  PlanPtr plan = NewPlan(job, "COPY");
  if (info.kind == RelationClass::kReference) {
    RunRouted routed;
    routed.selector = SelectorOf(Selector::Op::kAny);
    routed.writes = false;
    plan->action = std::move(routed);
    plan->why = "reference tables are whole on every shard";
    return plan;
  }
  if (read.problem) return RefusalPlan(job, "COPY", *read.problem);
  CopyOut action;
  action.selector = SelectorOf(Selector::Op::kAll);
  action.binary = read.options.format == CopyFormat::kBinary;
  action.shard_sql = CopyText(copy, read.options.format, nullptr);
  plan->action = std::move(action);
  plan->why = "the shards' rows follow one another";
  return plan;
}

// COPY (query) TO STDOUT.
PlanPtr PlanCopyQuery(Job& job, const parser::CopyStmt& copy) {
  PlanPtr inner = PlanQuery(job, *copy.query);
  if (inner == nullptr) {
    return RefusalPlan(job, "COPY", job.Refuse("COPY of this statement", &copy, "Copy a SELECT."));
  }
  inner->command = "COPY";
  inner->returns_rows = false;
  auto* routed = std::get_if<RunRouted>(&inner->action);
  if (routed == nullptr) {
    if (std::holds_alternative<Refusal>(inner->action)) return inner;
    return RefusalPlan(job, "COPY", job.Refuse("COPY of a write on every shard", &copy, "Run the write by itself."));
  }
  if (!routed->stream) return inner;
  const StreamSpec stream = *std::exchange(routed->stream, std::nullopt);
  const bool plain =
      stream.order.empty() && !stream.combines && !stream.limit && !stream.offset && stream.hidden_columns == 0;
  if (!plain) {
    routed->if_several = job.Refuse("COPY of a query whose rows must be merged from several shards", copy.query,
                                    "Leave out ORDER BY, LIMIT and aggregates, or give the shard key.");
    return inner;
  }
  const ReadOptions read = ReadCopyOptions(job, copy);
  if (read.problem) {
    routed->if_several = *read.problem;
    return inner;
  }
  CopyOut action;
  action.selector = std::move(routed->selector);
  action.binary = read.options.format == CopyFormat::kBinary;
  action.shard_sql = CopyText(copy, read.options.format, nullptr);
  inner->action = std::move(action);
  return inner;
}

}  // namespace

PlanPtr PlanCopy(Job& job, const parser::Node& node) {
  const auto* copy = As<parser::CopyStmt>(&node);
  if (copy == nullptr) return nullptr;
  if (copy->is_program || copy->filename.data() != nullptr) {
    return RefusalPlan(job, "COPY",
                       job.Refuse("COPY with a file or program of the server", copy,
                                  "Use COPY … FROM STDIN or TO STDOUT (\\copy in psql)."));
  }
  if (copy->query != nullptr) return PlanCopyQuery(job, *copy);
  const RelationInfo info = ClassifyRelation(job, *copy->relation);
  if (info.problem) return RefusalPlan(job, "COPY", *WithoutPlace(info.problem));
  if (info.kind == RelationClass::kHome || info.kind == RelationClass::kSystem) {
    if (copy->is_from && info.relation != nullptr && MapSpreadsTables(job.context)) {
      for (const catalog::QualifiedName& function : info.relation->trigger_functions) {
        if (!FunctionMayTouchSharded(job, function)) continue;
        return RefusalPlan(job, "COPY",
                           job.Refuse(fmt::format("trigger function {} may touch tables that are spread "
                                                  "over shards",
                                                  function.name),
                                      copy->relation, "Drop the trigger and do its work apart."));
      }
    }
    if (copy->is_from && info.relation != nullptr && !copy->attlist.empty()) {
      for (const catalog::Column& column : info.relation->columns) {
        if (std::find(copy->attlist.begin(), copy->attlist.end(), column.name) != copy->attlist.end()) continue;
        if (Blocker blocker = CheckDefault(job, info, column, false, copy->relation)) {
          return RefusalPlan(job, "COPY", *std::move(blocker));
        }
      }
    }
    PlanPtr plan = HomePlan(job, "COPY", "everything it names is on the home shard");
    plan->leaves_state = copy->is_from && (IsTemporary(info) || WriteMayLeaveState(job, info.relation, false));
    // What is written to a temporary table is no commit's to keep.
    if (IsTemporary(info)) std::get<RunRouted>(plan->action).writes = false;
    return plan;
  }
  return copy->is_from ? PlanCopyIn(job, *copy, info) : PlanCopyOut(job, *copy, info);
}

}  // namespace pgshoal::plan
