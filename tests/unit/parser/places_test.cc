// Every kind of statement in every place that holds one: most places take few kinds.
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/parser/corpus.hpp"

namespace pgshoal::parser::testing {
namespace {

constexpr const char* kStatements[] = {
    "select 1", "values (1)", "table t", "insert into t values (1)", "insert into t select 1 returning a",
    "update t set a = 1", "delete from t", "merge into t using u on true when matched then do nothing",
    "with x as (select 1) select 2", "with x as (select 1) insert into t select 1", "(select 1)", "((select 1))",
    "copy t to stdout", "explain select 1", "execute p", "prepare q as select 1", "declare c cursor for select 1",
    "fetch 1 from c", "call f()", "do $$x$$", "set a = 1", "set transaction read only", "set local a = 1", "show a",
    "reset a", "listen x", "notify x", "unlisten *", "lock t", "truncate t", "vacuum", "analyze t", "cluster",
    "reindex table t", "checkpoint", "load $$x$$", "discard all", "begin", "commit", "savepoint s", "end",
    "start transaction", "create table t (a int)", "create table t as select 1", "create temp table t as execute p",
    "create materialized view v as select 1", "refresh materialized view v", "create view v as select 1",
    "create recursive view v (a) as select 1", "create index on t (a)", "create sequence s",
    "create trigger t after insert on t execute function f()",
    "create constraint trigger t after insert on t for each row execute function f()",
    "create event trigger t on x execute function f()", "create function f() returns int return 1",
    "create schema s", "grant a to b", "grant select on t to b", "revoke a from b", "revoke select on t from b",
    "alter table t add a int", "drop table t", "comment on table t is null", "security label on table t is null",
    "create foreign table t (a int) server s", "create unlogged table t ()", "create unique index on t (a)",
    "create or replace view v as select 1", "create type t as (a int)", "create domain d as int",
    "alter default privileges grant select on tables to x", "deallocate p", "close c",
    "set constraints all deferred", "import foreign schema a from server b into c", "select 1 into t", "return 1",
};

// "%" is the statement.
constexpr const char* kPlaces[] = {
    "%", "explain %", "explain analyze verbose %", "explain (costs off) %", "prepare p as %",
    "declare c cursor for %", "create view v as %", "create recursive view v (a) as %", "create table t as %",
    "create materialized view v as %", "create rule r as on insert to t do %",
    "create rule r as on insert to t do (%)", "create rule r as on insert to t do (%; select 1)",
    "with x as (%) select 1", "insert into t %", "insert into t (a) %", "copy (%) to stdout",
    "create function f() begin atomic %; end", "create function f() %", "create schema s %",
    "create schema s authorization u %", "select (%)", "select exists (%)", "select array(%)", "select a in (%)",
    "select a = any (%)", "select * from (%) x", "select * from lateral (%) x", "update t set a = (%)",
    "update t set (a, b) = (%)", "merge into t using (%) u on true when matched then delete",
    "merge into t using u on true when not matched then %", "merge into t using u on true when matched then %",
    "alter system %", "alter role r %", "alter database d %", "alter function f() %",
    "create function f() language sql %", "% union select 2", "select 1 union %", "% for update", "% limit 1",
    "% with no data", "(%)", "alter default privileges %", "values (%)", "select 1 order by (%)",
};

TEST(Places, TakeTheStatementsThatPostgresTakes) {
  int accepted = 0;
  for (std::string place : kPlaces) {
    for (const char* statement : kStatements) {
      std::string sql = place;
      sql.replace(sql.find('%'), 1, statement);
      Comparison result = Compare(sql);
      EXPECT_EQ(result.why, "") << sql;
      EXPECT_EQ(result.other_errors, "") << sql;
      accepted += result.accepted;
    }
  }
  EXPECT_GT(accepted, 400);
}

}  // namespace
}  // namespace pgshoal::parser::testing
