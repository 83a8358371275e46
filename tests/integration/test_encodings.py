#!/usr/bin/env python3
"""client_encoding: the same bytes to and fro as with plain PostgreSQL, message by message, or a clear refusal."""

import struct
import unittest

import harness
import wire_client
from wire_client import message, zero

TEXT, INT4, BYTEA = 25, 23, 17
SINGLE_BYTE = ([f"LATIN{n}" for n in range(1, 11)] + [f"ISO_8859_{n}" for n in range(5, 9)] +
               [f"WIN{n}" for n in (866, 874, *range(1250, 1259))] + ["KOI8R", "KOI8U"])
MULTI_BYTE = ["EUC_JP", "EUC_CN", "EUC_KR", "EUC_TW", "EUC_JIS_2004", "SJIS", "BIG5", "GBK", "UHC", "GB18030", "JOHAB",
              "SHIFT_JIS_2004", "MULE_INTERNAL"]


class EncodingTest(harness.RouterTestCase):
    MAP = harness.sharded_table("words", "word")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for connection in (cls.router, cls.truth):
            cursor = connection.cursor()
            cursor.execute("CREATE TABLE words(word text COLLATE \"C\" PRIMARY KEY, n int)")
            cursor.execute("CREATE TABLE notes(n int PRIMARY KEY, body text)")
            cursor.execute("INSERT INTO notes VALUES (1, 'price €5'), (2, 'naïve'), (3, '日本')")
            for n, word in enumerate(("eins", "été", "öl", "żółw", "Ünder", "ключ", "zwei", "ñandú", "ÿ")):
                cursor.execute("INSERT INTO words VALUES (%s, %s)", (word, n))

    def setUp(self):
        for connection in (self.truth, *self.shard_connections):
            connection.cursor().execute("DELETE FROM words WHERE n > 100")

    def on_both(self, scenario, **login):
        answers = []
        for port in (self.plain.port, self.dev.port):
            with wire_client.connect(port, **login) as client:
                answers.append(scenario(client))
        return answers

    def same(self, scenario, **login):
        expected, answer = self.on_both(scenario, **login)
        self.assertEqual(answer, expected)
        return answer

    def same_raw(self, *steps, **login):
        """Requests as bytes, each followed by its raw answer up to ReadyForQuery."""
        def scenario(client):
            answers = []
            for step in steps:
                client.send(step)
                kind = None
                while kind != "Z":
                    kind, body = client.next_raw()
                    if kind == "E":
                        body = b"\0".join(f for f in body.split(b"\0") if f[:1] not in (b"F", b"L", b"R", b"W"))
                    if kind == "T":
                        body = [(name, column[2]) for name, *column in self.columns(body)]
                    answers.append((kind, body))
            return answers
        return self.same(scenario, **login)

    @staticmethod
    def columns(body):
        count, at, columns = struct.unpack_from("!h", body)[0], 2, []
        for _ in range(count):
            end = body.index(b"\0", at)
            columns.append((body[at:end], *struct.unpack_from("!ihihih", body, end + 1)))
            at = end + 19
        return columns

    @staticmethod
    def query(text):
        return message("Q", text + b"\0")

    # ---- the setting
    def test_names(self):
        names = SINGLE_BYTE + ["utf8", "UTF-8", "unicode", "UNICODE", "sql_ascii", "latin-1", "Iso_8859-15", "windows1252",
                               "koi8", "win", "alt", "abc", "tcvn", "vscii", "foo", "", "utf16", "latin11"]
        self.same(lambda client: [(name, client.ask(f"SET client_encoding TO '{name}'"), client.ask("SHOW client_encoding"))
                                  for name in names])

    def test_refused_names(self):
        with wire_client.connect(self.dev.port) as client:
            for name in MULTI_BYTE + ["mskanji", "win932", "windows-936"]:
                answer = client.ask(f"SET client_encoding TO '{name}'")
                self.assertEqual((answer[0][0], answer[0][1]["C"]), ("E", "0A000"), name)
                self.assertEqual(client.ask("SHOW client_encoding")[1], ("D", [b"UTF8"]))
            self.assertEqual(client.ask("SELECT 'é'::text")[1], ("D", ["é".encode()]))

    def test_at_startup(self):
        for name in ("LATIN1", "sql_ascii", "win1252", "utf-8", "'utf-8'"):
            self.same(lambda client: [m for m in client.greeting if m[0] == "S" and m[1] == "client_encoding"] +
                      [client.ask("SHOW client_encoding"), client.ask("SET client_encoding TO win1251"),
                       client.ask("RESET client_encoding"), client.ask("SHOW client_encoding")], client_encoding=name)
        for name, state in (("foo", "22023"), ("EUC_JP", "0A000")):
            client = wire_client.Client(self.dev.port).start(user="postgres", database="app", client_encoding=name)
            error = [m for m in client.greeting if m[0] == "E"][0][1]
            self.assertEqual((error["C"], error["S"]), (state, "FATAL"))
            client.close()

    def test_reports_and_transactions(self):
        self.same(lambda client: [(text, client.ask(text)) for text in (
            "SET client_encoding TO latin1", "BEGIN", "SET client_encoding TO win1251", "SHOW client_encoding", "SAVEPOINT a",
            "SET NAMES 'koi8r'", "SHOW client_encoding", "ROLLBACK TO a", "SHOW client_encoding", "ROLLBACK",
            "SHOW client_encoding", "BEGIN", "SET NAMES 'win1250'", "COMMIT", "SHOW client_encoding",
            "SELECT set_config('client_encoding', 'latin9', false)", "SHOW client_encoding", "RESET ALL",
            "SHOW client_encoding", "SET NAMES latin2", "DISCARD ALL", "SHOW client_encoding", "SET NAMES DEFAULT",
            "SET client_encoding TO DEFAULT", "RESET client_encoding", "SET client_encoding TO a, b")])

    def test_never_reaches_another_client(self):
        for _ in range(3):
            with wire_client.connect(self.dev.port, client_encoding="LATIN1") as client:
                client.ask("SELECT 1")
                client.ask("SET client_encoding TO 'UNICODE'")
                client.ask("SELECT 1")
            with wire_client.connect(self.dev.port) as client:
                self.assertEqual(client.ask("SHOW client_encoding")[1], ("D", [b"UTF8"]))
                self.assertEqual(client.ask("SELECT 'é'::text")[1], ("D", ["é".encode()]))

    # ---- text
    def test_every_byte(self):
        """All the bytes of every encoding in a constant and back, in one message where all have a meaning."""
        for name in SINGLE_BYTE:
            every = bytes(b for b in range(1, 256) if b not in b"'\\")
            steps = [self.query(f"SET client_encoding TO {name}".encode()),
                     self.query(b"SELECT '" + every + b"'::text, 1 AS \"" + bytes(range(0x61, 0x7f)) + b'"')]
            steps += [self.query(b"SELECT '" + bytes([b]) + b"'::text") for b in range(0x80, 0x100)]
            self.same_raw(*steps)

    def test_literals_names_and_errors(self):
        self.same_raw(
            self.query(b"SELECT '\xe9'::text AS \"\xe8\", length('\xe9\xe8')"),
            self.query(b"SELECT \"\xe9\" FROM notes"), self.query(b"SELECT 1 AS \xe9 FROM notes WHERE \xfc"),
            self.query(b"SELECT '\xe9\xe9\xe9', 1/0"), self.query(b"DO $$BEGIN RAISE NOTICE '\xe9'; END$$"),
            self.query(b"SELECT body FROM notes WHERE n = 2"), self.query(b"SELECT body FROM notes WHERE body = 'na\xefve'"),
            client_encoding="LATIN1")

    def test_shard_keys(self):
        self.same_raw(
            self.query(b"SELECT n FROM words WHERE word = '\xe9t\xe9'"), self.query(b"SELECT n FROM words WHERE word = '\xf6l'"),
            self.query(b"SELECT word FROM words WHERE n IN (0, 1, 2, 4, 6, 7, 8) ORDER BY word"),
            self.query(b"SELECT max(word), min(word), count(*) FROM words WHERE n IN (1, 2, 8)"),
            self.query(b"INSERT INTO words VALUES ('\xe4\xf6\xfc', 101) RETURNING word"),
            self.query(b"UPDATE words SET n = 102 WHERE word = '\xe4\xf6\xfc'"),
            self.query(b"SELECT word, n FROM words WHERE n > 100"), client_encoding="LATIN1")
        self.assertEqual(self.ask("SELECT n FROM words WHERE word = 'äöü'"), [(102,)])

    def test_extended(self):
        def batch(*steps):
            return b"".join(steps) + message("S")

        def bind(values, statement=b"\xe9", portal=b"\xe8", formats=(), results=()):
            return message("B", wire_client.bind_body(portal, statement, values, formats, results))
        parse = message("P", zero(b"\xe9") + zero(b"SELECT word AS \"\xe9\", $2::text FROM words WHERE word = $1") +
                        struct.pack("!h", 0))
        execute = message("E", zero(b"\xe8") + struct.pack("!i", 0))
        described = message("D", b"P" + zero(b"\xe8"))
        self.same_raw(
            batch(parse, message("D", b"S" + zero(b"\xe9")), bind([b"\xe9t\xe9", b"\xff"]), described, execute),
            batch(bind([b"\xf6l", None]), execute, message("C", b"P" + zero(b"\xe8")), bind([b"zwei", b""]), execute),
            batch(bind([b"\xf6l", b"x"], portal=b"\xfa"), message("E", zero(b"\xfa") + struct.pack("!i", 0))),
            batch(message("C", b"S" + zero(b"\xe9")), bind([b"\xf6l", b"x"])),
            batch(message("P", zero(b"") + zero(b"SELECT $1::int, $2::bytea") + struct.pack("!hII", 2, INT4, BYTEA)),
                  message("B", wire_client.bind_body("", "", [b"\xff\xff\xff\x80", b"\xe9\xe8"], [1])),
                  message("E", zero(b"") + struct.pack("!i", 0))),
            self.query(b"PREPARE \xe9 AS SELECT n FROM words WHERE word = $1"), self.query(b"EXECUTE \xe9('\xe9t\xe9')"),
            client_encoding="LATIN1")

    def test_bytes_without_meaning(self):
        def batch(*steps):
            return b"".join(steps) + message("S")
        parse = message("P", zero(b"") + zero(b"SELECT $1::text") + struct.pack("!h", 0))
        execute = message("E", zero(b"") + struct.pack("!i", 0))
        self.same_raw(
            self.query(b"SELECT '\x81'"), batch(parse, message("B", wire_client.bind_body("", "", [b"a\x8d"])), execute),
            batch(parse, message("B", wire_client.bind_body("", "", [b"\x80"])), execute),
            batch(message("P", zero(b"\x90") + zero(b"SELECT 1") + struct.pack("!h", 0)), execute),
            self.query(b"BEGIN"), self.query(b"SELECT '\x8f'"), self.query(b"SELECT 1"), self.query(b"ROLLBACK"),
            client_encoding="WIN1252")

    def test_characters_without_equivalent(self):
        """The statement fails with PostgreSQL's error, and is undone."""
        def batch(*steps):
            return b"".join(steps) + message("S")

        def run(sql, portal=b""):
            return (message("P", zero(b"") + zero(sql) + struct.pack("!h", 0)) + message("B", wire_client.bind_body(portal, b"")) +
                    message("D", b"P" + zero(portal)) + message("E", zero(portal) + struct.pack("!i", 0)))
        price, insert = b"SELECT body FROM notes WHERE n = 1", b"INSERT INTO words VALUES (chr(8364) || '%d', %d) RETURNING word"
        self.same_raw(
            self.query(price), self.query(b"SELECT n, body FROM notes ORDER BY n"), self.query(b"SELECT n, body FROM notes ORDER BY n DESC"),
            self.query("SELECT word FROM words WHERE word = 'été'".encode("latin1")), self.query(b"SELECT word FROM words ORDER BY word DESC"),
            self.query(b"SELECT max(word), min(word) FROM words"), self.query(b"COPY notes TO STDOUT"), self.query(b"COPY (SELECT body FROM notes) TO STDOUT CSV"),
            self.query(b"INSERT INTO notes VALUES (301, chr(8364)) RETURNING n, body"), self.query(b"SELECT count(*) FROM notes"),
            self.query(b"SELECT 1; INSERT INTO notes VALUES (301, chr(8364)) RETURNING n, body; SELECT 2"), self.query(b"SELECT count(*) FROM notes"),
            self.query(b"UPDATE words SET n = 300 WHERE word = '\xf6l' RETURNING word, chr(8364)"), self.query(b"SELECT n FROM words WHERE word = '\xf6l'"),
            self.query(b"PREPARE p AS INSERT INTO notes VALUES (301, chr(8364)) RETURNING n, body"), self.query(b"EXECUTE p"), self.query(b"SELECT count(*) FROM notes"),
            self.query(b"SELECT 1 AS one, n FROM notes"), self.query(b"SELECT U&'\\20AC'"), self.query(b"SELECT 1 AS U&\"\\20AC\""),
            # in batches
            batch(run(b"SELECT 1"), run(price), run(b"SELECT 2")), batch(run(b"INSERT INTO notes VALUES (302, 'x')"), run(price)),
            batch(run(b"INSERT INTO notes VALUES (303, chr(8364)) RETURNING body")), batch(run(b"SELECT word FROM words ORDER BY word DESC")),
            batch(run(b"SELECT 1 AS U&\"\\20AC\"")), batch(run(b"SELECT n, body FROM notes ORDER BY n DESC")),
            self.query(b"SELECT count(*) FROM notes"), batch(run(price), message("P", zero(b"never") + zero(b"SELECT 1") + struct.pack("!h", 0))),
            batch(message("B", wire_client.bind_body("", "never"))),
            # in blocks
            self.query(b"BEGIN"), self.query(b"INSERT INTO notes VALUES (304, 'y')"), self.query(b"SAVEPOINT a"), self.query(price), self.query(b"SELECT 1"),
            self.query(b"ROLLBACK TO a"), self.query(b"SELECT count(*) FROM notes"), batch(run(price), run(b"SELECT 1")), self.query(b"COMMIT"),
            self.query(b"SELECT count(*) FROM notes"), self.query(b"BEGIN"), self.query(b"DECLARE c CURSOR FOR SELECT word FROM words ORDER BY word DESC"),
            self.query(b"FETCH 1 FROM c"), self.query(b"FETCH ALL FROM c"), self.query(b"ROLLBACK"),
            client_encoding="LATIN1")
        with wire_client.connect(self.dev.port, client_encoding="LATIN1") as client:
            messages = client.ask("COPY words TO STDOUT")
            self.assertEqual((messages[0][0], messages[-2][0], messages[-2][1]["C"], messages[-1]), ("H", "E", "22P05", ("Z", "I")))
            # A notification cannot fail as a statement does.
            client.ask("LISTEN nowhere_else")
            self.router.cursor().execute("NOTIFY nowhere_else, '日本'")
            while messages[-1] != ("closed",):
                messages.append(client.next())
            self.assertEqual((messages[-2][1]["C"], messages[-2][1]["S"]), ("22P05", "FATAL"))
        self.same_raw(self.query(b"SELECT body FROM notes WHERE n = 1"), client_encoding="WIN1252")
        self.same_raw(self.query(b"SELECT body FROM notes ORDER BY n"), client_encoding="SQL_ASCII")
        # In a report another character stands for it.
        with wire_client.connect(self.dev.port, client_encoding="LATIN1") as client:
            error = client.ask("SELECT n FROM notes WHERE n = (SELECT body::int FROM notes WHERE n = 1)")[-2][1]
            self.assertEqual((error["C"], error["M"]), ("22P02", 'invalid input syntax for type integer: "price ?5"'))

    def test_large_rows(self):
        self.same_raw(self.query(b"SELECT repeat('\xe9\xe8', 700000), n FROM notes"),
                      self.query(b"SELECT repeat('\xe9', n * 1000) FROM words WHERE n IN (1, 2, 4) ORDER BY n"),
                      client_encoding="LATIN1")

    def test_several_statements_in_a_message(self):
        self.same_raw(self.query(b"SELECT '\xe9'::text; SET client_encoding TO UTF8; SELECT '\xe9'::text"),
                      self.query("SELECT 'é'::text; SET NAMES 'latin1'; SELECT 'é'::text".encode()),
                      self.query(b"SELECT '\xe9'::text"), client_encoding="LATIN1")

    def test_notifications(self):
        self.same_raw(self.query(b"LISTEN \xe9"), self.query(b"SELECT 1"), client_encoding="LATIN1")
        with wire_client.connect(self.dev.port, client_encoding="LATIN1") as listener:
            listener.send(self.query(b"LISTEN \xe9")).read()
            self.router.cursor().execute("NOTIFY é, 'ü'")
            kind, body = listener.next_raw()
            self.assertEqual((kind, body[4:]), ("A", b"\xe9\0\xfc\0"))

    # ---- COPY
    def test_copy(self):
        def scenario(client):
            answers = []
            for table, rows in (("notes", b"201\t\xe4\\N\n202\t\xe9\n"), ("words", b"\xe4\xeb\t201\n\xef\xf6\t202\n")):
                answers += client.query(f"COPY {table} FROM STDIN").read("G")
                half = len(rows) // 2
                answers += client.copy_data(rows[:half]).copy_data(rows[half:]).copy_done().read()
                answers += client.ask(f"SELECT * FROM {table} WHERE n > 200 ORDER BY n")
            answers += sorted(client.ask("COPY (SELECT word FROM words WHERE n > 200) TO STDOUT"), key=repr)
            answers += client.ask("COPY (SELECT body FROM notes WHERE n = 201) TO STDOUT CSV")
            client.ask("DELETE FROM notes WHERE n > 200")
            return answers
        self.same(scenario, client_encoding="LATIN1")
        self.assertEqual(sorted(self.ask("SELECT word FROM words WHERE n > 200")), [("äë",), ("ïö",)])

    def test_copy_of_bytes_without_meaning(self):
        def scenario(client):
            answers = []
            for table, row in (("notes", b"201\t\x81\n"), ("words", b"\x81\t201\n")):
                client.query(f"COPY {table} FROM STDIN").read("G")
                messages = client.copy_data(row).copy_done().read()
                answers.append([(m[0], m[1]["C"], m[1]["M"]) if m[0] == "E" else m for m in messages])
            return answers, client.ask("SELECT 1")
        self.same(scenario, client_encoding="WIN1252")

    # ---- what is refused
    def assert_refusals(self, client, *texts):
        for text in texts:
            error = client.ask(text)[-2]
            self.assertEqual((error[0], error[1].get("C")), ("E", "0A000"), text)
            if text.startswith("BEGIN"):
                client.ask("ROLLBACK")

    def test_refused(self):
        with wire_client.connect(self.dev.port, client_encoding="LATIN1") as client:
            self.assert_refusals(
                client, "COPY notes TO STDOUT BINARY", "COPY words FROM STDIN (FORMAT binary)",
                "COPY notes FROM STDIN (ENCODING 'UTF8')", "SELECT pg_client_encoding()", "SHOW ALL",
                "SELECT current_setting('client_encoding')", "SELECT setting FROM pg_settings WHERE name = 'client_encoding'",
                "BEGIN; SET LOCAL client_encoding TO 'UTF8'", "BEGIN; DECLARE c BINARY CURSOR FOR SELECT 1")
            client.ask("BEGIN")
            client.ask("DECLARE c CURSOR FOR SELECT 1")
            self.assert_refusals(client, "SET client_encoding TO 'UTF8'")
            client.ask("ROLLBACK")
            for formats, results in (([1], ()), ((), [1])):
                answer = client.parse("", "SELECT $1").bind("", "", [b"x"], formats, results).execute("").sync().read()
                self.assertEqual(answer[-2][1]["C"], "0A000")
            self.assertEqual(client.ask("SELECT 1")[1], ("D", [b"1"]))
        # SQL_ASCII converts nothing: binary is as good as text.
        self.same(lambda client: client.parse("", "SELECT $1::text, 7").bind("", "", ["é"], [1], [1]).execute("").sync().read(),
                  client_encoding="SQL_ASCII")

    def test_code_that_sets_it(self):
        """A server that speaks another encoding than the router expects is given up."""
        with wire_client.connect(self.dev.port) as client:
            error = [m for m in client.ask("DO $$BEGIN SET client_encoding TO 'LATIN1'; END$$") if m[0] == "E"]
            self.assertEqual(error[0][1]["C"], "08006")
            self.assertEqual(client.ask("SELECT 'é'::text")[1], ("D", ["é".encode()]))


if __name__ == "__main__":
    unittest.main()
