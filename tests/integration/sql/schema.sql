-- The tables of all files, as the map (map.toml) and the lists in test_sql_truth.py place them.

CREATE TABLE countries (code char(2) PRIMARY KEY, name text NOT NULL, area numeric);
CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL, price numeric(10,2));

CREATE TABLE customers (
  customer_id int PRIMARY KEY,
  name text NOT NULL,
  country char(2) REFERENCES countries,
  credit numeric(12,2),
  born date,
  active bool DEFAULT true,
  score float8,
  CHECK (credit > -1000000)
);
CREATE TABLE orders (
  customer_id int REFERENCES customers,
  id bigint,
  placed timestamp,
  seen timestamptz,
  total numeric,
  state varchar(10) DEFAULT 'new',
  parts int[],
  PRIMARY KEY (customer_id, id)
);
CREATE TABLE items (
  customer_id int NOT NULL,
  order_id bigint NOT NULL,
  line smallint NOT NULL,
  product int REFERENCES products,
  quantity int DEFAULT 1,
  price numeric(10,2),
  amount numeric GENERATED ALWAYS AS (quantity * price) STORED,
  PRIMARY KEY (customer_id, order_id, line)
);
CREATE TABLE profiles (customer_id bigint PRIMARY KEY, nick text, bio jsonb);
CREATE TABLE nothing (customer_id int, v int, n numeric, t text, f float8, d date);
CREATE TABLE numbers (customer_id int, g int, i2 int2, i4 int4, i8 int8, n numeric, p numeric(10,3), f4 float4, f8 float8);

CREATE TABLE "Mixed Case" ("Key" int, "select" text, "a""b" int);

-- A column of every type that can be merged in order.
CREATE TABLE samples (
  sensor text,
  b bool, i2 int2, i4 int4, i8 int8, o oid, f4 float4, f8 float8, n numeric,
  d date, tm time, ts timestamp, tz timestamptz, u uuid, t text, v varchar(20), c char(8)
);

-- One table for each type of key.
CREATE TABLE k_int2 (k int2, v int);
CREATE TABLE k_int4 (k int4, v int);
CREATE TABLE k_int8 (k int8, v int);
CREATE TABLE k_text (k text, v int);
CREATE TABLE k_varchar (k varchar(12), v int);
CREATE TABLE k_char (k char(6), v int);
CREATE TABLE k_uuid (k uuid, v int);
CREATE TABLE k_date (k date, v int);
CREATE TABLE k_timestamp (k timestamp, v int);
CREATE TABLE k_timestamptz (k timestamptz, v int);
CREATE TABLE k_numeric (k numeric, v int);
CREATE TABLE k_bytea (k bytea, v int);
CREATE TABLE k_bool (k bool, v int);
CREATE TABLE k_pair (a int, b text, v int);

-- On the home shard.
CREATE TABLE notes (id serial PRIMARY KEY, about int, body text);
CREATE TABLE home_orders (customer_id int, id int);
CREATE SEQUENCE counter;
CREATE SCHEMA archive;
CREATE TABLE archive.papers (id int PRIMARY KEY, body text);
