-- INSERT, UPDATE, DELETE.

INSERT INTO customers (customer_id, name) VALUES (100, 'Inserted');
INSERT INTO customers (name, customer_id) VALUES ('Other order', 101) RETURNING *;
INSERT INTO customers VALUES (102, 'Short') RETURNING customer_id, name AS n, active, credit IS NULL;
INSERT INTO customers (customer_id, name, active) VALUES (103, 'Default', DEFAULT) RETURNING active;
INSERT INTO customers AS c (customer_id, name) VALUES (104, 'Alias') RETURNING c.name, c.customer_id + 1 AS next;
INSERT INTO customers (customer_id, name) VALUES ('105', 'Text key');
INSERT INTO customers (customer_id, name) VALUES (106.0, 'Numeric key');
INSERT INTO customers (customer_id, name) VALUES (106.5, 'Rounded key') RETURNING customer_id;
INSERT INTO customers (customer_id, name) VALUES (-108, 'Negative key');
INSERT INTO customers (customer_id, name) SELECT 109, 'Selected';
INSERT INTO orders (customer_id, id) SELECT customer_id, 5000 FROM customers WHERE customer_id = 100;
INSERT INTO orders (customer_id, id) SELECT customer_id, id + 6000 FROM orders WHERE customer_id = 3;
INSERT INTO orders (customer_id, id) VALUES (100, 1), (100, 2), (100, 3) RETURNING id;
INSERT INTO items (customer_id, order_id, line, product, quantity, price) VALUES (100, 1, 1, 1, 3, 2.50) RETURNING amount;
INSERT INTO nothing DEFAULT VALUES;
INSERT INTO nothing (v) VALUES (1) RETURNING customer_id, v;
INSERT INTO nothing VALUES (NULL, 2, NULL, 'null key');
INSERT INTO nothing VALUES (1, 2, 3, 'full', 4, '2024-01-01');
INSERT INTO profiles VALUES (100, 'far', '{"a": [1, 2]}') ON CONFLICT (customer_id) DO UPDATE SET nick = excluded.nick || '!' RETURNING nick;
INSERT INTO profiles VALUES (100, 'again', NULL) ON CONFLICT (customer_id) DO UPDATE SET nick = excluded.nick || '!' RETURNING nick;
INSERT INTO profiles VALUES (100, 'third', NULL) ON CONFLICT DO NOTHING;
INSERT INTO "Mixed Case" ("Key", "select") VALUES (50, 'quoted') RETURNING "select";
INSERT INTO k_pair VALUES (50, 'x', 1), (50, 'x', 2);
--: params int4:110, text:Param
--: params int4:111, text:'it''s'
--: params int4:112, text:''
INSERT INTO customers (customer_id, name) VALUES ($1, $2) RETURNING customer_id, name;
--: params int4:NULL, text:x
INSERT INTO nothing (customer_id, t) VALUES ($1, $2);
--: params int4:1, text:x
--: params int4:NULL, text:y
INSERT INTO k_pair (a, b) VALUES ($1, $2) RETURNING a, b;
--: params int4:3, int4:3
INSERT INTO nothing (customer_id, v) VALUES ($1, 1), ($2, 2);
--: params uuid:00000000-0000-4000-8000-000000000099, int4:7
INSERT INTO k_uuid VALUES ($1, $2);

UPDATE customers SET name = 'Updated' WHERE customer_id = 100;
UPDATE customers SET name = 'Updated twice', credit = credit + 1 WHERE customer_id = 7 RETURNING name, credit;
UPDATE customers c SET active = false WHERE c.customer_id = 7 AND c.active;
UPDATE customers SET name = 'x' WHERE customer_id = 12345;
UPDATE customers SET name = 'x' WHERE customer_id = NULL;
UPDATE customers SET name = 'x' WHERE false;
UPDATE customers SET credit = DEFAULT WHERE customer_id = 8 RETURNING credit;
UPDATE customers SET (name, credit) = ('Row', 5) WHERE customer_id = 9;
UPDATE orders o SET state = 'sent' FROM customers c WHERE c.customer_id = o.customer_id AND o.customer_id = 4 AND c.name <> '' RETURNING o.id, c.name;
UPDATE items SET price = p.price FROM products p WHERE p.id = items.product AND items.customer_id = 5;
UPDATE orders SET total = (SELECT sum(amount) FROM items WHERE items.customer_id = 6) WHERE customer_id = 6;
UPDATE "Mixed Case" SET "select" = 'new' WHERE "Key" = 3;
--: params text:Renamed, int4:10
--: params text:NULL, int4:12345
UPDATE customers SET name = $1 WHERE customer_id = $2 RETURNING customer_id;
DELETE FROM nothing WHERE customer_id = 1;
DELETE FROM orders WHERE customer_id = 100 AND id = 1 RETURNING *;
DELETE FROM items USING orders o WHERE o.customer_id = items.customer_id AND items.customer_id = 100 AND o.id = items.order_id;
DELETE FROM customers WHERE customer_id = 12345;
--: params int4:105
DELETE FROM customers WHERE customer_id = $1 RETURNING name;
WITH gone AS (DELETE FROM orders WHERE customer_id = 100 RETURNING id) SELECT count(*) FROM gone;
WITH new AS (INSERT INTO orders (customer_id, id) VALUES (100, 77) RETURNING id) SELECT id FROM new;

-- Errors.
--: error 23505
INSERT INTO customers (customer_id, name) VALUES (7, 'Twice');
--: error 23502
INSERT INTO customers (customer_id) VALUES (500);
--: error 23502
INSERT INTO customers (name) VALUES ('no key');
--: error 23503
INSERT INTO customers (customer_id, name, country) VALUES (501, 'Nowhere', 'XX');
--: error 23503
INSERT INTO orders (customer_id, id) VALUES (9999, 1);
--: error 23503
DELETE FROM customers WHERE customer_id = 7;
--: error 23514
INSERT INTO customers (customer_id, name, credit) VALUES (502, 'Poor', -1000000);
--: error 22003
INSERT INTO customers (customer_id, name) VALUES (3000000000, 'Too big');
--: error 22P02
INSERT INTO customers (customer_id, name) VALUES ('seven', 'Not a number');
--: error 22003
INSERT INTO customers (customer_id, name, credit) VALUES (503, 'Rich', 99999999999);
--: error 22001
INSERT INTO orders (customer_id, id, state) VALUES (7, 9, 'much too long');
--: error 42601
INSERT INTO customers (customer_id, name) VALUES (504);
--: error 42601
INSERT INTO customers (customer_id) VALUES (504, 'x');
--: error 42703
INSERT INTO customers (customer_id, nome) VALUES (504, 'x');
--: error 42P01
INSERT INTO nowhere VALUES (1);
--: error 428C9
INSERT INTO items (customer_id, order_id, line, amount) VALUES (1, 1, 1, 1);
--: error 42701
INSERT INTO customers (customer_id, customer_id) VALUES (1, 2);
--: error 42804
UPDATE customers SET born = 5 WHERE customer_id = 7;
--: error 42703
UPDATE customers SET nome = 'x' WHERE customer_id = 7;
--: error 22012
UPDATE customers SET credit = 1 / (customer_id - 7) WHERE customer_id = 7;
--: error 22001
INSERT INTO k_varchar VALUES ('1234567890123456', 1);
--: error 22001
INSERT INTO k_char VALUES ('1234567', 1);

-- Several shards: refused.
--: refused
INSERT INTO customers (customer_id, name) VALUES (200, 'a'), (201, 'b'), (202, 'c'), (203, 'd'), (204, 'e'), (205, 'f');
--: refused
UPDATE customers SET name = 'all';
--: refused
UPDATE customers SET name = 'x' WHERE customer_id IN (1, 2, 3, 4, 5, 6, 7, 8);
--: refused
UPDATE customers SET name = CASE WHEN customer_id = 1 THEN 'a' ELSE 'b' END WHERE customer_id IN (1, 2, 3, 4, 5, 6);
--: refused
UPDATE customers SET name = 'x' WHERE name = 'Zero';
--: refused
UPDATE customers SET customer_id = 999 WHERE customer_id = 101;
--: refused
DELETE FROM nothing;
--: refused
DELETE FROM items WHERE quantity = 1;
--: refused
INSERT INTO nothing SELECT customer_id FROM customers;
--: refused
INSERT INTO nothing (customer_id, v) SELECT about, id FROM notes;
--: refused
INSERT INTO home_orders SELECT customer_id, 1 FROM customers;
--: refused
INSERT INTO k_varchar VALUES ('1234567890123456'::varchar(12), 103);
--: refused
INSERT INTO k_date VALUES ('0044-03-15 BC', 104);
--: refused
INSERT INTO k_date VALUES ('Feb 29, 2024', 104);
--: refused
INSERT INTO nothing (customer_id) VALUES (1 + 1);
--: refused
INSERT INTO nothing (customer_id) VALUES ((SELECT 1));
--: refused
INSERT INTO nothing (customer_id) SELECT g FROM generate_series(1, 5) g;
--: refused
INSERT INTO profiles VALUES (2, 'x') ON CONFLICT (customer_id) DO UPDATE SET customer_id = 77;
--: refused
UPDATE orders SET state = 'x' FROM notes WHERE notes.about = orders.customer_id AND orders.customer_id = 7 AND orders.id = 1;
--: refused
UPDATE orders SET total = 0 FROM customers c WHERE c.name = orders.state;
--: refused
DELETE FROM orders USING items i WHERE i.order_id = orders.id AND orders.customer_id = 7;
--: refused
WITH gone AS (DELETE FROM nothing RETURNING *) SELECT count(*) FROM gone;
--: refused
MERGE INTO profiles p USING (VALUES (2)) v(k) ON p.customer_id = v.k WHEN MATCHED THEN DELETE;
--: refused
--: params int4:1, int4:2, int4:3, int4:4, int4:5, int4:6
UPDATE customers SET name = 'x' WHERE customer_id IN ($1, $2, $3, $4, $5, $6);
--: refused
--: params int4:1, int4:2, int4:3, int4:4, int4:5, int4:6
INSERT INTO nothing (customer_id) VALUES ($1), ($2), ($3), ($4), ($5), ($6);

-- Reference tables: every copy, or none; rows once.
INSERT INTO countries VALUES ('IT', 'Italy', 301340) RETURNING code, name;
INSERT INTO countries VALUES ('ES', 'Spain', NULL), ('PT', 'Portugal', 92090);
UPDATE countries SET area = 505990 WHERE code = 'ES' RETURNING *;
UPDATE countries SET area = area + 1;
DELETE FROM countries WHERE code = 'PT' RETURNING name;
INSERT INTO countries VALUES ('IT', 'Italia') ON CONFLICT (code) DO UPDATE SET name = excluded.name RETURNING name;
--: params text:NL, text:Netherlands
INSERT INTO countries (code, name) VALUES ($1, $2);
--: params text:NL
--: params text:XX
DELETE FROM countries WHERE code = $1 RETURNING name;
--: error 23505
INSERT INTO countries VALUES ('AT', 'Austria again');
--: error 23503
DELETE FROM countries WHERE code = 'AT';
--: refused
UPDATE countries SET name = name || random();
--: refused
INSERT INTO products VALUES (9, 'now', extract(minute FROM now()));
--: refused
DELETE FROM countries WHERE code IN (SELECT country FROM customers WHERE customer_id = 12345);
--: refused
INSERT INTO products SELECT id + 100, body FROM notes;

-- Home tables.
INSERT INTO notes (about, body) VALUES (1, 'one more'), (2, 'and another') RETURNING about;
UPDATE notes SET body = upper(body) WHERE about IN (1, 2) RETURNING body;
DELETE FROM notes WHERE about = 8;
UPDATE notes SET body = p.name FROM products p WHERE p.id = notes.about AND notes.about = 3;
INSERT INTO home_orders SELECT about, id FROM notes WHERE id < 3;
INSERT INTO archive.papers VALUES (3, 'newest') RETURNING id;
