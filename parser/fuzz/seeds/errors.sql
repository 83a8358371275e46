select 'abc; select 1 from; select 123abc; select * from (select 1); create table t (a int check (a) deferrable); select E'\ud800'
