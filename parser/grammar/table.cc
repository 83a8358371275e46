// CREATE TABLE: columns, constraints, partitions; CREATE TABLE AS, materialized views, foreign tables.
// gram.y's rules that have no name of their own here: TableElementList, TypedTableElementList, column_compression,
// opt_column_compression, ConstraintAttr, ConstraintAttributeElem, opt_no_inherit, ExclusionConstraintList,
// ExclusionConstraintElem, OptWhereClause, OptParenthesizedSeqOptList, TableLikeOptionList, hash_partbound_elem,
// hash_partbound, OptPartitionSpec, part_params, OptInherit, table_access_method_clause, OptWith, OptTableSpace,
// OptNoLog.
#include "base/sqlstate.hpp"
#include "fmt/format.h"
#include "parser/grammar/ddl.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

// --- constraints ------------------------------------------------------------------------------------------------------

namespace {

using Con = ast::Constraint;
using enum ConstrType;

template <ConstrType Type>
constexpr auto contype = put<&Con::contype, Type>;

constexpr auto opt_unique_null_treatment = opt<NULLS_P>(NULLS_P >> choose(
    when<DISTINCT>(DISTINCT), when<NOT>(NOT >> DISTINCT >> put<&Con::nulls_not_distinct>)));
constexpr auto opt_definition = opt<WITH>(WITH >> set<&Con::options>(definition));
constexpr auto OptConsTableSpace = opt<USING>(USING >> INDEX >> TABLESPACE >> set<&Con::indexspace>(name));
constexpr auto opt_c_include = opt<INCLUDE>(INCLUDE >> set<&Con::including>(columnList));
constexpr auto generated_when = choose(
    when<ALWAYS>(ALWAYS >> put<&Con::generated_when, 'a'>), when<BY>(BY >> DEFAULT >> put<&Con::generated_when, 'd'>));
constexpr auto seq_options = opt<lp>(lp >> set<&Con::options>(many1(SeqOptElem)) >> rp);

bool NotPartial(ParseContext& state, It here, Con&) {
  return Fail(state, sqlstate::kFeatureNotSupported, "MATCH PARTIAL not yet implemented", here[-2].begin);
}
constexpr auto key_match = put<&Con::fk_matchtype, 's'> >> opt<MATCH>(MATCH >> choose(
    when<FULL>(FULL >> put<&Con::fk_matchtype, 'f'>), when<PARTIAL>(PARTIAL >> call<NotPartial>),
    when<SIMPLE>(SIMPLE)));

struct KeyAction {
  char action = 'a';
  Names columns;
};
constexpr auto key_action = choose(
    when<NO>(NO >> ACTION), when<RESTRICT>(RESTRICT >> put<&KeyAction::action, 'r'>),
    when<CASCADE>(CASCADE >> put<&KeyAction::action, 'c'>),
    when2<SET, NULL_P>(SET >> NULL_P >> put<&KeyAction::action, 'n'> >> set<&KeyAction::columns>(opt_column_list)),
    when<SET>(SET >> DEFAULT >> put<&KeyAction::action, 'd'> >> set<&KeyAction::columns>(opt_column_list)));
bool UpdateAction(ParseContext& state, It begin, It, KeyAction& a, Con& con) {
  con.fk_upd_action = a.action;
  if (a.columns.empty()) return true;
  return Fail(state, sqlstate::kFeatureNotSupported,
              fmt::format("a column list with {} is only supported for ON DELETE actions",
                          a.action == 'n' ? "SET NULL" : "SET DEFAULT"), begin->begin);
}
bool DeleteAction(ParseContext&, It, It, KeyAction& a, Con& con) {
  con.fk_del_action = a.action;
  con.fk_del_set_cols = a.columns;
  return true;
}
constexpr auto key_update = build<KeyAction, UpdateAction>(ON >> UPDATE >> key_action);
constexpr auto key_delete = build<KeyAction, DeleteAction>(ON >> DELETE_P >> key_action);
constexpr auto key_actions = put<&Con::fk_upd_action, 'a'> >> put<&Con::fk_del_action, 'a'> >> choose(
    when2<ON, UPDATE>(key_update >> opt<ON>(key_delete)), when<ON>(key_delete >> opt<ON>(key_update)), otherwise(eps));

constexpr auto references = REFERENCES >> contype<CONSTR_FOREIGN> >> set<&Con::pktable>(qualified_name) >>
                            set<&Con::pk_attrs>(opt_column_list) >> key_match >> key_actions;

bool OnlyAlways(ParseContext& state, It here, Con& con) {
  if (con.generated_when == 'a') return true;
  It open = here - 2;  // BY DEFAULT AS ( … ) STORED
  for (int depth = 1; depth > 0;) {
    --open;
    depth += open->kind == Tok::RPAREN ? 1 : open->kind == Tok::LPAREN ? -1 : 0;
  }
  return Fail(state, sqlstate::kSyntaxError, "for a generated column, GENERATED ALWAYS must be specified", open[-3].begin);
}

constexpr auto ColConstraintElem = choose(
    when<NOT>(NOT >> NULL_P >> contype<CONSTR_NOTNULL>), when<NULL_P>(NULL_P >> contype<CONSTR_NULL>),
    when<UNIQUE>(UNIQUE >> contype<CONSTR_UNIQUE> >> opt_unique_null_treatment >> opt_definition >> OptConsTableSpace),
    when<PRIMARY>(PRIMARY >> KEY >> contype<CONSTR_PRIMARY> >> opt_definition >> OptConsTableSpace),
    when<CHECK>(CHECK >> contype<CONSTR_CHECK> >> put<&Con::initially_valid> >> lp >> set<&Con::raw_expr>(a_expr) >>
                rp >> opt<NO>(NO >> INHERIT >> put<&Con::is_no_inherit>)),
    when<DEFAULT>(DEFAULT >> contype<CONSTR_DEFAULT> >> set<&Con::raw_expr>(b_expr)),
    when<GENERATED>(GENERATED >> generated_when >> AS >> choose(
        when<IDENTITY_P>(IDENTITY_P >> contype<CONSTR_IDENTITY> >> seq_options),
        when<lp>(lp >> contype<CONSTR_GENERATED> >> set<&Con::raw_expr>(a_expr) >> rp >> STORED >> call<OnlyAlways>))),
    when<REFERENCES>(references >> put<&Con::initially_valid>));

constexpr auto ColConstraint = make<Con>(choose(
    when<CONSTRAINT>(CONSTRAINT >> set<&Con::conname>(name) >> ColConstraintElem),
    when<DEFERRABLE>(DEFERRABLE >> contype<CONSTR_ATTR_DEFERRABLE>),
    when2<NOT, DEFERRABLE>(NOT >> DEFERRABLE >> contype<CONSTR_ATTR_NOT_DEFERRABLE>),
    when2<INITIALLY, DEFERRED>(INITIALLY >> DEFERRED >> contype<CONSTR_ATTR_DEFERRED>),
    when<INITIALLY>(INITIALLY >> IMMEDIATE >> contype<CONSTR_ATTR_IMMEDIATE>),
    otherwise(ColConstraintElem)));

// Takes COLLATE out of the list of a column's constraints, when all of it is read.
bool SplitColQualList(ParseContext& state, It, ColumnDef& column) {
  std::size_t kept = 0;
  for (Node* item : column.constraints) {
    if (auto* clause = ast::As<CollateClause>(item)) {
      if (column.collClause != nullptr) {
        return Fail(state, sqlstate::kSyntaxError, "multiple COLLATE clauses not allowed", clause->begin);
      }
      column.collClause = clause;
    } else {
      column.constraints[kept++] = item;
    }
  }
  column.constraints.count = kept;
  return true;
}

template <int32_t Bit>
bool AddAttribute(ParseContext& state, It here, int32_t& bits) {
  bits |= Bit;
  uint32_t at = (Bit == kDeferrable ? here - 1 : here - 2)->begin;
  if ((bits & kNotDeferrable) && (bits & kInitiallyDeferred)) {
    return Fail(state, sqlstate::kSyntaxError, "constraint declared INITIALLY DEFERRED must be DEFERRABLE", at);
  }
  if (((bits & kNotDeferrable) && (bits & kDeferrable)) ||
      ((bits & kInitiallyImmediate) && (bits & kInitiallyDeferred))) {
    return Fail(state, sqlstate::kSyntaxError, "conflicting constraint properties", at);
  }
  return true;
}

// Which attributes a kind of constraint may have.
enum Allowed : int { kMayDefer = 1, kMayBeInvalid = 2, kMayNotInherit = 4 };
template <Fixed Kind, int May>
bool Attributes(ParseContext& state, It, It, int32_t& bits, Con& con) {
  auto fail = [&](const char* what) {
    return FailNowhere(state, sqlstate::kFeatureNotSupported,
                       fmt::format("{} constraints cannot be marked {}", kFixed<Kind>.text, what));
  };
  if (bits & (kDeferrable | kInitiallyDeferred)) {
    if (!(May & kMayDefer)) return fail("DEFERRABLE");
    con.deferrable = true;
  }
  if (bits & kInitiallyDeferred) {
    if (!(May & kMayDefer)) return fail("DEFERRABLE");
    con.initdeferred = true;
  }
  if (bits & kNotValid) {
    if (!(May & kMayBeInvalid)) return fail("NOT VALID");
    con.skip_validation = true;
  }
  if (bits & kNoInherit) {
    if (!(May & kMayNotInherit)) return fail("NO INHERIT");
    con.is_no_inherit = true;
  }
  if (May & kMayBeInvalid) con.initially_valid = !con.skip_validation;
  return true;
}
template <Fixed Kind, int May>
constexpr auto attributes = build<int32_t, Attributes<Kind, May>>(ConstraintAttributeSpec);

constexpr auto ExistingIndex = USING >> INDEX >> set<&Con::indexname>(name);

struct Exclusion {
  IndexElem* element = nullptr;
  Names op;
};
bool AddExclusion(ParseContext& state, It begin, It after, Exclusion& e, Nodes& list) {
  auto* pair = state.arena.New<ListNode>();
  pair->begin = begin->begin, pair->end = after[-1].end;
  pair->items.push_back(state.arena, e.element);
  Node* op = nullptr;
  Put(state, op, e.op, begin, after);
  pair->items.push_back(state.arena, op);
  list.push_back(state.arena, pair);
  return true;
}
constexpr auto exclusion = build<Exclusion, AddExclusion>(
    set<&Exclusion::element>(index_elem) >> WITH >> set<&Exclusion::op>(choose(
        when2<OPERATOR, lp>(OPERATOR >> lp >> any_operator >> rp), otherwise(any_operator))));

constexpr auto ConstraintElem = choose(
    when<CHECK>(CHECK >> contype<CONSTR_CHECK> >> lp >> set<&Con::raw_expr>(a_expr) >> rp >>
                attributes<"CHECK", kMayBeInvalid | kMayNotInherit>),
    when<UNIQUE>(UNIQUE >> contype<CONSTR_UNIQUE> >> choose(
        when<USING>(ExistingIndex),
        otherwise(opt_unique_null_treatment >> set<&Con::keys>(columnList) >> opt_c_include >> opt_definition >>
                  OptConsTableSpace)) >> attributes<"UNIQUE", kMayDefer>),
    when<PRIMARY>(PRIMARY >> KEY >> contype<CONSTR_PRIMARY> >> choose(
        when<USING>(ExistingIndex),
        otherwise(set<&Con::keys>(columnList) >> opt_c_include >> opt_definition >> OptConsTableSpace)) >>
        attributes<"PRIMARY KEY", kMayDefer>),
    when<EXCLUDE>(EXCLUDE >> contype<CONSTR_EXCLUSION> >> choose(
        when<USING>(USING >> set<&Con::access_method>(name)), otherwise(set<&Con::access_method>(text<"btree">))) >>
        lp >> set<&Con::exclusions>(commas(exclusion)) >> rp >> opt_c_include >> opt_definition >> OptConsTableSpace >>
        opt<WHERE>(WHERE >> lp >> set<&Con::where_clause>(a_expr) >> rp) >> attributes<"EXCLUDE", kMayDefer>),
    when<FOREIGN>(FOREIGN >> KEY >> set<&Con::fk_attrs>(columnList) >> references >>
                  attributes<"FOREIGN KEY", kMayDefer | kMayBeInvalid>));

}  // namespace

PGSHOAL_DEFINE(ConstraintAttributeSpec, many(choose(
    when2<NOT, DEFERRABLE>(NOT >> DEFERRABLE >> call<AddAttribute<kNotDeferrable>>),
    when<DEFERRABLE>(DEFERRABLE >> call<AddAttribute<kDeferrable>>),
    when2<INITIALLY, IMMEDIATE>(INITIALLY >> IMMEDIATE >> call<AddAttribute<kInitiallyImmediate>>),
    when<INITIALLY>(INITIALLY >> DEFERRED >> call<AddAttribute<kInitiallyDeferred>>),
    when<NOT>(NOT >> VALID >> call<AddAttribute<kNotValid>>),
    when<NO>(NO >> INHERIT >> call<AddAttribute<kNoInherit>>))))

PGSHOAL_DEFINE(TableConstraint, make<Con>(
    opt<CONSTRAINT>(CONSTRAINT >> set<&Con::conname>(name)) >> ConstraintElem))

PGSHOAL_DEFINE(ColQualList, many(choose(
    when<COLLATE>(set<&ColumnDef::constraints>(
        make<CollateClause>(COLLATE >> set<&CollateClause::collname>(any_name)))),
    when<CONSTRAINT, NOT, NULL_P, UNIQUE, PRIMARY, CHECK, DEFAULT, GENERATED, REFERENCES, DEFERRABLE, INITIALLY>(
        set<&ColumnDef::constraints>(ColConstraint)))) >>
    peek_not<COLLATE, CONSTRAINT, NOT, NULL_P, UNIQUE, PRIMARY, CHECK, DEFAULT, GENERATED, REFERENCES, DEFERRABLE, INITIALLY> >>
    call<SplitColQualList>)

PGSHOAL_DEFINE(columnDef, make<ColumnDef>(
    put<&ColumnDef::is_local> >> set<&ColumnDef::colname>(ColId) >> set<&ColumnDef::typeName>(Typename) >>
    opt<COMPRESSION>(COMPRESSION >> set<&ColumnDef::compression>(choose(
        when<DEFAULT>(DEFAULT >> text<"default">), otherwise(ColId)))) >>
    set<&ColumnDef::fdwoptions>(create_generic_options) >> ColQualList))

// --- partitions -------------------------------------------------------------------------------------------------------

namespace {

struct HashBound {
  Str name;
  int32_t value = 0;
};
bool AddHashBound(ParseContext& state, It begin, It, HashBound& b, ast::PartitionBoundSpec& spec) {
  int32_t* field = b.name == "modulus" ? &spec.modulus : b.name == "remainder" ? &spec.remainder : nullptr;
  if (field == nullptr) {
    return Fail(state, sqlstate::kSyntaxError,
                fmt::format("unrecognized hash partition bound specification \"{}\"", b.name), begin->begin);
  }
  if (*field != -1) {
    return Fail(state, "42710", fmt::format("{} for hash partition provided more than once", b.name), begin->begin);
  }
  *field = b.value;
  return true;
}
bool BothGiven(ParseContext& state, It, ast::PartitionBoundSpec& spec) {
  const char* missing = spec.modulus == -1 ? "modulus" : spec.remainder == -1 ? "remainder" : nullptr;
  return missing == nullptr || FailNowhere(state, sqlstate::kSyntaxError,
                                           fmt::format("{} for hash partition must be specified", missing));
}
using Bound = ast::PartitionBoundSpec;

using PartElem = ast::PartitionElem;
constexpr auto part_elem = make<PartElem>(
    build<KeyPart, SetKeyPart<PartElem>>(key_part) >> opt<COLLATE>(COLLATE >> set<&PartElem::collation>(any_name)) >> -set<&PartElem::opclass>(any_name));
constexpr auto PartitionSpec_ = make<ast::PartitionSpec>(
    PARTITION >> BY >> set<&ast::PartitionSpec::strategy>(ColId) >> lp >>
    set<&ast::PartitionSpec::partParams>(commas(part_elem)) >> rp);

}  // namespace

PGSHOAL_DEFINE(PartitionBoundSpec, make<Bound>(choose(
    when<DEFAULT>(DEFAULT >> put<&Bound::is_default>),
    when<FOR>(FOR >> VALUES >> choose(
        when<WITH>(WITH >> put<&Bound::strategy, 'h'> >> put<&Bound::modulus, -1> >> put<&Bound::remainder, -1> >> lp >>
                   commas(build<HashBound, AddHashBound>(set<&HashBound::name>(NonReservedWord) >>
                                                         set<&HashBound::value>(Iconst))) >> rp >> call<BothGiven>),
        when<IN_P>(IN_P >> put<&Bound::strategy, 'l'> >> lp >> set<&Bound::listdatums>(commas(a_expr)) >> rp),
        when<FROM>(FROM >> put<&Bound::strategy, 'r'> >> lp >> set<&Bound::lowerdatums>(commas(a_expr)) >> rp >> TO >>
                   lp >> set<&Bound::upperdatums>(commas(a_expr)) >> rp))))))

// --- CREATE TABLE -------------------------------------------------------------------------------------------------------

PGSHOAL_DEFINE(opt_temp, give<'p'> >> choose(
    when<TEMPORARY>(TEMPORARY >> give<'t'>), when<TEMP>(TEMP >> give<'t'>),
    when<LOCAL, GLOBAL>(choose(when<LOCAL>(LOCAL), when<GLOBAL>(GLOBAL)) >>
                        choose(when<TEMPORARY>(TEMPORARY), when<TEMP>(TEMP)) >> give<'t'>),
    when<UNLOGGED>(UNLOGGED >> give<'u'>), otherwise(eps)))

namespace {

using Create = ast::CreateStmt;

// TableLikeClause::options, as PostgreSQL's CREATE_TABLE_LIKE_*.
template <uint32_t Bits>
void Include(ParseContext&, It, uint32_t& options) { options |= Bits; }
template <uint32_t Bits>
void Exclude(ParseContext&, It, uint32_t& options) { options &= ~Bits; }
template <bool Including, uint32_t Bits>
constexpr auto bits = call<Including ? Include<Bits> : Exclude<Bits>>;
template <bool Including>
constexpr auto TableLikeOption = choose(
    when<COMMENTS>(COMMENTS >> bits<Including, 1>), when<COMPRESSION>(COMPRESSION >> bits<Including, 2>),
    when<CONSTRAINTS>(CONSTRAINTS >> bits<Including, 4>), when<DEFAULTS>(DEFAULTS >> bits<Including, 8>),
    when<GENERATED>(GENERATED >> bits<Including, 16>), when<IDENTITY_P>(IDENTITY_P >> bits<Including, 32>),
    when<INDEXES>(INDEXES >> bits<Including, 64>), when<STATISTICS>(STATISTICS >> bits<Including, 128>),
    when<STORAGE>(STORAGE >> bits<Including, 256>), when<ALL>(ALL >> bits<Including, 0x7fffffff>));
constexpr auto TableLike = make<TableLikeClause>(
    LIKE >> set<&TableLikeClause::relation>(qualified_name) >> set<&TableLikeClause::options>(many(choose(
        when<INCLUDING>(INCLUDING >> TableLikeOption<true>), when<EXCLUDING>(EXCLUDING >> TableLikeOption<false>)))));

constexpr auto TableElement = choose(
    when<LIKE>(TableLike), when<CONSTRAINT, CHECK, UNIQUE, PRIMARY, FOREIGN>(TableConstraint),
    when2<EXCLUDE, USING, lp>(TableConstraint), otherwise(columnDef));
constexpr auto columnOptions = make<ColumnDef>(
    put<&ColumnDef::is_local> >> set<&ColumnDef::colname>(ColId) >> opt<WITH>(WITH >> OPTIONS) >> ColQualList);
constexpr auto TypedTableElement = choose(
    when<CONSTRAINT, CHECK, UNIQUE, PRIMARY, FOREIGN>(TableConstraint), when2<EXCLUDE, USING, lp>(TableConstraint),
    otherwise(columnOptions));

constexpr auto OptTableElementList = lp >> choose(when<rp>(eps), otherwise(set<&Create::tableElts>(commas(TableElement)))) >> rp;
constexpr auto OptTypedTableElementList = opt<lp>(lp >> set<&Create::tableElts>(commas(TypedTableElement)) >> rp);

constexpr auto storage =
    opt<PARTITION>(set<&Create::partspec>(PartitionSpec_)) >> opt<USING>(USING >> set<&Create::accessMethod>(name)) >>
    choose(when<WITH>(WITH >> set<&Create::options>(reloptions)), when<WITHOUT>(WITHOUT >> OIDS), otherwise(eps)) >>
    opt<ON>(set<&Create::oncommit>(OnCommit)) >> opt<TABLESPACE>(TABLESPACE >> set<&Create::tablespacename>(name));

bool TypeOf(ParseContext& state, It begin, It after, Names& names, Create& create) {
  create.ofTypename = state.arena.New<TypeName>();
  create.ofTypename->names = names;
  create.ofTypename->begin = begin->begin, create.ofTypename->end = after[-1].end;
  return true;
}
void Persist(Create& create, char persistence) { create.relation->relpersistence = persistence; }
void PersistInto(CreateTableAsStmt& create, char persistence) { create.into->rel->relpersistence = persistence; }
template <auto Field>
constexpr auto if_not_exists = opt<IF_P>(IF_P >> NOT >> EXISTS >> put<Field>);

constexpr auto parent = set<&Create::inhRelations>(qualified_name);
constexpr auto create_body = TABLE >> opt2<IF_P, NOT>(if_not_exists<&Create::if_not_exists>) >>
    set<&Create::relation>(qualified_name) >> choose(
        when<lp>(OptTableElementList >>
                 opt<INHERITS>(INHERITS >> lp >> set<&Create::inhRelations>(commas(qualified_name)) >> rp) >> storage),
        when<OF>(OF >> build<Names, TypeOf>(any_name) >> OptTypedTableElementList >> storage),
        when<PARTITION>(PARTITION >> OF >> parent >> OptTypedTableElementList >>
                        set<&Create::partbound>(PartitionBoundSpec) >> storage));

using AsStmt = ast::CreateTableAsStmt;
void NoData(ParseContext&, It, AsStmt& n) { n.into->skipData = true; }
constexpr auto opt_with_data = opt<WITH>(WITH >> opt<NO>(NO >> call<NoData>) >> DATA_P);
constexpr auto create_as_target = make<IntoClause>(
    set<&IntoClause::rel>(qualified_name) >> set<&IntoClause::colNames>(opt_column_list) >>
    opt<USING>(USING >> set<&IntoClause::accessMethod>(name)) >>
    choose(when<WITH>(WITH >> set<&IntoClause::options>(reloptions)), when<WITHOUT>(WITHOUT >> OIDS), otherwise(eps)) >>
    opt<ON>(set<&IntoClause::onCommit>(OnCommit)) >> opt<TABLESPACE>(TABLESPACE >> set<&IntoClause::tableSpaceName>(name)));
constexpr auto create_mv_target = make<IntoClause>(
    set<&IntoClause::rel>(qualified_name) >> set<&IntoClause::colNames>(opt_column_list) >>
    opt<USING>(USING >> set<&IntoClause::accessMethod>(name)) >> set<&IntoClause::options>(opt_reloptions) >>
    opt<TABLESPACE>(TABLESPACE >> set<&IntoClause::tableSpaceName>(name)));
constexpr auto as_body = TABLE >> put<&AsStmt::objtype, ObjectType::OBJECT_TABLE> >>
    opt2<IF_P, NOT>(if_not_exists<&AsStmt::if_not_exists>) >> set<&AsStmt::into>(create_as_target) >> AS >>
    set<&AsStmt::query>(choose(when<EXECUTE>(ExecuteStmt), otherwise(grammar::SelectStmt))) >> opt_with_data;

constexpr auto matview_body = MATERIALIZED >> VIEW >> put<&AsStmt::objtype, ObjectType::OBJECT_MATVIEW> >>
    opt2<IF_P, NOT>(if_not_exists<&AsStmt::if_not_exists>) >> set<&AsStmt::into>(create_mv_target) >> AS >>
    set<&AsStmt::query>(grammar::SelectStmt) >> opt_with_data;

using Foreign = ast::CreateForeignTableStmt;
constexpr auto foreign_tail = SERVER >> set<&Foreign::servername>(name) >> set<&Foreign::options>(create_generic_options);
constexpr auto foreign_body = TABLE >> opt2<IF_P, NOT>(if_not_exists<&Create::if_not_exists>) >>
    set<&Create::relation>(qualified_name) >> choose(
        when<PARTITION>(PARTITION >> OF >> parent >> OptTypedTableElementList >> set<&Create::partbound>(PartitionBoundSpec)),
        otherwise(OptTableElementList >>
                  opt<INHERITS>(INHERITS >> lp >> set<&Create::inhRelations>(commas(qualified_name)) >> rp)));

}  // namespace

PGSHOAL_DEFINE(CreateStmt, make<Create>(CREATE >> persistent<Persist>(create_body)))
PGSHOAL_DEFINE(CreateAsStmt, choose(
    when2<CREATE, MATERIALIZED>(CreateMatViewStmt), when3<CREATE, UNLOGGED, MATERIALIZED>(CreateMatViewStmt),
    otherwise(make<AsStmt>(CREATE >> persistent<PersistInto>(as_body)))))
PGSHOAL_DEFINE(CreateMatViewStmt, make<AsStmt>(CREATE >> persistent<PersistInto>(matview_body)))
PGSHOAL_DEFINE(CreateForeignTableStmt, make<Foreign>(
    CREATE >> FOREIGN >> set<&Foreign::base>(make<Create>(foreign_body)) >> foreign_tail))

}  // namespace pgshoal::parser::grammar
