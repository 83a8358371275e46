-- DDL: on every shard, and the tables made by it are used at once.

--: once
CREATE TABLE later (customer_id int PRIMARY KEY, v text DEFAULT 'none');
--: for i in 1..12
INSERT INTO later VALUES ({i}, 'v{i}');
--: ordered
SELECT * FROM later ORDER BY customer_id;
--: once
ALTER TABLE later ADD COLUMN w int DEFAULT 5;
--: ordered
SELECT * FROM later ORDER BY customer_id;
SELECT w, count(*) FROM later GROUP BY w;
--: once
ALTER TABLE later RENAME COLUMN v TO value;
--: ordered
SELECT * FROM later ORDER BY customer_id;
--: error 42703
SELECT v FROM later;
--: once
CREATE INDEX later_value ON later (value);
--: once
CREATE INDEX IF NOT EXISTS later_value ON later (value);
--: once
--: refused
CREATE UNIQUE INDEX later_unique ON later (value);
--: once
ALTER TABLE later ALTER COLUMN w TYPE bigint;
SELECT max(w) FROM later;
--: once
COMMENT ON TABLE later IS 'a comment';
SELECT obj_description('later'::regclass);
--: once
TRUNCATE later;
SELECT count(*) FROM later;
--: once
DROP INDEX later_value;
--: once
DROP TABLE later;
--: error 42P01
SELECT * FROM later;
--: once
--: error 42P01
DROP TABLE later;
--: once
DROP TABLE IF EXISTS later;
--: once
--: error 42P07
CREATE TABLE customers (id int);
--: once
CREATE TABLE IF NOT EXISTS customers (customer_id int);
--: once
CREATE TABLE plain_home (id int, v text);
INSERT INTO plain_home VALUES (1, 'a'), (2, 'b');
SELECT * FROM plain_home;
--: once
DROP TABLE plain_home;
--: once
CREATE SCHEMA other;
--: once
CREATE TABLE other.customers (customer_id int, only_here int);
--: for i in 1..8
INSERT INTO other.customers VALUES ({i}, {i * i});
SELECT sum(only_here) FROM other.customers;
--: once
SET search_path = other, public;
SELECT sum(only_here) FROM customers;
SELECT only_here FROM customers WHERE customer_id = 3;
SELECT count(*) FROM orders;
--: once
RESET search_path;
SELECT count(*) FROM customers;
--: once
DROP TABLE other.customers;
--: once
DROP SCHEMA other;
--: once
--: refused
CREATE VIEW paid AS SELECT * FROM orders WHERE state = 'paid';
--: once
CREATE VIEW home_view AS SELECT n.body, p.name FROM notes n JOIN products p ON p.id = n.about;
SELECT * FROM home_view;
--: once
DROP VIEW home_view;
--: once
VACUUM customers;
--: once
ANALYZE;
--: once
VACUUM (ANALYZE) orders, countries;
--: once
--: error 23502
ALTER TABLE customers ALTER COLUMN credit SET NOT NULL;
--: once
--: refused
ALTER TABLE customers RENAME COLUMN customer_id TO id;
--: once
--: refused
ALTER TABLE customers DROP COLUMN customer_id;
--: once
--: refused
ALTER TABLE customers ALTER COLUMN customer_id TYPE text;
--: once
--: refused
CREATE TABLE made AS SELECT * FROM customers;
--: once
--: refused
SELECT * INTO made FROM customers;
--: once
--: refused
CREATE TABLE partial_key (k_id int, customer_id int, UNIQUE (k_id));
--: once
CREATE TEMP TABLE passing (customer_id int);
--: once
DROP TABLE passing;
--: once
--: refused
DECLARE c CURSOR WITH HOLD FOR SELECT * FROM customers;
--: once
--: refused
DO $$ BEGIN DELETE FROM customers; END $$;
--: once
--: refused
PREPARE TRANSACTION 'x';
--: once
--: refused
LOAD 'auto_explain';

-- What is missing is named as PostgreSQL names it.
--: once
--: error 42704
DROP INDEX nowhere;
--: once
--: error 42P01
DROP VIEW nowhere;
--: once
--: error 3F000
DROP INDEX nowhere.x;
--: once
--: error 3F000
DROP TABLE nowhere.x;
--: once
--: error 3F000
ALTER TABLE nowhere.x ADD COLUMN c int;
--: once
--: error 3F000
TRUNCATE nowhere.x;
--: once
--: error 3F000
CREATE INDEX ON nowhere.x (a);
--: once
--: error 3F000
COMMENT ON TABLE nowhere.x IS 'c';
--: once
--: error 3F000
DROP TRIGGER x ON nowhere.x;
--: once
--: error 42P01
DROP TRIGGER x ON public.nowhere;
--: once
--: error 3F000
GRANT SELECT ON nowhere.x TO public;
--: once
--: error 3F000
CREATE TABLE x (LIKE nowhere.x);
--: once
--: error 3F000
CREATE TABLE x (customer_id int REFERENCES nowhere.x);
--: once
--: error 3F000
VACUUM nowhere.x;
--: once
--: error 42P01
SELECT * FROM nowhere.x;
--: once
--: error 42P01
CREATE VIEW x AS SELECT * FROM nowhere.x;
--: once
--: error 42704
DROP FOREIGN TABLE nowhere;

-- What only the home shard has cannot be in the signature of a function, which every shard has.
--: once
CREATE TABLE at_home (k int PRIMARY KEY, v text);
--: once
--: refused
CREATE FUNCTION of_home(at_home) RETURNS int LANGUAGE sql AS 'SELECT 1';
--: once
--: refused
CREATE FUNCTION all_of_home() RETURNS SETOF at_home LANGUAGE sql AS 'SELECT * FROM at_home';
--: once
--: refused
CREATE FUNCTION of_home(at_home.k%TYPE) RETURNS int LANGUAGE sql AS 'SELECT 1';
--: once
--: refused
CREATE DOMAIN homely AS at_home[];
--: once
--: refused
ALTER TABLE customers ADD COLUMN homely at_home;
--: once
CREATE TEMP TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree);
--: once
DROP TABLE tree;
--: once
CREATE FUNCTION of_customer(customers) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.customer_id';
--: once
DROP FUNCTION of_customer(customers);

-- What a pooled session holds is not the client's.
--: refused
SELECT * FROM pg_prepared_statements;
--: refused
SELECT name FROM pg_catalog.pg_cursors;
