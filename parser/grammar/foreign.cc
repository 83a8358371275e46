// Foreign data wrappers, servers, user mappings, IMPORT FOREIGN SCHEMA; publications and subscriptions.
// gram.y's rules that have no name of their own here: fdw_option, opt_fdw_options, opt_type, foreign_server_version,
// opt_foreign_server_version, import_qualification_type, import_qualification.
#include "base/sqlstate.hpp"
#include "parser/grammar/ddl.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

PGSHOAL_DEFINE(auth_ident, choose(
    when<USER>(make<ast::RoleSpec>(USER >> put<&ast::RoleSpec::roletype, RoleSpecType::ROLESPEC_CURRENT_USER>)),
    otherwise(grammar::RoleSpec)))

namespace {

constexpr auto fdw_options = many(choose(
    when<HANDLER>(def<"handler">(HANDLER >> as<Names>(handler_name))), when2<NO, HANDLER>(def<"handler">(NO >> HANDLER)),
    when<VALIDATOR>(def<"validator">(VALIDATOR >> as<Names>(handler_name))),
    when2<NO, VALIDATOR>(def<"validator">(NO >> VALIDATOR))));
constexpr auto if_not_exists = [](auto p) { return opt2<IF_P, NOT>(IF_P >> NOT >> EXISTS >> p); };

using Fdw = ast::CreateFdwStmt;
using AlterFdw = ast::AlterFdwStmt;
using Server = ast::CreateForeignServerStmt;
using AlterServer = ast::AlterForeignServerStmt;
using Mapping = ast::CreateUserMappingStmt;
using AlterMapping = ast::AlterUserMappingStmt;

bool SomeAlteration(ParseContext&, It, AlterFdw& f) { return !f.func_options.empty() || !f.options.empty(); }

// --- publications -------------------------------------------------------------------------------------------------------

using Spec = ast::PublicationObjSpec;
using Table = ast::PublicationTable;
using enum PublicationObjSpecType;

constexpr auto columns_and_filter = set<&Table::columns>(opt_column_list) >>
    opt<WHERE>(WHERE >> lp >> set<&Table::whereClause>(a_expr) >> rp);
constexpr auto filtered_table = make<Table>(set<&Table::relation>(relation_expr) >> columns_and_filter);

// A name with subscripts or "*" in it is refused when all of the object is read.
struct JunkName : Base<JunkName> {
  static bool Matches(It first) {
    if ((first->word & kColId) == 0) return false;
    for (++first; first->kind == Tok::DOT && (first[1].word & kColLabel) != 0; first += 2) continue;
    return first->kind == Tok::LBRACKET || (first->kind == Tok::DOT && first[1].kind == Tok::STAR);
  }
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R&, A&) const {
    Nodes name;
    Table rest;
    Shift(first, State(ctx));
    return ParseRule(any_indirection, first, last, ctx, name) &&
           columns_and_filter.parse(first, last, ctx, rest, x3::unused) &&
           FailAt(State(ctx), "syntax error", rest.whereClause != nullptr ? first - 1 : first);
  }
};
template <class P>
struct WhenJunkName : JunkName {
  P body;
  constexpr explicit WhenJunkName(P p) : body(p) {}
};

// A plain name may be a table or a schema; it is what the object before it was.
bool PlainName(ParseContext&, It begin, It after, Table*& table, Spec& spec) {
  bool plain = after == begin + 1;
  if (plain) {
    spec.name = table->relation->relname;
  } else {
    spec.pubtable = table;
  }
  return true;
}
constexpr auto PublicationObj = make<Spec>(choose(
    when<TABLE>(TABLE >> put<&Spec::pubobjtype, PUBLICATIONOBJ_TABLE> >> set<&Spec::pubtable>(filtered_table)),
    when2<TABLES, IN_P>(TABLES >> IN_P >> SCHEMA >> choose(
        when<CURRENT_SCHEMA>(CURRENT_SCHEMA >> put<&Spec::pubobjtype, PUBLICATIONOBJ_TABLES_IN_CUR_SCHEMA>),
        otherwise(put<&Spec::pubobjtype, PUBLICATIONOBJ_TABLES_IN_SCHEMA> >> set<&Spec::name>(ColId)))),
    when<CURRENT_SCHEMA>(CURRENT_SCHEMA >> put<&Spec::pubobjtype, PUBLICATIONOBJ_CONTINUATION>),
    WhenJunkName(JunkName{}),
    otherwise(put<&Spec::pubobjtype, PUBLICATIONOBJ_CONTINUATION> >> build<Table*, PlainName>(filtered_table))));

template <class Publication>
bool Resolve(ParseContext& state, It, Publication& publication) {
  List<Spec*>& list = publication.pubobjects;
  // PostgreSQL keeps no place for tables written with ONLY or *, and then points at the text's beginning.
  auto fail = [&](const char* message, const Spec* at) {
    const RangeVar* table = at->pubtable != nullptr ? at->pubtable->relation : nullptr;
    bool extended = table != nullptr && (!table->inh || state.text[table->end - 1] == '*');
    return Fail(state, sqlstate::kSyntaxError, message, extended ? 0 : at->begin);
  };
  PublicationObjSpecType previous = PUBLICATIONOBJ_CONTINUATION;
  if (!list.empty() && list[0]->pubobjtype == PUBLICATIONOBJ_CONTINUATION) {
    fail("invalid publication object list", list[0]);
    state.error.detail = "One of TABLE or TABLES IN SCHEMA must be specified before a standalone table or schema name.";
    return false;
  }
  for (Spec* spec : list) {
    if (spec->pubobjtype == PUBLICATIONOBJ_CONTINUATION) spec->pubobjtype = previous;
    if (spec->pubobjtype == PUBLICATIONOBJ_TABLE) {
      if (spec->name.data() == nullptr && spec->pubtable == nullptr) return fail("invalid table name", spec);
      if (spec->name.data() != nullptr) {
        auto* relation = state.arena.New<RangeVar>();
        relation->relname = spec->name;
        relation->begin = spec->begin, relation->end = spec->end;
        spec->pubtable = state.arena.New<Table>();
        spec->pubtable->relation = relation;
        spec->pubtable->begin = spec->begin, spec->pubtable->end = spec->end;
        spec->name = Str();
      }
    } else {
      if (spec->pubtable != nullptr && spec->pubtable->whereClause != nullptr) {
        return fail("WHERE clause not allowed for schema", spec);
      }
      if (spec->pubtable != nullptr && !spec->pubtable->columns.empty()) {
        return fail("column specification not allowed for schema", spec);
      }
      if (spec->pubtable != nullptr) return fail("invalid schema name", spec);
      spec->pubobjtype = spec->name.data() != nullptr ? PUBLICATIONOBJ_TABLES_IN_SCHEMA : PUBLICATIONOBJ_TABLES_IN_CUR_SCHEMA;
    }
    previous = spec->pubobjtype;
  }
  return true;
}
constexpr auto pub_obj_list = commas(PublicationObj);
constexpr auto opt_definition = [](auto field) { return opt<WITH>(WITH >> field); };

using Pub = ast::CreatePublicationStmt;
using AlterPub = ast::AlterPublicationStmt;
using enum AlterPublicationAction;
using Sub = ast::CreateSubscriptionStmt;
using AlterSub = ast::AlterSubscriptionStmt;
using enum AlterSubscriptionType;

template <AlterSubscriptionType K>
constexpr auto sub_kind = put<&AlterSub::kind, K>;
constexpr auto sub_options = opt<WITH>(WITH >> set<&AlterSub::options>(definition));
constexpr auto sub_publications = PUBLICATION >> set<&AlterSub::publication>(commas(name)) >> sub_options;

using Import = ast::ImportForeignSchemaStmt;
using enum ImportForeignSchemaType;
constexpr auto table_list = lp >> set<&Import::table_list>(commas(relation_expr)) >> rp;

}  // namespace

PGSHOAL_DEFINE(create_foreign, choose(
    when2<CREATE, FOREIGN>(make<Fdw>(
        CREATE >> FOREIGN >> DATA_P >> WRAPPER >> set<&Fdw::fdwname>(name) >> set<&Fdw::func_options>(fdw_options) >>
        set<&Fdw::options>(create_generic_options))),
    when2<CREATE, SERVER>(make<Server>(
        CREATE >> SERVER >> if_not_exists(put<&Server::if_not_exists>) >> set<&Server::servername>(name) >>
        opt<TYPE_P>(TYPE_P >> set<&Server::servertype>(Sconst)) >>
        opt<VERSION_P>(VERSION_P >> choose(when<NULL_P>(NULL_P), otherwise(set<&Server::version>(Sconst)))) >>
        FOREIGN >> DATA_P >> WRAPPER >> set<&Server::fdwname>(name) >> set<&Server::options>(create_generic_options))),
    when3<CREATE, USER, MAPPING>(make<Mapping>(
        CREATE >> USER >> MAPPING >> only_if_not_exists<&Mapping::if_not_exists> >> FOR >> set<&Mapping::user>(auth_ident) >>
        SERVER >> set<&Mapping::servername>(name) >> set<&Mapping::options>(create_generic_options))),
    when2<CREATE, PUBLICATION>(make<Pub>(
        CREATE >> PUBLICATION >> set<&Pub::pubname>(name) >> opt<FOR>(FOR >> choose(
            when<ALL>(ALL >> TABLES >> put<&Pub::for_all_tables>), otherwise(set<&Pub::pubobjects>(pub_obj_list)))) >>
        opt_definition(set<&Pub::options>(definition)) >> call<Resolve<Pub>>)),
    when2<CREATE, SUBSCRIPTION>(make<Sub>(
        CREATE >> SUBSCRIPTION >> set<&Sub::subname>(name) >> CONNECTION >> set<&Sub::conninfo>(Sconst) >> PUBLICATION >>
        set<&Sub::publication>(commas(name)) >> opt_definition(set<&Sub::options>(definition))))))

PGSHOAL_DEFINE(alter_foreign, choose(
    when2<ALTER, FOREIGN>(make<AlterFdw>(
        ALTER >> FOREIGN >> DATA_P >> WRAPPER >> set<&AlterFdw::fdwname>(name) >> set<&AlterFdw::func_options>(fdw_options) >>
        opt<OPTIONS>(set<&AlterFdw::options>(alter_generic_options)) >> call<SomeAlteration>)),
    when2<ALTER, SERVER>(make<AlterServer>(
        ALTER >> SERVER >> set<&AlterServer::servername>(name) >> peek<VERSION_P, OPTIONS> >>
        opt<VERSION_P>(VERSION_P >> put<&AlterServer::has_version> >> choose(
            when<NULL_P>(NULL_P), otherwise(set<&AlterServer::version>(Sconst)))) >>
        opt<OPTIONS>(set<&AlterServer::options>(alter_generic_options)))),
    when2<ALTER, USER>(make<AlterMapping>(
        ALTER >> USER >> MAPPING >> FOR >> set<&AlterMapping::user>(auth_ident) >> SERVER >>
        set<&AlterMapping::servername>(name) >> set<&AlterMapping::options>(alter_generic_options))),
    when2<ALTER, PUBLICATION>(make<AlterPub>(ALTER >> PUBLICATION >> set<&AlterPub::pubname>(name) >> choose(
        when2<SET, lp>(SET >> set<&AlterPub::options>(definition)),
        when<SET>(SET >> put<&AlterPub::action, AP_SetObjects> >> set<&AlterPub::pubobjects>(pub_obj_list) >> call<Resolve<AlterPub>>),
        when<ADD_P>(ADD_P >> put<&AlterPub::action, AP_AddObjects> >> set<&AlterPub::pubobjects>(pub_obj_list) >> call<Resolve<AlterPub>>),
        when<DROP>(DROP >> put<&AlterPub::action, AP_DropObjects> >> set<&AlterPub::pubobjects>(pub_obj_list) >> call<Resolve<AlterPub>>)))),
    when2<ALTER, SUBSCRIPTION>(make<AlterSub>(ALTER >> SUBSCRIPTION >> set<&AlterSub::subname>(name) >> choose(
        when2<SET, lp>(SET >> sub_kind<ALTER_SUBSCRIPTION_OPTIONS> >> set<&AlterSub::options>(definition)),
        when<SET>(SET >> sub_kind<ALTER_SUBSCRIPTION_SET_PUBLICATION> >> sub_publications),
        when<ADD_P>(ADD_P >> sub_kind<ALTER_SUBSCRIPTION_ADD_PUBLICATION> >> sub_publications),
        when<DROP>(DROP >> sub_kind<ALTER_SUBSCRIPTION_DROP_PUBLICATION> >> sub_publications),
        when<CONNECTION>(CONNECTION >> sub_kind<ALTER_SUBSCRIPTION_CONNECTION> >> set<&AlterSub::conninfo>(Sconst)),
        when<REFRESH>(REFRESH >> PUBLICATION >> sub_kind<ALTER_SUBSCRIPTION_REFRESH> >> sub_options),
        when<ENABLE_P>(sub_kind<ALTER_SUBSCRIPTION_ENABLED> >> set<&AlterSub::options>(def<"enabled">(ENABLE_P >> give<true>))),
        when<DISABLE_P>(sub_kind<ALTER_SUBSCRIPTION_ENABLED> >> set<&AlterSub::options>(def<"enabled">(DISABLE_P >> give<false>))),
        when<SKIP>(SKIP >> sub_kind<ALTER_SUBSCRIPTION_SKIP> >> set<&AlterSub::options>(definition)))))))

PGSHOAL_DEFINE(ImportForeignSchemaStmt, make<Import>(
    IMPORT_P >> FOREIGN >> SCHEMA >> set<&Import::remote_schema>(name) >> choose(
        when<LIMIT>(LIMIT >> TO >> put<&Import::list_type, FDW_IMPORT_SCHEMA_LIMIT_TO> >> table_list),
        when<EXCEPT>(EXCEPT >> put<&Import::list_type, FDW_IMPORT_SCHEMA_EXCEPT> >> table_list), otherwise(eps)) >>
    FROM >> SERVER >> set<&Import::server_name>(name) >> INTO >> set<&Import::local_schema>(name) >>
    set<&Import::options>(create_generic_options)))

}  // namespace pgshoal::parser::grammar
