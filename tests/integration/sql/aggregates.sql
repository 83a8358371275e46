-- Aggregates over several shards, typed and rounded as PostgreSQL does.

SELECT count(*) FROM customers;
SELECT count(*), count(credit), count(active), count(1), count(NULL) FROM customers;
SELECT count(*) AS n FROM orders WHERE state = 'paid';
SELECT sum(customer_id), min(customer_id), max(customer_id), avg(customer_id) FROM customers;
SELECT sum(credit), min(credit), max(credit), avg(credit) FROM customers;
SELECT sum(i2), sum(i4), sum(i8), sum(n), sum(p) FROM numbers;
SELECT avg(i2), avg(i4), avg(i8) FROM numbers;
SELECT avg(n), avg(p) FROM numbers;
SELECT avg(i2), avg(i4), avg(i8), avg(n), avg(p) FROM numbers WHERE g = 1;
SELECT avg(i4) FROM numbers WHERE customer_id IN (1, 2);
SELECT avg(i2) FROM numbers WHERE customer_id <= 3;
SELECT min(i2), max(i2), min(i4), max(i4), min(i8), max(i8), min(n), max(n), min(p), max(p) FROM numbers;
SELECT min(f4), max(f4), min(f8), max(f8) FROM numbers;
SELECT sum(f4), sum(f8), avg(f4), avg(f8) FROM numbers WHERE customer_id <= 30;
SELECT sum(i2), sum(i4), sum(i8), sum(numbers.n), sum(p), sum(f4), sum(f8) FROM nothing, numbers WHERE nothing.customer_id = numbers.customer_id;
SELECT count(*), count(v), sum(v), sum(n), sum(f), avg(v), avg(n), min(t), max(d) FROM nothing;
SELECT count(*), sum(v) FROM nothing WHERE customer_id = 1;
SELECT min(i4), max(i4), min(i8), max(i8), min(n), max(n) FROM samples;
SELECT min(f4), max(f4), min(f8), max(f8) FROM samples;
SELECT min(d), max(d), min(ts), max(ts), min(tz), max(tz), min(tm), max(tm) FROM samples;
SELECT min(t), max(t), min(v), max(v), min(c), max(c) FROM samples;
SELECT min(o), max(o) FROM samples;
SELECT sum(n) FROM samples;
SELECT avg(n) FROM samples;
SELECT sum(n), avg(n) FROM samples WHERE n < 'Infinity' AND n > '-Infinity';
SELECT sum(n) FROM samples WHERE n > 0 AND n < 'NaN';
SELECT sum(f8) FROM samples WHERE f8 = 'Infinity' OR f8 = '-Infinity';
SELECT sum(i8) FROM samples;
SELECT max(k) FROM k_int8;
SELECT count(k), min(k), max(k), sum(k), avg(k) FROM k_numeric;
SELECT count(k), sum(k), avg(k) FROM k_numeric WHERE k < 1000;
SELECT sum(k), avg(k) FROM k_int8;
SELECT sum(price), avg(price), sum(quantity), avg(quantity), sum(amount), avg(amount) FROM items;
SELECT sum(total), avg(total) FROM orders;
SELECT avg(total) FROM orders WHERE customer_id IN (1, 2, 3);
SELECT sum(quantity) AS total, count(*) AS "How many" FROM items;
SELECT count(*) FROM customers c JOIN orders o USING (customer_id);
SELECT count(*), sum(o.total) FROM customers c JOIN orders o USING (customer_id) JOIN countries n ON n.code = c.country WHERE n.name = 'Austria';
SELECT count(*) FROM countries;
SELECT count(*) FROM customers WHERE customer_id = 1;
--: refused
SELECT sum(1) FROM customers;
SELECT count(DISTINCT customer_id) FROM orders WHERE customer_id = 3;
--: error 42883
SELECT sum(name) FROM customers;
--: error 22003
SELECT sum(i8)::int8 FROM numbers WHERE customer_id = 1 OR customer_id = 1 GROUP BY customer_id HAVING sum(i8 * 2) > 0;

-- GROUP BY.
SELECT country, count(*) FROM customers GROUP BY country;
SELECT country, count(*), sum(credit), avg(credit), min(credit), max(credit) FROM customers GROUP BY country;
SELECT state, count(*), avg(total) FROM orders GROUP BY state;
SELECT count(*), state FROM orders GROUP BY state;
SELECT count(*) FROM orders GROUP BY state;
SELECT g, count(*), sum(i2), sum(i4), sum(i8), sum(n), avg(i2), avg(i4), avg(i8), avg(n), avg(p) FROM numbers GROUP BY g;
SELECT g, min(f8), max(f8), min(f4), max(f4) FROM numbers GROUP BY g;
SELECT active, country, count(*) FROM customers GROUP BY country, active;
SELECT active, country, count(*) FROM customers GROUP BY 1, 2;
SELECT name FROM customers GROUP BY name;
SELECT customer_id, count(*), sum(total) FROM orders GROUP BY customer_id;
SELECT customer_id, state, count(*) FROM orders GROUP BY customer_id, state;
SELECT v, count(*) FROM samples GROUP BY v;
SELECT c, count(*) FROM samples GROUP BY c;
SELECT n, count(*) FROM samples GROUP BY n;
SELECT k, count(*) FROM k_bool GROUP BY k;
SELECT b, count(*), min(n), max(t) FROM samples GROUP BY b;
SELECT n.name, count(*) FROM customers c JOIN countries n ON n.code = c.country GROUP BY n.name;
SELECT n.name, sum(o.total) FROM customers c JOIN countries n ON n.code = c.country JOIN orders o ON o.customer_id = c.customer_id GROUP BY n.name;
SELECT p.name, sum(i.quantity), avg(i.price) FROM items i JOIN products p ON p.id = i.product GROUP BY p.name;
SELECT v, count(*) FROM nothing GROUP BY v;
SELECT state AS s, count(*) AS n FROM orders GROUP BY s;
SELECT o.state, count(*) FROM orders o WHERE customer_id = 3 GROUP BY o.state HAVING count(*) > 0;
SELECT customer_id, count(*) FROM orders GROUP BY customer_id HAVING count(*) > 2;
--: error 42803
SELECT name, count(*) FROM customers;
--: error 42803
SELECT name, count(*) FROM customers GROUP BY country;
--: error 42803
SELECT count(*) FROM customers WHERE count(*) > 1;
--: ordered
SELECT country, count(*) FROM customers GROUP BY country ORDER BY country;
--: ordered
SELECT country, count(*) FROM customers GROUP BY country ORDER BY country DESC NULLS LAST;
--: ordered
SELECT name, sum(credit) FROM customers GROUP BY name ORDER BY name LIMIT 3 OFFSET 1;
--: ordered
SELECT state, count(*) FROM orders GROUP BY state ORDER BY count(*) DESC, state;
--: ordered
SELECT state, sum(total) AS s FROM orders GROUP BY state ORDER BY s DESC;
--: ordered
SELECT country, avg(credit) FROM customers GROUP BY country ORDER BY avg(credit) DESC NULLS LAST LIMIT 2;
--: ordered
SELECT name, count(*) FROM customers GROUP BY name ORDER BY 2 DESC, 1 DESC LIMIT 4;
--: ordered
SELECT customer_id, sum(total) FROM orders GROUP BY customer_id ORDER BY sum(total) DESC, customer_id LIMIT 5;
--: ordered
SELECT count(*) FROM customers ORDER BY 1 LIMIT 1;
SELECT count(*) FROM customers LIMIT 0;
SELECT count(*) FROM customers OFFSET 1;
--: params text:paid
--: params text:none
--: params text:NULL
SELECT count(*), sum(total), avg(total) FROM orders WHERE state = $1;
--: params int4:5
SELECT country, count(*) FROM customers WHERE customer_id > $1 GROUP BY country;

-- DISTINCT.
SELECT DISTINCT customer_id FROM orders;
SELECT DISTINCT customer_id, state FROM orders;
SELECT DISTINCT state FROM orders WHERE customer_id = 3;
--: ordered
SELECT DISTINCT customer_id FROM orders ORDER BY customer_id DESC LIMIT 4;
