// DROP.
// gram.y's rules that have no name of their own here: DropOpClassStmt, DropOpFamilyStmt, RemoveFuncStmt,
// RemoveAggrStmt, RemoveOperStmt, DropCastStmt, DropTransformStmt, drop_option_list, drop_option, any_name_list,
// type_name_list, function_with_argtypes_list, aggregate_with_argtypes_list, operator_with_argtypes_list.
#include "parser/grammar/ddl.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

using enum ObjectType;

namespace {

using Drop = ast::DropStmt;
template <ObjectType Type>
constexpr auto type = put<&Drop::removeType, Type>;
constexpr auto exists = if_exists<&Drop::missing_ok>;
constexpr auto behavior = set<&Drop::behavior>(opt_drop_behavior);
constexpr auto any_names = set<&Drop::objects>(commas(as<Names>(any_name)));
constexpr auto functions = set<&Drop::objects>(commas(function_with_argtypes));
// CLASS and FAMILY behind OPERATOR may also be the name of an operator's schema.
constexpr auto operators = OPERATOR >> type<OBJECT_OPERATOR> >> exists >>
    set<&Drop::objects>(commas(operator_with_argtypes));
constexpr auto types = set<&Drop::objects>(commas(Typename));

using Database = ast::DropdbStmt;
using Space = ast::DropTableSpaceStmt;
using Mapping = ast::DropUserMappingStmt;
using Subscription = ast::DropSubscriptionStmt;

}  // namespace

PGSHOAL_DEFINE(drop_stmt, choose(
    when2<DROP, OWNED>(make<DropOwnedStmt>(DROP >> OWNED >> BY >> set<&DropOwnedStmt::roles>(commas(grammar::RoleSpec)) >>
                                           set<&DropOwnedStmt::behavior>(opt_drop_behavior))),
    WhenMapping(make<Mapping>(
        DROP >> USER >> MAPPING >> only_if_exists<&Mapping::missing_ok> >> FOR >> set<&Mapping::user>(auth_ident) >> SERVER >>
        set<&Mapping::servername>(name))),
    when2<DROP, ROLE, USER, GROUP_P>(DropRoleStmt),
    when2<DROP, DATABASE>(make<Database>(
        DROP >> DATABASE >> if_exists<&Database::missing_ok> >> set<&Database::dbname>(name) >>
        opt<WITH, WITH_LA_, lp>(opt<WITH>(WITH) >> opt<WITH_LA_>(WITH_LA_) >> lp >>
                                set<&Database::options>(commas(def<"force">(FORCE))) >> rp))),
    when2<DROP, TABLESPACE>(make<Space>(DROP >> TABLESPACE >> if_exists<&Space::missing_ok> >> set<&Space::tablespacename>(name))),
    when2<DROP, SUBSCRIPTION>(make<Subscription>(
        DROP >> SUBSCRIPTION >> if_exists<&Subscription::missing_ok> >> set<&Subscription::subname>(name) >>
        set<&Subscription::behavior>(opt_drop_behavior))),
    otherwise(make<Drop>(DROP >> choose(
        when2<INDEX, CONCURRENTLY>(INDEX >> CONCURRENTLY >> type<OBJECT_INDEX> >> put<&Drop::concurrent> >> exists >> any_names),
        when<TABLE, SEQUENCE, VIEW, MATERIALIZED, INDEX, COLLATION, CONVERSION_P, STATISTICS, TEXT_P>(
            set<&Drop::removeType>(object_type_any_name) >> exists >> any_names),
        when2<FOREIGN, TABLE>(set<&Drop::removeType>(object_type_any_name) >> exists >> any_names),
        when<ACCESS, EVENT, EXTENSION, FOREIGN, PROCEDURAL, LANGUAGE, PUBLICATION, SCHEMA, SERVER>(
            set<&Drop::removeType>(drop_type_name) >> exists >> set<&Drop::objects>(commas(name))),
        when<POLICY>(POLICY >> type<OBJECT_POLICY> >> exists >> set<&Drop::objects>(name_on_any_name)),
        when<RULE>(RULE >> type<OBJECT_RULE> >> exists >> set<&Drop::objects>(name_on_any_name)),
        when<TRIGGER>(TRIGGER >> type<OBJECT_TRIGGER> >> exists >> set<&Drop::objects>(name_on_any_name)),
        when<TYPE_P>(TYPE_P >> type<OBJECT_TYPE> >> exists >> types),
        when<DOMAIN_P>(DOMAIN_P >> type<OBJECT_DOMAIN> >> exists >> types),
        when<FUNCTION>(FUNCTION >> type<OBJECT_FUNCTION> >> exists >> functions),
        when<PROCEDURE>(PROCEDURE >> type<OBJECT_PROCEDURE> >> exists >> functions),
        when<ROUTINE>(ROUTINE >> type<OBJECT_ROUTINE> >> exists >> functions),
        when<AGGREGATE>(AGGREGATE >> type<OBJECT_AGGREGATE> >> exists >> set<&Drop::objects>(commas(aggregate_with_argtypes))),
        when3<OPERATOR, CLASS, dot>(operators), when3<OPERATOR, FAMILY, dot>(operators),
        when2<OPERATOR, CLASS>(OPERATOR >> CLASS >> type<OBJECT_OPCLASS> >> exists >> set<&Drop::objects>(using_name)),
        when2<OPERATOR, FAMILY>(OPERATOR >> FAMILY >> type<OBJECT_OPFAMILY> >> exists >> set<&Drop::objects>(using_name)),
        when<OPERATOR>(operators),
        when<CAST>(CAST >> type<OBJECT_CAST> >> only_if_exists<&Drop::missing_ok> >> set<&Drop::objects>(cast_key)),
        when<TRANSFORM>(TRANSFORM >> type<OBJECT_TRANSFORM> >> only_if_exists<&Drop::missing_ok> >> set<&Drop::objects>(transform_key_))) >> behavior))))

}  // namespace pgshoal::parser::grammar
