#include "router/plan/builtin_functions.hpp"

#include "absl/container/flat_hash_set.h"

namespace pgshoal::plan {
namespace {

// Names from pg_proc of PostgreSQL 15, without those that only operators, indexes and input functions use.
// A name stands for all its overloads.
constexpr std::string_view kPure =
    "abbrev abs acos acosd acosh area array_dims array_fill array_length array_lower array_ndims array_position "
    "array_positions array_remove array_replace array_to_tsvector array_upper ascii asin asind asinh atan atan2 "
    "atan2d atand atanh bit bit_count bit_length bool bound_box box bpchar broadcast cardinality cash_words "
    "cbrt ceil ceiling center char char_length character_length chr cidr circle cos cosd cosh cot cotd date_bin "
    "datemultirange daterange decode degrees diagonal diameter div encode exp factorial family float4 float8 "
    "floor gcd get_bit get_byte height host hostmask inet_merge inet_same_family initcap int2 int4 "
    "int4multirange int4range int8 int8multirange int8range interval is_normalized isclosed isempty isfinite "
    "ishorizontal isopen isparallel isperp isvertical json_array_length json_object json_strip_nulls "
    "json_typeof jsonb_array_length jsonb_insert jsonb_object jsonb_path_exists jsonb_path_match "
    "jsonb_path_query_array jsonb_path_query_first jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls "
    "jsonb_typeof justify_days justify_hours justify_interval lcm left like like_escape line ln log log10 lower "
    "lower_inc lower_inf lpad lseg ltrim macaddr macaddr8 macaddr8_set7bit make_date make_interval make_time "
    "make_timestamp masklen md5 min_scale mod multirange name nameconcatoid netmask network normalize notlike "
    "npoints num_nonnulls num_nulls nummultirange numnode numrange octet_length oid overlay parse_ident path "
    "pclose pi point polygon popen position pow power querytree quote_ident radians radius range_merge "
    "regexp_count regexp_instr regexp_like regexp_match regexp_replace regexp_split_to_array regexp_substr "
    "repeat replace reverse right round rpad rtrim satisfies_hash_partition scale set_bit set_byte set_masklen "
    "setweight sha224 sha256 sha384 sha512 sign similar_escape similar_to_escape sin sind sinh slope split_part "
    "sqrt string_to_array strip strpos substr substring tan tand tanh text textlen to_ascii to_hex translate "
    "trim_array trim_scale trunc ts_delete ts_filter ts_lexize ts_rank ts_rank_cd tsmultirange tsquery_phrase "
    "tsrange tstzmultirange tstzrange tsvector_to_array unistr upper upper_inc upper_inf varbit varchar width "
    "width_bucket xml_is_well_formed_content xml_is_well_formed_document xmlcomment xmlconcat2 xmlexists "
    "xmlvalidate xpath xpath_exists";

constexpr std::string_view kAggregates =
    "array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp cume_dist dense_rank "
    "every jsonb_object_agg max min mode percent_rank percentile_cont percentile_disc range_agg "
    "range_intersect_agg rank regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx "
    "regr_sxy regr_syy stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance xmlagg json_agg "
    "jsonb_agg json_object_agg";

constexpr std::string_view kWindow = "row_number ntile lag lead first_value last_value nth_value";

constexpr std::string_view kReturnsSet =
    "generate_subscripts json_array_elements json_array_elements_text json_each json_each_text json_object_keys "
    "jsonb_array_elements jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys "
    "jsonb_path_query regexp_matches regexp_split_to_table string_to_table unnest generate_series "
    "json_populate_recordset jsonb_populate_recordset json_to_recordset jsonb_to_recordset jsonb_path_query_tz "
    "ts_parse ts_token_type ts_debug";

// Stable, and the same wherever the settings are the same.
constexpr std::string_view kSession =
    "date date_part date_trunc extract generate_series in_range json_to_tsvector jsonb_to_tsvector length "
    "numeric overlaps phraseto_tsquery plainto_tsquery quote_literal quote_nullable time timestamp timestamptz "
    "timetz timezone to_timestamp to_tsquery to_tsvector ts_headline ts_parse ts_token_type "
    "websearch_to_tsquery array_to_json array_to_string concat concat_ws convert convert_from convert_to "
    "current_setting enum_first enum_last enum_range format json_agg json_build_array json_build_object "
    "json_object_agg json_populate_record json_populate_recordset json_to_record json_to_recordset jsonb_agg "
    "jsonb_build_array jsonb_build_object jsonb_path_exists_tz jsonb_path_match_tz jsonb_path_query_array_tz "
    "jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record jsonb_populate_recordset "
    "jsonb_to_record jsonb_to_recordset make_timestamptz money pg_column_size pg_typeof row_to_json to_char "
    "to_date to_json to_jsonb to_number ts_match_tq ts_match_tt ts_debug xml xml_is_well_formed";

constexpr std::string_view kRandom = "random random_normal gen_random_uuid uuidv4 uuidv7 pg_sleep pg_sleep_for";

constexpr std::string_view kNow = "now age transaction_timestamp statement_timestamp clock_timestamp timeofday";

constexpr std::string_view kSessionState =
    "currval lastval setseed set_config pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock "
    "pg_advisory_unlock_all pg_advisory_unlock_shared pg_try_advisory_lock pg_try_advisory_lock_shared "
    "pg_export_snapshot pg_replication_origin_session_setup pg_replication_origin_xact_setup "
    "pg_listening_channels pg_prepared_statement pg_cursor";

constexpr std::string_view kReadsByText =
    "query_to_xml query_to_xmlschema query_to_xml_and_xmlschema table_to_xml table_to_xmlschema "
    "table_to_xml_and_xmlschema schema_to_xml schema_to_xmlschema schema_to_xml_and_xmlschema database_to_xml "
    "database_to_xmlschema database_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema ts_stat ts_rewrite "
    // These work on an index.
    "brin_summarize_new_values brin_summarize_range brin_desummarize_range gin_clean_pending_list";

using NameSet = absl::flat_hash_set<std::string>;

NameSet Split(std::string_view words) {
  NameSet set;
  while (!words.empty()) {
    const std::size_t end = words.find(' ');
    set.emplace(words.substr(0, end));
    if (end == std::string_view::npos) break;
    words.remove_prefix(end + 1);
  }
  return set;
}

struct Sets {
  NameSet pure = Split(kPure), aggregates = Split(kAggregates), window = Split(kWindow),
          returns_set = Split(kReturnsSet), session = Split(kSession), random = Split(kRandom), now = Split(kNow),
          session_state = Split(kSessionState), reads_by_text = Split(kReadsByText);
};

const Sets& AllSets() {
  static const Sets* const sets = new Sets;
  return *sets;
}

}  // namespace

FunctionClass ClassifyBuiltin(std::string_view name, bool immutable) {
  const Sets& sets = AllSets();
  const std::string key(name);
  if (sets.reads_by_text.contains(key)) return FunctionClass::kReadsByText;
  if (sets.session_state.contains(key)) return FunctionClass::kSessionState;
  if (sets.now.contains(key)) return FunctionClass::kNow;
  if (sets.random.contains(key)) return FunctionClass::kRandom;
  if (immutable) return FunctionClass::kPure;
  if (sets.session.contains(key)) return FunctionClass::kSession;
  return FunctionClass::kServer;
}

std::optional<BuiltinFunction> FindBuiltin(std::string_view name) {
  const Sets& sets = AllSets();
  const std::string key(name);
  BuiltinFunction found;
  found.aggregate = sets.aggregates.contains(key);
  found.window = sets.window.contains(key);
  found.returns_set = sets.returns_set.contains(key);
  const bool immutable = sets.pure.contains(key) ||
                         ((found.aggregate || found.window || found.returns_set) && !sets.session.contains(key));
  found.kind = ClassifyBuiltin(name, immutable);
  if (found.kind != FunctionClass::kServer) return found;
  static const NameSet* const server = new NameSet(
      Split("nextval setval version current_database current_schema current_schemas pg_backend_pid txid_current "
            "pg_current_xact_id pg_notify pg_cancel_backend pg_terminate_backend pg_advisory_xact_lock "
            "pg_try_advisory_xact_lock pg_table_size pg_relation_size pg_total_relation_size pg_database_size "
            "pg_get_userbyid pg_table_is_visible pg_get_expr pg_get_indexdef pg_get_constraintdef format_type "
            "obj_description col_description pg_get_serial_sequence has_table_privilege pg_encoding_to_char"));
  if (server->contains(key)) return found;
  return std::nullopt;
}

}  // namespace pgshoal::plan
