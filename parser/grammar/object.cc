// References to objects of any kind, and CREATE for types, operators, casts and other catalog objects.
// gram.y's rules that have no name of their own here: object_type_name, object_type_name_on_any_name, old_aggr_list,
// old_aggr_elem, opt_enum_val_list, enum_val_list, opclass_item_list, opt_default, opt_opfamily, opt_recheck,
// transform_element_list, opt_trusted, opt_procedural, opt_inline_handler, validator_clause, opt_validator, am_type,
// event_trigger_when_list, event_trigger_when_item, event_trigger_value_list, CreateAssertionStmt.
#include "base/sqlstate.hpp"
#include "fmt/format.h"
#include "parser/grammar/ddl.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

using enum ObjectType;

// --- references -------------------------------------------------------------------------------------------------------

PGSHOAL_DEFINE(object_type_any_name, choose(
    when<TABLE>(TABLE >> give<OBJECT_TABLE>), when<SEQUENCE>(SEQUENCE >> give<OBJECT_SEQUENCE>),
    when<VIEW>(VIEW >> give<OBJECT_VIEW>), when<MATERIALIZED>(MATERIALIZED >> VIEW >> give<OBJECT_MATVIEW>),
    when<INDEX>(INDEX >> give<OBJECT_INDEX>), when2<FOREIGN, TABLE>(FOREIGN >> TABLE >> give<OBJECT_FOREIGN_TABLE>),
    when<COLLATION>(COLLATION >> give<OBJECT_COLLATION>), when<CONVERSION_P>(CONVERSION_P >> give<OBJECT_CONVERSION>),
    when<STATISTICS>(STATISTICS >> give<OBJECT_STATISTIC_EXT>),
    when<TEXT_P>(TEXT_P >> SEARCH >> choose(
        when<PARSER>(PARSER >> give<OBJECT_TSPARSER>), when<DICTIONARY>(DICTIONARY >> give<OBJECT_TSDICTIONARY>),
        when<TEMPLATE>(TEMPLATE >> give<OBJECT_TSTEMPLATE>),
        when<CONFIGURATION>(CONFIGURATION >> give<OBJECT_TSCONFIGURATION>)))))

PGSHOAL_DEFINE(drop_type_name, choose(
    when<ACCESS>(ACCESS >> METHOD >> give<OBJECT_ACCESS_METHOD>), when<EVENT>(EVENT >> TRIGGER >> give<OBJECT_EVENT_TRIGGER>),
    when<EXTENSION>(EXTENSION >> give<OBJECT_EXTENSION>), when2<FOREIGN, DATA_P>(FOREIGN >> DATA_P >> WRAPPER >> give<OBJECT_FDW>),
    when<PROCEDURAL>(PROCEDURAL >> LANGUAGE >> give<OBJECT_LANGUAGE>), when<LANGUAGE>(LANGUAGE >> give<OBJECT_LANGUAGE>),
    when<PUBLICATION>(PUBLICATION >> give<OBJECT_PUBLICATION>), when<SCHEMA>(SCHEMA >> give<OBJECT_SCHEMA>),
    when<SERVER>(SERVER >> give<OBJECT_FOREIGN_SERVER>)))

namespace {

using Ref = ObjectRef;
template <ObjectType Type>
constexpr auto is = put<&Ref::type, Type>;
constexpr auto names_object = set<&Ref::object>(as<Names>(any_name));

// {names of the relation …, name}
struct Owned {
  Str name;
  Names owner;
};
bool OwnedObject(ParseContext& state, It begin, It after, Owned& o, Node*& target) {
  o.owner.push_back(state.arena, o.name);
  Put(state, target, o.owner, begin, after);
  return true;
}
bool DomainConstraint(ParseContext& state, It begin, It after, Owned& o, Node*& target) {
  auto* list = Spanned(state.arena.New<ListNode>(), begin, after);
  auto* type = state.arena.New<TypeName>();
  type->names = o.owner;
  Spanned(type, after - (2 * o.owner.size() - 1), after);
  list->items.push_back(state.arena, type);
  list->items.push_back(state.arena, NewString(state, o.name, begin));
  target = list;
  return true;
}
constexpr auto on_any_name = build<Owned, OwnedObject>(set<&Owned::name>(name) >> ON >> set<&Owned::owner>(any_name));

// {access method, names …}
bool OperatorCollection(ParseContext& state, It begin, It after, Owned& o, Node*& target) {
  auto* list = Spanned(state.arena.New<ListNode>(), begin, after);
  list->items.push_back(state.arena, NewString(state, o.name));
  for (Str part : o.owner) list->items.push_back(state.arena, NewString(state, part));
  PlaceList(*list, begin, after);
  target = list;
  return true;
}

constexpr auto cast_types = as<Nodes>(lp >> Typename >> AS >> Typename >> rp);
// CLASS and FAMILY behind OPERATOR may also be the name of an operator's schema.
constexpr auto operator_ = OPERATOR >> is<OBJECT_OPERATOR> >> set<&Ref::object>(operator_with_argtypes);
constexpr auto transform_key = as<Nodes>(FOR >> Typename >> LANGUAGE >> name);

}  // namespace

PGSHOAL_DEFINE(using_name, build<Owned, OperatorCollection>(
    set<&Owned::owner>(any_name) >> USING >> set<&Owned::name>(name)))
PGSHOAL_DEFINE(name_on_any_name, on_any_name)
PGSHOAL_DEFINE(cast_key, cast_types)
PGSHOAL_DEFINE(transform_key_, transform_key)

PGSHOAL_DEFINE(object_reference, choose(
    when<TABLE, SEQUENCE, VIEW, MATERIALIZED, INDEX, COLLATION, CONVERSION_P, STATISTICS, TEXT_P>(
        set<&Ref::type>(object_type_any_name) >> names_object),
    when2<FOREIGN, TABLE>(set<&Ref::type>(object_type_any_name) >> names_object),
    when<COLUMN>(COLUMN >> is<OBJECT_COLUMN> >> names_object),
    when<ACCESS, EVENT, EXTENSION, FOREIGN, PROCEDURAL, LANGUAGE, PUBLICATION, SCHEMA, SERVER>(
        set<&Ref::type>(drop_type_name) >> set<&Ref::object>(name)),
    when<DATABASE>(DATABASE >> is<OBJECT_DATABASE> >> set<&Ref::object>(name)),
    when<ROLE>(ROLE >> is<OBJECT_ROLE> >> set<&Ref::object>(name)),
    when<SUBSCRIPTION>(SUBSCRIPTION >> is<OBJECT_SUBSCRIPTION> >> set<&Ref::object>(name)),
    when<TABLESPACE>(TABLESPACE >> is<OBJECT_TABLESPACE> >> set<&Ref::object>(name)),
    when<TYPE_P>(TYPE_P >> is<OBJECT_TYPE> >> set<&Ref::object>(Typename)),
    when<DOMAIN_P>(DOMAIN_P >> is<OBJECT_DOMAIN> >> set<&Ref::object>(Typename)),
    when<AGGREGATE>(AGGREGATE >> is<OBJECT_AGGREGATE> >> set<&Ref::object>(aggregate_with_argtypes)),
    when<FUNCTION>(FUNCTION >> is<OBJECT_FUNCTION> >> set<&Ref::object>(function_with_argtypes)),
    when<PROCEDURE>(PROCEDURE >> is<OBJECT_PROCEDURE> >> set<&Ref::object>(function_with_argtypes)),
    when<ROUTINE>(ROUTINE >> is<OBJECT_ROUTINE> >> set<&Ref::object>(function_with_argtypes)),
    when3<OPERATOR, CLASS, dot>(operator_), when3<OPERATOR, FAMILY, dot>(operator_),
    when2<OPERATOR, CLASS>(OPERATOR >> CLASS >> is<OBJECT_OPCLASS> >> set<&Ref::object>(using_name)),
    when2<OPERATOR, FAMILY>(OPERATOR >> FAMILY >> is<OBJECT_OPFAMILY> >> set<&Ref::object>(using_name)),
    when<OPERATOR>(operator_),
    when<CONSTRAINT>(CONSTRAINT >> (
        (set<&Ref::object>(build<Owned, DomainConstraint>(
             set<&Owned::name>(name) >> ON >> DOMAIN_P >> set<&Owned::owner>(any_name))) >> is<OBJECT_DOMCONSTRAINT>) |
        (set<&Ref::object>(on_any_name) >> is<OBJECT_TABCONSTRAINT>))),
    when<POLICY>(POLICY >> is<OBJECT_POLICY> >> set<&Ref::object>(on_any_name)),
    when<RULE>(RULE >> is<OBJECT_RULE> >> set<&Ref::object>(on_any_name)),
    when<TRIGGER>(TRIGGER >> is<OBJECT_TRIGGER> >> set<&Ref::object>(on_any_name)),
    when<TRANSFORM>(TRANSFORM >> is<OBJECT_TRANSFORM> >> set<&Ref::object>(transform_key)),
    when<LARGE_P>(LARGE_P >> OBJECT_P >> is<OBJECT_LARGEOBJECT> >> set<&Ref::object>(NumericOnly)),
    when<CAST>(CAST >> is<OBJECT_CAST> >> set<&Ref::object>(cast_types))))

// --- types, operators, aggregates, text search, collations ------------------------------------------------------------

namespace {

using Define = ast::DefineStmt;
template <ObjectType Type>
constexpr auto kind = put<&Define::kind, Type>;

struct OldStyle {
  static bool Matches(It first) {
    return first->kind == Tok::LPAREN && first[1].kind == Tok::IDENT && first[2].kind == Tok::EQUAL;
  }
};
template <class P>
struct WhenOldStyle : OldStyle {
  P body;
  constexpr explicit WhenOldStyle(P p) : body(p) {}
};
constexpr auto old_aggr_definition = lp >> commas(make<DefElem>(
    set<&DefElem::defname>(Text<Tok::IDENT>{}) >> equal >> set<&DefElem::arg>(def_arg))) >> rp;
constexpr auto names_and_definition = set<&Define::defnames>(any_name) >> set<&Define::definition>(definition);

bool AnyNameToRangeVar(ParseContext& state, It begin, It after, Names& names, RangeVar*& target) {
  target = Spanned(state.arena.New<RangeVar>(), begin, after);
  target->inh = false;  // a type has no children
  return ToRangeVar(state, begin, names, *target);
}

// CREATE TYPE: what it is is told behind the name.
struct TypeKind {
  static It Behind(It first) {
    It p = first + 2;
    while (p[1].kind == Tok::DOT) p += 2;
    return p + 1;
  }
};
template <Tok... K>
struct TypeAs {
  static bool Matches(It first) {
    It p = TypeKind::Behind(first);
    return p->kind == Tok::AS && ((p[1].kind == K) || ...);
  }
};
template <class P, Tok... K>
struct WhenTypeAs : TypeAs<K...> {
  P body;
  constexpr explicit WhenTypeAs(P p) : body(p) {}
};
template <Tok... K, class P>
constexpr auto type_as(P p) { return WhenTypeAs<P, K...>(p); }

// A name of too many parts is noticed when the columns are read.
struct CompositeType {
  Names name;
  List<ColumnDef*> columns;
};
bool CreateCompositeType(ParseContext& state, It begin, It after, CompositeType& type, Node*& target) {
  auto* node = Spanned(state.arena.New<CompositeTypeStmt>(), begin, after);
  node->coldeflist = type.columns;
  target = node;
  It name = begin + 2;
  return AnyNameToRangeVar(state, name, name + 2 * type.name.size() - 1, type.name, node->typevar);
}

constexpr auto CreateType = choose(
    type_as<lp>(build<CompositeType, CreateCompositeType>(
        CREATE >> TYPE_P >> set<&CompositeType::name>(any_name) >> AS >> lp >> choose(
            when<rp>(eps), otherwise(set<&CompositeType::columns>(commas(TableFuncElement)))) >> rp)),
    type_as<ENUM_P>(make<CreateEnumStmt>(
        CREATE >> TYPE_P >> set<&CreateEnumStmt::typeName>(any_name) >> AS >> ENUM_P >> lp >> choose(
            when<rp>(eps), otherwise(set<&CreateEnumStmt::vals>(commas(Sconst)))) >> rp)),
    type_as<RANGE>(make<CreateRangeStmt>(
        CREATE >> TYPE_P >> set<&CreateRangeStmt::typeName>(any_name) >> AS >> RANGE >>
        set<&CreateRangeStmt::params>(definition))),
    otherwise(make<Define>(CREATE >> TYPE_P >> kind<OBJECT_TYPE> >> set<&Define::defnames>(any_name) >>
                           opt<AS>(AS >> peek<lp, ENUM_P, RANGE>) >> opt<lp>(set<&Define::definition>(definition)))));

using Domain = ast::CreateDomainStmt;
bool DomainQualifiers(ParseContext&, It, It, ColumnDef& column, Domain& domain) {
  domain.constraints = column.constraints;
  domain.collClause = column.collClause;
  return true;
}

using Cast = ast::CreateCastStmt;
constexpr auto cast_context = choose(
    when2<AS, IMPLICIT_P>(AS >> IMPLICIT_P >> put<&Cast::context, CoercionContext::COERCION_IMPLICIT>),
    when<AS>(AS >> ASSIGNMENT >> put<&Cast::context, CoercionContext::COERCION_ASSIGNMENT>),
    otherwise(put<&Cast::context, CoercionContext::COERCION_EXPLICIT>));

using Transform = ast::CreateTransformStmt;
constexpr auto from_sql = FROM >> SQL_P >> WITH >> FUNCTION >> set<&Transform::fromsql>(function_with_argtypes);
constexpr auto to_sql = TO >> SQL_P >> WITH >> FUNCTION >> set<&Transform::tosql>(function_with_argtypes);

using Item = ast::CreateOpClassItem;
constexpr auto opclass_purpose = choose(
    when2<FOR, SEARCH>(FOR >> SEARCH), when<FOR>(FOR >> ORDER >> BY >> set<&Item::order_family>(any_name)), otherwise(eps));
constexpr auto recheck = opt<RECHECK>(RECHECK);
bool BareOperator(ParseContext& state, It begin, It after, Names& names, Item& item) {
  item.name = Spanned(state.arena.New<ObjectWithArgs>(), begin, after);
  item.name->objname = names;
  return true;
}

using Class = ast::CreateOpClassStmt;
using Family = ast::CreateOpFamilyStmt;
using Trigger = ast::CreateEventTrigStmt;
using Conversion = ast::CreateConversionStmt;
using Language = ast::CreatePLangStmt;
using Method = ast::CreateAmStmt;

bool NoAssertions(ParseContext& state, It, It, Names&, Node*&) {
  return FailNowhere(state, sqlstate::kFeatureNotSupported, "CREATE ASSERTION is not yet implemented");
}

struct Handlers {
  static bool Matches(It first) {
    It p = CreatedObject(first);
    if (p->kind == Tok::TRUSTED) ++p;
    if (p->kind == Tok::PROCEDURAL) ++p;
    return p->kind == Tok::LANGUAGE && p[2].kind == Tok::HANDLER;
  }
};
template <class P>
struct WhenHandler : Handlers {
  P body;
  constexpr explicit WhenHandler(P p) : body(p) {}
};

}  // namespace

PGSHOAL_DEFINE(range_var_from_any_name, build<Names, AnyNameToRangeVar>(any_name))

PGSHOAL_DEFINE(opclass_item, make<Item>(choose(
    when<OPERATOR>(OPERATOR >> put<&Item::itemtype, 1> >> set<&Item::number>(Iconst) >>
        ((set<&Item::name>(operator_with_argtypes)) | build<Names, BareOperator>(any_operator)) >> opclass_purpose >> recheck),
    when<FUNCTION>(FUNCTION >> put<&Item::itemtype, 2> >> set<&Item::number>(Iconst) >>
        opt<lp>(lp >> set<&Item::class_args>(commas(Typename)) >> rp) >> set<&Item::name>(function_with_argtypes)),
    when<STORAGE>(STORAGE >> put<&Item::itemtype, 3> >> set<&Item::storedtype>(Typename)))))

PGSHOAL_DEFINE(handler_name, any_name)

PGSHOAL_DEFINE(DefineStmt, choose(
    creates<AGGREGATE>(make<Define>(
        CREATE >> opt<OR>(OR >> REPLACE >> put<&Define::replace>) >> AGGREGATE >> kind<OBJECT_AGGREGATE> >>
        set<&Define::defnames>(func_name) >> choose(
            WhenOldStyle(put<&Define::oldstyle> >> set<&Define::definition>(old_aggr_definition)),
            otherwise(set<&Define::args>(aggr_args) >> set<&Define::definition>(definition))))),
    when2<CREATE, OPERATOR>(make<Define>(
        CREATE >> OPERATOR >> kind<OBJECT_OPERATOR> >> set<&Define::defnames>(any_operator) >> set<&Define::definition>(definition))),
    when2<CREATE, TYPE_P>(CreateType),
    when2<CREATE, TEXT_P>(make<Define>(CREATE >> set<&Define::kind>(object_type_any_name) >> names_and_definition)),
    when2<CREATE, COLLATION>(make<Define>(
        CREATE >> COLLATION >> kind<OBJECT_COLLATION> >> opt2<IF_P, NOT>(IF_P >> NOT >> EXISTS >> put<&Define::if_not_exists>) >>
        set<&Define::defnames>(any_name) >> choose(
            when<FROM>(set<&Define::definition>(def<"from">(FROM >> as<Names>(any_name)))),
            otherwise(set<&Define::definition>(definition)))))))

PGSHOAL_DEFINE(create_other, choose(
    when3<CREATE, OPERATOR, CLASS>(make<Class>(
        CREATE >> OPERATOR >> CLASS >> set<&Class::opclassname>(any_name) >> opt<DEFAULT>(DEFAULT >> put<&Class::isDefault>) >>
        FOR >> TYPE_P >> set<&Class::datatype>(Typename) >> USING >> set<&Class::amname>(name) >>
        opt<FAMILY>(FAMILY >> set<&Class::opfamilyname>(any_name)) >> AS >> set<&Class::items>(commas(opclass_item))) |
        grammar::DefineStmt),  // an operator of a schema called class
    when3<CREATE, OPERATOR, FAMILY>(make<Family>(
        CREATE >> OPERATOR >> FAMILY >> set<&Family::opfamilyname>(any_name) >> USING >> set<&Family::amname>(name)) |
        grammar::DefineStmt),
    when2<CREATE, OPERATOR, TYPE_P, TEXT_P, COLLATION>(grammar::DefineStmt),
    creates<AGGREGATE>(grammar::DefineStmt),
    when2<CREATE, DOMAIN_P>(make<Domain>(
        CREATE >> DOMAIN_P >> set<&Domain::domainname>(any_name) >> opt<AS>(AS) >> set<&Domain::typeName>(Typename) >>
        build<ColumnDef, DomainQualifiers>(ColQualList))),
    when2<CREATE, CAST>(make<Cast>(
        CREATE >> CAST >> lp >> set<&Cast::sourcetype>(Typename) >> AS >> set<&Cast::targettype>(Typename) >> rp >> choose(
            when2<WITH, FUNCTION>(WITH >> FUNCTION >> set<&Cast::func>(function_with_argtypes)),
            when<WITH>(WITH >> INOUT >> put<&Cast::inout>), when<WITHOUT>(WITHOUT >> FUNCTION)) >> cast_context)),
    creates<TRANSFORM>(make<Transform>(
        CREATE >> opt<OR>(OR >> REPLACE >> put<&Transform::replace>) >> TRANSFORM >> FOR >> set<&Transform::type_name>(Typename) >>
        LANGUAGE >> set<&Transform::lang>(name) >> lp >> choose(
            when<FROM>(from_sql >> opt<comma>(comma >> to_sql)), when<TO>(to_sql >> opt<comma>(comma >> from_sql))) >> rp)),
    when2<CREATE, CONVERSION_P, DEFAULT>(make<Conversion>(
        CREATE >> opt<DEFAULT>(DEFAULT >> put<&Conversion::def>) >> CONVERSION_P >> set<&Conversion::conversion_name>(any_name) >>
        FOR >> set<&Conversion::for_encoding_name>(Sconst) >> TO >> set<&Conversion::to_encoding_name>(Sconst) >> FROM >>
        set<&Conversion::func_name>(any_name))),
    WhenHandler(make<Language>(
        CREATE >> opt<OR>(OR >> REPLACE >> put<&Language::replace>) >> opt<TRUSTED>(TRUSTED >> put<&Language::pltrusted>) >>
        opt<PROCEDURAL>(PROCEDURAL) >> LANGUAGE >> set<&Language::plname>(name) >> HANDLER >>
        set<&Language::plhandler>(handler_name) >> opt<INLINE_P>(INLINE_P >> set<&Language::plinline>(handler_name)) >>
        choose(when<VALIDATOR>(VALIDATOR >> set<&Language::plvalidator>(handler_name)), when<NO>(NO >> VALIDATOR),
               otherwise(eps)))),
    creates<LANGUAGE, TRUSTED, PROCEDURAL>(make<CreateExtensionStmt>(
        CREATE >> opt<OR>(OR >> REPLACE >> put<&CreateExtensionStmt::if_not_exists>) >> opt<TRUSTED>(TRUSTED) >>
        opt<PROCEDURAL>(PROCEDURAL) >> LANGUAGE >> set<&CreateExtensionStmt::extname>(name))),
    when2<CREATE, ACCESS>(make<Method>(
        CREATE >> ACCESS >> METHOD >> set<&Method::amname>(name) >> TYPE_P >> choose(
            when<INDEX>(INDEX >> put<&Method::amtype, 'i'>), when<TABLE>(TABLE >> put<&Method::amtype, 't'>)) >>
        HANDLER >> set<&Method::handler_name>(grammar::handler_name))),
    when2<CREATE, EVENT>(make<Trigger>(
        CREATE >> EVENT >> TRIGGER >> set<&Trigger::trigname>(name) >> ON >> set<&Trigger::eventname>(ColLabel) >>
        opt<WHEN>(WHEN >> set<&Trigger::whenclause>(make<DefElem>(
            set<&DefElem::defname>(ColId) >> IN_P >> set<&DefElem::arg>(as<Names>(lp >> commas(Sconst) >> rp))) >>
            many(AND >> make<DefElem>(set<&DefElem::defname>(ColId) >> IN_P >>
                                      set<&DefElem::arg>(as<Names>(lp >> commas(Sconst) >> rp)))))) >>
        EXECUTE >> choose(when<FUNCTION>(FUNCTION), when<PROCEDURE>(PROCEDURE)) >> set<&Trigger::funcname>(func_name) >> lp >> rp)),
    when2<CREATE, ASSERTION>(build<Names, NoAssertions>(
        CREATE >> ASSERTION >> any_name >> CHECK >> lp >> skip(a_expr) >> rp >> skip(ConstraintAttributeSpec))),
    otherwise(create_foreign)))

}  // namespace pgshoal::parser::grammar
