-- What is evaluated once, per row, or on the home shard; settings; catalogs; home tables; errors.

SELECT 1;
SELECT 1 AS one, 'x' AS two, NULL AS three, 1.5, true;
SELECT 'a' || 'b', 2 + 3 * 4, 7 / 2, 7 / 2.0, -7 % 3;
SELECT;
SELECT now() = transaction_timestamp(), current_timestamp = now(), statement_timestamp() >= now();
SELECT current_database(), current_user, session_user, current_schema;
--: refused
SELECT count(*) FROM customers WHERE born < now();
--: refused
SELECT count(*) FROM customers WHERE born < current_date;
--: refused
SELECT count(*) FROM orders WHERE placed < localtimestamp AND seen < clock_timestamp();
SELECT customer_id FROM customers WHERE customer_id = 3 AND born < now();
SELECT count(*) FROM customers WHERE random() >= 0;
SELECT count(*) FROM generate_series(1, 10);
SELECT * FROM generate_series(1, 3) AS g(x);
SELECT pg_typeof(1), pg_typeof(now());
SELECT length(gen_random_uuid()::text);
SELECT pg_backend_pid() > 0;
SELECT set_config('application_name', 'shoal test', false);
SELECT current_setting('server_version_num')::int > 140000;
SELECT current_setting('DateStyle');
SHOW datestyle;
SHOW TimeZone;
SHOW server_encoding;
SHOW transaction_isolation;
--: error 42704
SHOW nothing_like_it;
SELECT nextval('counter') > 0;
--: refused
SELECT currval('counter');
--: refused
SELECT lastval();
SELECT pg_advisory_lock(1);
SELECT pg_advisory_unlock(1);
SELECT pg_advisory_xact_lock(1);
SELECT nextval('counter') > 0, name FROM countries;
--: refused
SELECT nextval('counter'), name FROM customers;
--: refused
SELECT pg_backend_pid(), name FROM customers;
--: refused
SELECT query_to_xml('SELECT 1 FROM customers', true, false, '');
CREATE INDEX numbers_brin ON numbers USING brin (i4);
--: refused
SELECT brin_summarize_new_values('numbers_brin'::regclass);
DROP INDEX numbers_brin;
SELECT current_database(), name FROM countries;

-- Catalogs, on the home shard.
SELECT relname FROM pg_class WHERE relname IN ('customers', 'notes', 'countries');
SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'customers';
SELECT 'customers'::regclass::text;
SELECT count(*) FROM pg_type WHERE typname = 'int4';
SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname = 'orders' AND a.attnum > 0;
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'orders'::regclass;
--: refused
SELECT c.name, t.relname FROM customers c, pg_class t WHERE t.relname = 'customers';
--: error 42P01
SELECT 'nowhere'::regclass;

-- Home tables and reference tables.
SELECT * FROM notes WHERE id = 3;
--: ordered
SELECT * FROM notes ORDER BY id DESC;
SELECT body, count(*) FROM notes GROUP BY ROLLUP (body);
SELECT n.body, p.name FROM notes n JOIN products p ON p.id = n.about;
SELECT * FROM archive.papers;
SELECT customer_id FROM home_orders;
--: ordered
SELECT * FROM countries ORDER BY code;
SELECT avg(area), count(DISTINCT name), string_agg(name, ',' ORDER BY name) FROM countries;
SELECT * FROM countries FOR UPDATE;
SELECT * FROM notes WHERE id = 1 FOR UPDATE;
SELECT * FROM customers WHERE customer_id = 3 FOR UPDATE;
SELECT * FROM customers WHERE customer_id = 3 FOR NO KEY UPDATE SKIP LOCKED;
SELECT c.name FROM customers c JOIN countries n ON n.code = c.country WHERE c.customer_id = 3 FOR SHARE OF c NOWAIT;
--: refused
SELECT * FROM customers FOR UPDATE;
--: refused
SELECT * FROM customers WHERE customer_id IN (1, 2, 3, 4, 5) ORDER BY customer_id FOR SHARE;

-- Syntax errors: the same words at the same place.
--: error 42601
SELEC 1;
--: error 42601
SELECT * FORM customers;
--: error 42601
SELECT * FROM customers WHERE;
--: error 42601
SELECT (1;
--: error 42601
SELECT 1 1;
--: error 42601
SELECT 'é', FROM x;
--: error 42601
INSERT customers VALUES (1);
--: error 42601
SELECT * FROM customers WHERE customer_id = = 7;
--: error 42601
UPDATE customers name = 'x';
--: error 42601
SELECT * FROM customers ORDER customer_id;
--: error 42601
SELECT "unterminated;
--: error 42601
SELECT 'unterminated;
--: error 42601
SELECT 1 /* unterminated;
--: error 42601
SELECT $x$unterminated;
--: error 42601
SELECT 123abc;
--: error 42601
SELECT * FROM customers LIMIT 1, 2;
--: error 42601
DELETE customers;
--: error 42601
SELECT a b c FROM customers;
--: error 42601
CREATE TABLE;
--: error 42601
SELECT * FROM customers)
;
--: error 22025
SELECT E'\u00';
--: error 42601
BEGIN x;

-- Other errors.
--: error 22012
SELECT 1 / 0;
--: error 22012
SELECT 1 / (customer_id - 7) FROM customers WHERE customer_id = 7;
--: error 22012
SELECT 1 / (customer_id::bigint - 7) FROM customers;
--: error 22012
SELECT sum(credit) FROM customers WHERE 1 / (customer_id::bigint - 7) > 0;
--: error 42P01
SELECT * FROM nowhere;
--: error 42P01
SELECT * FROM customers, nowhere WHERE customer_id = 1;
--: error 42P01
SELECT * FROM no_schema.customers;
--: error 42703
SELECT nothing_here FROM customers;
--: error 42703
SELECT nothing_here FROM customers WHERE customer_id = 1;
--: error 42703
SELECT count(*) FROM customers WHERE missing = 1;
--: error 42703
SELECT name FROM customers GROUP BY missing;
--: error 42883
SELECT no_such_function(1);
--: error 42883
SELECT no_such_function(name) FROM customers WHERE customer_id = 7;
--: error 42883
SELECT * FROM customers WHERE name = 7;
--: error 42804
SELECT * FROM customers WHERE name;
--: error 42702
SELECT customer_id FROM customers, orders WHERE customers.customer_id = 7 AND orders.customer_id = 7;
--: error 42712
SELECT 1 FROM customers, customers;
--: error 22P02
SELECT 'x'::int;
--: error 22P02
SELECT * FROM customers WHERE credit = 'much';
--: error 22007
SELECT * FROM customers WHERE born > 'tomorrow morning';
--: error 22003
SELECT 2147483647 + 1;
--: error 22003
SELECT customer_id * 2147483647 FROM customers WHERE customer_id = 7;
--: error 42704
SELECT 1::no_such_type;
--: error 42P02
--: once
SELECT $1;
--: error 42704
SET no_such_setting = 1;
--: error 22023
SET datestyle = 'nonsense';
--: error 42601
SELECT * FROM customers WHERE customer_id = 7 UNION SELECT 1;
--: error 0A000
SELECT * FROM other_database.public.customers;
