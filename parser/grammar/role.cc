// Roles, privileges, COMMENT ON, SECURITY LABEL.
// gram.y's rules that have no name of their own here: OptRoleList, AlterOptRoleList, CreateUserStmt, CreateGroupStmt,
// AlterGroupStmt, add_drop, opt_in_database, privilege_list, parameter_name_list, parameter_name, grantee_list,
// grantee, opt_grant_grant_option, RevokeRoleStmt, opt_grant_admin_option, opt_granted_by, DefACLOptionList,
// DefACLOption, defacl_privilege_target, NumericOnly_list, comment_text, opt_provider, security_label.
#include "base/sqlstate.hpp"
#include "fmt/format.h"
#include "parser/grammar/ddl.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

// --- roles ------------------------------------------------------------------------------------------------------------

namespace {

constexpr auto role_list = commas(grammar::RoleSpec);
constexpr auto opt_with = opt<WITH, WITH_LA_>(choose(when<WITH>(WITH), otherwise(WITH_LA_)));

bool Unencrypted(ParseContext& state, It begin, It, Str&, Node*&) {
  return Fail(state, sqlstate::kFeatureNotSupported, "UNENCRYPTED PASSWORD is no longer supported", begin->begin,
              "Remove UNENCRYPTED to store the password in encrypted form instead.");
}

// Options that are plain words to the scanner: [NO]SUPERUSER and so on.
bool WordOption(ParseContext& state, It begin, It, Str& word, List<DefElem*>& list) {
  struct Option {
    std::string_view word, name;
    bool value;
  };
  static constexpr Option kOptions[] = {
      {"superuser", "superuser", true},     {"nosuperuser", "superuser", false},
      {"createrole", "createrole", true},   {"nocreaterole", "createrole", false},
      {"replication", "isreplication", true}, {"noreplication", "isreplication", false},
      {"createdb", "createdb", true},       {"nocreatedb", "createdb", false},
      {"login", "canlogin", true},          {"nologin", "canlogin", false},
      {"bypassrls", "bypassrls", true},     {"nobypassrls", "bypassrls", false},
      {"noinherit", "inherit", false}};
  for (const Option& option : kOptions) {
    if (option.word != word) continue;
    auto* value = state.arena.New<Boolean>();
    value->boolval = option.value;
    value->begin = begin->begin, value->end = begin->end;
    auto* element = NewDefElem(state, option.name, value);
    element->begin = begin->begin, element->end = begin->end;
    list.push_back(state.arena, element);
    return true;
  }
  return Fail(state, sqlstate::kSyntaxError, fmt::format("unrecognized role option \"{}\"", word), begin->begin);
}

constexpr auto AlterOptRoleElem = choose(
    when2<PASSWORD, NULL_P>(def<"password">(PASSWORD >> NULL_P)), when<PASSWORD>(def<"password">(PASSWORD >> Sconst)),
    when<ENCRYPTED>(def<"password">(ENCRYPTED >> PASSWORD >> Sconst)),
    when<UNENCRYPTED>(def<"password">(build<Str, Unencrypted>(UNENCRYPTED >> PASSWORD >> Sconst))),
    when<INHERIT>(def<"inherit">(INHERIT >> give<true>)),
    when<CONNECTION>(def<"connectionlimit">(CONNECTION >> LIMIT >> as<int32_t>(SignedIconst))),
    when<VALID>(def<"validUntil">(VALID >> UNTIL >> Sconst)),
    when<USER>(def<"rolemembers">(USER >> as<Nodes>(role_list))),
    when<Kw<Tok::IDENT>{}>(build<Str, WordOption>(Text<Tok::IDENT>{})));
constexpr auto CreateOptRoleElem = choose(
    when<SYSID>(def<"sysid">(SYSID >> Iconst)), when<ADMIN>(def<"adminmembers">(ADMIN >> as<Nodes>(role_list))),
    when<ROLE>(def<"rolemembers">(ROLE >> as<Nodes>(role_list))),
    when2<IN_P, ROLE>(def<"addroleto">(IN_P >> ROLE >> as<Nodes>(role_list))),
    when<IN_P>(def<"addroleto">(IN_P >> GROUP_P >> as<Nodes>(role_list))), otherwise(AlterOptRoleElem));

using Create = ast::CreateRoleStmt;
using Alter = ast::AlterRoleStmt;
using Set_ = ast::AlterRoleSetStmt;
using Drop = ast::DropRoleStmt;
using enum RoleStmtType;

constexpr auto in_database = opt<IN_P>(IN_P >> DATABASE >> set<&Set_::database>(name)) >> set<&Set_::setstmt>(SetResetClause);

// ALTER ROLE x SET … or ALTER ROLE x options.
struct SetsAhead {
  static bool Matches(It first) {
    It p = first + 2;
    if (first[2].kind == Tok::ALL) return true;
    ++p;
    return p->kind == Tok::SET || p->kind == Tok::RESET || p->kind == Tok::IN_P;
  }
};
template <class P>
struct WhenSets : SetsAhead {
  P body;
  constexpr explicit WhenSets(P p) : body(p) {}
};

}  // namespace

PGSHOAL_DEFINE(CreateRoleStmt, make<Create>(CREATE >> choose(
    when<ROLE>(ROLE >> put<&Create::stmt_type, ROLESTMT_ROLE>), when<USER>(USER >> put<&Create::stmt_type, ROLESTMT_USER>),
    when<GROUP_P>(GROUP_P >> put<&Create::stmt_type, ROLESTMT_GROUP>)) >> set<&Create::role>(RoleId) >> opt_with >>
    set<&Create::options>(many(CreateOptRoleElem))))

PGSHOAL_DEFINE(AlterRoleStmt, choose(
    when2<ALTER, GROUP_P>(make<Alter>(ALTER >> GROUP_P >> set<&Alter::role>(grammar::RoleSpec) >> choose(
        when<ADD_P>(ADD_P >> put<&Alter::action, 1>), when<DROP>(DROP >> put<&Alter::action, -1>)) >>
        set<&Alter::options>(def<"rolemembers">(USER >> as<Nodes>(role_list))))),
    WhenSets(make<Set_>(ALTER >> choose(when<ROLE>(ROLE), when<USER>(USER)) >> choose(
        when<ALL>(ALL), otherwise(set<&Set_::role>(grammar::RoleSpec))) >> in_database)),
    otherwise(make<Alter>(ALTER >> choose(when<ROLE>(ROLE), when<USER>(USER)) >> put<&Alter::action, 1> >>
                          set<&Alter::role>(grammar::RoleSpec) >> opt_with >> set<&Alter::options>(many(AlterOptRoleElem))))))

PGSHOAL_DEFINE(DropRoleStmt, make<Drop>(
    DROP >> choose(when<ROLE>(ROLE), when<USER>(USER), when<GROUP_P>(GROUP_P)) >> if_exists<&Drop::missing_ok> >>
    set<&Drop::roles>(role_list)))

// --- privileges -------------------------------------------------------------------------------------------------------

namespace {

using Grant = ast::GrantStmt;
using GrantRole = ast::GrantRoleStmt;
using enum ObjectType;
using enum GrantTargetType;

constexpr auto privilege = make<AccessPriv>(choose(
    when2<ALTER, SYSTEM_P>(ALTER >> SYSTEM_P >> set<&AccessPriv::priv_name>(text<"alter system">)),
    otherwise(set<&AccessPriv::priv_name>(choose(
                  when<SELECT, REFERENCES, CREATE>(Word<kReserved>{}), otherwise(ColId))) >>
              set<&AccessPriv::cols>(opt_column_list))));
bool GetPrivileges(ParseContext&, It, It, List<AccessPriv*>& list, Grant& grant) {
  grant.privileges = list;
  return true;
}

template <ObjectType Type>
constexpr auto objtype = put<&Grant::objtype, Type>;
constexpr auto names = set<&Grant::objects>(commas(name));
constexpr auto qualified = set<&Grant::objects>(commas(qualified_name));
constexpr auto any_names = set<&Grant::objects>(commas(as<Names>(any_name)));
constexpr auto functions = set<&Grant::objects>(commas(function_with_argtypes));
bool ParameterName(ParseContext& state, It begin, It after, Names& parts, Nodes& target) {
  std::string joined;
  for (Str part : parts) {
    if (!joined.empty()) joined += '.';
    joined += part;
  }
  target.push_back(state.arena, Spanned(NewString(state, state.arena.Copy(joined)), begin, after));
  return true;
}
constexpr auto in_schema = IN_P >> SCHEMA >> put<&Grant::targtype, ACL_TARGET_ALL_IN_SCHEMA> >> names;
// A table may be called by the word that names another kind of object.
struct NamesTable {
  static bool Matches(It first) {
    Tok next = first[1].kind;
    return (first->word & kColId) != 0 && (next == Tok::TO || next == Tok::FROM || next == Tok::COMMA || next == Tok::DOT);
  }
};
template <class P>
struct WhenTable : NamesTable {
  P body;
  constexpr explicit WhenTable(P p) : body(p) {}
};
constexpr auto privilege_target = choose(
    WhenTable(objtype<OBJECT_TABLE> >> qualified),
    when<TABLE>(TABLE >> objtype<OBJECT_TABLE> >> qualified),
    when<SEQUENCE>(SEQUENCE >> objtype<OBJECT_SEQUENCE> >> qualified),
    when2<FOREIGN, DATA_P>(FOREIGN >> DATA_P >> WRAPPER >> objtype<OBJECT_FDW> >> names),
    when<FOREIGN>(FOREIGN >> SERVER >> objtype<OBJECT_FOREIGN_SERVER> >> names),
    when<FUNCTION>(FUNCTION >> objtype<OBJECT_FUNCTION> >> functions),
    when<PROCEDURE>(PROCEDURE >> objtype<OBJECT_PROCEDURE> >> functions),
    when<ROUTINE>(ROUTINE >> objtype<OBJECT_ROUTINE> >> functions),
    when<DATABASE>(DATABASE >> objtype<OBJECT_DATABASE> >> names),
    when<DOMAIN_P>(DOMAIN_P >> objtype<OBJECT_DOMAIN> >> any_names),
    when<LANGUAGE>(LANGUAGE >> objtype<OBJECT_LANGUAGE> >> names),
    when<LARGE_P>(LARGE_P >> OBJECT_P >> objtype<OBJECT_LARGEOBJECT> >> set<&Grant::objects>(commas(NumericOnly))),
    when<PARAMETER>(PARAMETER >> objtype<OBJECT_PARAMETER_ACL> >>
                    set<&Grant::objects>(commas(build<Names, ParameterName>(ColId >> many(dot >> ColId))))),
    when<SCHEMA>(SCHEMA >> objtype<OBJECT_SCHEMA> >> names),
    when<TABLESPACE>(TABLESPACE >> objtype<OBJECT_TABLESPACE> >> names),
    when<TYPE_P>(TYPE_P >> objtype<OBJECT_TYPE> >> any_names),
    when2<ALL, TABLES>(ALL >> TABLES >> objtype<OBJECT_TABLE> >> in_schema),
    when2<ALL, SEQUENCES>(ALL >> SEQUENCES >> objtype<OBJECT_SEQUENCE> >> in_schema),
    when2<ALL, FUNCTIONS>(ALL >> FUNCTIONS >> objtype<OBJECT_FUNCTION> >> in_schema),
    when2<ALL, PROCEDURES>(ALL >> PROCEDURES >> objtype<OBJECT_PROCEDURE> >> in_schema),
    when2<ALL, ROUTINES>(ALL >> ROUTINES >> objtype<OBJECT_ROUTINE> >> in_schema),
    otherwise(objtype<OBJECT_TABLE> >> qualified));

constexpr auto grantees = set<&Grant::grantees>(commas(opt<GROUP_P>(GROUP_P) >> grammar::RoleSpec));
constexpr auto grant_option = opt<WITH>(WITH >> GRANT >> OPTION >> put<&Grant::grant_option>);
constexpr auto granted_by = opt<GRANTED>(GRANTED >> BY >> set<&Grant::grantor>(grammar::RoleSpec));
constexpr auto acl_privileges = build<List<AccessPriv*>, GetPrivileges>(grammar::privileges) >> ON;

constexpr auto role_granted_by = opt<GRANTED>(GRANTED >> BY >> set<&GrantRole::grantor>(grammar::RoleSpec));
constexpr auto granted_roles = set<&GrantRole::granted_roles>(commas(privilege));

}  // namespace

PGSHOAL_DEFINE(privileges, choose(
    when<ALL>(ALL >> opt<PRIVILEGES>(PRIVILEGES) >>
              opt<lp>(make<AccessPriv>(set<&AccessPriv::cols>(columnList)))),
    otherwise(commas(privilege))))
PGSHOAL_DEFINE(GrantStmt, choose(
    WhenOn(make<Grant>(GRANT >> put<&Grant::is_grant> >> acl_privileges >> privilege_target >> TO >> grantees >>
                       grant_option >> granted_by)),
    otherwise(make<GrantRole>(GRANT >> put<&GrantRole::is_grant> >> granted_roles >> TO >>
                              set<&GrantRole::grantee_roles>(role_list) >>
                              opt<WITH>(WITH >> ADMIN >> OPTION >> put<&GrantRole::admin_opt>) >> role_granted_by))))

namespace {
constexpr auto revoke_option = opt<GRANT>(GRANT >> OPTION >> FOR >> put<&Grant::grant_option>);
}

PGSHOAL_DEFINE(RevokeStmt, choose(
    WhenOn(make<Grant>(REVOKE >> revoke_option >> acl_privileges >> privilege_target >> FROM >> grantees >> granted_by >>
                       set<&Grant::behavior>(opt_drop_behavior))),
    otherwise(make<GrantRole>(REVOKE >> opt2<ADMIN, OPTION>(ADMIN >> OPTION >> FOR >> put<&GrantRole::admin_opt>) >>
                              granted_roles >> FROM >> set<&GrantRole::grantee_roles>(role_list) >>
                              // PostgreSQL 15 reads the grantor of a revoked role, and forgets it.
                              opt<GRANTED>(GRANTED >> BY >> skip(grammar::RoleSpec)) >>
                              set<&GrantRole::behavior>(opt_drop_behavior)))))

namespace {

using Defaults = ast::AlterDefaultPrivilegesStmt;
constexpr auto defacl_target = put<&Grant::targtype, ACL_TARGET_DEFAULTS> >> choose(
    when<TABLES>(TABLES >> objtype<OBJECT_TABLE>), when<FUNCTIONS>(FUNCTIONS >> objtype<OBJECT_FUNCTION>),
    when<ROUTINES>(ROUTINES >> objtype<OBJECT_FUNCTION>), when<SEQUENCES>(SEQUENCES >> objtype<OBJECT_SEQUENCE>),
    when<TYPES_P>(TYPES_P >> objtype<OBJECT_TYPE>), when<SCHEMAS>(SCHEMAS >> objtype<OBJECT_SCHEMA>));
constexpr auto DefACLAction = choose(
    when<GRANT>(make<Grant>(GRANT >> put<&Grant::is_grant> >> acl_privileges >> defacl_target >> TO >> grantees >> grant_option)),
    when<REVOKE>(make<Grant>(REVOKE >> revoke_option >> acl_privileges >> defacl_target >> FROM >> grantees >>
                             set<&Grant::behavior>(opt_drop_behavior))));

}  // namespace

PGSHOAL_DEFINE(AlterDefaultPrivilegesStmt, make<Defaults>(
    ALTER >> DEFAULT >> PRIVILEGES >> set<&Defaults::options>(many(choose(
        when<IN_P>(def<"schemas">(IN_P >> SCHEMA >> as<Names>(commas(name)))),
        when2<FOR, ROLE>(def<"roles">(FOR >> ROLE >> as<Nodes>(role_list))),
        when<FOR>(def<"roles">(FOR >> USER >> as<Nodes>(role_list)))))) >> set<&Defaults::action>(DefACLAction)))

// --- COMMENT, SECURITY LABEL --------------------------------------------------------------------------------------------

namespace {
using Comment = ast::CommentStmt;
using Label = ast::SecLabelStmt;
constexpr auto nullable_text = choose(when<NULL_P>(NULL_P), otherwise(Sconst));
}  // namespace

PGSHOAL_DEFINE(CommentStmt, make<Comment>(
    COMMENT >> ON >> build<ObjectRef, Refer<Comment>>(object_reference) >> IS >> set<&Comment::comment>(nullable_text)))
PGSHOAL_DEFINE(SecLabelStmt, make<Label>(
    SECURITY >> LABEL >> opt<FOR>(FOR >> set<&Label::provider>(choose(
        when<Kw<Tok::SCONST>{}>(Sconst), otherwise(NonReservedWord)))) >>
    ON >> peek_not<OPERATOR, CONSTRAINT, POLICY, RULE, TRIGGER, TRANSFORM, CAST> >>
    build<ObjectRef, Refer<Label>>(object_reference) >> IS >> set<&Label::label>(nullable_text)))

}  // namespace pgshoal::parser::grammar
