#!/usr/bin/env python3
"""Programs and drivers that know nothing of shards: the same script gives the same output as with plain PostgreSQL."""

import asyncio
import decimal
import re
import subprocess
import unittest

import asyncpg
import psycopg2
import psycopg2.extras
import sqlalchemy
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Numeric, String, Table, Text, func, select

import harness

SCHEMA = """
CREATE TABLE customers(customer_id int PRIMARY KEY, name text NOT NULL DEFAULT 'nobody', balance numeric(12,2), country text, born date);
CREATE TABLE orders(customer_id int, order_id int, total numeric(12,2), PRIMARY KEY (customer_id, order_id));
CREATE TABLE countries(code text PRIMARY KEY, name text);
CREATE TABLE notes(id serial PRIMARY KEY, body text, CHECK (body <> 'no'));
CREATE INDEX customers_name ON customers(name);
COMMENT ON TABLE customers IS 'who buys';
CREATE VIEW rich AS SELECT 1 AS one;
"""

CRUD = r"""
\set id 7
\set name 'O''Hara'
INSERT INTO countries VALUES ('at', 'Austria'), ('jp', 'Japan');
INSERT INTO customers(customer_id, name, balance, country) VALUES (:id, :'name', 12.5, 'at') RETURNING *;
INSERT INTO customers VALUES (8, 'Ida', 0, 'jp', '1815-12-10');
INSERT INTO customers VALUES (9, DEFAULT, NULL, NULL, NULL);
INSERT INTO orders VALUES (:id, 1, 99.5);
INSERT INTO orders VALUES (:id, 2, 0.5);
INSERT INTO notes(body) VALUES ('first') RETURNING id;
SELECT * FROM customers WHERE customer_id = :id;
SELECT name AS found, balance * 2 AS twice FROM customers WHERE name = :'name' AND customer_id = :id \gset
\echo :found :twice
SELECT * FROM customers ORDER BY customer_id;
SELECT c.name, o.order_id, o.total FROM customers c JOIN orders o USING (customer_id) WHERE c.customer_id = :id ORDER BY 2;
SELECT c.name, n.name FROM customers c JOIN countries n ON n.code = c.country WHERE c.customer_id = 8;
SELECT count(*), sum(balance), avg(balance), min(born) FROM customers;
BEGIN;
UPDATE customers SET balance = balance + 1 WHERE customer_id = :id;
SAVEPOINT a;
DELETE FROM customers WHERE customer_id = :id;
ROLLBACK TO a;
COMMIT;
SELECT balance FROM customers WHERE customer_id = :id;
UPDATE notes SET body = body || '!' WHERE id = 1;
TABLE notes;
\x
SELECT * FROM customers WHERE customer_id = 8;
\x
\pset null (null)
SELECT * FROM customers WHERE customer_id = 9;
\if false
SELECT 'never';
\endif
SELECT 'SELECT ' || n FROM generate_series(1, 3) n \gexec
SELECT $$dollar$$, E'tab\t', U&'\0061', 'b';
SELECT 1 \; SELECT 2;
DELETE FROM orders WHERE customer_id = :id;
DELETE FROM customers WHERE customer_id = 7;
DELETE FROM customers WHERE customer_id = 8;
DELETE FROM customers WHERE customer_id = 9;
DELETE FROM notes;
DELETE FROM countries;
"""


class ClientsTest(harness.RouterTestCase):
    MAP = harness.column_rule("customer_id") + harness.reference_table("countries")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = harness.temporary_directory()
        for connection in (cls.router, cls.truth):
            for statement in SCHEMA.strip().split(";\n"):
                connection.cursor().execute(statement)

    def tearDown(self):
        tables = ("customers", "orders", "countries", "notes")
        for connection in (self.truth, *self.shard_connections):
            for table in tables:
                if connection in (self.truth, self.shard_connections[0]) or table != "notes":
                    connection.cursor().execute(f"DELETE FROM {table}")
        for connection in (self.truth, self.shard_connections[0]):
            connection.cursor().execute("ALTER SEQUENCE notes_id_seq RESTART")

    def same(self, script):
        """What the script returns for each port must be equal, and something."""
        expected, answer = script(self.plain.port), script(self.dev.port)
        self.assertTrue(expected)
        self.assertEqual(answer, expected)
        return answer

    # ---- psql
    def psql(self, port, text, *arguments):
        run = subprocess.run([harness.postgres_program("psql"), "-X", "-h", "127.0.0.1", "-p", str(port), "-U", harness.USER, *arguments, harness.DATABASE],
                             input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, cwd=self.files, errors="replace")
        return run.returncode, run.stdout

    def same_psql(self, text, *arguments):
        return self.same(lambda port: self.psql(port, text, *arguments))

    def test_psql_script(self):
        code, output = self.same_psql(CRUD, "-v", "ON_ERROR_STOP=1")
        self.assertEqual(code, 0, output)
        self.assertNotIn("ERROR", output)

    def test_psql_script_in_one_transaction(self):
        script = "".join(f"INSERT INTO notes(body) VALUES ('{n}');\n" for n in range(5)) + "SELECT count(*) FROM notes;\n"
        self.same_psql(script, "--single-transaction", "-v", "ON_ERROR_STOP=1")
        self.same_psql(script + "SELECT 1/0;\n", "--single-transaction", "-v", "ON_ERROR_STOP=1")
        self.same_psql("SELECT count(*) FROM notes;\n", "-A", "-t")

    def test_psql_describes(self):
        for command in ("\\d", "\\dt", "\\dt+ none_such", "\\d customers", "\\d orders", "\\d countries", "\\d notes", "\\d notes_id_seq", "\\d none_such", "\\di", "\\ds", "\\dv",
                        "\\d rich", "\\du", "\\dn", "\\dp customers", "\\dd customers", "\\df", "\\dT", "\\dx", "\\db", "\\sv rich", "\\dRp", "\\drds", "\\conninfo", "\\encoding",
                        "\\dt public.*", "\\d+ countries"):
            with self.subTest(command):
                expected, answer = (self.psql(port, command + "\n") for port in (self.plain.port, self.dev.port))
                self.assertEqual(answer, (expected[0], expected[1].replace(str(self.plain.port), str(self.dev.port))))

    def test_psql_lists_databases(self):
        for command in ("\\l", "-l"):
            expected, answer = (self.psql(port, "" if command == "-l" else command + "\n", "-A", "-t", *([command] if command == "-l" else []))
                                for port in (self.plain.port, self.dev.port))
            names = [[line.split("|")[0] for line in output.splitlines()] for _, output in (expected, answer)]
            self.assertEqual(names[1], names[0])
            self.assertIn(harness.DATABASE, names[1])

    def test_psql_errors(self):
        script = "SELEC 1;\nSELECT nothing FROM customers;\nSELECT *\n  FROM customers\n WHERE customer_id = 'x';\nSELECT 1/0;\nINSERT INTO notes(body) VALUES ('no');\n\\errverbose\nSELECT 1;\n"
        code, output = self.same(lambda port: (lambda run: (run[0], re.sub(r"LOCATION: .*", "", run[1])))(self.psql(port, script)))
        self.assertEqual((code, output.count("ERROR:")), (0, 6), output)
        self.assertEqual(self.same_psql(script, "-v", "ON_ERROR_STOP=1")[0], 3)
        self.assertEqual(self.same_psql("SELECT 1; SELECT 1/0; SELECT 2;\n", "-c", "SELECT 1; SELECT 1/0; SELECT 2")[0], 1)

    def test_psql_copy(self):
        rows = "customer_id,name,balance\n" + "".join(f'{n},"name, of\n""{n}""",{n}.5\n' for n in range(1, 301)) + "301,,\n"
        (self.files / "customers.csv").write_text(rows)
        self.same_psql("\\copy customers(customer_id, name, balance) FROM 'customers.csv' (FORMAT csv, HEADER, FORCE_NOT_NULL (name))\nSELECT count(*), sum(balance), max(customer_id) FROM customers;\n"
                       "SELECT * FROM customers WHERE customer_id IN (1, 150, 301) ORDER BY customer_id;\n")
        for key in self.on_shards("SELECT count(*) FROM customers"):
            self.assertGreater(key[0][0], 30)
        self.assert_rows_lie_right("customers", "customer_id")
        for how in ("", "(FORMAT csv)", "(FORMAT csv, HEADER)"):
            def out(port):
                code, output = self.psql(port, f"\\copy customers TO 'out' {how}\n")
                lines = (self.files / "out").read_text()
                first, rest = lines.split("\n", 1) if "HEADER" in how else ("", lines)
                return code, output, first, sorted(re.split(r"\n(?=\d)", rest.rstrip("\n")))
            self.same(out)
        self.same_psql("\\copy countries FROM STDIN\nat\tAustria\njp\t\\N\n\\.\n\\copy countries TO STDOUT\n\\copy (SELECT name FROM customers WHERE customer_id = 5) TO STDOUT (FORMAT csv)\n")
        self.same_psql("\\copy customers FROM 'no such file'\n\\copy none_such FROM 'customers.csv'\n\\copy customers(none_such) FROM 'customers.csv'\nSELECT 1;\n")

    # ---- psycopg2
    def psycopg2_script(self, port):
        seen = []
        connection = psycopg2.connect(host="127.0.0.1", port=port, user=harness.USER, dbname=harness.DATABASE)
        def run(sql, *parameters):
            with connection.cursor() as cursor:
                try:
                    cursor.execute(sql, *parameters)
                except psycopg2.Error as error:
                    seen.append((sql, error.pgcode, str(error), connection.status))
                    return
                seen.append((sql, cursor.statusmessage, cursor.rowcount, cursor.description and [(c.name, c.type_code) for c in cursor.description],
                             cursor.fetchall() if cursor.description else None))
        for number in range(1, 9):
            with connection:
                run("INSERT INTO customers VALUES (%s, %s, %s, 'at', '2000-01-01')", (number, f"näme {number}", decimal.Decimal(number)))
                run("INSERT INTO orders VALUES (%s, 1, 5)", (number,))
        with connection:
            run("SELECT * FROM customers WHERE customer_id = %s", (3,))
            run("SELECT customer_id, name FROM customers ORDER BY customer_id")
            run("SELECT * FROM customers WHERE customer_id = ANY(%s) ORDER BY customer_id", ([2, 4, 6],))
            run("SELECT count(*), sum(balance) FROM customers")
        run("UPDATE customers SET name = %(name)s WHERE customer_id = %(id)s", {"name": "it's", "id": 4})
        connection.rollback()
        run("SELECT name FROM customers WHERE customer_id = 4")
        run("SELECT 1/0")
        run("SELECT 1")
        connection.rollback()
        run("SELECT nothing")
        connection.rollback()
        with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute("SELECT * FROM orders WHERE customer_id = 5")
            seen.append(cursor.fetchall())
            with open(self.files / "countries", "w+") as file:
                file.write("at\tAustria\nde\tDeutschland\n")
                file.seek(0)
                cursor.copy_expert("COPY countries FROM STDIN", file)
            with open(self.files / "countries.out", "w+") as file:
                cursor.copy_expert("COPY countries TO STDOUT", file)
                file.seek(0)
                seen.append(sorted(file.readlines()))
        connection.commit()
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        run("SELECT count(*) FROM customers")
        run("INSERT INTO notes(body) VALUES ('x')")
        connection.rollback()
        connection.set_session(isolation_level="READ COMMITTED", readonly=False, autocommit=True)
        for number in range(1, 9):
            run("DELETE FROM orders WHERE customer_id = %s", (number,))
            run("DELETE FROM customers WHERE customer_id = %s RETURNING name", (number,))
        run("DELETE FROM countries")
        seen.append((connection.encoding, connection.server_version, connection.get_parameter_status("TimeZone"), connection.get_transaction_status()))
        connection.close()
        return seen

    def test_psycopg2(self):
        self.same(self.psycopg2_script)

    # ---- asyncpg
    def test_asyncpg(self):
        self.same(lambda port: asyncio.run(self.asyncpg_script(port)))

    async def asyncpg_script(self, port):
        seen = []
        connection = await asyncpg.connect(host="127.0.0.1", port=port, user=harness.USER, database=harness.DATABASE)
        async def run(sql, *parameters):
            try:
                seen.append((sql, [tuple(row.items()) for row in await connection.fetch(sql, *parameters)]))
            except asyncpg.PostgresError as error:
                seen.append((sql, error.sqlstate, error.message, error.position))
        for number in range(1, 9):
            async with connection.transaction():
                seen.append(await connection.execute("INSERT INTO customers(customer_id, name, balance) VALUES ($1, $2, $3)", number, f"name {number}", decimal.Decimal(number)))
                await run("INSERT INTO orders VALUES ($1, 1, $2) RETURNING *", number, decimal.Decimal("1.50"))
        for number in range(1, 10):
            await run("SELECT * FROM customers WHERE customer_id = $1", number)
        await run("SELECT customer_id, name, balance FROM customers ORDER BY customer_id")
        await run("SELECT count(*), sum(balance), avg(balance), max(name) FROM customers WHERE balance > $1", 2)
        await run("SELECT customer_id FROM customers WHERE customer_id = ANY($1::int[]) ORDER BY 1", [1, 5, 7])
        statement = await connection.prepare("SELECT name FROM customers WHERE customer_id = $1")
        seen.append([await statement.fetchval(number) for number in range(1, 9)])
        seen.append([(p.name, p.oid) for p in statement.get_parameters()] + [(a.name, a.type.oid) for a in statement.get_attributes()])
        await run("SELEC 1")
        await run("SELECT 1/0")
        await run("SELECT nothing FROM customers WHERE customer_id = 1")
        await run("INSERT INTO customers(customer_id) VALUES ($1)", 1)
        try:
            async with connection.transaction():
                await connection.execute("DELETE FROM customers WHERE customer_id = 1")
                async with connection.transaction():
                    await connection.execute("UPDATE customers SET name = 'x' WHERE customer_id = 1")
                await connection.execute("SELECT 1/0")
        except asyncpg.PostgresError as error:
            seen.append(error.sqlstate)
        await run("SELECT name FROM customers WHERE customer_id = 1")
        async with connection.transaction():
            seen.append([row[0] async for row in connection.cursor("SELECT generate_series(1, 120)", prefetch=50)])
        seen.append(await connection.copy_records_to_table("countries", records=[("at", "Austria"), ("fr", None)], columns=["code", "name"]) if port == self.plain.port else "COPY 2")
        if port != self.plain.port:  # binary COPY into a reference table is not there yet
            await connection.execute("INSERT INTO countries VALUES ('at', 'Austria'), ('fr', NULL)")
        await run("SELECT * FROM countries ORDER BY code")
        (self.files / "async.csv").write_text("501,a\n502,b\n")
        seen.append(await connection.copy_to_table("customers", source=str(self.files / "async.csv"), columns=["customer_id", "name"], format="csv"))
        for number in (*range(1, 9), 501, 502):
            seen.append(await connection.execute("DELETE FROM customers WHERE customer_id = $1", number))
            seen.append(await connection.execute("DELETE FROM orders WHERE customer_id = $1", number))
        await connection.execute("DELETE FROM countries; SELECT 1")
        seen.append((connection.get_settings().TimeZone, connection.get_server_version()[0]))
        try:
            await connection.execute("SELECT pg_sleep(30)", timeout=0.3)  # cancels
        except asyncio.TimeoutError:
            seen.append("timeout")
        await run("SELECT 1")
        await connection.close()
        return seen

    # ---- SQLAlchemy
    def sqlalchemy_script(self, port):
        seen = []
        engine = sqlalchemy.create_engine(f"postgresql+psycopg2://{harness.USER}@127.0.0.1:{port}/{harness.DATABASE}", future=True)
        metadata = MetaData()
        people = Table("people", metadata, Column("customer_id", Integer, primary_key=True, autoincrement=False), Column("name", String(40), nullable=False, index=True), Column("paid", Numeric(10, 2)))
        logs = Table("logs", metadata, Column("id", Integer, primary_key=True), Column("entry", Text), Column("parent", Integer, ForeignKey("logs.id")))
        metadata.create_all(engine)
        metadata.create_all(engine)
        for number in range(1, 9):
            with engine.begin() as connection:
                result = connection.execute(people.insert().values(customer_id=number, name=f"p{number}", paid=number).returning(people.c.name))
                seen.append(result.all())
        with engine.begin() as connection:
            seen.append(connection.execute(logs.insert().values(entry="first")).inserted_primary_key)
            seen.append(connection.execute(logs.insert().values(entry="second", parent=1)).inserted_primary_key)
        with engine.connect() as connection:
            seen.append(connection.execute(select(people).where(people.c.customer_id == 5)).all())
            seen.append(connection.execute(select(people).order_by(people.c.customer_id.desc()).limit(3)).all())
            seen.append(connection.execute(select(func.count(people.c.customer_id), func.sum(people.c.paid))).all())
            parent = logs.alias()
            seen.append(connection.execute(select(logs.c.entry, parent.c.entry).join(parent, logs.c.parent == parent.c.id)).all())
        with engine.begin() as connection:
            seen.append(connection.execute(people.update().where(people.c.customer_id == 2).values(paid=people.c.paid * 10)).rowcount)
            nested = connection.begin_nested()
            connection.execute(people.delete().where(people.c.customer_id == 2))
            nested.rollback()
            seen.append(connection.execute(select(people.c.paid).where(people.c.customer_id == 2)).scalar_one())
        try:
            with engine.begin() as connection:
                connection.execute(people.insert().values(customer_id=1, name="twice"))
        except sqlalchemy.exc.IntegrityError as error:
            seen.append(error.orig.pgcode)
        inspector = sqlalchemy.inspect(engine)
        seen.append(sorted(inspector.get_table_names()))
        for table in ("people", "logs", "orders"):
            seen.append([(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(table)])
            seen.append((inspector.get_pk_constraint(table), inspector.get_indexes(table), inspector.get_foreign_keys(table)))
        reflected = Table("people", MetaData(), autoload_with=engine)
        seen.append([c.name for c in reflected.columns])
        metadata.drop_all(engine)
        seen.append(sqlalchemy.inspect(engine).has_table("people"))
        engine.dispose()
        return seen

    def test_sqlalchemy(self):
        self.same(self.sqlalchemy_script)

    # ---- libpqxx
    def test_libpqxx(self):
        def script(port):
            run = subprocess.run([str(harness.bin_dir() / "pgshoal_pqxx_client"), f"host=127.0.0.1 port={port} user={harness.USER} dbname={harness.DATABASE}"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
            self.assertEqual(run.returncode, 0, run.stdout)
            return run.stdout
        self.same(script)


if __name__ == "__main__":
    unittest.main()
