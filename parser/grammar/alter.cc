// ALTER, but for the command lists of tables: RENAME, OWNER TO, SET SCHEMA, DEPENDS ON of every object, and the rest.
// gram.y's rules that have no name of their own here: alter_extension_opt_list, alter_extension_opt_item,
// enable_trigger, opclass_drop_list, alterfunc_opt_list, opt_restrict, AlterTblSpcStmt, opt_no, operator_def_elem,
// operator_def_arg.
#include "base/sqlstate.hpp"
#include "parser/grammar/ddl.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

using enum ObjectType;

namespace {

// What RENAME, OWNER TO, SET SCHEMA and DEPENDS ON have in common; the verb tells which node it becomes.
struct Alteration {
  enum Verb { kNone, kRename, kOwner, kSchema, kDepends };
  Verb verb = kNone;
  ObjectType type = OBJECT_ACCESS_METHOD;
  ObjectType relation_type = OBJECT_ACCESS_METHOD;
  RangeVar* relation = nullptr;
  Node* object = nullptr;
  Str subname, newname;
  ast::RoleSpec* owner = nullptr;
  DropBehavior behavior = DropBehavior::DROP_RESTRICT;
  bool missing_ok = false;
  bool remove = false;
};
using A_ = Alteration;

bool BuildAlteration(ParseContext& state, It begin, It after, A_& a, Node*& target) {
  auto& arena = state.arena;
  switch (a.verb) {
    case A_::kRename: {
      auto* node = arena.New<RenameStmt>();
      node->renameType = a.type, node->relationType = a.relation_type, node->relation = a.relation, node->object = a.object;
      node->subname = a.subname, node->newname = a.newname, node->behavior = a.behavior, node->missing_ok = a.missing_ok;
      target = Spanned(node, begin, after);
      return true;
    }
    case A_::kOwner: {
      auto* node = arena.New<AlterOwnerStmt>();
      node->objectType = a.type, node->object = a.object, node->newowner = a.owner;
      target = Spanned(node, begin, after);
      return true;
    }
    case A_::kSchema: {
      auto* node = arena.New<AlterObjectSchemaStmt>();
      node->objectType = a.type, node->relation = a.relation, node->object = a.object, node->newschema = a.newname;
      node->missing_ok = a.missing_ok;
      target = Spanned(node, begin, after);
      return true;
    }
    case A_::kDepends: {
      auto* node = arena.New<AlterObjectDependsStmt>();
      node->objectType = a.type, node->relation = a.relation, node->object = a.object, node->remove = a.remove;
      node->extname = static_cast<String*>(NewString(state, a.newname, after - 1));
      target = Spanned(node, begin, after);
      return true;
    }
    default:
      return false;
  }
}

template <ObjectType Type>
constexpr auto is = put<&A_::type, Type>;
template <A_::Verb V>
constexpr auto verb = put<&A_::verb, V>;
constexpr auto newname = set<&A_::newname>(name);
constexpr auto rename_to = RENAME >> TO >> verb<A_::kRename> >> newname;
constexpr auto owner_to = OWNER >> TO >> verb<A_::kOwner> >> set<&A_::owner>(grammar::RoleSpec);
constexpr auto set_schema = SET >> SCHEMA >> verb<A_::kSchema> >> newname;
constexpr auto depends = opt<NO>(NO >> put<&A_::remove>) >> DEPENDS >> ON >> EXTENSION >> verb<A_::kDepends> >> newname;

// The object is a name, a qualified name, a function …
constexpr auto named = set<&A_::object>(name);
constexpr auto subnamed = set<&A_::subname>(name);
constexpr auto qualified = set<&A_::object>(as<Names>(any_name));
constexpr auto function = set<&A_::object>(function_with_argtypes);
constexpr auto if_there = if_exists<&A_::missing_ok>;

constexpr auto rename_owner = choose(when<RENAME>(rename_to), when<OWNER>(owner_to));
constexpr auto rename_owner_schema = choose(when<RENAME>(rename_to), when<OWNER>(owner_to), when<SET>(set_schema));
constexpr auto rename_schema = choose(when<RENAME>(rename_to), when<SET>(set_schema));
constexpr auto function_verbs = choose(when<RENAME>(rename_to), when<OWNER>(owner_to), when<SET>(set_schema),
                                       when<NO, DEPENDS>(depends));

template <ObjectType Type>
constexpr auto rename_column = RENAME >> opt<COLUMN>(COLUMN) >> verb<A_::kRename> >> put<&A_::relation_type, Type> >>
    is<OBJECT_COLUMN> >> subnamed >> TO >> newname;
constexpr auto rename_constraint = RENAME >> CONSTRAINT >> verb<A_::kRename> >> is<OBJECT_TABCONSTRAINT> >> subnamed >> TO >> newname;
template <ObjectType Type>
constexpr auto rename_relation_or_column = choose(
    when2<RENAME, TO>(rename_to), when2<RENAME, COLUMN>(rename_column<Type>), when<RENAME>(rename_column<Type>),
    when<SET>(set_schema));
constexpr auto rel = set<&A_::relation>(qualified_name);
constexpr auto rel_only = set<&A_::relation>(relation_expr);

constexpr auto on_table = subnamed >> ON >> rel;

constexpr auto type_attribute = RENAME >> ATTRIBUTE >> verb<A_::kRename> >> is<OBJECT_ATTRIBUTE> >>
    put<&A_::relation_type, OBJECT_TYPE> >> subnamed >> TO >> newname >> set<&A_::behavior>(opt_drop_behavior);

constexpr auto text_search = SEARCH >> choose(
    when<PARSER>(PARSER >> is<OBJECT_TSPARSER> >> qualified >> rename_schema),
    when<DICTIONARY>(DICTIONARY >> is<OBJECT_TSDICTIONARY> >> qualified >> rename_owner_schema),
    when<TEMPLATE>(TEMPLATE >> is<OBJECT_TSTEMPLATE> >> qualified >> rename_schema),
    when<CONFIGURATION>(CONFIGURATION >> is<OBJECT_TSCONFIGURATION> >> qualified >> rename_owner_schema));

// DEPENDS ON takes no IF EXISTS.
constexpr auto relation_depends = call<[](ParseContext&, It, A_& a) { return !a.missing_ok; }> >> depends;

constexpr auto alteration_of_relation = build<A_, BuildAlteration>(ALTER >> choose(
    when<TABLE>(TABLE >> is<OBJECT_TABLE> >> if_there >> rel_only >> choose(
        when2<RENAME, CONSTRAINT>(rename_constraint), otherwise(rename_relation_or_column<OBJECT_TABLE>))),
    when<SEQUENCE>(SEQUENCE >> is<OBJECT_SEQUENCE> >> if_there >> rel >> rename_schema),
    when<VIEW>(VIEW >> is<OBJECT_VIEW> >> if_there >> rel >> rename_relation_or_column<OBJECT_VIEW>),
    when<MATERIALIZED>(MATERIALIZED >> VIEW >> is<OBJECT_MATVIEW> >> if_there >> rel >> choose(
        when<NO, DEPENDS>(relation_depends), otherwise(rename_relation_or_column<OBJECT_MATVIEW>))),
    when<INDEX>(INDEX >> is<OBJECT_INDEX> >> if_there >> rel >> choose(
        when<RENAME>(rename_to), when<NO, DEPENDS>(relation_depends))),
    when<FOREIGN>(FOREIGN >> TABLE >> is<OBJECT_FOREIGN_TABLE> >> if_there >> rel_only >>
                  rename_relation_or_column<OBJECT_FOREIGN_TABLE>)));

// TYPE name RENAME ATTRIBUTE: here the name is taken for a relation's.
template <class P>
struct AttributeAhead {
  P body;
  constexpr explicit AttributeAhead(P p) : body(p) {}
  static bool Matches(It first) {
    if (first->kind != Tok::TYPE_P) return false;
    It after = first + 2;
    while (after->kind == Tok::DOT && (after[1].word & kColLabel) != 0) after += 2;
    return after->kind == Tok::RENAME && after[1].kind == Tok::ATTRIBUTE;
  }
};

constexpr auto rename_role = is<OBJECT_ROLE> >> set<&A_::subname>(RoleId) >> RENAME >> TO >> verb<A_::kRename> >>
    set<&A_::newname>(RoleId);

constexpr auto operator_ = OPERATOR >> is<OBJECT_OPERATOR> >> set<&A_::object>(operator_with_argtypes) >> choose(
    when<OWNER>(owner_to), when<SET>(set_schema));

constexpr auto alteration = build<A_, BuildAlteration>(ALTER >> choose(
    when<AGGREGATE>(AGGREGATE >> is<OBJECT_AGGREGATE> >> set<&A_::object>(aggregate_with_argtypes) >> rename_owner_schema),
    when<COLLATION>(COLLATION >> is<OBJECT_COLLATION> >> qualified >> rename_owner_schema),
    when<CONVERSION_P>(CONVERSION_P >> is<OBJECT_CONVERSION> >> qualified >> rename_owner_schema),
    when<DATABASE>(DATABASE >> is<OBJECT_DATABASE> >> ((subnamed >> rename_to) | (
        call<[](ParseContext&, It, A_& a) { a.subname = Str(); }> >> named >> owner_to))),
    when<SCHEMA>(SCHEMA >> is<OBJECT_SCHEMA> >> ((subnamed >> rename_to) | (
        call<[](ParseContext&, It, A_& a) { a.subname = Str(); }> >> named >> owner_to))),
    when<TABLESPACE>(TABLESPACE >> is<OBJECT_TABLESPACE> >> ((subnamed >> rename_to) | (
        call<[](ParseContext&, It, A_& a) { a.subname = Str(); }> >> named >> owner_to))),
    when<ROLE>(ROLE >> rename_role),
    when<USER>(USER >> rename_role),
    when<GROUP_P>(GROUP_P >> rename_role),
    when<DOMAIN_P>(DOMAIN_P >> is<OBJECT_DOMAIN> >> qualified >> choose(
        when2<RENAME, CONSTRAINT>(RENAME >> CONSTRAINT >> is<OBJECT_DOMCONSTRAINT> >> verb<A_::kRename> >> subnamed >> TO >> newname),
        otherwise(rename_owner_schema))),
    when<EVENT>(EVENT >> TRIGGER >> is<OBJECT_EVENT_TRIGGER> >> named >> rename_owner),
    when<EXTENSION>(EXTENSION >> is<OBJECT_EXTENSION> >> named >> set_schema),
    when<FOREIGN>(FOREIGN >> DATA_P >> WRAPPER >> is<OBJECT_FDW> >> named >> rename_owner),
    when<FUNCTION>(FUNCTION >> is<OBJECT_FUNCTION> >> function >> function_verbs),
    when<PROCEDURE>(PROCEDURE >> is<OBJECT_PROCEDURE> >> function >> function_verbs),
    when<ROUTINE>(ROUTINE >> is<OBJECT_ROUTINE> >> function >> function_verbs),
    when<LANGUAGE>(LANGUAGE >> is<OBJECT_LANGUAGE> >> named >> rename_owner),
    when<PROCEDURAL>(PROCEDURAL >> LANGUAGE >> is<OBJECT_LANGUAGE> >> named >> rename_owner),
    when<LARGE_P>(LARGE_P >> OBJECT_P >> is<OBJECT_LARGEOBJECT> >> set<&A_::object>(NumericOnly) >> owner_to),
    when3<OPERATOR, CLASS, dot>(operator_), when3<OPERATOR, FAMILY, dot>(operator_),
    when2<OPERATOR, CLASS>(OPERATOR >> CLASS >> is<OBJECT_OPCLASS> >> set<&A_::object>(using_name) >> rename_owner_schema),
    when2<OPERATOR, FAMILY>(OPERATOR >> FAMILY >> is<OBJECT_OPFAMILY> >> set<&A_::object>(using_name) >> rename_owner_schema),
    when<OPERATOR>(operator_),
    when<POLICY>(POLICY >> is<OBJECT_POLICY> >> if_there >> on_table >> rename_to),
    when<PUBLICATION>(PUBLICATION >> is<OBJECT_PUBLICATION> >> named >> rename_owner),
    when<RULE>(RULE >> is<OBJECT_RULE> >> on_table >> rename_to),
    when<SERVER>(SERVER >> is<OBJECT_FOREIGN_SERVER> >> named >> rename_owner),
    when<STATISTICS>(STATISTICS >> is<OBJECT_STATISTIC_EXT> >> qualified >> rename_owner_schema),
    when<SUBSCRIPTION>(SUBSCRIPTION >> is<OBJECT_SUBSCRIPTION> >> named >> rename_owner),
    when<TEXT_P>(TEXT_P >> text_search),
    when<TRIGGER>(TRIGGER >> is<OBJECT_TRIGGER> >> ((on_table >> rename_to) | (
        call<[](ParseContext&, It, A_& a) { a.subname = Str(); a.relation = nullptr; }> >>
        set<&A_::object>(as<Names>(name)) >> ON >> rel >> depends))),
    AttributeAhead(TYPE_P >> set<&A_::relation>(range_var_from_any_name) >> type_attribute),
    when<TYPE_P>(TYPE_P >> is<OBJECT_TYPE> >> qualified >> rename_owner_schema)));

// --- the other ALTER statements -----------------------------------------------------------------------------------------

using Function = ast::AlterFunctionStmt;
constexpr auto function_actions = set<&Function::func>(function_with_argtypes) >>
    set<&Function::actions>(many1(common_func_opt_item)) >> opt<RESTRICT>(RESTRICT);

using Domain = ast::AlterDomainStmt;
template <char Kind>
constexpr auto subtype = put<&Domain::subtype, Kind>;
constexpr auto AlterDomain = make<Domain>(ALTER >> DOMAIN_P >> set<&Domain::typeName>(any_name) >> choose(
    when2<SET, DEFAULT>(SET >> DEFAULT >> subtype<'T'> >> set<&Domain::def>(a_expr)),
    when2<DROP, DEFAULT>(DROP >> DEFAULT >> subtype<'T'>),
    when2<DROP, NOT>(DROP >> NOT >> NULL_P >> subtype<'N'>), when2<SET, NOT>(SET >> NOT >> NULL_P >> subtype<'O'>),
    when<ADD_P>(ADD_P >> subtype<'C'> >> set<&Domain::def>(TableConstraint)),
    when2<DROP, CONSTRAINT>(DROP >> CONSTRAINT >> subtype<'X'> >> if_exists<&Domain::missing_ok> >>
                            set<&Domain::name>(name) >> set<&Domain::behavior>(opt_drop_behavior)),
    when<VALIDATE>(VALIDATE >> CONSTRAINT >> subtype<'V'> >> set<&Domain::name>(name))));

using Enum = ast::AlterEnumStmt;
constexpr auto AlterEnum = make<Enum>(ALTER >> TYPE_P >> set<&Enum::typeName>(any_name) >> choose(
    when<ADD_P>(ADD_P >> VALUE_P >> only_if_not_exists<&Enum::skipIfNewValExists> >>
        set<&Enum::newVal>(Sconst) >> choose(
            when<BEFORE>(BEFORE >> set<&Enum::newValNeighbor>(Sconst)),
            when<AFTER>(AFTER >> put<&Enum::newValIsAfter> >> set<&Enum::newValNeighbor>(Sconst)),
            otherwise(put<&Enum::newValIsAfter>))),
    when<RENAME>(RENAME >> VALUE_P >> set<&Enum::oldVal>(Sconst) >> TO >> set<&Enum::newVal>(Sconst))));

constexpr auto operator_def_list = lp >> commas(make<DefElem>(
    set<&DefElem::defname>(ColLabel) >> equal >> choose(when<NONE>(NONE), otherwise(set<&DefElem::arg>(def_arg))))) >> rp;
constexpr auto AlterType = make<AlterTypeStmt>(
    ALTER >> TYPE_P >> set<&AlterTypeStmt::typeName>(any_name) >> SET >> set<&AlterTypeStmt::options>(operator_def_list));
constexpr auto AlterOperator = make<AlterOperatorStmt>(
    ALTER >> OPERATOR >> set<&AlterOperatorStmt::opername>(operator_with_argtypes) >> SET >>
    set<&AlterOperatorStmt::options>(operator_def_list));

// What an ALTER DATABASE does is told behind the name.
template <Tok... K>
struct Third {
  static bool Matches(It first) { return ((first[3].kind == K) || ...); }
};
template <class P, Tok... K>
struct WhenThird : Third<K...> {
  P body;
  constexpr explicit WhenThird(P p) : body(p) {}
};
template <Tok... K, class P>
constexpr auto third(P p) { return WhenThird<P, K...>(p); }
// OWNER may also be an option.
template <class P>
struct WhenOwnerTo {
  P body;
  constexpr explicit WhenOwnerTo(P p) : body(p) {}
  static bool Matches(It first) { return first[3].kind == Tok::OWNER && first[4].kind == Tok::TO; }
};
using Database = ast::AlterDatabaseStmt;
constexpr auto set_tablespace = make<Database>(
    ALTER >> DATABASE >> set<&Database::dbname>(name) >> SET >> set<&Database::options>(def<"tablespace">(TABLESPACE >> name)));
constexpr auto AlterDatabase = choose(
    third<SET>(set_tablespace | make<AlterDatabaseSetStmt>(
        ALTER >> DATABASE >> set<&AlterDatabaseSetStmt::dbname>(name) >> set<&AlterDatabaseSetStmt::setstmt>(SetResetClause))),
    third<RESET>(make<AlterDatabaseSetStmt>(
        ALTER >> DATABASE >> set<&AlterDatabaseSetStmt::dbname>(name) >> set<&AlterDatabaseSetStmt::setstmt>(SetResetClause))),
    third<REFRESH>(make<AlterDatabaseRefreshCollStmt>(
        ALTER >> DATABASE >> set<&AlterDatabaseRefreshCollStmt::dbname>(name) >> REFRESH >> COLLATION >> VERSION_P)),
    third<RENAME>(alteration), WhenOwnerTo(alteration),
    otherwise(make<Database>(ALTER >> DATABASE >> set<&Database::dbname>(name) >> opt<WITH>(WITH) >>
                             set<&Database::options>(createdb_opt_list))));
using Var = ast::VariableSetStmt;

using Contents = ast::AlterExtensionContentsStmt;
constexpr auto contents = peek_not<COLUMN, CONSTRAINT, POLICY, RULE, TRIGGER, LARGE_P> >>
    build<ObjectRef, Refer<Contents>>(object_reference);
constexpr auto AlterExtension = choose(
    third<UPDATE>(make<AlterExtensionStmt>(
        ALTER >> EXTENSION >> set<&AlterExtensionStmt::extname>(name) >> UPDATE >> set<&AlterExtensionStmt::options>(many(
            def<"new_version">(TO >> choose(when<Kw<Tok::SCONST>{}>(Sconst), otherwise(NonReservedWord))))))),
    third<ADD_P>(make<Contents>(ALTER >> EXTENSION >> set<&Contents::extname>(name) >> ADD_P >> put<&Contents::action, 1> >> contents)),
    third<DROP>(make<Contents>(ALTER >> EXTENSION >> set<&Contents::extname>(name) >> DROP >> put<&Contents::action, -1> >> contents)),
    otherwise(alteration));

using Stats = ast::AlterStatsStmt;
constexpr auto AlterStats = make<Stats>(
    ALTER >> STATISTICS >> if_exists<&Stats::missing_ok> >> set<&Stats::defnames>(any_name) >> SET >> STATISTICS >>
    set<&Stats::stxstattarget>(SignedIconst));
using Space = ast::AlterTableSpaceOptionsStmt;
constexpr auto AlterTblSpc = make<Space>(
    ALTER >> TABLESPACE >> set<&Space::tablespacename>(name) >> choose(when<SET>(SET), when<RESET>(RESET >> put<&Space::isReset>)) >>
    set<&Space::options>(reloptions));

using Config = ast::AlterTSConfigurationStmt;
using enum AlterTSConfigType;
template <AlterTSConfigType K>
constexpr auto config_kind = put<&Config::kind, K>;
constexpr auto any_with = choose(when<WITH>(WITH), when<WITH_LA_>(WITH_LA_));
constexpr auto tokens = FOR >> set<&Config::tokentype>(commas(name));
constexpr auto dict = set<&Config::dicts>(as<Names>(any_name));
constexpr auto replace_dict = REPLACE >> put<&Config::replace> >> dict >> any_with >> dict;
constexpr auto AlterTSConfiguration = make<Config>(
    ALTER >> TEXT_P >> SEARCH >> CONFIGURATION >> set<&Config::cfgname>(any_name) >> choose(
        when<ADD_P>(ADD_P >> MAPPING >> config_kind<ALTER_TSCONFIG_ADD_MAPPING> >> tokens >> any_with >>
                    set<&Config::dicts>(commas(as<Names>(any_name)))),
        when3<ALTER, MAPPING, REPLACE>(ALTER >> MAPPING >> config_kind<ALTER_TSCONFIG_REPLACE_DICT> >> replace_dict),
        when<ALTER>(ALTER >> MAPPING >> tokens >> choose(
            when<REPLACE>(config_kind<ALTER_TSCONFIG_REPLACE_DICT_FOR_TOKEN> >> replace_dict),
            otherwise(config_kind<ALTER_TSCONFIG_ALTER_MAPPING_FOR_TOKEN> >> put<&Config::override> >> any_with >>
                      set<&Config::dicts>(commas(as<Names>(any_name)))))),
        when<DROP>(DROP >> MAPPING >> config_kind<ALTER_TSCONFIG_DROP_MAPPING> >> only_if_exists<&Config::missing_ok> >> tokens)));
constexpr auto AlterTSDictionary = make<AlterTSDictionaryStmt>(
    ALTER >> TEXT_P >> SEARCH >> DICTIONARY >> set<&AlterTSDictionaryStmt::dictname>(any_name) >>
    set<&AlterTSDictionaryStmt::options>(definition));

using Event = ast::AlterEventTrigStmt;
template <char State>
constexpr auto enabled = put<&Event::tgenabled, State>;
constexpr auto AlterEventTrig = make<Event>(ALTER >> EVENT >> TRIGGER >> set<&Event::trigname>(name) >> choose(
    when2<ENABLE_P, REPLICA>(ENABLE_P >> REPLICA >> enabled<'R'>), when2<ENABLE_P, ALWAYS>(ENABLE_P >> ALWAYS >> enabled<'A'>),
    when<ENABLE_P>(ENABLE_P >> enabled<'O'>), when<DISABLE_P>(DISABLE_P >> enabled<'D'>)));

using Family = ast::AlterOpFamilyStmt;
using Item = ast::CreateOpClassItem;
constexpr auto opclass_drop = make<Item>(choose(
    when<OPERATOR>(OPERATOR >> put<&Item::itemtype, 1>), when<FUNCTION>(FUNCTION >> put<&Item::itemtype, 2>)) >>
    set<&Item::number>(Iconst) >> lp >> set<&Item::class_args>(commas(Typename)) >> rp);
constexpr auto AlterOpFamily = make<Family>(
    ALTER >> OPERATOR >> FAMILY >> set<&Family::opfamilyname>(any_name) >> USING >> set<&Family::amname>(name) >> choose(
        when<ADD_P>(ADD_P >> set<&Family::items>(commas(opclass_item))),
        when<DROP>(DROP >> put<&Family::isDrop> >> set<&Family::items>(commas(opclass_drop)))));

constexpr auto AlterSeq = make<ast::AlterSeqStmt>(
    ALTER >> SEQUENCE >> if_exists<&ast::AlterSeqStmt::missing_ok> >> set<&ast::AlterSeqStmt::sequence>(qualified_name) >>
    set<&ast::AlterSeqStmt::options>(many1(SeqOptElem)));

constexpr auto AlterSystem = make<AlterSystemStmt>(ALTER >> SYSTEM_P >> set<&AlterSystemStmt::setstmt>(make<Var>(choose(
    when<SET>(SET >> generic_set), when<RESET>(RESET >> generic_reset)))));

}  // namespace

PGSHOAL_DEFINE(alter_stmt, choose(
    when2<ALTER, TABLE, INDEX, VIEW, MATERIALIZED>(alteration_of_relation | AlterTableStmt),
    when3<ALTER, FOREIGN, TABLE>(alteration_of_relation | AlterTableStmt),
    when2<ALTER, SEQUENCE>(alteration_of_relation | AlterSeq | AlterTableStmt),
    when2<ALTER, FUNCTION>(alteration | make<Function>(ALTER >> FUNCTION >> put<&Function::objtype, OBJECT_FUNCTION> >> function_actions)),
    when2<ALTER, PROCEDURE>(alteration | make<Function>(ALTER >> PROCEDURE >> put<&Function::objtype, OBJECT_PROCEDURE> >> function_actions)),
    when2<ALTER, ROUTINE>(alteration | make<Function>(ALTER >> ROUTINE >> put<&Function::objtype, OBJECT_ROUTINE> >> function_actions)),
    when2<ALTER, DOMAIN_P>(alteration | AlterDomain),
    when2<ALTER, TYPE_P>(alteration | AlterEnum | AlterType | AlterTypeCommands),
    when3<ALTER, OPERATOR, CLASS>(alteration | AlterOperator),
    when3<ALTER, OPERATOR, FAMILY>(alteration | AlterOpFamily | AlterOperator),
    when2<ALTER, OPERATOR>(alteration | AlterOperator),
    when2<ALTER, DATABASE>(AlterDatabase), when2<ALTER, EXTENSION>(AlterExtension),
    when2<ALTER, STATISTICS>(alteration | AlterStats), when2<ALTER, TABLESPACE>(alteration | AlterTblSpc),
    when2<ALTER, COLLATION>(alteration | make<AlterCollationStmt>(
        ALTER >> COLLATION >> set<&AlterCollationStmt::collname>(any_name) >> REFRESH >> VERSION_P)),
    when2<ALTER, TEXT_P>(alteration | AlterTSConfiguration | AlterTSDictionary),
    when2<ALTER, EVENT>(alteration | AlterEventTrig),
    WhenMapping(alter_foreign),
    when2<ALTER, GROUP_P>(choose(third<ADD_P, DROP>(grammar::AlterRoleStmt), otherwise(alteration))),
    when2<ALTER, ROLE, USER>(choose(third<RENAME>(alteration), otherwise(grammar::AlterRoleStmt))),
    when2<ALTER, POLICY>(alteration | grammar::AlterPolicyStmt),
    when2<ALTER, DEFAULT>(grammar::AlterDefaultPrivilegesStmt), when2<ALTER, SYSTEM_P>(AlterSystem),
    when2<ALTER, FOREIGN, SERVER, PUBLICATION, SUBSCRIPTION>(alteration | alter_foreign),
    otherwise(alteration)))

}  // namespace pgshoal::parser::grammar
