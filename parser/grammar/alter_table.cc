// ALTER TABLE and its like: one command list for tables, indexes, sequences, views and composite types.
// gram.y's rules that have no name of their own here: alter_table_cmds, alter_column_default, opt_collate_clause,
// alter_using, opt_set_data, alter_identity_column_option_list, alter_identity_column_option, AlterCompositeTypeStmt,
// alter_type_cmds.
#include "base/sqlstate.hpp"
#include "fmt/format.h"
#include "parser/grammar/ddl.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

using enum ObjectType;

namespace {

using Alter = ast::AlterTableStmt;
using Cmd = ast::AlterTableCmd;
using enum AlterTableType;

template <AlterTableType Type>
constexpr auto is = put<&Cmd::subtype, Type>;
constexpr auto cmd_name = set<&Cmd::name>(ColId);
constexpr auto behavior = set<&Cmd::behavior>(opt_drop_behavior);
constexpr auto if_there = if_exists<&Cmd::missing_ok>;
constexpr auto def_of = [](auto p) { return set<&Cmd::def>(p); };
constexpr auto options_def = def_of(as<List<DefElem*>>(reloptions));
constexpr auto opt_collate = opt<COLLATE>(set<&ColumnDef::collClause>(
    make<CollateClause>(COLLATE >> set<&CollateClause::collname>(any_name))));
constexpr auto column_type = make<ColumnDef>(
    TYPE_P >> set<&ColumnDef::typeName>(Typename) >> opt_collate >> opt<USING>(USING >> set<&ColumnDef::raw_default>(a_expr)));

constexpr auto when_generated = choose(
    when<ALWAYS>(ALWAYS >> put<&Constraint::generated_when, 'a'>),
    when<BY>(BY >> DEFAULT >> put<&Constraint::generated_when, 'd'>));
constexpr auto add_identity = make<Constraint>(
    GENERATED >> put<&Constraint::contype, ConstrType::CONSTR_IDENTITY> >> when_generated >> AS >> IDENTITY_P >>
    opt<lp>(lp >> set<&Constraint::options>(many1(SeqOptElem)) >> rp));

bool SequenceOption(ParseContext& state, It begin, It, DefElem*& option, List<DefElem*>& list) {
  if (option->defname == "as" || option->defname == "restart" || option->defname == "owned_by") {
    return Fail(state, sqlstate::kSyntaxError,
                fmt::format("sequence option \"{}\" not supported here", option->defname), begin[0].begin);
  }
  list.push_back(state.arena, option);
  return true;
}
constexpr auto identity_option = choose(
    when<RESTART>(def<"restart">(RESTART >> choose(
        when<WITH, Kw<Tok::ICONST>{}, Kw<Tok::FCONST>{}, Kw<Tok::PLUS>{}, Kw<Tok::MINUS>{}>(opt<WITH>(WITH) >> NumericOnly),
        otherwise(eps)))),
    when2<SET, GENERATED>(def<"generated">(SET >> GENERATED >> choose(
        when<ALWAYS>(ALWAYS >> give<int32_t{'a'}>), when<BY>(BY >> DEFAULT >> give<int32_t{'d'}>)))),
    when<SET>(SET >> build<DefElem*, SequenceOption>(SeqOptElem)));

bool ColumnNumber(ParseContext& state, It here, Cmd& cmd) {
  if (cmd.num > 0 && cmd.num <= 32767) return true;
  It set = here - 2;
  while (set->kind != Tok::SET) --set;
  return Fail(state, sqlstate::kInvalidParameterValue, "column number must be in range from 1 to 32767", set[-1].begin);
}

constexpr auto set_statistics = SET >> STATISTICS >> is<AT_SetStatistics> >> def_of(as<int32_t>(SignedIconst));
constexpr auto alter_column = choose(
    when<Kw<Tok::ICONST>{}>(set<&Cmd::num>(Iconst) >> set_statistics >> call<ColumnNumber>),
    otherwise(cmd_name >> choose(
        when2<SET, DEFAULT>(SET >> DEFAULT >> is<AT_ColumnDefault> >> def_of(a_expr)),
        when2<DROP, DEFAULT>(DROP >> DEFAULT >> is<AT_ColumnDefault>),
        when2<DROP, NOT>(DROP >> NOT >> NULL_P >> is<AT_DropNotNull>),
        when2<SET, NOT>(SET >> NOT >> NULL_P >> is<AT_SetNotNull>),
        when2<DROP, EXPRESSION>(DROP >> EXPRESSION >> is<AT_DropExpression> >> only_if_exists<&Cmd::missing_ok>),
        when2<DROP, IDENTITY_P>(DROP >> IDENTITY_P >> is<AT_DropIdentity> >> only_if_exists<&Cmd::missing_ok>),
        when2<SET, STATISTICS>(set_statistics),
        when2<SET, lp>(SET >> is<AT_SetOptions> >> options_def),
        when<RESET>(RESET >> is<AT_ResetOptions> >> options_def),
        when2<SET, STORAGE>(SET >> STORAGE >> is<AT_SetStorage> >> def_of(ColId)),
        when2<SET, COMPRESSION>(SET >> COMPRESSION >> is<AT_SetCompression> >>
                                def_of(choose(when<DEFAULT>(DEFAULT >> text<"default">), otherwise(ColId)))),
        when<ADD_P>(ADD_P >> is<AT_AddIdentity> >> def_of(add_identity)),
        when2<SET, DATA_P>(SET >> DATA_P >> is<AT_AlterColumnType> >> def_of(column_type)),
        when<TYPE_P>(is<AT_AlterColumnType> >> def_of(column_type)),
        when<RESTART, SET>(is<AT_SetIdentity> >> def_of(as<List<DefElem*>>(many1(identity_option)))),
        when<OPTIONS>(is<AT_AlterColumnGenericOptions> >> def_of(as<List<DefElem*>>(alter_generic_options))))));

bool AlterConstraint(ParseContext& state, It, It, int32_t& bits, Constraint& con) {
  con.contype = ConstrType::CONSTR_FOREIGN;
  con.deferrable = (bits & (kDeferrable | kInitiallyDeferred)) != 0;
  con.initdeferred = (bits & kInitiallyDeferred) != 0;
  if (bits & kNotValid) return FailNowhere(state, sqlstate::kFeatureNotSupported, "FOREIGN KEY constraints cannot be marked NOT VALID");
  if (bits & kNoInherit) return FailNowhere(state, sqlstate::kFeatureNotSupported, "FOREIGN KEY constraints cannot be marked NO INHERIT");
  return true;
}

using Identity = ast::ReplicaIdentityStmt;
constexpr auto replica_identity = make<Identity>(choose(
    when<NOTHING>(NOTHING >> put<&Identity::identity_type, 'n'>), when<FULL>(FULL >> put<&Identity::identity_type, 'f'>),
    when<DEFAULT>(DEFAULT >> put<&Identity::identity_type, 'd'>),
    when<USING>(USING >> INDEX >> put<&Identity::identity_type, 'i'> >> set<&Identity::name>(name))));

bool TypeOf(ParseContext& state, It begin, It after, Names& names, Node*& target) {
  auto* type = Spanned(state.arena.New<TypeName>(), begin, after);
  type->names = names;
  target = type;
  return true;
}

constexpr auto enable = choose(
    when2<TRIGGER, ALL>(TRIGGER >> ALL >> is<AT_EnableTrigAll>), when2<TRIGGER, USER>(TRIGGER >> USER >> is<AT_EnableTrigUser>),
    when<TRIGGER>(TRIGGER >> is<AT_EnableTrig> >> cmd_name), when<RULE>(RULE >> is<AT_EnableRule> >> cmd_name),
    when2<ALWAYS, TRIGGER>(ALWAYS >> TRIGGER >> is<AT_EnableAlwaysTrig> >> cmd_name),
    when<ALWAYS>(ALWAYS >> RULE >> is<AT_EnableAlwaysRule> >> cmd_name),
    when2<REPLICA, TRIGGER>(REPLICA >> TRIGGER >> is<AT_EnableReplicaTrig> >> cmd_name),
    when<REPLICA>(REPLICA >> RULE >> is<AT_EnableReplicaRule> >> cmd_name),
    when<ROW>(ROW >> LEVEL >> SECURITY >> is<AT_EnableRowSecurity>));
constexpr auto disable = choose(
    when2<TRIGGER, ALL>(TRIGGER >> ALL >> is<AT_DisableTrigAll>), when2<TRIGGER, USER>(TRIGGER >> USER >> is<AT_DisableTrigUser>),
    when<TRIGGER>(TRIGGER >> is<AT_DisableTrig> >> cmd_name), when<RULE>(RULE >> is<AT_DisableRule> >> cmd_name),
    when<ROW>(ROW >> LEVEL >> SECURITY >> is<AT_DisableRowSecurity>));

constexpr auto opt_column = opt<COLUMN>(COLUMN);
constexpr auto alter_table_cmd = make<Cmd>(choose(
    when2<ADD_P, CONSTRAINT, CHECK, UNIQUE, PRIMARY, FOREIGN>(ADD_P >> is<AT_AddConstraint> >> def_of(TableConstraint)),
    when3<ADD_P, EXCLUDE, USING, lp>(ADD_P >> is<AT_AddConstraint> >> def_of(TableConstraint)),
    when<ADD_P>(ADD_P >> opt_column >> is<AT_AddColumn> >>
                opt2<IF_P, NOT>(IF_P >> NOT >> EXISTS >> put<&Cmd::missing_ok>) >> def_of(columnDef)),
    when2<ALTER, CONSTRAINT>(ALTER >> CONSTRAINT >> is<AT_AlterConstraint> >> def_of(make<Constraint>(
        set<&Constraint::conname>(name) >> build<int32_t, AlterConstraint>(ConstraintAttributeSpec)))),
    when<ALTER>(ALTER >> opt_column >> alter_column),
    when2<DROP, CONSTRAINT>(DROP >> CONSTRAINT >> is<AT_DropConstraint> >> if_there >> cmd_name >> behavior),
    when<DROP>(DROP >> opt_column >> is<AT_DropColumn> >> if_there >> cmd_name >> behavior),
    when<VALIDATE>(VALIDATE >> CONSTRAINT >> is<AT_ValidateConstraint> >> cmd_name),
    when2<SET, WITHOUT>(SET >> WITHOUT >> choose(when<OIDS>(OIDS >> is<AT_DropOids>), when<CLUSTER>(CLUSTER >> is<AT_DropCluster>))),
    when2<SET, LOGGED>(SET >> LOGGED >> is<AT_SetLogged>), when2<SET, UNLOGGED>(SET >> UNLOGGED >> is<AT_SetUnLogged>),
    when2<SET, ACCESS>(SET >> ACCESS >> METHOD >> is<AT_SetAccessMethod> >> cmd_name),
    when2<SET, TABLESPACE>(SET >> TABLESPACE >> is<AT_SetTableSpace> >> cmd_name),
    when2<SET, lp>(SET >> is<AT_SetRelOptions> >> options_def), when<RESET>(RESET >> is<AT_ResetRelOptions> >> options_def),
    when<CLUSTER>(CLUSTER >> ON >> is<AT_ClusterOn> >> cmd_name),
    when<ENABLE_P>(ENABLE_P >> enable), when<DISABLE_P>(DISABLE_P >> disable),
    when<INHERIT>(INHERIT >> is<AT_AddInherit> >> def_of(qualified_name)),
    when2<NO, INHERIT>(NO >> INHERIT >> is<AT_DropInherit> >> def_of(qualified_name)),
    when2<NO, FORCE>(NO >> FORCE >> ROW >> LEVEL >> SECURITY >> is<AT_NoForceRowSecurity>),
    when<FORCE>(FORCE >> ROW >> LEVEL >> SECURITY >> is<AT_ForceRowSecurity>),
    when<OF>(OF >> is<AT_AddOf> >> def_of(build<Names, TypeOf>(any_name))), when<NOT>(NOT >> OF >> is<AT_DropOf>),
    when<OWNER>(OWNER >> TO >> is<AT_ChangeOwner> >> set<&Cmd::newowner>(grammar::RoleSpec)),
    when<REPLICA>(REPLICA >> IDENTITY_P >> is<AT_ReplicaIdentity> >> def_of(replica_identity)),
    when<OPTIONS>(is<AT_GenericOptions> >> def_of(as<List<DefElem*>>(alter_generic_options)))));

constexpr auto partition_cmd = make<Cmd>(choose(
    when<ATTACH>(ATTACH >> PARTITION >> is<AT_AttachPartition> >> def_of(make<PartitionCmd>(
        set<&PartitionCmd::name>(qualified_name) >> set<&PartitionCmd::bound>(grammar::PartitionBoundSpec)))),
    when<DETACH>(DETACH >> PARTITION >> is<AT_DetachPartition> >> def_of(make<PartitionCmd>(
        set<&PartitionCmd::name>(qualified_name) >> opt<CONCURRENTLY>(CONCURRENTLY >> put<&PartitionCmd::concurrent>))) >>
        opt<FINALIZE>(FINALIZE >> is<AT_DetachPartitionFinalize>))));
constexpr auto index_partition_cmd = make<Cmd>(ATTACH >> PARTITION >> is<AT_AttachPartition> >>
    def_of(make<PartitionCmd>(set<&PartitionCmd::name>(qualified_name))));

constexpr auto cmds = set<&Alter::cmds>(commas(alter_table_cmd));
constexpr auto table_cmds = choose(when<ATTACH, DETACH>(set<&Alter::cmds>(partition_cmd)), otherwise(cmds));
bool NoIfExists(ParseContext& state, It here, Alter& alter) {
  return !alter.missing_ok || FailAt(state, "syntax error", here);
}
constexpr auto index_cmds = choose(
    when<ATTACH>(call<NoIfExists> >> set<&Alter::cmds>(index_partition_cmd)), otherwise(cmds));
template <ObjectType Type>
constexpr auto objtype = put<&Alter::objtype, Type>;
constexpr auto if_present = if_exists<&Alter::missing_ok>;
constexpr auto relation = set<&Alter::relation>(qualified_name);
constexpr auto relation_or_only = set<&Alter::relation>(relation_expr);

using Move = ast::AlterTableMoveAllStmt;
constexpr auto move_all = ALL >> IN_P >> TABLESPACE >> set<&Move::orig_tablespacename>(name) >>
    opt<OWNED>(OWNED >> BY >> set<&Move::roles>(commas(grammar::RoleSpec))) >> SET >> TABLESPACE >>
    set<&Move::new_tablespacename>(name) >> opt<NOWAIT>(NOWAIT >> put<&Move::nowait>);

// ALTER TYPE … ATTRIBUTE
constexpr auto alter_type_cmd = make<Cmd>(choose(
    when<ADD_P>(ADD_P >> ATTRIBUTE >> is<AT_AddColumn> >> def_of(TableFuncElement) >> behavior),
    when<DROP>(DROP >> ATTRIBUTE >> is<AT_DropColumn> >> if_there >> cmd_name >> behavior),
    when<ALTER>(ALTER >> ATTRIBUTE >> cmd_name >> is<AT_AlterColumnType> >> opt<SET>(SET >> DATA_P) >>
                def_of(make<ColumnDef>(TYPE_P >> set<&ColumnDef::typeName>(Typename) >> opt_collate)) >> behavior)));

// A name of too many parts is noticed when the commands are read.
struct TypeAlteration {
  Names type;
  List<Cmd*> cmds;
};
bool AlterCompositeType(ParseContext& state, It begin, It after, TypeAlteration& a, Node*& target) {
  auto* node = Spanned(state.arena.New<Alter>(), begin, after);
  node->objtype = OBJECT_TYPE;
  node->cmds = a.cmds;
  It name = begin + 2;
  node->relation = Spanned(state.arena.New<RangeVar>(), name, name + 2 * a.type.size() - 1);
  node->relation->inh = false;
  target = node;
  return ToRangeVar(state, name, a.type, *node->relation);
}

}  // namespace

PGSHOAL_DEFINE(AlterTypeCommands, build<TypeAlteration, AlterCompositeType>(
    ALTER >> TYPE_P >> set<&TypeAlteration::type>(any_name) >> set<&TypeAlteration::cmds>(commas(alter_type_cmd))))

PGSHOAL_DEFINE(AlterTableStmt, choose(
    when3<ALTER, TABLE, ALL>(make<Move>(ALTER >> TABLE >> put<&Move::objtype, OBJECT_TABLE> >> move_all)),
    when3<ALTER, INDEX, ALL>(make<Move>(ALTER >> INDEX >> put<&Move::objtype, OBJECT_INDEX> >> move_all)),
    otherwise((make<Move>(ALTER >> MATERIALIZED >> VIEW >> put<&Move::objtype, OBJECT_MATVIEW> >> move_all)) |
        make<Alter>(ALTER >> choose(
            when<TABLE>(TABLE >> objtype<OBJECT_TABLE> >> if_present >> relation_or_only >> table_cmds),
            when<INDEX>(INDEX >> objtype<OBJECT_INDEX> >> if_present >> relation >> index_cmds),
            when<SEQUENCE>(SEQUENCE >> objtype<OBJECT_SEQUENCE> >> if_present >> relation >> cmds),
            when<VIEW>(VIEW >> objtype<OBJECT_VIEW> >> if_present >> relation >> cmds),
            when<MATERIALIZED>(MATERIALIZED >> VIEW >> objtype<OBJECT_MATVIEW> >> if_present >> relation >> cmds),
            when<FOREIGN>(FOREIGN >> TABLE >> objtype<OBJECT_FOREIGN_TABLE> >> if_present >> relation_or_only >> cmds))))))

}  // namespace pgshoal::parser::grammar
