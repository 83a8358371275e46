// What lives in a session: transactions, settings, prepared statements, cursors, notifications.
// gram.y's rules that have no name of their own here: var_list, opt_encoding, constraints_set_list,
// constraints_set_mode, prep_type_clause, execute_param_clause, cursor_options, opt_hold, from_in, notify_payload.
#include "base/sqlstate.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

// --- transactions -------------------------------------------------------------------------------------------------

namespace {

using Tx = ast::TransactionStmt;
using enum TransactionStmtKind;

template <int32_t Value, class P>
constexpr auto int_const(P p) { return build<x3::unused_type, ToIntConst<Value>>(p); }

constexpr auto iso_level = build<Str, ToStringConst>(choose(
    when2<READ, UNCOMMITTED>(READ >> UNCOMMITTED >> text<"read uncommitted">),
    when2<READ, COMMITTED>(READ >> COMMITTED >> text<"read committed">),
    when<REPEATABLE>(REPEATABLE >> READ >> text<"repeatable read">),
    when<SERIALIZABLE>(SERIALIZABLE >> text<"serializable">)));

constexpr auto transaction_mode_item = choose(
    when<ISOLATION>(def<"transaction_isolation">(ISOLATION >> LEVEL >> iso_level)),
    when2<READ, ONLY>(def<"transaction_read_only">(int_const<1>(READ >> ONLY))),
    when<READ>(def<"transaction_read_only">(int_const<0>(READ >> WRITE))),
    when<DEFERRABLE>(def<"transaction_deferrable">(int_const<1>(DEFERRABLE))),
    when<NOT>(def<"transaction_deferrable">(int_const<0>(NOT >> DEFERRABLE))));
constexpr auto transaction_mode_list = transaction_mode_item >> many(opt<comma>(comma) >> transaction_mode_item);
constexpr auto transaction_mode_list_or_empty = opt<ISOLATION, READ, DEFERRABLE, NOT>(
    set<&Tx::options>(transaction_mode_list));

constexpr auto opt_transaction = choose(when<WORK>(WORK), when<TRANSACTION>(TRANSACTION), otherwise(eps));
constexpr auto opt_transaction_chain = opt<AND>(
    AND >> choose(when<NO>(NO >> CHAIN), when<CHAIN>(CHAIN >> put<&Tx::chain>)));
template <TransactionStmtKind K>
constexpr auto kind = put<&Tx::kind, K>;
constexpr auto savepoint = set<&Tx::savepoint_name>(ColId);
constexpr auto rollback_to = TO >> kind<TRANS_STMT_ROLLBACK_TO> >>
    choose(when2<SAVEPOINT, Kw<Tok::SEMICOLON>{}, Kw<Tok::END>{}>(savepoint), when<SAVEPOINT>(SAVEPOINT >> savepoint),
           otherwise(savepoint));

}  // namespace

PGSHOAL_DEFINE(TransactionStmt, make<Tx>(choose(
    when<ABORT_P>(ABORT_P >> kind<TRANS_STMT_ROLLBACK> >> opt_transaction >> opt_transaction_chain),
    when<START>(START >> TRANSACTION >> kind<TRANS_STMT_START> >> transaction_mode_list_or_empty),
    when<BEGIN_P>(BEGIN_P >> kind<TRANS_STMT_BEGIN> >> opt_transaction >> transaction_mode_list_or_empty),
    when2<COMMIT, PREPARED>(COMMIT >> PREPARED >> kind<TRANS_STMT_COMMIT_PREPARED> >> set<&Tx::gid>(Sconst)),
    when2<ROLLBACK, PREPARED>(ROLLBACK >> PREPARED >> kind<TRANS_STMT_ROLLBACK_PREPARED> >> set<&Tx::gid>(Sconst)),
    when2<PREPARE, TRANSACTION>(PREPARE >> TRANSACTION >> kind<TRANS_STMT_PREPARE> >> set<&Tx::gid>(Sconst)),
    when<COMMIT>(COMMIT >> kind<TRANS_STMT_COMMIT> >> opt_transaction >> opt_transaction_chain),
    when<END_P>(END_P >> kind<TRANS_STMT_COMMIT> >> opt_transaction >> opt_transaction_chain),
    when<ROLLBACK>(ROLLBACK >> kind<TRANS_STMT_ROLLBACK> >> opt_transaction >> choose(
        when<TO>(rollback_to), otherwise(opt_transaction_chain))),
    when<SAVEPOINT>(SAVEPOINT >> kind<TRANS_STMT_SAVEPOINT> >> savepoint),
    when<RELEASE>(RELEASE >> kind<TRANS_STMT_RELEASE> >> choose(
        when2<SAVEPOINT, Kw<Tok::SEMICOLON>{}, Kw<Tok::END>{}>(savepoint),
        when<SAVEPOINT>(SAVEPOINT >> savepoint), otherwise(savepoint))))))

// --- settings -----------------------------------------------------------------------------------------------------

namespace {

using Var = ast::VariableSetStmt;
using enum VariableSetKind;

bool JoinVarName(ParseContext& state, It, It, Names& parts, Str& target) {
  if (parts.size() == 1) {
    target = parts[0];
    return true;
  }
  std::string joined;
  for (Str part : parts) {
    if (!joined.empty()) joined += '.';
    joined += part;
  }
  target = state.arena.Copy(joined);
  return true;
}
constexpr auto var_name = build<Names, JoinVarName>(ColId >> many(dot >> ColId));
constexpr auto var_value = choose(
    when<Kw<Tok::ICONST>{}, Kw<Tok::FCONST>{}, Kw<Tok::PLUS>{}, Kw<Tok::MINUS>{}>(build<Node*, ToNumberConst>(NumericOnly)),
    otherwise(build<Str, ToStringConst>(opt_boolean_or_string)));

template <VariableSetKind K>
constexpr auto var_kind = put<&Var::kind, K>;
template <Fixed F>
constexpr auto var_is = set<&Var::name>(text<F>);
constexpr auto string_arg = [](auto p) { return set<&Var::args>(build<Str, ToStringConst>(p)); };

bool ZoneInterval(ParseContext& state, It begin, It after, Node*& cast, Nodes& target) {
  const Nodes& mods = static_cast<TypeCast*>(cast)->typeName->typmods;
  constexpr int32_t kHourMinute = (1 << 10) | (1 << 11);
  if (begin[1].kind != Tok::LPAREN && !mods.empty() && (static_cast<A_Const*>(mods[0])->ival & ~kHourMinute) != 0) {
    It at = after - 1;
    while (at[-1].kind != Tok::SCONST) --at;
    return Fail(state, sqlstate::kSyntaxError, "time zone interval must be HOUR or HOUR TO MINUTE", at->begin);
  }
  target.push_back(state.arena, cast);
  return true;
}
constexpr auto zone_value = choose(
    when<DEFAULT>(DEFAULT >> var_kind<VAR_SET_DEFAULT>), when<LOCAL>(LOCAL >> var_kind<VAR_SET_DEFAULT>),
    when<INTERVAL>(set<&Var::args>(build<Node*, ZoneInterval>(ConstInterval_literal))),
    when<Kw<Tok::SCONST>{}>(string_arg(Sconst)), when<Kw<Tok::IDENT>{}>(string_arg(ColId)),
    otherwise(set<&Var::args>(build<Node*, ToNumberConst>(NumericOnly))));

bool NoCatalog(ParseContext& state, It begin, It, Str&, Var&) {
  return Fail(state, sqlstate::kFeatureNotSupported, "current database cannot be changed", begin[1].begin);
}

// A name that is assigned to, whatever keyword it is.
template <class P>
struct Unassigned {
  P body;
  static bool Matches(It first) {
    Tok next = first[1].kind;
    return next != Tok::TO && next != Tok::EQUAL && next != Tok::DOT && next != Tok::FROM;
  }
};
template <Tok K, class P>
struct Special {
  P body;
  static bool Matches(It first) { return first->kind == K && Unassigned<P>::Matches(first); }
};
template <Tok K, class P>
constexpr auto special(P p) { return Special<K, P>{p}; }

constexpr auto role_or_string = choose(when<Kw<Tok::SCONST>{}>(Sconst), otherwise(NonReservedWord));

}  // namespace

PGSHOAL_DEFINE(generic_set, set<&Var::name>(var_name) >> choose(when<TO>(TO), when<equal>(equal)) >> choose(
    when<DEFAULT>(DEFAULT >> var_kind<VAR_SET_DEFAULT>), otherwise(set<&Var::args>(commas(var_value)))))

namespace {

template <bool Document>
bool XmlOption(ParseContext& state, It begin, It after, x3::unused_type&, Nodes& target) {
  target.push_back(state.arena, Spanned(StringConst(state, Document ? "DOCUMENT" : "CONTENT"), begin, after));
  return true;
}

constexpr auto authorization = AUTHORIZATION >> var_is<"session_authorization"> >> choose(
    when<DEFAULT>(DEFAULT >> var_kind<VAR_SET_DEFAULT>), otherwise(string_arg(role_or_string)));

}  // namespace

PGSHOAL_DEFINE(set_rest_more, choose(
    when2<TIME, ZONE>(TIME >> ZONE >> var_is<"timezone"> >> zone_value),
    special<CATALOG_P>(build<Str, NoCatalog>(CATALOG_P >> Sconst)),
    special<SCHEMA>(SCHEMA >> var_is<"search_path"> >> string_arg(Sconst)),
    special<NAMES>(NAMES >> var_is<"client_encoding"> >> choose(
        when<Kw<Tok::SCONST>{}>(string_arg(Sconst)),
        when<DEFAULT>(DEFAULT >> var_kind<VAR_SET_DEFAULT>), otherwise(var_kind<VAR_SET_DEFAULT>))),
    special<ROLE>(ROLE >> var_is<"role"> >> string_arg(role_or_string)),
    when2<SESSION, AUTHORIZATION>(SESSION >> authorization),
    when2<XML_P, OPTION>(XML_P >> OPTION >> var_is<"xmloption"> >> set<&Var::args>(choose(
        when<DOCUMENT_P>(build<x3::unused_type, XmlOption<true>>(DOCUMENT_P)),
        when<CONTENT_P>(build<x3::unused_type, XmlOption<false>>(CONTENT_P))))),
    when2<TRANSACTION, SNAPSHOT>(TRANSACTION >> SNAPSHOT >> var_is<"TRANSACTION SNAPSHOT"> >>
                                 var_kind<VAR_SET_MULTI> >> string_arg(Sconst)),
    otherwise((set<&Var::name>(var_name) >> FROM >> CURRENT_P >> var_kind<VAR_SET_CURRENT>) | generic_set)))

PGSHOAL_DEFINE(set_rest, choose(
    when2<TRANSACTION, ISOLATION, READ, DEFERRABLE, NOT>(
        TRANSACTION >> var_is<"TRANSACTION"> >> var_kind<VAR_SET_MULTI> >> set<&Var::args>(transaction_mode_list)),
    when3<SESSION, CHARACTERISTICS, AS>(
        SESSION >> CHARACTERISTICS >> AS >> TRANSACTION >> var_is<"SESSION CHARACTERISTICS"> >>
        var_kind<VAR_SET_MULTI> >> set<&Var::args>(transaction_mode_list)),
    otherwise(set_rest_more)))

PGSHOAL_DEFINE(VariableSetStmt, make<Var>(SET >> choose(
    special<LOCAL>(LOCAL >> set_rest >> put<&Var::is_local>),
    when2<SESSION, AUTHORIZATION>(set_rest), when3<SESSION, CHARACTERISTICS, AS>(set_rest),
    special<SESSION>(SESSION >> set_rest), otherwise(set_rest))))

namespace {
constexpr auto reset_rest = choose(
    when2<TIME, ZONE>(TIME >> ZONE >> var_kind<VAR_RESET> >> var_is<"timezone">),
    when2<TRANSACTION, ISOLATION>(TRANSACTION >> ISOLATION >> LEVEL >> var_kind<VAR_RESET> >>
                                  var_is<"transaction_isolation">),
    when2<SESSION, AUTHORIZATION>(SESSION >> AUTHORIZATION >> var_kind<VAR_RESET> >> var_is<"session_authorization">),
    otherwise(generic_reset));
using Show = ast::VariableShowStmt;
template <Fixed F>
constexpr auto show_is = set<&Show::name>(text<F>);
}  // namespace

PGSHOAL_DEFINE(generic_reset, choose(
    when<ALL>(ALL >> var_kind<VAR_RESET_ALL>), otherwise(var_kind<VAR_RESET> >> set<&Var::name>(var_name))))
PGSHOAL_DEFINE(VariableResetStmt, make<Var>(RESET >> reset_rest))
PGSHOAL_DEFINE(SetResetClause, make<Var>(choose(when<SET>(SET >> set_rest), when<RESET>(RESET >> reset_rest))))
PGSHOAL_DEFINE(FunctionSetResetClause,
               make<Var>(choose(when<SET>(SET >> set_rest_more), when<RESET>(RESET >> reset_rest))))
PGSHOAL_DEFINE(VariableShowStmt, make<Show>(SHOW >> choose(
    when2<TIME, ZONE>(TIME >> ZONE >> show_is<"timezone">),
    when2<TRANSACTION, ISOLATION>(TRANSACTION >> ISOLATION >> LEVEL >> show_is<"transaction_isolation">),
    when2<SESSION, AUTHORIZATION>(SESSION >> AUTHORIZATION >> show_is<"session_authorization">),
    when<ALL>(ALL >> show_is<"all">), otherwise(set<&Show::name>(var_name)))))

namespace {
using Constraints = ast::ConstraintsSetStmt;
using Discard = ast::DiscardStmt;
}  // namespace

PGSHOAL_DEFINE(ConstraintsSetStmt, make<Constraints>(
    SET >> CONSTRAINTS >> choose(when<ALL>(ALL), otherwise(set<&Constraints::constraints>(commas(qualified_name)))) >>
    choose(when<DEFERRED>(DEFERRED >> put<&Constraints::deferred>), when<IMMEDIATE>(IMMEDIATE))))

PGSHOAL_DEFINE(DiscardStmt, make<Discard>(DISCARD >> choose(
    when<ALL>(ALL >> put<&Discard::target, DiscardMode::DISCARD_ALL>),
    when<TEMP>(TEMP >> put<&Discard::target, DiscardMode::DISCARD_TEMP>),
    when<TEMPORARY>(TEMPORARY >> put<&Discard::target, DiscardMode::DISCARD_TEMP>),
    when<PLANS>(PLANS >> put<&Discard::target, DiscardMode::DISCARD_PLANS>),
    when<SEQUENCES>(SEQUENCES >> put<&Discard::target, DiscardMode::DISCARD_SEQUENCES>))))

// --- prepared statements, cursors, notifications --------------------------------------------------------------------

namespace {
using Prepare = ast::PrepareStmt;
using Execute = ast::ExecuteStmt;
using Deallocate = ast::DeallocateStmt;
using Declare = ast::DeclareCursorStmt;
using Fetch = ast::FetchStmt;
using enum FetchDirection;

// DECLARE's options, as PostgreSQL's CURSOR_OPT_*.
template <int32_t Bit>
void CursorOption(ParseContext&, It, Declare& d) { d.options |= Bit; }

constexpr auto opt_from_in = choose(when<FROM>(FROM), when<IN_P>(IN_P), otherwise(eps));
constexpr auto cursor_name = set<&Fetch::portalname>(name);
template <FetchDirection D>
constexpr auto direction = put<&Fetch::direction, D>;
template <int64_t N>
constexpr auto how_many = put<&Fetch::howMany, N>;
constexpr int64_t kFetchAll = INT64_MAX;
constexpr auto counted = choose(
    when<ALL>(ALL >> how_many<kFetchAll>),
    when<Kw<Tok::ICONST>{}, Kw<Tok::PLUS>{}, Kw<Tok::MINUS>{}>(set<&Fetch::howMany>(as<int32_t>(SignedIconst))),
    otherwise(how_many<1>)) >> opt_from_in >> cursor_name;
constexpr Kw<Tok::SEMICOLON> semi{};
constexpr Kw<Tok::END> at_end{};
constexpr auto plain_fetch = how_many<1> >> opt_from_in >> cursor_name;
constexpr auto fetch_args = choose(
    when2<NEXT, semi, at_end>(plain_fetch), when2<PRIOR, semi, at_end>(plain_fetch),
    when2<FIRST_P, semi, at_end>(plain_fetch), when2<LAST_P, semi, at_end>(plain_fetch),
    when2<ABSOLUTE_P, semi, at_end>(plain_fetch), when2<RELATIVE_P, semi, at_end>(plain_fetch),
    when2<FORWARD, semi, at_end>(plain_fetch), when2<BACKWARD, semi, at_end>(plain_fetch),
    when<NEXT>(NEXT >> plain_fetch),
    when<PRIOR>(PRIOR >> direction<FETCH_BACKWARD> >> plain_fetch),
    when<FIRST_P>(FIRST_P >> direction<FETCH_ABSOLUTE> >> plain_fetch),
    when<LAST_P>(LAST_P >> direction<FETCH_ABSOLUTE> >> how_many<-1> >> opt_from_in >> cursor_name),
    when<ABSOLUTE_P>(ABSOLUTE_P >> direction<FETCH_ABSOLUTE> >> set<&Fetch::howMany>(as<int32_t>(SignedIconst)) >>
                     opt_from_in >> cursor_name),
    when<RELATIVE_P>(RELATIVE_P >> direction<FETCH_RELATIVE> >> set<&Fetch::howMany>(as<int32_t>(SignedIconst)) >>
                     opt_from_in >> cursor_name),
    when<FORWARD>(FORWARD >> counted),
    when<BACKWARD>(BACKWARD >> direction<FETCH_BACKWARD> >> counted),
    otherwise(counted));
}  // namespace

PGSHOAL_DEFINE(PrepareStmt, make<Prepare>(
    PREPARE >> set<&Prepare::name>(name) >> opt<lp>(lp >> set<&Prepare::argtypes>(commas(Typename)) >> rp) >> AS >>
    set<&Prepare::query>(PreparableStmt)))
PGSHOAL_DEFINE(ExecuteStmt, make<Execute>(
    EXECUTE >> set<&Execute::name>(name) >> opt<lp>(lp >> set<&Execute::params>(commas(a_expr)) >> rp)))
PGSHOAL_DEFINE(DeallocateStmt, make<Deallocate>(
    DEALLOCATE >> choose(when2<PREPARE, semi, at_end>(eps), when<PREPARE>(PREPARE), otherwise(eps)) >>
    choose(when<ALL>(ALL), otherwise(set<&Deallocate::name>(name)))))
PGSHOAL_DEFINE(DeclareCursorStmt, make<Declare>(
    DECLARE >> call<CursorOption<0x100>> >> set<&Declare::portalname>(name) >> many(choose(
        when<NO>(NO >> SCROLL >> call<CursorOption<0x4>>), when<SCROLL>(SCROLL >> call<CursorOption<0x2>>),
        when<BINARY>(BINARY >> call<CursorOption<0x1>>), when<ASENSITIVE>(ASENSITIVE >> call<CursorOption<0x10>>),
        when<INSENSITIVE>(INSENSITIVE >> call<CursorOption<0x8>>))) >> CURSOR >>
    choose(when<WITH>(WITH >> HOLD >> call<CursorOption<0x20>>), when<WITHOUT>(WITHOUT >> HOLD), otherwise(eps)) >> FOR >>
    set<&Declare::query>(grammar::SelectStmt)))
PGSHOAL_DEFINE(FetchStmt, make<Fetch>(
    choose(when<FETCH>(FETCH), when<MOVE>(MOVE >> put<&Fetch::ismove>)) >> fetch_args))
PGSHOAL_DEFINE(ClosePortalStmt, make<ast::ClosePortalStmt>(
    CLOSE >> choose(when<ALL>(ALL), otherwise(set<&ast::ClosePortalStmt::portalname>(name)))))
PGSHOAL_DEFINE(notification_stmt, choose(
    when<LISTEN>(make<ListenStmt>(LISTEN >> set<&ListenStmt::conditionname>(ColId))),
    when<NOTIFY>(make<NotifyStmt>(NOTIFY >> set<&NotifyStmt::conditionname>(ColId) >>
                                  opt<comma>(comma >> set<&NotifyStmt::payload>(Sconst)))),
    when<UNLISTEN>(make<UnlistenStmt>(
        UNLISTEN >> choose(when<star>(star), otherwise(set<&UnlistenStmt::conditionname>(ColId)))))))

}  // namespace pgshoal::parser::grammar
