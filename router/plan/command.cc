// Command tags (PostgreSQL manual, "Message Formats", CommandComplete, and the tags that servers send).
#include <fmt/format.h>

#include "router/plan/job.hpp"

namespace pgshoal::plan {

std::string_view ObjectWord(parser::ObjectType type) {
  using enum parser::ObjectType;
  switch (type) {
    case OBJECT_ACCESS_METHOD:
      return "ACCESS METHOD";
    case OBJECT_AGGREGATE:
      return "AGGREGATE";
    case OBJECT_EVENT_TRIGGER:
      return "EVENT TRIGGER";
    case OBJECT_LARGEOBJECT:
      return "LARGE OBJECT";
    case OBJECT_CAST:
      return "CAST";
    case OBJECT_COLLATION:
      return "COLLATION";
    case OBJECT_CONVERSION:
      return "CONVERSION";
    case OBJECT_DATABASE:
      return "DATABASE";
    case OBJECT_DOMAIN:
    case OBJECT_DOMCONSTRAINT:
      return "DOMAIN";
    case OBJECT_EXTENSION:
      return "EXTENSION";
    case OBJECT_FDW:
      return "FOREIGN DATA WRAPPER";
    case OBJECT_FOREIGN_SERVER:
      return "SERVER";
    case OBJECT_FOREIGN_TABLE:
      return "FOREIGN TABLE";
    case OBJECT_FUNCTION:
      return "FUNCTION";
    case OBJECT_INDEX:
      return "INDEX";
    case OBJECT_LANGUAGE:
      return "LANGUAGE";
    case OBJECT_MATVIEW:
      return "MATERIALIZED VIEW";
    case OBJECT_OPCLASS:
      return "OPERATOR CLASS";
    case OBJECT_OPERATOR:
      return "OPERATOR";
    case OBJECT_OPFAMILY:
      return "OPERATOR FAMILY";
    case OBJECT_POLICY:
      return "POLICY";
    case OBJECT_PROCEDURE:
      return "PROCEDURE";
    case OBJECT_PUBLICATION:
      return "PUBLICATION";
    case OBJECT_ROLE:
      return "ROLE";
    case OBJECT_ROUTINE:
      return "ROUTINE";
    case OBJECT_RULE:
      return "RULE";
    case OBJECT_SCHEMA:
      return "SCHEMA";
    case OBJECT_SEQUENCE:
      return "SEQUENCE";
    case OBJECT_STATISTIC_EXT:
      return "STATISTICS";
    case OBJECT_SUBSCRIPTION:
      return "SUBSCRIPTION";
    case OBJECT_TABLESPACE:
      return "TABLESPACE";
    case OBJECT_TRANSFORM:
      return "TRANSFORM";
    case OBJECT_TRIGGER:
      return "TRIGGER";
    case OBJECT_TSCONFIGURATION:
      return "TEXT SEARCH CONFIGURATION";
    case OBJECT_TSDICTIONARY:
      return "TEXT SEARCH DICTIONARY";
    case OBJECT_TSPARSER:
      return "TEXT SEARCH PARSER";
    case OBJECT_TSTEMPLATE:
      return "TEXT SEARCH TEMPLATE";
    case OBJECT_ATTRIBUTE:
    case OBJECT_TYPE:
      return "TYPE";
    case OBJECT_VIEW:
      return "VIEW";
    default:
      return "TABLE";
  }
}

std::string CommandName(const parser::Node& node) {
  using parser::NodeTag;
  switch (node.tag) {
    case NodeTag::SelectStmt:
      return "SELECT";
    case NodeTag::InsertStmt:
      return "INSERT";
    case NodeTag::UpdateStmt:
      return "UPDATE";
    case NodeTag::DeleteStmt:
      return "DELETE";
    case NodeTag::MergeStmt:
      return "MERGE";
    case NodeTag::CopyStmt:
      return "COPY";
    case NodeTag::ExplainStmt:
      return "EXPLAIN";
    case NodeTag::TruncateStmt:
      return "TRUNCATE TABLE";
    case NodeTag::VacuumStmt:
      return static_cast<const parser::VacuumStmt&>(node).is_vacuumcmd ? "VACUUM" : "ANALYZE";
    case NodeTag::CreateStmt:
      return "CREATE TABLE";
    case NodeTag::CreateTableAsStmt:
      return static_cast<const parser::CreateTableAsStmt&>(node).objtype == parser::ObjectType::OBJECT_MATVIEW
                 ? "CREATE MATERIALIZED VIEW"
                 : "CREATE TABLE AS";
    case NodeTag::IndexStmt:
      return "CREATE INDEX";
    case NodeTag::ViewStmt:
      return "CREATE VIEW";
    case NodeTag::CreateSeqStmt:
      return "CREATE SEQUENCE";
    case NodeTag::AlterSeqStmt:
      return "ALTER SEQUENCE";
    case NodeTag::CreateSchemaStmt:
      return "CREATE SCHEMA";
    case NodeTag::CreateExtensionStmt:
      return "CREATE EXTENSION";
    case NodeTag::CreateFunctionStmt:
      return static_cast<const parser::CreateFunctionStmt&>(node).is_procedure ? "CREATE PROCEDURE" : "CREATE FUNCTION";
    case NodeTag::CompositeTypeStmt:
    case NodeTag::CreateEnumStmt:
    case NodeTag::CreateRangeStmt:
      return "CREATE TYPE";
    case NodeTag::CreateDomainStmt:
      return "CREATE DOMAIN";
    case NodeTag::AlterDomainStmt:
      return "ALTER DOMAIN";
    case NodeTag::AlterEnumStmt:
    case NodeTag::AlterTypeStmt:
      return "ALTER TYPE";
    case NodeTag::DropStmt:
      return fmt::format("DROP {}", ObjectWord(static_cast<const parser::DropStmt&>(node).removeType));
    case NodeTag::AlterTableStmt:
      return fmt::format("ALTER {}", ObjectWord(static_cast<const parser::AlterTableStmt&>(node).objtype));
    case NodeTag::RenameStmt: {
      const auto& rename = static_cast<const parser::RenameStmt&>(node);
      const bool part = rename.renameType == parser::ObjectType::OBJECT_COLUMN;
      return fmt::format("ALTER {}", ObjectWord(part ? rename.relationType : rename.renameType));
    }
    case NodeTag::GrantStmt:
      return static_cast<const parser::GrantStmt&>(node).is_grant ? "GRANT" : "REVOKE";
    case NodeTag::GrantRoleStmt:
      return static_cast<const parser::GrantRoleStmt&>(node).is_grant ? "GRANT ROLE" : "REVOKE ROLE";
    case NodeTag::CommentStmt:
      return "COMMENT";
    case NodeTag::LockStmt:
      return "LOCK TABLE";
    case NodeTag::DoStmt:
      return "DO";
    case NodeTag::CallStmt:
      return "CALL";
    case NodeTag::PrepareStmt:
      return "PREPARE";
    case NodeTag::ExecuteStmt:
      return "EXECUTE";
    case NodeTag::DeallocateStmt:
      return "DEALLOCATE";
    case NodeTag::DiscardStmt:
      return "DISCARD";
    case NodeTag::VariableSetStmt: {
      const auto kind = static_cast<const parser::VariableSetStmt&>(node).kind;
      const bool resets = kind == parser::VariableSetKind::VAR_RESET || kind == parser::VariableSetKind::VAR_RESET_ALL;
      return resets ? "RESET" : "SET";
    }
    case NodeTag::VariableShowStmt:
      return "SHOW";
    case NodeTag::DeclareCursorStmt:
      return "DECLARE CURSOR";
    case NodeTag::FetchStmt:
      return static_cast<const parser::FetchStmt&>(node).ismove ? "MOVE" : "FETCH";
    case NodeTag::ClosePortalStmt:
      return "CLOSE CURSOR";
    case NodeTag::CreatedbStmt:
      return "CREATE DATABASE";
    case NodeTag::DropdbStmt:
      return "DROP DATABASE";
    case NodeTag::AlterDatabaseStmt:
    case NodeTag::AlterDatabaseSetStmt:
    case NodeTag::AlterDatabaseRefreshCollStmt:
      return "ALTER DATABASE";
    case NodeTag::CreateTableSpaceStmt:
      return "CREATE TABLESPACE";
    case NodeTag::DropTableSpaceStmt:
      return "DROP TABLESPACE";
    case NodeTag::AlterTableSpaceOptionsStmt:
      return "ALTER TABLESPACE";
    case NodeTag::AlterSystemStmt:
      return "ALTER SYSTEM";
    case NodeTag::CreateForeignTableStmt:
      return "CREATE FOREIGN TABLE";
    case NodeTag::CreateForeignServerStmt:
      return "CREATE SERVER";
    case NodeTag::AlterForeignServerStmt:
      return "ALTER SERVER";
    case NodeTag::CreateFdwStmt:
      return "CREATE FOREIGN DATA WRAPPER";
    case NodeTag::AlterFdwStmt:
      return "ALTER FOREIGN DATA WRAPPER";
    case NodeTag::ImportForeignSchemaStmt:
      return "IMPORT FOREIGN SCHEMA";
    case NodeTag::CreateEventTrigStmt:
      return "CREATE EVENT TRIGGER";
    case NodeTag::AlterEventTrigStmt:
      return "ALTER EVENT TRIGGER";
    case NodeTag::CreatePLangStmt:
      return "CREATE LANGUAGE";
    case NodeTag::CreateAmStmt:
      return "CREATE ACCESS METHOD";
    case NodeTag::CreateOpClassStmt:
      return "CREATE OPERATOR CLASS";
    case NodeTag::CreateOpFamilyStmt:
      return "CREATE OPERATOR FAMILY";
    case NodeTag::AlterOpFamilyStmt:
      return "ALTER OPERATOR FAMILY";
    case NodeTag::AlterTSDictionaryStmt:
      return "ALTER TEXT SEARCH DICTIONARY";
    case NodeTag::AlterTSConfigurationStmt:
      return "ALTER TEXT SEARCH CONFIGURATION";
    case NodeTag::AlterStatsStmt:
      return "ALTER STATISTICS";
    case NodeTag::SecLabelStmt:
      return "SECURITY LABEL";
    case NodeTag::DefineStmt:
      return fmt::format("CREATE {}", ObjectWord(static_cast<const parser::DefineStmt&>(node).kind));
    case NodeTag::AlterFunctionStmt:
      return fmt::format("ALTER {}", ObjectWord(static_cast<const parser::AlterFunctionStmt&>(node).objtype));
    case NodeTag::AlterOwnerStmt:
      return fmt::format("ALTER {}", ObjectWord(static_cast<const parser::AlterOwnerStmt&>(node).objectType));
    case NodeTag::AlterObjectSchemaStmt:
      return fmt::format("ALTER {}", ObjectWord(static_cast<const parser::AlterObjectSchemaStmt&>(node).objectType));
    case NodeTag::CreateRoleStmt:
      return "CREATE ROLE";
    case NodeTag::AlterRoleStmt:
    case NodeTag::AlterRoleSetStmt:
      return "ALTER ROLE";
    case NodeTag::DropRoleStmt:
      return "DROP ROLE";
    case NodeTag::ReindexStmt:
      return "REINDEX";
    case NodeTag::ClusterStmt:
      return "CLUSTER";
    case NodeTag::RefreshMatViewStmt:
      return "REFRESH MATERIALIZED VIEW";
    case NodeTag::CheckPointStmt:
      return "CHECKPOINT";
    case NodeTag::CreateTrigStmt:
      return "CREATE TRIGGER";
    case NodeTag::RuleStmt:
      return "CREATE RULE";
    case NodeTag::CreatePolicyStmt:
      return "CREATE POLICY";
    case NodeTag::CreateStatsStmt:
      return "CREATE STATISTICS";
    case NodeTag::NotifyStmt:
      return "NOTIFY";
    case NodeTag::ListenStmt:
      return "LISTEN";
    case NodeTag::UnlistenStmt:
      return "UNLISTEN";
    case NodeTag::LoadStmt:
      return "LOAD";
    case NodeTag::ConstraintsSetStmt:
      return "SET CONSTRAINTS";
    case NodeTag::TransactionStmt:
      switch (static_cast<const parser::TransactionStmt&>(node).kind) {
        case parser::TransactionStmtKind::TRANS_STMT_BEGIN:
          return "BEGIN";
        case parser::TransactionStmtKind::TRANS_STMT_START:
          return "START TRANSACTION";
        case parser::TransactionStmtKind::TRANS_STMT_COMMIT:
          return "COMMIT";
        case parser::TransactionStmtKind::TRANS_STMT_SAVEPOINT:
          return "SAVEPOINT";
        case parser::TransactionStmtKind::TRANS_STMT_RELEASE:
          return "RELEASE";
        case parser::TransactionStmtKind::TRANS_STMT_PREPARE:
          return "PREPARE TRANSACTION";
        case parser::TransactionStmtKind::TRANS_STMT_COMMIT_PREPARED:
          return "COMMIT PREPARED";
        case parser::TransactionStmtKind::TRANS_STMT_ROLLBACK_PREPARED:
          return "ROLLBACK PREPARED";
        default:
          return "ROLLBACK";
      }
    default:
      break;
  }
  // CreateFdwStmt becomes "CREATE FDW": close enough for statements that are refused or reported by the server.
  std::string name;
  std::string_view tag = parser::TagName(node.tag);
  if (tag.size() > 4 && tag.substr(tag.size() - 4) == "Stmt") tag.remove_suffix(4);
  for (char c : tag) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !name.empty()) name += ' ';
    name += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}

}  // namespace pgshoal::plan
