-- Rows of several shards in one order, cut by LIMIT and OFFSET.

--: ordered
SELECT customer_id FROM customers ORDER BY customer_id;
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id DESC;
--: ordered
SELECT * FROM customers ORDER BY customer_id;
--: ordered
SELECT name, customer_id FROM customers ORDER BY name, customer_id;
--: ordered
SELECT name, customer_id FROM customers ORDER BY 1 DESC, 2;
--: ordered
SELECT customer_id, credit FROM customers ORDER BY credit NULLS FIRST, customer_id;
--: ordered
SELECT customer_id, credit FROM customers ORDER BY credit DESC, customer_id DESC;
--: ordered
SELECT customer_id, credit FROM customers ORDER BY credit DESC NULLS LAST, customer_id;
--: ordered
SELECT customer_id AS c FROM customers ORDER BY c;
--: ordered
SELECT name AS customer_id FROM customers ORDER BY customer_id;
--: ordered
--: refused
SELECT customers.customer_id FROM customers ORDER BY customers.customer_id USING >;
--: ordered
SELECT c.customer_id, o.id, o.total FROM customers c JOIN orders o USING (customer_id) ORDER BY o.total DESC, o.id;
--: ordered
SELECT c.name, n.name FROM customers c JOIN countries n ON n.code = c.country ORDER BY n.name, c.name DESC, c.customer_id;
--: ordered
SELECT customer_id, customer_id FROM customers ORDER BY 1;
--: error 42702
SELECT customer_id AS a, name AS a FROM customers ORDER BY a;
--: error 42P10
SELECT customer_id FROM customers ORDER BY 2;
--: error 42703
SELECT customer_id FROM customers ORDER BY missing;

-- Every type. The sensor comes last: equal values have no order of their own.
--: ordered
SELECT sensor FROM samples ORDER BY sensor;
--: ordered
SELECT b, sensor FROM samples ORDER BY b, sensor;
--: ordered
SELECT b, sensor FROM samples ORDER BY b DESC NULLS LAST, sensor DESC;
--: ordered
SELECT i2, sensor FROM samples ORDER BY i2, sensor;
--: ordered
SELECT i4, sensor FROM samples ORDER BY i4 DESC, sensor;
--: ordered
SELECT i8, sensor FROM samples ORDER BY i8, sensor;
--: ordered
SELECT i8, sensor FROM samples ORDER BY i8 DESC NULLS LAST, sensor;
--: ordered
SELECT o, sensor FROM samples ORDER BY o, sensor;
--: ordered
SELECT f4, sensor FROM samples ORDER BY f4, sensor;
--: ordered
SELECT f8, sensor FROM samples ORDER BY f8 DESC, sensor;
--: ordered
SELECT n, sensor FROM samples ORDER BY n, sensor;
--: ordered
SELECT n, sensor FROM samples ORDER BY n DESC NULLS LAST, sensor;
--: ordered
SELECT d, sensor FROM samples ORDER BY d, sensor;
--: ordered
SELECT d, sensor FROM samples ORDER BY d DESC, sensor;
--: ordered
SELECT tm, sensor FROM samples ORDER BY tm, sensor;
--: ordered
SELECT ts, sensor FROM samples ORDER BY ts, sensor;
--: ordered
SELECT tz, sensor FROM samples ORDER BY tz DESC NULLS LAST, sensor;
--: ordered
SELECT u, sensor FROM samples ORDER BY u, sensor;
--: ordered
SELECT t, sensor FROM samples ORDER BY t, sensor;
--: ordered
SELECT t, sensor FROM samples ORDER BY t DESC, sensor;
--: ordered
SELECT v, sensor FROM samples ORDER BY v NULLS FIRST, sensor;
--: ordered
SELECT c, sensor FROM samples ORDER BY c, sensor;
--: ordered
SELECT c, sensor FROM samples ORDER BY c DESC NULLS LAST, sensor DESC;
--: ordered
SELECT sensor FROM samples ORDER BY b, i4 DESC, n NULLS FIRST, t, sensor;
--: ordered
SELECT sensor, t FROM samples ORDER BY t COLLATE "C", sensor;

-- Ordered by what is not selected.
--: ordered
SELECT sensor FROM samples ORDER BY n, sensor;
--: ordered
SELECT name FROM customers ORDER BY customer_id DESC;
--: ordered
--: refused
SELECT name FROM customers ORDER BY -customer_id::bigint, name;
--: ordered
--: refused
SELECT sensor FROM samples ORDER BY upper(sensor) DESC, sensor;
--: ordered
--: refused
SELECT id, total * 2 AS double FROM orders ORDER BY double, id;
--: ordered
--: refused
SELECT id, total * 2 FROM orders ORDER BY total * 2, id;
--: ordered
--: refused
SELECT customer_id - 1 FROM profiles ORDER BY 1 LIMIT 3;
--: ordered
SELECT customer_id FROM customers ORDER BY born, customer_id LIMIT 7;
--: refused
SELECT parts FROM orders ORDER BY parts;
--: refused
SELECT bio FROM profiles ORDER BY bio;

-- LIMIT and OFFSET.
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id LIMIT 5;
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id LIMIT 5 OFFSET 3;
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id OFFSET 25;
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id OFFSET 100;
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id LIMIT 0;
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id LIMIT ALL;
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id LIMIT NULL OFFSET NULL;
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id LIMIT 1000000000000;
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id LIMIT 9223372036854775807 OFFSET 9223372036854775807;
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id FETCH FIRST 3 ROWS ONLY;
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id FETCH FIRST ROW ONLY;
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id OFFSET 2 ROWS FETCH NEXT 2 ROWS ONLY;
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id LIMIT 2 OFFSET 0;
--: ordered
SELECT customer_id FROM customers ORDER BY customer_id DESC LIMIT '3';
--: error 2201W
SELECT customer_id FROM customers ORDER BY customer_id LIMIT -1;
--: error 2201X
SELECT customer_id FROM customers ORDER BY customer_id OFFSET -1;
--: error 22P02
SELECT customer_id FROM customers ORDER BY customer_id LIMIT 'x';
--: error 42703
SELECT customer_id FROM customers ORDER BY customer_id LIMIT customer_id_;
--: ordered
SELECT name FROM countries ORDER BY name LIMIT 2;
--: ordered
SELECT customer_id, id FROM orders WHERE customer_id = 3 ORDER BY id LIMIT 1 + 1;
--: refused
SELECT state FROM orders ORDER BY state FETCH FIRST 3 ROWS WITH TIES;
--: ordered
SELECT id, state FROM orders WHERE customer_id = 3 ORDER BY state FETCH FIRST 1 ROWS WITH TIES;
--: refused
SELECT customer_id FROM customers ORDER BY customer_id LIMIT (SELECT 3);
--: ordered
SELECT 1 FROM customers LIMIT 3;
--: ordered
SELECT 1 FROM customers LIMIT 3 OFFSET 27;
--: ordered
--: params int8:3
--: params int8:0
--: params int8:NULL
SELECT customer_id FROM customers ORDER BY customer_id LIMIT $1;
--: ordered
--: params int8:3, int8:2
--: params int8:NULL, int8:20
--: params int8:5, int8:NULL
SELECT customer_id FROM customers ORDER BY customer_id LIMIT $1 OFFSET $2;
--: ordered
--: error 2201W
--: params int8:-1
SELECT customer_id FROM customers ORDER BY customer_id LIMIT $1;
--: ordered
--: params int4:2, int8:2
SELECT id FROM orders WHERE customer_id > $1 ORDER BY id LIMIT $2;

-- Column names and types of what is merged.
SELECT customer_id, customer_id + 1, customer_id AS "Odd name", 'literal', NULL, 1.5, count(*) OVER () FROM customers WHERE customer_id = 1;
SELECT customer_id, customer_id / 2, customer_id AS "Odd name", 'literal', NULL, 1.5 FROM customers;
SELECT name || '!', upper(name), CASE WHEN active THEN 1 END, coalesce(credit, 0), credit::bigint, (credit) FROM customers;
SELECT c.*, o.* FROM customers c JOIN orders o USING (customer_id);
--: refused
SELECT * FROM customers JOIN orders USING (customer_id);
SELECT parts, parts[1], parts[1:1] FROM orders;
SELECT bio, bio->'n', bio->>'n' FROM profiles;
SELECT amount, quantity * price FROM items;
SELECT * FROM nothing;
SELECT * FROM nothing WHERE customer_id = 1;
SELECT FROM customers;
SELECT FROM customers WHERE customer_id = 1;
SELECT to_char(placed, 'YYYY-MM-DD'), extract(year FROM placed), date_trunc('month', placed) FROM orders;
SELECT customers FROM customers WHERE customer_id = 3;
TABLE nothing;
SELECT ALL customer_id FROM customers;
