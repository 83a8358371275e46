// Every kind of statement, chosen by its first words.
#include "base/sqlstate.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

namespace {

// WITH … INSERT | UPDATE | DELETE | MERGE | SELECT
struct WithStatement : Base<WithStatement> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    // A query may have its WITH clause inside; where it leads is known only behind the clause.
    It begin = first;
    WithClause* with = nullptr;
    if (!ParseRule(with_clause, first, last, ctx, with)) return false;
    switch (first->kind) {
      case Tok::INSERT:
        if (!ParseRule(InsertStmt, first, last, ctx, target)) return false;
        static_cast<ast::InsertStmt*>(target)->withClause = with;
        break;
      case Tok::UPDATE:
        if (!ParseRule(UpdateStmt, first, last, ctx, target)) return false;
        static_cast<ast::UpdateStmt*>(target)->withClause = with;
        break;
      case Tok::DELETE_P:
        if (!ParseRule(DeleteStmt, first, last, ctx, target)) return false;
        static_cast<ast::DeleteStmt*>(target)->withClause = with;
        break;
      case Tok::MERGE:
        if (!ParseRule(MergeStmt, first, last, ctx, target)) return false;
        static_cast<ast::MergeStmt*>(target)->withClause = with;
        break;
      default: {
        if (first->kind == Tok::WITH || first->kind == Tok::WITH_LA) return false;
        if (!ParseRule(select_no_parens, first, last, ctx, target)) return false;
        auto* select = static_cast<ast::SelectStmt*>(target);
        if (select->withClause != nullptr) {
          return Fail(State(ctx), sqlstate::kSyntaxError, "multiple WITH clauses not allowed", with->begin);
        }
        select->withClause = with;
        break;
      }
    }
    Spanned(target, begin, first);
    return true;
  }
};

// Statements nest in WITH and in the bodies of functions.
struct RoomOnStack : Base<RoomOnStack> {
  template <class R, class A>
  bool parse(It&, It const&, const Ctx& ctx, R&, A&) const {
    return !StackIsLow(State(ctx)) || FailTooDeep(State(ctx));
  }
};

}  // namespace

PGSHOAL_DEFINE(PreparableStmt, RoomOnStack{} >> choose(
    when<SELECT, VALUES, TABLE, lp>(grammar::SelectStmt), when<INSERT>(grammar::InsertStmt),
    when<UPDATE>(grammar::UpdateStmt), when<DELETE_P>(grammar::DeleteStmt), when<MERGE>(grammar::MergeStmt),
    when<WITH, WITH_LA_>(WithStatement{})))

PGSHOAL_DEFINE(stmt, RoomOnStack{} >> choose(
    when<SELECT, VALUES, TABLE, lp, INSERT, UPDATE, DELETE_P, MERGE, WITH, WITH_LA_>(PreparableStmt),
    when3<PREPARE, TRANSACTION, Kw<Tok::SCONST>{}>(TransactionStmt),
    when<BEGIN_P, START, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, END_P, ABORT_P>(TransactionStmt),
    when3<SET, CONSTRAINTS, TO, equal, dot, FROM>(VariableSetStmt),  // a setting called so
    when2<SET, CONSTRAINTS>(ConstraintsSetStmt), when<SET>(VariableSetStmt), when<SHOW>(VariableShowStmt),
    when<RESET>(VariableResetStmt), when<DISCARD>(DiscardStmt), when<COPY>(CopyStmt),
    when<EXECUTE>(ExecuteStmt), when<PREPARE>(PrepareStmt), when<DEALLOCATE>(DeallocateStmt),
    when<DECLARE>(DeclareCursorStmt), when<FETCH, MOVE>(FetchStmt), when<CLOSE>(ClosePortalStmt),
    when<EXPLAIN>(ExplainStmt), when<VACUUM, ANALYZE, ANALYSE>(VacuumStmt), when<LOCK_P>(LockStmt),
    when<TRUNCATE>(TruncateStmt), when<LISTEN, NOTIFY, UNLISTEN>(notification_stmt),
    when<CLUSTER, REINDEX, CHECKPOINT, LOAD, DO, CALL>(maintenance_stmt), when<REFRESH>(RefreshMatViewStmt),
    when<CREATE>(create_stmt), when<ALTER>(alter_stmt), when<DROP>(drop_stmt), when<GRANT>(grammar::GrantStmt),
    when<REVOKE>(RevokeStmt), when<COMMENT>(grammar::CommentStmt), when<SECURITY>(grammar::SecLabelStmt),
    when<IMPORT_P>(grammar::ImportForeignSchemaStmt),
    when<REASSIGN>(make<ReassignOwnedStmt>(
        REASSIGN >> OWNED >> BY >> set<&ReassignOwnedStmt::roles>(commas(grammar::RoleSpec)) >> TO >>
        set<&ReassignOwnedStmt::newrole>(grammar::RoleSpec)))))

}  // namespace pgshoal::parser::grammar
