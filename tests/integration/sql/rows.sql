-- The rows of all files.

INSERT INTO countries VALUES ('AT', 'Austria', 83879), ('CH', 'Switzerland', 41285), ('DE', 'Germany', 357588.5), ('FR', 'France', NULL);
INSERT INTO products VALUES (1, 'anchor', 99.90), (2, 'buoy', 12.00), (3, 'chain', 7.05), (4, 'davit', NULL);

--: for i in 1..24
INSERT INTO customers VALUES ({i}, 'Customer {i % 7}', '{["AT", "CH", "DE", "FR"][i % 4]}', {i * 37 % 100}.{i % 10}5, '{1960 + i}-0{1 + i % 9}-1{i % 9}', {["true", "false"][i % 2]}, {i}.25);
INSERT INTO customers (customer_id, name) VALUES (-5, 'Negative');
INSERT INTO customers (customer_id, name, active) VALUES (0, 'Zero', NULL);
INSERT INTO customers (customer_id, name, credit) VALUES (2147483647, 'Last', -0.01);
INSERT INTO customers (customer_id, name, credit) VALUES (-2147483648, 'First', 9999999999.99);

--: for i in 0..59
INSERT INTO orders VALUES ({1 + i % 20}, {1000 + i}, '2024-0{1 + i % 9}-1{i % 10} 1{i % 10}:00', '2024-0{1 + i % 9}-1{i % 10} 1{i % 10}:00+0{i % 4}', {i * 311 % 1000}.{i % 100}, '{["new", "paid", "sent"][i % 3]}', ARRAY[{i}, {i * 2}]);
--: for i in 0..79
INSERT INTO items (customer_id, order_id, line, product, quantity, price) VALUES ({1 + i % 20}, {1000 + i % 60}, {1 + i // 60}, {1 + i % 4}, {1 + i % 5}, {i % 30}.{10 + i});
--: for i in 1..12
INSERT INTO profiles VALUES ({i * 2}, 'nick{i}', '{"n": {i}, "even": {str(i % 2 == 0).lower()}}');
INSERT INTO profiles VALUES (-5, 'minus', NULL);
INSERT INTO profiles VALUES (9223372036854775807, 'far', '[1, 2]');

-- Numbers at which sums and averages go wrong: big ones, long scales, NULL, groups that are all NULL.
--: for i in 1..30
INSERT INTO numbers VALUES ({i}, {i % 5}, {i * 1000 - 15000}, {2147483647 - i}, {9223372036854775807 - i}, {i * 7919}.{i * 104729}, {i}.125, {i}.5, {i * 1024});
INSERT INTO numbers VALUES (31, 5, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO numbers VALUES (32, 5, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO numbers VALUES (33, NULL, 1, 1, 1, 1, 1, 1, 1);
INSERT INTO numbers VALUES (34, NULL, 2, 2, 2, 2.0000, 2, 2, 2);
INSERT INTO numbers VALUES (35, 6, -32768, -2147483648, -9223372036854775808, -99999999999999999999999999999.99999, -9999999.999, -0.5, -1024);
INSERT INTO numbers VALUES (36, 6, 32767, 2147483647, 9223372036854775807, 0.000000000000000000001, 0.001, 0.25, 2);

--: for i in 1..9
INSERT INTO "Mixed Case" VALUES ({i}, 'word {i % 3}', {10 - i});

--: for i in 1..16
INSERT INTO samples VALUES ('sensor {i}', {["true", "false", "NULL"][i % 3]}, {i * 13 % 17 - 8}, {i * 7 % 11 - 5}, {i * 10000000000 * (-1) ** i}, {4294967295 - i * 5 % 7}, {i * 5 % 7}.5, {i * 3 % 8}.125, {i * 11 % 13 - 6}.{i}0, '20{10 + i * 7 % 20}-01-{10 + i}', '{10 + i * 7 % 13}:30:00.{i}', '20{10 + i * 7 % 20}-01-{10 + i} 10:00', '20{10 + i * 7 % 20}-01-{10 + i} 10:00+00', '{i * 7 % 10}0000000-0000-0000-0000-0000000000{10 + i}', '{["b", "a", "Z", "é", "aa", "", "ab", "z"][i % 8]}{i % 2}', '{["x", "X", "y "][i % 3]}', '{["p", "q ", "P", "p  q"][i % 4]}');
INSERT INTO samples (sensor) VALUES ('all null 1');
INSERT INTO samples (sensor) VALUES ('all null 2');
INSERT INTO samples VALUES ('high', true, 32767, 2147483647, 9223372036854775807, 4294967295, 'Infinity', 'Infinity', 'Infinity', 'infinity', '24:00', 'infinity', 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '~', 'zzz', '~');
INSERT INTO samples VALUES ('low', false, -32768, -2147483648, -9223372036854775808, 0, '-Infinity', '-Infinity', '-Infinity', '-infinity', '00:00', '-infinity', '-infinity', '00000000-0000-0000-0000-000000000000', '', '', '');
INSERT INTO samples VALUES ('nan', NULL, 0, 0, 0, 1, 'NaN', 'NaN', 'NaN', '4713-01-01 BC', '00:00:00.000001', '4713-01-01 BC', '294276-12-31', '7fffffff-ffff-ffff-ffff-ffffffffffff', 'ÿ', 'a', 'b');
INSERT INTO samples VALUES ('minus zero', NULL, 0, 0, 0, 1, '-0', '-0', '-0.00', '5874897-12-31', '12:00', '0044-03-15 BC', '1999-12-31', '80000000-0000-0000-0000-000000000000', '😀', '😀', 'é');
INSERT INTO samples VALUES ('big', NULL, 1, 1, 1, 2, 3e38, 1e308, 1e1000, '2000-01-01', '12:00', '2000-01-01', '2000-01-01', '80000000-0000-0000-0000-000000000001', E'\U0000FFFD', 'b', 'c');
INSERT INTO samples VALUES ('tiny', NULL, -1, -1, -1, 3, 1e-38, 1e-308, 1e-1000, '2000-01-02', '12:01', '2000-01-01 00:00:00.000001', '2000-01-01 00:00:00.000001', '80000000-0000-0000-0000-000000000002', E'\t', 'B', 'C');

-- Keys of every type, with those that are equal although they look different, and those that are not although they look alike.
--: for i in -6..6
INSERT INTO k_int2 VALUES ({i}, {i});
INSERT INTO k_int2 VALUES (32767, 100);
INSERT INTO k_int2 VALUES (-32768, 101);
INSERT INTO k_int2 VALUES (NULL, 102);
--: for i in -10..45
INSERT INTO k_int4 VALUES ({i}, {i});
INSERT INTO k_int4 VALUES (2147483647, 100);
INSERT INTO k_int4 VALUES (-2147483648, 101);
INSERT INTO k_int4 VALUES (NULL, 102);
INSERT INTO k_int4 VALUES (NULL, 103);
INSERT INTO k_int4 VALUES ('0042', 104);
INSERT INTO k_int4 VALUES (' 42 ', 105);
INSERT INTO k_int4 VALUES (41.5, 106);
INSERT INTO k_int4 VALUES (42.4, 107);
INSERT INTO k_int4 VALUES (-41.5, 108);
INSERT INTO k_int4 VALUES (4e1, 109);
INSERT INTO k_int4 VALUES (42::int8, 110);
INSERT INTO k_int4 VALUES ('42'::int2, 111);
--: for i in -6..6
INSERT INTO k_int8 VALUES ({i}, {i});
INSERT INTO k_int8 VALUES (9223372036854775807, 100);
INSERT INTO k_int8 VALUES (-9223372036854775808, 101);
INSERT INTO k_int8 VALUES (4294967296, 102);
INSERT INTO k_int8 VALUES (-4294967297, 103);
INSERT INTO k_int8 VALUES (NULL, 104);
INSERT INTO k_int8 VALUES (2147483648, 105);
--: for i in 1..12
INSERT INTO k_text VALUES ('key {i}', {i});
INSERT INTO k_text VALUES ('', 100);
INSERT INTO k_text VALUES ('x', 101);
INSERT INTO k_text VALUES ('x ', 102);
INSERT INTO k_text VALUES ('X', 103);
INSERT INTO k_text VALUES ('é', 104);
INSERT INTO k_text VALUES (U&'e\0301', 105);
INSERT INTO k_text VALUES (E'tab\there', 106);
INSERT INTO k_text VALUES ('it''s', 107);
INSERT INTO k_text VALUES (E'back\\slash', 108);
INSERT INTO k_text VALUES ($$dollar$$, 109);
INSERT INTO k_text VALUES (NULL, 110);
INSERT INTO k_text VALUES (42, 111);
INSERT INTO k_text VALUES ('two'
  ' lines', 112);
--: for i in 1..12
INSERT INTO k_varchar VALUES ('key {i}', {i});
INSERT INTO k_varchar VALUES ('x', 100);
INSERT INTO k_varchar VALUES ('x ', 101);
INSERT INTO k_varchar VALUES ('123456789012     ', 102);
INSERT INTO k_varchar VALUES (NULL, 104);
--: for i in 1..12
INSERT INTO k_char VALUES ('k{i}', {i});
INSERT INTO k_char VALUES ('x', 100);
INSERT INTO k_char VALUES ('x  ', 101);
INSERT INTO k_char VALUES ('x          ', 102);
INSERT INTO k_char VALUES ('', 103);
INSERT INTO k_char VALUES ('   ', 104);
INSERT INTO k_char VALUES (NULL, 105);
INSERT INTO k_char VALUES ('äöüßé€', 106);
--: for i in 10..25
INSERT INTO k_uuid VALUES ('00000000-0000-4000-8000-0000000000{i}', {i});
INSERT INTO k_uuid VALUES ('{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}', 100);
INSERT INTO k_uuid VALUES ('a0eebc999c0b4ef8bb6d6bb9bd380a12', 101);
INSERT INTO k_uuid VALUES ('a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a13', 102);
INSERT INTO k_uuid VALUES (NULL, 103);
--: for i in 10..25
INSERT INTO k_date VALUES ('2024-02-{i}', {i});
INSERT INTO k_date VALUES ('infinity', 100);
INSERT INTO k_date VALUES ('-infinity', 101);
INSERT INTO k_date VALUES ('2000-01-01', 102);
INSERT INTO k_date VALUES ('1999-12-31', 103);
INSERT INTO k_date VALUES (NULL, 105);
INSERT INTO k_date VALUES (date '2024-02-29', 106);
--: for i in 10..25
INSERT INTO k_timestamp VALUES ('2024-02-{i} 12:34:56.{i}', {i});
INSERT INTO k_timestamp VALUES ('infinity', 100);
INSERT INTO k_timestamp VALUES ('2024-02-29', 101);
INSERT INTO k_timestamp VALUES ('2024-02-29T00:00:00', 102);
INSERT INTO k_timestamp VALUES ('1900-01-01 00:00:00.0000001', 103);
INSERT INTO k_timestamp VALUES (NULL, 104);
--: for i in 10..25
INSERT INTO k_timestamptz VALUES ('2024-02-{i} 12:34:56.{i}+00', {i});
INSERT INTO k_timestamptz VALUES ('-infinity', 100);
INSERT INTO k_timestamptz VALUES ('2024-02-29 00:00:00+01', 101);
INSERT INTO k_timestamptz VALUES ('2024-02-28 23:00:00Z', 102);
INSERT INTO k_timestamptz VALUES ('2024-02-28 18:00:00-05:00', 103);
INSERT INTO k_timestamptz VALUES (NULL, 104);
--: for i in 1..12
INSERT INTO k_numeric VALUES ({i}.{i}, {i});
INSERT INTO k_numeric VALUES (42, 100);
INSERT INTO k_numeric VALUES (42.0, 101);
INSERT INTO k_numeric VALUES ('42.000000', 102);
INSERT INTO k_numeric VALUES ('4.2e1', 103);
INSERT INTO k_numeric VALUES (-0.0, 104);
INSERT INTO k_numeric VALUES (0, 105);
INSERT INTO k_numeric VALUES ('NaN', 106);
INSERT INTO k_numeric VALUES ('Infinity', 107);
INSERT INTO k_numeric VALUES ('-Infinity', 108);
INSERT INTO k_numeric VALUES (123456789012345678901234567890.123456789, 109);
INSERT INTO k_numeric VALUES (1e-50, 110);
INSERT INTO k_numeric VALUES (10000, 111);
INSERT INTO k_numeric VALUES (NULL, 112);
--: for i in 10..25
INSERT INTO k_bytea VALUES ('\x00{i}ff', {i});
INSERT INTO k_bytea VALUES ('', 100);
INSERT INTO k_bytea VALUES ('abc', 101);
INSERT INTO k_bytea VALUES ('\x616263', 102);
INSERT INTO k_bytea VALUES (E'\\141b\\\\', 103);
INSERT INTO k_bytea VALUES (NULL, 104);
INSERT INTO k_bool VALUES (true, 1);
INSERT INTO k_bool VALUES (false, 2);
INSERT INTO k_bool VALUES ('yes', 3);
INSERT INTO k_bool VALUES ('off', 4);
INSERT INTO k_bool VALUES ('T', 5);
INSERT INTO k_bool VALUES (NULL, 6);
--: for i in 1..16
INSERT INTO k_pair VALUES ({i % 4}, 'b{i // 4}', {i});
INSERT INTO k_pair VALUES (NULL, 'b0', 100);
INSERT INTO k_pair VALUES (1, NULL, 101);
INSERT INTO k_pair VALUES (NULL, NULL, 102);
INSERT INTO k_pair (b, a) VALUES ('b1', 1);
INSERT INTO k_pair (v, b, a) VALUES (103, 'b0', '01');

--: for i in 1..8
INSERT INTO notes (about, body) VALUES ({i}, 'note {i}');
INSERT INTO home_orders VALUES (1, 1), (2, 2), (3, 3), (4, 4);
INSERT INTO archive.papers VALUES (1, 'old'), (2, 'older');
