-- Statements of forms too rare for random ones to meet them each time, one a line.
create operator class.@> (leftarg = int4, function = f)
create operator family.class.@> (leftarg = int4, function = f)
create operator class c for type int using btree as operator 1 <
create operator family f using btree
create operator class.c for type int using btree as operator 1 <
create operator class . a . b for type int
drop operator class.@> (int, int)
drop operator family.public.=, class.< (none, int), family.- (int, none) cascade
drop operator if exists class.= (int, int)
drop operator class c using btree
drop operator class.c using btree
drop operator family if exists f.g using hash
alter operator class.@> (int, int) set schema s
alter operator family.@> (int, int) owner to u
alter operator class.@> (int, int) set (restrict = f, join = none)
alter operator family.a.@> (int, int) set (restrict = f)
alter operator class c using btree rename to d
alter operator class.c using btree rename to d
alter operator family f using btree add operator 1 < (int, int)
comment on operator class.@> (int, int) is 'x'
comment on operator family.a.@> (none, int) is null
comment on operator family f using btree is 'x'
comment on operator class.c using btree is 'x'
alter extension e add operator family.public.>= (none, real)
alter extension e drop operator class.>= (int, real)
alter extension e drop operator class c using btree
security label on operator class.+ (int, int) is 'x'
prepare transaction as select 1
prepare transaction (int, text) as delete from t where a = $1
prepare transaction 'gid'
prepare transaction x
prepare transaction
set constraints = immediate
set constraints to a, b
set constraints.deferred = on
set constraints from current
set local constraints = 1
set session constraints to default
set constraints all deferred
set constraints a.b, c immediate
set constraints time zone 'x'
alter subscription s set publication as
alter subscription s set publication a, in
alter subscription s add publication a, b with (refresh = false)
alter subscription s drop publication testpub1, as with (refresh = false)
create temp materialized view v as select 1
create local temporary materialized view v as select 1
create or replace materialized view v as select 1
create unlogged materialized view v as select 1
explain create temp materialized view v as select 1
explain create unlogged materialized view if not exists v as select 1
create constraint trigger execute after update on t not valid for each row execute function f()
create constraint trigger x after update of execute on t no inherit not valid for each row execute function f()
create or replace constraint trigger x after update on t no inherit for each row execute function f()
create constraint trigger x after update on execute deferrable initially deferred for each row execute function f()
create constraint trigger x after update on t from execute not deferrable for each row execute function f()
(select a from t order by a fetch first 2 rows with ties) for update skip locked
with x as (select 1) (select a from t order by a fetch first 2 rows with ties) for update skip locked
(select a from t order by a fetch first 2 rows with ties for share) for update of t skip locked
(select a from t order by a fetch first 2 rows with ties offset 1 nowait) for update skip locked
select * from ((select a from t order by a fetch first row with ties) for update skip locked) x
select a in ((select a from t order by a fetch first row with ties) for update skip locked)
(select 1 order by 1 fetch first row with ties) for update skip locked for share nowait
((select 1 order by 1 fetch first row with ties) for update skip locked) union select 2
select a from t order by a fetch first 2 rows with ties for update skip locked
(select a from t for update skip locked) order by a fetch first 2 rows with ties
insert into t (select 1 order by 1 fetch first row with ties) for update skip locked
explain (select 1 order by 1 fetch first row with ties) for update skip locked
create rule r as on insert to t do (select 1 order by 1 fetch first row with ties) for update skip locked
create rule r as on insert to t do ((select 1 order by 1 fetch first row with ties) for update skip locked; select 2)
security label for p on operator family f using b is 'x'
security label on constraint c on t is 'x'
security label on trigger c on t is null
security label on event trigger c is null
security label on cast (int as int) is null
security label on large object 1 is 'x'
alter extension e add column c
alter extension e drop trigger t on c
alter extension e drop event trigger t
alter extension e add large object 4
alter extension e add constraint c on d
create materialized view v without oids as select 1
create materialized view v using heap on commit drop as select 1
create materialized view s.v (a, b) using heap with (fillfactor = 70) tablespace t as select 1 with no data
alter materialized view if exists v no depends on extension e
alter index if exists i depends on extension e
alter index i no depends on extension e
create function f() begin atomic begin transaction; end
create function f() begin atomic begin; end
create procedure f() begin atomic commit; end
drop operator a.@ (none)
drop operator a.@ (int)
select (1, 2) overlaps (3)
create table t (generated int generated by default as (generated) stored generated always as identity)
create type a.b.c.d as (x int, )
create type a.b.c.d as (x int)
alter type a.b.c.d add attribute x int
alter type a.b.c.d add attribute x int, drop
create or replace global x
revoke admin option for select on t from u
call grouping.x [ 1 ] ()
call grouping (a)
select a.b.* (1)
select a[1].*.b.c
select a[1].*.b (1)
select a from t for update skip locked for
select * from (null, a)
select * from ((select 1) x)
select * from ((select 1))
select * from ((select 1) join t on true)
select * from ((select 1) (
drop cast if exists (int as text)
drop cast if (int as text)
create type t as x
create type t as
explain ((select 1))
explain ((costs off) select 1
truncate t restart
truncate t continue identity
alter table t alter column 0 set statistics 10
alter table t alter column 0 set statistics
copy t to program stdin with force not quote a
create table t (a text collate x collate y constraint c default 1 = )
select a similar b
select a similar to b similar to c
create publication p for tables in x
create publication p for a, tables in schema s with x
alter publication p add a[1] where (b)
alter group current_user rename to x
alter group current_user foo
create schema s grant a to b
create schema s grant select on t to b grant a, b to c
create schema s grant select on t to b
create or replace or replace view v as select 1
drop operator @ (none, none)
drop operator @ (none, int)
select f() over (rows between and 1 preceding)
select f() over (rows between + 1 preceding and 2 following)
select f() over (rows between * 2 preceding)
select f() over (rows between preceding)
select f() over (rows between is null preceding)
select f() over (rows between in (1, 2) following)
select f() over (rows between between 1 and 2 preceding)
select f() over (rows between like 'a' preceding)
select f() over (rows between.x preceding and current row)
select f() over (rows between and default preceding)
call substring(1)
call substring (1/0)
call overlay(a, b)
call coalesce
call cast(1 as int)
call left(a, 1)
call values.x(1)
create schema s grant left to b
create schema s grant all to b
create schema s grant select (a), alter system to b
alter index if exists i attach partition p
alter index if exists i attach on extension e
select (1, 2) overlaps (select 3)
select (1, 2) overlaps ((3, 4))
select (1, 2) overlaps (row(3, 4))
select (1, 2) overlaps ((3, 4), 5)
select ((1, 2)) overlaps (3, 4)
