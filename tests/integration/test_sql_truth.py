#!/usr/bin/env python3
"""SQL files run through the router over four shards and on one plain PostgreSQL: the answers must be the same.

The files in sql/ hold statements, each ended by a semicolon at the end of a line, with marks before them:

    --: ordered           rows are compared in their order; without it in any order
    --: error 22012       PostgreSQL itself fails with this SQLSTATE (and so must the router, in the same words)
    --: refused           the router answers 0A000 with a hint, and nothing runs, although PostgreSQL would do it
    --: refused mixing    … and the message contains "mixing"; with an error mark: PostgreSQL itself fails
    --: params int4:7, text:NULL   values of $1, $2 …; may be repeated: the statement is prepared once
    --: for i in 1..9     the statement is run for each i; {expression} stands for a value computed from i
    --: bug 5: title      a known bug: the case must fail until it is mended and the mark is taken away
    --: once              only in the simple protocol and not in a transaction (DDL, VACUUM)

Reading statements run in the simple protocol, and in the extended one with text and with binary results. Statements
that write run in both extended ways in a transaction that is rolled back, then for good in the simple protocol.
At the end every table's rows must be the same on both sides, and lie on the shards that the map says.
"""

import pathlib
import re
import unittest

import harness
import query_client

SQL = pathlib.Path(__file__).parent / "sql"
MARKS = {"ordered", "bug", "error", "refused", "params", "for", "once"}
WORDS_OF_READING = ("SELECT", "VALUES", "TABLE", "WITH", "SHOW", "(")
NOT_COMPARED = "FLR"  # where in its own source the server stood

# Tables and how the shard of a row is computed in SQL; every other table is a home table.
SHARDED = {
    "customers": "hashint8extended(customer_id, 0)",
    "orders": "hashint8extended(customer_id, 0)",
    "items": "hashint8extended(customer_id, 0)",
    "nothing": "hashint8extended(customer_id, 0)",
    "numbers": "hashint8extended(customer_id, 0)",
    "profiles": "hashint8extended(customer_id, 0)",
    '"Mixed Case"': 'hashint8extended("Key", 0)',
    "samples": "hashtextextended(sensor, 0)",
    "k_int2": "hashint2extended(k, 0)",
    "k_int4": "hashint4extended(k, 0)",
    "k_int8": "hashint8extended(k, 0)",
    "k_text": "hashtextextended(k, 0)",
    "k_varchar": "hashtextextended(k::text, 0)",
    "k_char": "hashbpcharextended(k, 0)",
    "k_uuid": "uuid_hash_extended(k, 0)",
    "k_date": "hashint4extended(CASE k WHEN 'infinity' THEN 2147483647 WHEN '-infinity' THEN -2147483648 "
              "ELSE k - date '2000-01-01' END, 0)",
    "k_timestamp": "timestamp_hash_extended(k, 0)",
    "k_timestamptz": "timestamp_hash_extended(k AT TIME ZONE 'UTC', 0)",
    "k_numeric": "hash_numeric_extended(k, 0)",
    "k_bytea": None,  # no function in SQL hashes a bytea as such
    "k_bool": "hashcharextended(k::int::\"char\", 0)",
    "k_pair": "hash_record_extended(ROW(a, b), 0)",
}
REFERENCE = ("countries", "products")


class Case:
    def __init__(self, path, line, marks, sql):
        self.where = f"{path.name}:{line}"
        self.sql = sql
        self.ordered = "ordered" in marks
        self.error = marks["error"][0] if "error" in marks else None
        self.refused = marks["refused"][0] if "refused" in marks else None
        self.parameters = [read_parameters(text) for text in marks.get("params", [])]
        self.once = "once" in marks
        self.bug = marks["bug"][0] if "bug" in marks else None
        words = sql.lstrip().upper()
        self.reads = words.startswith(WORDS_OF_READING) and not re.search(
            r"\b(INSERT INTO|UPDATE \w+ SET|DELETE FROM|FOR (NO KEY )?UPDATE|FOR (KEY )?SHARE)\b", words)


def read_parameters(text):
    """int4:7, text:'a, b', text:NULL → [(type name, value or None)]"""
    parameters = []
    for match in re.finditer(r"\s*(\w+):('(?:[^']|'')*'|[^,]*)(?:,|$)", text):
        value = match[2].strip()
        if value.startswith("'"):
            value = value[1:-1].replace("''", "'")
        elif value == "NULL":
            value = None
        parameters.append((match[1], value))
    return parameters


def read_cases(path):
    cases, marks, lines, start = [], {}, [], 0
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not lines and line.startswith("--: "):
            mark, _, rest = line[4:].partition(" ")
            if mark not in MARKS:
                raise ValueError(f"{path.name}:{number}: unknown mark {mark}")
            marks.setdefault(mark, []).append(rest.strip())
        elif lines or (line.strip() and not line.startswith("--")):
            start = start or number
            lines.append(line)
            if not line.rstrip().endswith(";"):
                continue
            sql = "\n".join(lines).rstrip()[:-1]
            for text in expand(sql, marks.get("for")):
                cases.append(Case(path, start, marks, text))
            marks, lines, start = {}, [], 0
    if lines:
        raise ValueError(f"{path.name}:{start}: a statement does not end")
    return cases


def expand(sql, loop):
    if not loop:
        return [sql]
    variable, first, last = re.fullmatch(r"(\w+) in (-?\d+)\.\.(-?\d+)", loop[0]).groups()
    return [re.sub(r"\{([^{}]+)\}", lambda m: str(eval(m[1], {variable: value})), sql)  # our own files
            for value in range(int(first), int(last) + 1)]


def literal(value):
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def comparable(answer, ordered):
    """An answer as far as both sides must agree."""
    if answer.error is not None:
        return {"error": {k: v for k, v in answer.error.items() if k not in NOT_COMPARED}}
    columns = answer.columns and [
        (c.name, c.type if c.type < 16384 else "own", c.length, c.typmod, c.format, c.attribute, c.table != 0)
        for c in answer.columns]
    rows = answer.rows if ordered else sorted(answer.rows, key=repr)
    return {"columns": columns, "rows": rows, "tag": answer.tag, "parameters": answer.parameters}


class SqlTruthTest(harness.RouterTestCase):
    MAP = (SQL / "map.toml").read_text()
    ARGUMENTS = ("--postgres-set", "fsync=off", "--postgres-set", "TimeZone=UTC")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wire = query_client.Client("127.0.0.1", cls.dev.port, harness.DATABASE, harness.USER)
        cls.addClassCleanup(cls.wire.close)
        cls.plain_wire = query_client.Client("127.0.0.1", cls.plain.port, harness.DATABASE, harness.USER)
        cls.addClassCleanup(cls.plain_wire.close)
        cls.truth.cursor().execute(f"ALTER DATABASE {harness.DATABASE} SET TimeZone = 'UTC'")
        cls.plain_wire.one("SET TimeZone = 'UTC'")
        wrong = []
        for name in ("schema.sql", "rows.sql"):
            for case in read_cases(SQL / name):
                expected, answer = cls.plain_wire.one(case.sql), cls.wire.one(case.sql)
                if expected.error or comparable(answer, True) != comparable(expected, True):
                    wrong.append(f"{case.where}: {case.sql}\nrouter     {answer}\nPostgreSQL {expected}")
        if wrong:
            raise AssertionError("\n".join(wrong))

    # ---- one statement

    def same(self, case, way, answer, expected):
        if way.startswith("untyped"):
            pass  # the server chooses the type: the value may not fit
        elif case.error is None:
            self.assertIsNone(expected.error, f"{case.where} {way}: PostgreSQL fails")
        else:
            self.assertEqual((expected.error or {}).get("C"), case.error, f"{case.where} {way}: PostgreSQL's error")
        if comparable(answer, case.ordered) != comparable(expected, case.ordered):
            self.fail(f"{case.where} {way}\n{case.sql}\nrouter     {comparable(answer, case.ordered)}\n"
                      f"PostgreSQL {comparable(expected, case.ordered)}")
        self.assertEqual(self.wire.status, self.plain_wire.status, f"{case.where} {way}: transaction status")

    def in_both(self, case, way, run):
        """`run` on both sides; statements that write are undone."""
        if not case.reads:
            self.wire.one("BEGIN")
            self.plain_wire.one("BEGIN")
        answer, expected = run(self.wire), run(self.plain_wire)
        try:
            self.same(case, way, answer, expected)
        finally:
            if not case.reads:
                self.wire.one("ROLLBACK")
                self.plain_wire.one("ROLLBACK")

    def run_case(self, case):
        if case.refused is not None:
            self.run_refused(case)
            return
        if case.parameters:
            self.run_with_parameters(case)
            return
        if not case.once:
            self.in_both(case, "extended, text", lambda c: c.extended(case.sql, describe_statement=True))
            self.in_both(case, "extended, binary", lambda c: c.extended(case.sql, result_format=1))
        self.same(case, "simple", self.wire.one(case.sql), self.plain_wire.one(case.sql))

    def run_with_parameters(self, case):
        for values in case.parameters:
            typed = [query_client.Parameter(query_client.TYPES[t], v if v is None else v.encode()) for t, v in values]
            untyped = [query_client.Parameter(0, p.value) for p in typed]
            self.in_both(case, f"typed {values}", lambda c: c.extended(case.sql, typed, describe_statement=True))
            self.in_both(case, f"untyped {values}", lambda c: c.extended(case.sql, untyped, describe_statement=True))
            raw = [(t, None if v is None else query_client.binary(t, v)) for t, v in values]
            if all(r[1] is not None or v[1] is None for r, v in zip(raw, values)):
                both = [query_client.Parameter(query_client.TYPES[t], v, 1) for t, v in raw]
                self.in_both(case, f"binary {values}", lambda c: c.extended(case.sql, both, result_format=1))
        # One statement, prepared once and run with all the values.
        types = [query_client.TYPES[t] for t, _ in case.parameters[0]]
        prepare = query_client.parse(b"twice", case.sql, types)
        for client in (self.wire, self.plain_wire):
            client.send(prepare, query_client.message(b"S"))
            client.collect()
        for values in case.parameters:
            bound = query_client.bind(b"", b"twice", [query_client.Parameter(0, v if v is None else v.encode())
                                                     for _, v in values])

            def execute(client):
                client.send(bound, query_client.message(b"D", b"P\0"), query_client.message(b"E", b"\0\0\0\0\0"),
                            query_client.message(b"S"))
                return client.collect()[0]
            self.in_both(case, f"prepared {values}", execute)
        for client in (self.wire, self.plain_wire):
            client.send(query_client.message(b"C", b"Stwice\0"), query_client.message(b"S"))
            client.collect()
        # The same in SQL.
        for client in (self.wire, self.plain_wire):
            client.one("DEALLOCATE ALL")
        names = ", ".join(t for t, _ in case.parameters[0])
        answers = [c.one(f"PREPARE again({names}) AS {case.sql}") for c in (self.wire, self.plain_wire)]
        if answers[1].error is None:
            self.assertIsNone(answers[0].error, f"{case.where}: PREPARE")
            for values in case.parameters:
                call = f"EXECUTE again({', '.join(literal(v) for _, v in values)})"
                self.in_both(case, call, lambda c: c.one(call))
            for client in (self.wire, self.plain_wire):
                client.one("DEALLOCATE again")

    def run_refused(self, case):
        """PostgreSQL itself does it; the router says what is in the way, and nothing has run."""
        self.plain_wire.one("BEGIN")
        expected = self.plain_wire.one(case.sql) if not case.parameters else None
        self.plain_wire.one("ROLLBACK")
        if expected is not None and not case.once:
            self.assertEqual((expected.error or {}).get("C"), case.error,
                             f"{case.where}: PostgreSQL itself must take a statement that is only refused")
        # Names that are not known make the router read the catalogs again, once: that is no part of the statement.
        for _ in range(3):
            before = self.statements_run()
            self.ask_for_refusal(case)
            after = self.statements_run()
            if after == before:
                break
        self.assertEqual(after, before, f"{case.where}: something ran on a shard\n{case.sql}")

    def ask_for_refusal(self, case):
        if case.parameters:
            answers = [self.wire.extended(case.sql, [query_client.Parameter(query_client.TYPES[t], v.encode())
                                                     for t, v in values]) for values in case.parameters]
        else:
            answers = [self.wire.one(case.sql), self.wire.extended(case.sql)]
        for answer in answers:
            error = answer.error or {}
            self.assertEqual(error.get("C"), "0A000", f"{case.where}\n{case.sql}\nrouter {answer}")
            self.assertTrue(error.get("H"), f"{case.where}: a refusal has a hint: {error}\n{case.sql}")
            self.assertIn(case.refused, error.get("M"), case.where)
            self.assertEqual(self.wire.status, "I")

    def run_file(self, name):
        for case in read_cases(SQL / name):
            with self.subTest(case.where):
                try:
                    if case.bug is not None:
                        self.run_known_bug(case)
                    else:
                        self.run_case(case)
                except (query_client.Disconnected, OSError) as lost:
                    self.reconnect()
                    self.fail(f"{case.where}: the connection was lost ({lost!r})\n{case.sql}")
                self.wire.notices.clear()
                self.plain_wire.notices.clear()

    def run_known_bug(self, case):
        try:
            self.run_case(case)
        except AssertionError:
            for client in (self.wire, self.plain_wire):
                if client.status != "I":
                    client.one("ROLLBACK")
            return
        self.fail(f"{case.where}: bug {case.bug} is mended, take the mark away")

    def reconnect(self):
        """After a crash: the other statements are tried all the same."""
        if self.dev.process.poll() is not None:
            self.dev.stop()
            self.dev.start()
            for connection in self.shard_connections:
                connection.close()
            self.shard_connections[:] = self.dev.connect_shards()
        self.wire.close()
        type(self).wire = query_client.Client("127.0.0.1", self.dev.port, harness.DATABASE, harness.USER)
        self.plain_wire.simple("ROLLBACK; DEALLOCATE ALL")

    # ---- all rows

    def shard_contents(self, table):
        return [[row[0] for row in rows] for rows in self.on_shards(f"SELECT row(t.*)::text FROM {table} t ORDER BY 1")]

    def check_contents(self):
        shards = self.dev.map()["shard"]
        home = [s["name"] for s in shards].index(self.dev.map()["home"])
        tables = harness.Answer(self.truth, "SELECT oid::regclass::text, nspname || '.' || relname "
                                "FROM pg_class JOIN (SELECT oid AS n, nspname FROM pg_namespace) n ON n = relnamespace "
                                "WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema')").rows
        self.assertGreater(len(tables), 20)
        for table, _ in tables:
            expected = [r[0] for r in harness.Answer(self.truth, f"SELECT row(t.*)::text FROM {table} t ORDER BY 1").rows]
            if table in SHARDED:
                contents = self.shard_contents(table)
                self.assertEqual(sorted(sum(contents, [])), sorted(expected), table)
                self.check_places(table, SHARDED[table], shards)
            elif table in REFERENCE:
                for content in self.shard_contents(table):
                    self.assertEqual(sorted(content), sorted(expected), table)
            else:
                rows = harness.Answer(self.shard_connections[home], f"SELECT row(t.*)::text FROM {table} t ORDER BY 1").rows
                self.assertEqual(sorted(r[0] for r in rows), sorted(expected), table)

    def check_places(self, table, row_hash, shards):
        """Each row lies in a slot that its shard owns; a single NULL key in slot 0."""
        for shard, connection in zip(shards, self.shard_connections) if row_hash else ():
            slots = [[int(end) for end in run.split("-")] for run in shard["slots"]]
            rows = harness.Answer(connection, f"SELECT coalesce(({row_hash}) & 4095, 0), row(t.*)::text FROM {table} t")
            self.assertIsNone(rows.error, table)
            for slot, row in rows.rows:
                self.assertTrue(any(run[0] <= slot <= run[-1] for run in slots),
                                f"{row} of {table} in slot {slot} is not {shard['name']}'s")

    def test_1_rows_are_spread(self):
        """What follows proves something only if the rows really lie on several shards."""
        for table, least in (("customers", 4), ("orders", 4), ("items", 4), ("samples", 4), ("k_text", 3),
                             ("k_uuid", 3), ("k_pair", 3), ("k_date", 3), ("k_numeric", 3), ("k_bool", 2)):
            full = sum(1 for content in self.shard_contents(table) if content)
            self.assertGreaterEqual(full, least, table)

    def test_9_contents(self):
        self.check_contents()


def add_file(path):
    setattr(SqlTruthTest, f"test_5_{path.stem}", lambda self: self.run_file(path.name))


for sql_file in sorted(SQL.glob("*.sql")):
    if sql_file.name not in ("schema.sql", "rows.sql"):
        add_file(sql_file)

if __name__ == "__main__":
    unittest.main()
