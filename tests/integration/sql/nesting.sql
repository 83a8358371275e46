-- Subqueries, CTEs and set operations: on one shard, shard by shard, or refused.

SELECT name FROM (SELECT * FROM customers) c WHERE c.customer_id = 7;
SELECT name FROM (SELECT * FROM customers WHERE customer_id = 7) c;
SELECT x FROM (SELECT customer_id AS k, name AS x FROM customers) c WHERE k = 7;
--: refused
SELECT x FROM (SELECT customer_id AS k, name AS x FROM customers OFFSET 0) c WHERE k IN (7);
SELECT name FROM customers WHERE customer_id = 7 AND customer_id IN (SELECT customer_id FROM orders WHERE customer_id = 7);
SELECT name FROM customers WHERE customer_id = 7 AND EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = customers.customer_id);
SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.customer_id AND o.state = 'paid');
SELECT name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.customer_id);
SELECT name FROM customers WHERE customer_id IN (SELECT customer_id FROM orders WHERE state = 'paid');
SELECT name FROM customers WHERE country IN (SELECT code FROM countries WHERE name LIKE '%a%');
SELECT name, (SELECT count(*) FROM orders o WHERE o.customer_id = c.customer_id) FROM customers c WHERE c.customer_id = 7;
SELECT name, (SELECT count(*) FROM orders o WHERE o.customer_id = c.customer_id) FROM customers c;
SELECT name, (SELECT max(id) FROM orders WHERE customer_id = 7) FROM customers WHERE customer_id = 7;
SELECT name, (SELECT n.name FROM countries n WHERE n.code = c.country) FROM customers c;
SELECT (SELECT max(name) FROM countries), customer_id FROM customers;
SELECT c.name, o.n FROM customers c, LATERAL (SELECT count(*) AS n FROM orders o WHERE o.customer_id = c.customer_id) o WHERE c.customer_id = 7;
--: refused
SELECT c.name, t.s FROM customers c JOIN (SELECT customer_id, sum(total) AS s FROM orders GROUP BY customer_id) t ON t.customer_id = c.customer_id WHERE c.customer_id = 7;
--: refused
SELECT c.name, t.s FROM customers c JOIN (SELECT customer_id, sum(total) AS s FROM orders GROUP BY customer_id) t ON t.customer_id = c.customer_id;
SELECT name FROM customers WHERE (customer_id, name) IN (SELECT customer_id, name FROM customers WHERE customer_id = 7) AND customer_id = 7;
--: error 21000
SELECT (SELECT id FROM orders WHERE customer_id = 7) FROM customers WHERE customer_id = 7;
--: error 42601
SELECT (SELECT id, total FROM orders WHERE customer_id = 7) FROM customers WHERE customer_id = 7;
--: refused
SELECT name FROM customers WHERE credit > (SELECT avg(credit) FROM customers);
--: refused
SELECT name FROM customers WHERE customer_id = (SELECT max(customer_id) FROM customers);
--: refused
SELECT name FROM customers WHERE name IN (SELECT state FROM orders);
--: refused
SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.id = c.customer_id);
--: refused
SELECT name FROM customers WHERE customer_id NOT IN (SELECT id FROM orders);
--: refused
SELECT (SELECT count(*) FROM orders);
--: refused
SELECT name, (SELECT count(*) FROM orders) FROM customers WHERE customer_id = 7;
--: refused
SELECT * FROM countries WHERE code IN (SELECT country FROM customers);
--: refused
SELECT * FROM (SELECT customer_id FROM customers ORDER BY customer_id LIMIT 3) t;
--: refused
SELECT count(*) FROM (SELECT DISTINCT state FROM orders) t;
--: refused
SELECT max(n) FROM (SELECT state, count(*) AS n FROM orders GROUP BY state) t;
--: refused
SELECT c.name FROM customers c, LATERAL (SELECT * FROM orders o WHERE o.id = 1000::bigint + c.customer_id) o;
--: refused
SELECT * FROM notes WHERE about IN (SELECT customer_id FROM customers WHERE customer_id IN (1, 2, 3, 4, 5, 6, 7, 8));
SELECT * FROM notes WHERE about IN (SELECT id FROM products);

-- CTEs.
WITH c AS (SELECT * FROM customers WHERE customer_id = 7) SELECT name FROM c;
WITH c AS (SELECT * FROM customers) SELECT name FROM c WHERE customer_id = 7;
WITH c AS MATERIALIZED (SELECT * FROM customers WHERE customer_id = 7) SELECT c.name, o.id FROM c JOIN orders o ON o.customer_id = c.customer_id AND o.customer_id = 7;
WITH c AS (SELECT customer_id FROM customers WHERE customer_id = 7), o AS (SELECT * FROM orders WHERE customer_id = 7) SELECT * FROM c, o;
WITH c(x, y) AS (SELECT customer_id, name FROM customers WHERE customer_id = 7) SELECT y FROM c a WHERE x = 7 UNION ALL SELECT y FROM c b;
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r;
WITH RECURSIVE r(n) AS (SELECT customer_id FROM customers WHERE customer_id = 7 UNION ALL SELECT n + 1 FROM r WHERE n < 10) SELECT n FROM r;
WITH customers AS (SELECT 1 AS one) SELECT * FROM customers;
WITH n AS (SELECT * FROM countries) SELECT name FROM n;
--: refused
WITH n AS (SELECT * FROM countries) SELECT c.name, n.name FROM customers c JOIN n ON n.code = c.country;
--: refused
WITH c AS (SELECT * FROM customers) SELECT a.name FROM c a JOIN c b ON a.name = b.name;
--: refused
WITH t AS (SELECT avg(credit) AS a FROM customers) SELECT c.name FROM customers c, t WHERE c.credit > t.a;
--: refused
WITH RECURSIVE r(n) AS (SELECT customer_id FROM customers WHERE customer_id > 0 UNION ALL SELECT n + 1 FROM r WHERE n < 10) SELECT n FROM r;
--: refused
WITH c AS (SELECT customer_id FROM customers LIMIT 2) SELECT count(*) FROM c;

-- Set operations.
SELECT name FROM customers WHERE customer_id = 7 UNION SELECT state FROM orders WHERE customer_id = 7;
SELECT name FROM customers WHERE customer_id = 7 UNION ALL SELECT state FROM orders WHERE customer_id = 7;
SELECT state FROM orders WHERE customer_id = 7 INTERSECT SELECT state FROM orders WHERE customer_id = 7 AND id > 1010;
SELECT state FROM orders WHERE customer_id = 7 EXCEPT SELECT 'new';
--: ordered
SELECT id FROM orders WHERE customer_id = 7 UNION ALL SELECT 5 ORDER BY 1 DESC LIMIT 3;
(SELECT name FROM customers WHERE customer_id = 7) UNION ALL (SELECT name FROM customers WHERE customer_id = 7 LIMIT 1);
SELECT customer_id FROM customers WHERE customer_id = 1 UNION SELECT customer_id FROM customers WHERE customer_id = 1;
SELECT code FROM countries UNION SELECT name FROM countries;
SELECT 1 UNION SELECT 2 UNION ALL SELECT 1;
SELECT NULL UNION SELECT 1;
VALUES (1, 'a'), (2, 'b');
--: ordered
VALUES (2), (1), (3) ORDER BY 1 LIMIT 2;
--: refused
SELECT name FROM customers WHERE customer_id = 1 UNION SELECT name FROM customers WHERE customer_id = 2 UNION SELECT name FROM customers WHERE customer_id = 3 UNION SELECT name FROM customers WHERE customer_id = 4;
--: refused
SELECT state FROM orders UNION SELECT name FROM customers;
--: refused
SELECT customer_id FROM customers INTERSECT SELECT about FROM notes;
--: refused
SELECT customer_id FROM customers EXCEPT SELECT customer_id FROM orders;
--: refused
SELECT code FROM countries EXCEPT SELECT country FROM customers;
--: refused
SELECT name FROM customers UNION SELECT 'x';

-- What mixes the shards' rows.
--: refused
SELECT name, row_number() OVER (ORDER BY name) FROM customers;
--: refused
SELECT sum(credit) OVER () FROM customers;
--: refused
SELECT country, rank() OVER (PARTITION BY country ORDER BY credit) FROM customers;
SELECT name, row_number() OVER (ORDER BY name) FROM customers WHERE customer_id = 7;
SELECT id, sum(total) OVER (ORDER BY id) FROM orders WHERE customer_id = 7;
SELECT customer_id, id, row_number() OVER w FROM orders WHERE customer_id IN (7) WINDOW w AS (PARTITION BY state ORDER BY id);
--: refused
SELECT count(DISTINCT state) FROM orders;
--: refused
SELECT string_agg(name, ',') FROM customers;
--: refused
SELECT array_agg(customer_id ORDER BY customer_id) FROM customers;
--: refused
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY credit) FROM customers;
--: refused
SELECT stddev(credit) FROM customers;
--: refused
SELECT bool_and(active), bool_or(active) FROM customers;
--: refused
SELECT sum(credit) / count(*) FROM customers;
--: refused
SELECT coalesce(sum(credit), 0) FROM customers;
--: refused
SELECT sum(credit) FILTER (WHERE active) FROM customers;
--: refused
SELECT sum(credit * 2) FROM customers;
--: refused
SELECT country, count(*) FROM customers GROUP BY country HAVING count(*) > 3;
--: refused
SELECT count(*) FROM customers HAVING count(*) > 3;
--: refused
SELECT lower(state), count(*) FROM orders GROUP BY lower(state);
--: refused
SELECT country, active, count(*) FROM customers GROUP BY ROLLUP (country, active);
--: refused
SELECT country, count(*) FROM customers GROUP BY GROUPING SETS ((country), ());
--: refused
SELECT DISTINCT ON (state) state, id FROM orders ORDER BY state, id;
--: refused
SELECT DISTINCT ON (state) state, id FROM orders WHERE customer_id IN (1, 2, 3, 4, 5, 6) ORDER BY state, id;
SELECT DISTINCT ON (state) state, id FROM orders WHERE customer_id = 3 ORDER BY state, id;
SELECT string_agg(state, ',' ORDER BY id) FROM orders WHERE customer_id = 3;
SELECT coalesce(sum(total), 0), count(DISTINCT state), stddev(total) FROM orders WHERE customer_id = 3;
SELECT state, active, count(*), grouping(state) FROM orders JOIN customers USING (customer_id) WHERE customer_id = 3 GROUP BY ROLLUP (state, active);
--: refused
SELECT state, count(*) FROM orders GROUP BY DISTINCT state, CUBE (state);
--: refused
SELECT ctid FROM customers;
SELECT ctid IS NULL FROM customers WHERE customer_id = 3;
--: refused
SELECT tableoid::regclass FROM customers;
--: refused
SELECT * FROM customers TABLESAMPLE BERNOULLI (100) REPEATABLE (1) LIMIT 5;
SELECT generate_series(1, 3), customer_id FROM customers WHERE customer_id = 3;
SELECT unnest(parts) FROM orders WHERE customer_id = 3;

-- WITH RECURSIVE: a name may stand before what it names, also one that a table has.
WITH RECURSIVE x(i) AS (SELECT * FROM y UNION ALL SELECT i + 1 FROM x WHERE i < 5), y(i) AS (VALUES (1)) SELECT * FROM x;
WITH RECURSIVE x AS (SELECT customer_id FROM customers), customers(customer_id) AS (VALUES (77)) SELECT * FROM x;
