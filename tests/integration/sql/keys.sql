-- Which shards: keys as constants and parameters, in every place where they restrict the rows, and where they do not.

SELECT * FROM customers WHERE customer_id = 7;
SELECT * FROM customers WHERE 7 = customer_id;
SELECT * FROM customers WHERE customer_id = -5;
SELECT * FROM customers WHERE customer_id = - 5;
SELECT * FROM customers WHERE customer_id = +5;
SELECT * FROM customers WHERE customer_id = 0;
SELECT * FROM customers WHERE customer_id = 2147483647;
SELECT * FROM customers WHERE customer_id = -2147483648;
SELECT name FROM customers WHERE customer_id = 2147483648;
SELECT name FROM customers WHERE customer_id = 9223372036854775807;
SELECT name FROM customers WHERE customer_id = 99999999999999999999;
SELECT name FROM customers WHERE customer_id = 42.0;
SELECT name FROM customers WHERE customer_id = 12.0;
SELECT name FROM customers WHERE customer_id = 12.5;
SELECT name FROM customers WHERE customer_id = 1.2e1;
SELECT name FROM customers WHERE customer_id = 12::numeric;
SELECT name FROM customers WHERE customer_id = 12::float8;
SELECT name FROM customers WHERE customer_id = 12::int2;
SELECT name FROM customers WHERE customer_id = int8 '12';
SELECT name FROM customers WHERE customer_id = '12';
SELECT name FROM customers WHERE customer_id = ' 12 ';
SELECT name FROM customers WHERE customer_id = '+12';
SELECT name FROM customers WHERE customer_id = E'\n12';
SELECT name FROM customers WHERE customer_id = CAST('12' AS int);
SELECT name FROM customers WHERE customer_id = '12'::text::int;
--: error 42883
SELECT name FROM customers WHERE customer_id = '12'::text;
SELECT name FROM customers WHERE customer_id::text = '12';
SELECT name FROM customers WHERE customer_id + 0 = 12;
SELECT name FROM customers WHERE customer_id = 6 + 6;
SELECT name FROM customers WHERE customer_id = abs(-12);
SELECT name FROM customers WHERE (customer_id) = (12);
SELECT name FROM customers WHERE customer_id IS NOT DISTINCT FROM 12;
SELECT name FROM customers WHERE (customer_id, name) = (12, 'Customer 5');
SELECT name FROM customers WHERE customer_id = 12 AND true;
SELECT name FROM customers WHERE customer_id OPERATOR(pg_catalog.=) 12;
--: error 22P02
SELECT name FROM customers WHERE customer_id = '12.0';
--: error 22P02
SELECT name FROM customers WHERE customer_id = 'twelve';
--: error 22003
SELECT name FROM customers WHERE customer_id = '2147483648';
--: error 22P02
SELECT name FROM customers WHERE customer_id = '';
SELECT name FROM customers WHERE customer_id = NULL;
SELECT name FROM customers WHERE customer_id = NULL::int;
SELECT name FROM customers WHERE customer_id IS NULL;
SELECT count(*) FROM customers WHERE customer_id IS NOT NULL;

-- Sets: IN, OR, AND, ANY.
--: ordered
SELECT customer_id, name FROM customers WHERE customer_id IN (1, 2, 3, 4, 5, 6, 7, 8) ORDER BY customer_id;
SELECT customer_id, name FROM customers WHERE customer_id IN (1, 2, 3);
SELECT customer_id, name FROM customers WHERE customer_id IN (3);
SELECT customer_id, name FROM customers WHERE customer_id IN (1, NULL, 3);
SELECT customer_id, name FROM customers WHERE customer_id IN (NULL);
SELECT customer_id, name FROM customers WHERE customer_id IN (1, 2.0, '3');
SELECT customer_id, name FROM customers WHERE customer_id IN ('1', '2', '3');
--: error 22P02
SELECT customer_id, name FROM customers WHERE customer_id IN (1, 2, 'x');
SELECT customer_id, name FROM customers WHERE customer_id = ANY (ARRAY[1, 2, 3]);
SELECT customer_id, name FROM customers WHERE customer_id = ANY ('{1,2,3}');
SELECT customer_id, name FROM customers WHERE customer_id = ANY ('{1,2,3}'::int[]);
SELECT customer_id, name FROM customers WHERE customer_id = SOME (ARRAY[1, NULL, 3]);
SELECT customer_id, name FROM customers WHERE customer_id = ANY (ARRAY[]::int[]);
SELECT customer_id, name FROM customers WHERE customer_id = ANY (NULL);
SELECT customer_id, name FROM customers WHERE customer_id = ALL (ARRAY[3]);
SELECT customer_id, name FROM customers WHERE customer_id NOT IN (1, 2, 3);
SELECT customer_id, name FROM customers WHERE customer_id NOT IN (1, NULL);
SELECT customer_id, name FROM customers WHERE customer_id <> 1;
SELECT customer_id, name FROM customers WHERE NOT customer_id = 1;
SELECT customer_id, name FROM customers WHERE NOT (customer_id <> 1);
SELECT customer_id, name FROM customers WHERE customer_id = 1 OR customer_id = 2;
SELECT customer_id, name FROM customers WHERE customer_id = 1 OR name = 'Zero';
SELECT customer_id, name FROM customers WHERE customer_id = 1 OR false;
SELECT customer_id, name FROM customers WHERE customer_id = 1 OR NULL;
SELECT customer_id, name FROM customers WHERE customer_id = 1 OR true;
SELECT customer_id, name FROM customers WHERE customer_id = 1 AND customer_id = 2;
SELECT customer_id, name FROM customers WHERE customer_id = 1 AND name = 'Customer 1';
SELECT customer_id, name FROM customers WHERE (customer_id = 1 OR customer_id = 2) AND (customer_id = 2 OR customer_id = 3);
SELECT customer_id, name FROM customers WHERE customer_id IN (1, 2, 3) AND customer_id IN (3, 4, 5);
SELECT customer_id, name FROM customers WHERE (customer_id = 1 AND name = 'x') OR (customer_id = 2 AND name = 'Customer 2');
SELECT customer_id, name FROM customers WHERE customer_id BETWEEN 3 AND 5;
SELECT customer_id, name FROM customers WHERE customer_id < 3;
SELECT customer_id, name FROM customers WHERE customer_id >= 22 AND customer_id <= 23;
SELECT customer_id, name FROM customers WHERE customer_id > 5 AND customer_id < 5;
SELECT customer_id, name FROM customers WHERE false;
SELECT customer_id, name FROM customers WHERE NULL;
SELECT count(*), sum(customer_id), max(name) FROM customers WHERE false;
SELECT count(*) FROM customers WHERE customer_id = 1 AND customer_id = 2;
SELECT count(*), min(credit), avg(credit) FROM customers WHERE customer_id = NULL;
SELECT sum(credit) FROM customers WHERE customer_id IN (NULL, NULL);

-- Places where an equality restricts nothing.
SELECT customer_id = 5 FROM customers;
SELECT customer_id = 5, count(*) FROM customers WHERE customer_id = 5 GROUP BY 1;
SELECT CASE WHEN customer_id = 1 THEN 'one' ELSE 'other' END FROM customers;
SELECT customer_id FROM customers WHERE CASE WHEN customer_id = 1 THEN false ELSE true END;
SELECT customer_id FROM customers WHERE (customer_id = 1) IS NOT TRUE;
SELECT customer_id FROM customers WHERE (customer_id = 1) = false;
SELECT customer_id FROM customers WHERE (customer_id = 1) IS FALSE;
SELECT customer_id FROM customers WHERE coalesce(customer_id = 1, true);
SELECT customer_id FROM customers WHERE credit = 1 OR (customer_id = 1 AND name = 'a') OR name = 'Negative';
SELECT customer_id FROM customers WHERE NOT (customer_id = 1 AND name = 'Customer 1');
SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM countries WHERE c.country = code AND code = 'AT');
--: refused
SELECT count(*) FILTER (WHERE customer_id = 1) FROM customers;
--: refused
SELECT customer_id FROM customers ORDER BY customer_id = 5, customer_id;
SELECT customer_id = 1 AS customer_id FROM customers WHERE customer_id = 1;
SELECT (SELECT name FROM customers WHERE customer_id = 3) FROM customers WHERE customer_id = 3;

-- Names that hide others.
SELECT c.customer_id FROM customers AS c(customer_id, renamed) WHERE c.renamed = 'Zero';
SELECT c.x FROM customers AS c(name, x) WHERE c.name = 7;
SELECT c.* FROM customers AS c(a) WHERE a = 7;
SELECT public.customers.name FROM public.customers WHERE public.customers.customer_id = 7;
--: error 42P01
SELECT name FROM customers AS c WHERE customers.customer_id = 7;
--: error 42703
SELECT name FROM customers AS c WHERE c.key = 7;
SELECT "select" FROM "Mixed Case" WHERE "Key" = 4;
SELECT "a""b", "Mixed Case"."Key" FROM public."Mixed Case" WHERE "Key" IN (1, 2, 3, 4);
--: error 42703
SELECT key FROM "Mixed Case" WHERE key = 4;
--: error 42P01
SELECT * FROM mixed;
SELECT * FROM CUSTOMERS WHERE Customer_ID = 7;

-- Joins.
SELECT c.name, o.id FROM customers c JOIN orders o ON o.customer_id = c.customer_id WHERE c.customer_id = 7;
SELECT c.name, o.id FROM customers c JOIN orders o USING (customer_id) WHERE customer_id = 7;
SELECT c.name, o.id FROM customers c NATURAL JOIN orders o WHERE o.customer_id = 7;
SELECT c.name, o.id FROM customers c, orders o WHERE c.customer_id = o.customer_id AND o.customer_id = 7;
SELECT c.name, o.id FROM customers c, orders o WHERE c.customer_id = 7 AND o.customer_id = 7;
SELECT c.name, o.id, i.line FROM customers c JOIN orders o USING (customer_id) JOIN items i ON (i.customer_id, i.order_id) = (o.customer_id, o.id) WHERE c.customer_id = 3;
SELECT c.name, o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id WHERE c.customer_id = 22;
SELECT c.name, o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id AND c.customer_id = 7 WHERE c.customer_id IN (7);
SELECT c.name, o.id FROM orders o RIGHT JOIN customers c ON o.customer_id = c.customer_id WHERE c.customer_id = 22;
--: refused
SELECT c.name, o.id FROM customers c FULL JOIN orders o ON o.customer_id = c.customer_id AND o.customer_id = 7 WHERE c.customer_id = 7;
SELECT c.name, p.nick FROM customers c JOIN profiles p ON p.customer_id = c.customer_id WHERE c.customer_id = 8;
SELECT c.name, p.nick FROM customers c JOIN profiles p ON p.customer_id = c.customer_id;
SELECT c.name, o.id FROM customers c JOIN orders o ON o.customer_id = c.customer_id;
SELECT c.name, o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id;
SELECT c.name, o.id FROM orders o RIGHT JOIN customers c USING (customer_id);
--: refused
SELECT customer_id, c.name, o.id FROM customers c FULL JOIN orders o USING (customer_id);
SELECT c.name, n.name FROM customers c JOIN countries n ON n.code = c.country;
SELECT c.name, n.name FROM customers c LEFT JOIN countries n ON n.code = c.country;
SELECT c.name, n.name FROM customers c, countries n WHERE c.country = n.code AND c.customer_id = 9;
SELECT c.name, n.name FROM customers c CROSS JOIN countries n;
SELECT a.customer_id, b.customer_id FROM customers a JOIN customers b ON a.customer_id = b.customer_id AND a.name = b.name;
SELECT i.line, p.name FROM items i JOIN products p ON p.id = i.product JOIN orders o ON o.customer_id = i.customer_id AND o.id = i.order_id WHERE o.state = 'paid';
SELECT o.id, o2.id FROM orders o JOIN orders o2 ON o.customer_id = o2.customer_id WHERE o.customer_id = 5;
-- The other side of an outer join keeps all its rows.
SELECT c.customer_id, o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id AND o.customer_id = 7;
SELECT c.customer_id, o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id AND c.customer_id = 7;
SELECT c.customer_id, o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id WHERE o.customer_id = 7;
SELECT c.customer_id, o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id WHERE o.customer_id IS NULL;
--: refused
SELECT n.code, c.name FROM countries n LEFT JOIN customers c ON n.code = c.country;
--: refused
SELECT n.code, c.name FROM customers c RIGHT JOIN countries n ON n.code = c.country;
--: refused
SELECT n.code, c.name FROM customers c FULL JOIN countries n ON n.code = c.country;
--: refused
SELECT v.x, c.name FROM (VALUES (1), (2), (99)) v(x) LEFT JOIN customers c ON c.customer_id = v.x;
--: refused
SELECT g, c.name FROM generate_series(1, 5) g LEFT JOIN customers c ON c.customer_id = g;
SELECT n.code, c.name FROM countries n LEFT JOIN customers c ON n.code = c.country AND c.customer_id = 4;
SELECT g, c.name FROM generate_series(1, 5) g LEFT JOIN customers c ON c.customer_id = 4;
SELECT g, c.name FROM customers c JOIN generate_series(1, 5) g ON g = c.customer_id;
SELECT v.x, c.name FROM customers c JOIN (VALUES (1), (2), (99)) v(x) ON c.customer_id = v.x;
--: refused
SELECT a.customer_id FROM customers a JOIN customers b ON a.name = b.name;
--: refused
SELECT a.name, b.name FROM customers a, customers b WHERE a.customer_id = 1 AND b.customer_id = 2;
--: refused
SELECT count(*) FROM customers a CROSS JOIN orders o;
--: refused
SELECT s.sensor FROM samples s JOIN k_text k ON s.sensor = k.v::text;
--: refused
SELECT c.name, n.body FROM customers c JOIN notes n ON n.about = c.customer_id;
--: refused
SELECT a.v, b.v FROM k_pair a JOIN k_pair b ON a.a = b.a;
SELECT a.v, b.v FROM k_pair a JOIN k_pair b ON a.a = b.a AND a.b = b.b;
SELECT a.v, b.v FROM k_pair a JOIN k_pair b USING (a, b) WHERE a = 1 AND b = 'b2';

-- Keys of each type. Rows that look different and are equal; rows that look alike and are not.
SELECT * FROM k_int2 WHERE k = 5;
SELECT * FROM k_int2 WHERE k = '-6';
SELECT * FROM k_int2 WHERE k = 32767;
SELECT * FROM k_int2 WHERE k = 32768;
SELECT * FROM k_int2 WHERE k = 5.0;
SELECT * FROM k_int2 WHERE k IS NULL;
SELECT * FROM k_int4 WHERE k = 42;
SELECT * FROM k_int4 WHERE k = 42.0;
SELECT * FROM k_int4 WHERE k = '42 ';
SELECT * FROM k_int4 WHERE k = 42.4;
SELECT * FROM k_int4 WHERE k = -42;
SELECT * FROM k_int4 WHERE k = -(-42);
SELECT * FROM k_int4 WHERE k IS NULL;
SELECT * FROM k_int4 WHERE k IS NULL OR k = 42;
SELECT * FROM k_int4 WHERE k IS NOT DISTINCT FROM NULL;
SELECT * FROM k_int4 WHERE k IS NULL AND k = 42;
SELECT * FROM k_int4;
SELECT * FROM k_int8 WHERE k = 9223372036854775807;
SELECT * FROM k_int8 WHERE k = -9223372036854775808;
SELECT * FROM k_int8 WHERE k = '-9223372036854775808';
SELECT * FROM k_int8 WHERE k = 4294967296;
SELECT * FROM k_int8 WHERE k = -4294967297;
SELECT * FROM k_int8 WHERE k = 2147483648;
SELECT * FROM k_int8 WHERE k = 9223372036854775808;
SELECT * FROM k_int8 WHERE k = 9223372036854775807.0;
SELECT * FROM k_int8 WHERE k = 9.223372036854775807e18;
SELECT * FROM k_int8 WHERE k = 3::int2;
SELECT * FROM k_text WHERE k = 'key 3';
SELECT * FROM k_text WHERE k = '';
SELECT * FROM k_text WHERE k = 'x';
SELECT * FROM k_text WHERE k = 'x ';
SELECT * FROM k_text WHERE k = 'x'::char(3);
SELECT * FROM k_text WHERE k = 'x '::varchar;
SELECT * FROM k_text WHERE k = 'x'::varchar(5);
SELECT * FROM k_text WHERE k = 'é';
SELECT * FROM k_text WHERE k = U&'e\0301';
SELECT * FROM k_text WHERE k = E'\u00e9';
SELECT * FROM k_text WHERE k = E'tab\there';
SELECT * FROM k_text WHERE k = 'it''s';
SELECT * FROM k_text WHERE k = E'it\'s';
SELECT * FROM k_text WHERE k = 'back\slash';
SELECT * FROM k_text WHERE k = $q$dollar$q$;
SELECT * FROM k_text WHERE k = 'two lines';
SELECT * FROM k_text WHERE k LIKE 'key 1%';
SELECT * FROM k_text WHERE k = '42';
--: error 42883
SELECT * FROM k_text WHERE k = 42;
SELECT * FROM k_text WHERE k = 'x' COLLATE "C";
SELECT * FROM k_text WHERE lower(k) = 'x';
SELECT * FROM k_text WHERE k IN ('x', 'X', 'key 1', 'key 2', 'nowhere');
SELECT * FROM k_varchar WHERE k = 'x';
SELECT * FROM k_varchar WHERE k = 'x ';
SELECT * FROM k_varchar WHERE k = '123456789012';
SELECT * FROM k_varchar WHERE k = '1234567890123456';
SELECT * FROM k_varchar WHERE k = '1234567890123456'::varchar(12);
SELECT * FROM k_varchar WHERE k = 'x'::char(4);
SELECT * FROM k_char WHERE k = 'x';
SELECT * FROM k_char WHERE k = 'x     ';
SELECT * FROM k_char WHERE k = 'x                ';
SELECT * FROM k_char WHERE k = 'x '::text;
SELECT * FROM k_char WHERE k = 'x'::text;
SELECT * FROM k_char WHERE k = 'x '::varchar;
SELECT * FROM k_char WHERE k = 'x '::char(2);
SELECT * FROM k_char WHERE k = '';
SELECT * FROM k_char WHERE k = 'äöüßé€';
SELECT * FROM k_uuid WHERE k = '00000000-0000-4000-8000-000000000017';
SELECT * FROM k_uuid WHERE k = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11';
SELECT * FROM k_uuid WHERE k = '{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}';
SELECT * FROM k_uuid WHERE k = uuid 'a0eebc999c0b4ef8bb6d6bb9bd380a13';
--: error 22P02
SELECT * FROM k_uuid WHERE k = 'a0eebc99';
SELECT * FROM k_date WHERE k = '2024-02-17';
SELECT * FROM k_date WHERE k = date '2024-02-29';
SELECT * FROM k_date WHERE k = 'Feb 17, 2024';
SELECT * FROM k_date WHERE k = '20240217';
SELECT * FROM k_date WHERE k = 'infinity';
SELECT * FROM k_date WHERE k = '-infinity';
SELECT * FROM k_date WHERE k = '0044-03-15 BC';
SELECT * FROM k_date WHERE k = timestamp '2024-02-17 00:00';
SELECT * FROM k_date WHERE k = timestamp '2024-02-17 00:01';
SELECT * FROM k_date WHERE k = '2024-02-17'::timestamptz;
--: error 22008
SELECT * FROM k_date WHERE k = '2024-02-30';
SELECT * FROM k_timestamp WHERE k = '2024-02-17 12:34:56.17';
SELECT * FROM k_timestamp WHERE k = '2024-02-17 12:34:56.170000';
SELECT * FROM k_timestamp WHERE k = '2024-02-29';
SELECT * FROM k_timestamp WHERE k = date '2024-02-29';
SELECT * FROM k_timestamp WHERE k = 'infinity';
SELECT * FROM k_timestamp WHERE k = '1900-01-01';
SELECT * FROM k_timestamp WHERE k = timestamptz '2024-02-29 00:00+00';
SELECT * FROM k_timestamptz WHERE k = '2024-02-17 12:34:56.17+00';
SELECT * FROM k_timestamptz WHERE k = '2024-02-17 13:34:56.17+01';
SELECT * FROM k_timestamptz WHERE k = '2024-02-17 12:34:56.17';
SELECT * FROM k_timestamptz WHERE k = '2024-02-28 23:00Z';
SELECT * FROM k_timestamptz WHERE k = timestamp '2024-02-28 23:00';
SELECT * FROM k_timestamptz WHERE k = '-infinity';
SELECT * FROM k_numeric WHERE k = 42;
SELECT * FROM k_numeric WHERE k = 42.00;
SELECT * FROM k_numeric WHERE k = '42.0000000';
SELECT * FROM k_numeric WHERE k = 4.2e1;
SELECT * FROM k_numeric WHERE k = 42::int8;
SELECT * FROM k_numeric WHERE k = 42::float8;
SELECT * FROM k_numeric WHERE k = 0;
SELECT * FROM k_numeric WHERE k = -0.00;
SELECT * FROM k_numeric WHERE k = 'NaN';
SELECT * FROM k_numeric WHERE k = 'infinity';
SELECT * FROM k_numeric WHERE k = '-Infinity';
SELECT * FROM k_numeric WHERE k = 123456789012345678901234567890.123456789;
SELECT * FROM k_numeric WHERE k = 123456789012345678901234567890.1234567890;
SELECT * FROM k_numeric WHERE k = 0.1e-49;
SELECT * FROM k_numeric WHERE k = 1e4;
SELECT * FROM k_numeric WHERE k = 7.7;
SELECT * FROM k_bytea WHERE k = '\x0017ff';
SELECT * FROM k_bytea WHERE k = '\x00 17 FF';
SELECT * FROM k_bytea WHERE k = '';
SELECT * FROM k_bytea WHERE k = 'abc';
SELECT * FROM k_bytea WHERE k = E'\\141b\\\\';
SELECT * FROM k_bytea WHERE k = 'abc'::bytea;
--: error 22023
SELECT * FROM k_bytea WHERE k = '\x0';
SELECT * FROM k_bool WHERE k = true;
SELECT * FROM k_bool WHERE k;
SELECT * FROM k_bool WHERE NOT k;
SELECT * FROM k_bool WHERE k IS TRUE;
SELECT * FROM k_bool WHERE k IS NOT TRUE;
SELECT * FROM k_bool WHERE k = 'yes';
SELECT * FROM k_bool WHERE k = 'of';
SELECT * FROM k_bool WHERE k IS NULL;
SELECT * FROM k_bool WHERE k IS UNKNOWN;
SELECT * FROM k_bool WHERE k = (1 = 1);
SELECT * FROM k_pair WHERE a = 1 AND b = 'b2';
SELECT * FROM k_pair WHERE (a, b) = (1, 'b2');
SELECT * FROM k_pair WHERE (a, b) IN ((1, 'b2'), (2, 'b1'), (3, 'b3'));
SELECT * FROM k_pair WHERE a IN (1, 2) AND b IN ('b1', 'b2');
SELECT * FROM k_pair WHERE a = 1;
SELECT * FROM k_pair WHERE a IS NULL AND b = 'b0';
SELECT * FROM k_pair WHERE a = 1 AND b IS NULL;
SELECT * FROM k_pair WHERE a IS NULL AND b IS NULL;
SELECT * FROM k_pair WHERE a = 1 OR b = 'b0';

-- Parameters.
--: params int4:7
--: params int4:-5
--: params int4:NULL
--: params int4:2147483647
--: params int4:99
SELECT * FROM customers WHERE customer_id = $1;
--: params int8:7
--: params int8:9223372036854775807
SELECT name FROM customers WHERE customer_id = $1;
--: params int2:7
SELECT name FROM customers WHERE customer_id = $1::int2;
--: params numeric:7.0
--: params numeric:7.5
SELECT name FROM customers WHERE customer_id = $1::numeric;
--: params text:7
SELECT name FROM customers WHERE customer_id = $1::text::int;
--: params int4:7, int4:8
--: params int4:7, int4:7
--: params int4:7, int4:NULL
SELECT customer_id, name FROM customers WHERE customer_id IN ($1, $2);
--: params int4:1, int4:2
--: params int4:2, int4:2
SELECT customer_id, name FROM customers WHERE customer_id = $1 AND customer_id = $2;
--: params int4:1, text:Zero
SELECT customer_id, name FROM customers WHERE customer_id = $1 OR name = $2;
--: params int4:3
SELECT c.name, o.id, $1::int + 1 FROM customers c JOIN orders o USING (customer_id) WHERE c.customer_id = $1;
--: bug 14: what EXECUTE says of a wrong argument
--: error 22P02
--: params unknown:x
SELECT name FROM customers WHERE customer_id = $1;
--: params int8:9223372036854775807
--: params int8:-6
--: params int8:4294967296
--: params int8:NULL
SELECT * FROM k_int8 WHERE k = $1;
--: params text:'x'
--: params text:'x '
--: params text:''
--: params text:'it''s'
--: params text:'back\slash'
--: params text:NULL
SELECT * FROM k_text WHERE k = $1;
--: params text:'x'
--: params text:'x '
SELECT * FROM k_char WHERE k = $1;
--: params bpchar:'x'
--: params bpchar:'x   '
SELECT * FROM k_char WHERE k = $1::bpchar;
--: params uuid:00000000-0000-4000-8000-000000000017
--: params uuid:A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11
SELECT * FROM k_uuid WHERE k = $1;
--: params date:2024-02-17
--: params date:infinity
SELECT * FROM k_date WHERE k = $1;
--: params timestamp:'2024-02-17 12:34:56.17'
SELECT * FROM k_timestamp WHERE k = $1;
--: params timestamptz:'2024-02-17 13:34:56.17+01'
--: params timestamptz:'2024-02-17 12:34:56.17'
SELECT * FROM k_timestamptz WHERE k = $1;
--: params numeric:42
--: params numeric:42.000
--: params numeric:NaN
--: params numeric:1e4
SELECT * FROM k_numeric WHERE k = $1;
--: params bytea:'\x0017ff'
--: params bytea:'abc'
SELECT * FROM k_bytea WHERE k = $1;
--: params bool:t
--: params bool:off
SELECT * FROM k_bool WHERE k = $1;
--: params int4:1, text:b2
--: params int4:NULL, text:b0
--: params int4:3, text:b3
SELECT * FROM k_pair WHERE a = $1 AND b = $2;
--: params int4:1, text:b2
SELECT * FROM k_pair WHERE b = $2 AND a = $1;
