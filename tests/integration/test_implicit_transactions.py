#!/usr/bin/env python3
"""Statements of one simple query, and of a batch of the extended protocol up to its Sync, are one transaction without a
BEGIN: when one of them fails, nothing stays of those before it, settings included."""

import unittest

import state_case

FAIL = "SELECT 1/0"
WORK_MEM = "SHOW work_mem"


class ScriptTest(state_case.StateCase):
    """Several statements in one simple query."""

    def after(self, *texts, show=("work_mem", "search_path", "role", "application_name")):
        self.same_texts(*texts, *[f"SHOW {name}" for name in show], "SELECT current_user, session_user")

    def test_settings_are_taken_back(self):
        for change in ("SET work_mem = '7MB'", "SET search_path = pg_catalog", "SET ROLE pg_monitor", "RESET work_mem", "RESET ALL",
                       "SELECT set_config('work_mem', '7MB', false)", "SELECT set_config('work_mem', '7MB', true)", "SET LOCAL work_mem = '7MB'",
                       "SET SESSION AUTHORIZATION DEFAULT", "SET application_name = 'other'", "DISCARD PLANS", "DISCARD ALL"):
            with self.subTest(change):
                self.after("SET work_mem = '5MB'; SET application_name = 'mine'", f"{change}; {FAIL}", WORK_MEM, f"SELECT 1; {change}",
                           "SET work_mem = '6MB'; SELECT 1", f"{change}; SELECT nothing FROM items", f"SELECT count(*) FROM items; {change}; {FAIL}",
                           f"{change}; SHOW work_mem; SHOW search_path", f"INSERT INTO notes VALUES (1000, 'x'); {change}; {FAIL}",
                           "SELECT count(*) FROM notes")

    def test_prepared_statements_stay(self):
        self.after(f"PREPARE s AS SELECT 1; {FAIL}", "EXECUTE s", f"DEALLOCATE s; {FAIL}", "EXECUTE s", f"PREPARE t AS SELECT 2; DEALLOCATE ALL; {FAIL}",
                   "EXECUTE t")

    def test_modes(self):
        self.after("SET TRANSACTION READ ONLY; INSERT INTO notes VALUES (1001, 'x')", "SET transaction_read_only = on; INSERT INTO notes VALUES (1001, 'x')",
                   "SELECT 1; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SHOW transaction_isolation", "SHOW transaction_read_only",
                   "SELECT id FROM notes WHERE id > 1000")

    def test_begin_in_the_middle(self):
        self.after(f"SET work_mem = '7MB'; BEGIN; SET application_name = 'a'; {FAIL}", "ROLLBACK", "BEGIN; SET work_mem = '9MB'; COMMIT; SET application_name = 'b'; SELECT 1/0",
                   "SET work_mem = '8MB'; ROLLBACK; SET application_name = 'c'", WORK_MEM, "SET work_mem = '8MB'; COMMIT; SET application_name = 'd'; SELECT 1/0",
                   "SET work_mem = '3MB'; SAVEPOINT a", WORK_MEM)

    def test_savepoints(self):
        self.after("SET work_mem = '2MB'", "BEGIN", "SET work_mem = '3MB'", "SAVEPOINT a", "SET work_mem = '4MB'", "SAVEPOINT b", "SET LOCAL work_mem = '5MB'",
                   "SAVEPOINT c", "RESET work_mem", WORK_MEM, "SELECT 1/0", "ROLLBACK TO c", WORK_MEM, "RELEASE c", WORK_MEM, f"SELECT id FROM items WHERE id = {self.far}",
                   "ROLLBACK TO b", WORK_MEM, "SET application_name = 'in b'", "SAVEPOINT a", "SET search_path = pg_catalog", "SET ROLE pg_monitor", "ROLLBACK TO a",
                   "SHOW search_path", "SELECT current_user", WORK_MEM, "RELEASE a", "ROLLBACK TO a", WORK_MEM, "SHOW application_name", "COMMIT", WORK_MEM)
        self.after("BEGIN", "SAVEPOINT a", "SET ROLE pg_monitor", "SAVEPOINT b", "RESET ROLE", "SELECT current_user", "ROLLBACK TO b", "SELECT current_user", "RELEASE a",
                   "SELECT current_user", "ROLLBACK", "SELECT current_user", "BEGIN; SAVEPOINT a; SET work_mem = '9MB'; SELECT 1/0", "ROLLBACK TO a", WORK_MEM, "COMMIT", WORK_MEM)


class BatchTest(state_case.StateCase):
    """Batches of the extended protocol."""

    ALL = ("SHOW work_mem", "SHOW application_name", "SHOW search_path", "SELECT current_user", "SELECT count(*) FROM notes",
           "SELECT count(*) FROM items", "SELECT to_regclass('made')")

    def batches(self, *batches):
        """Each is a list of statements; after each, and after the next simple query, the same must hold."""
        def scenario(connect):
            client, answers = connect(), []
            for batch in batches:
                for number, text in enumerate(batch):
                    client.parse(f"s{number}", text).bind("", f"s{number}", ()).describe("P", "").execute("")
                answers.append((batch, client.sync().read()))
                for number in range(len(batch)):
                    client.close_target("S", f"s{number}")
                client.sync().read()
                answers += [(text, client.ask(text)) for text in self.ALL]
            answers += [client.ask("DROP TABLE IF EXISTS made") and None, client.ask("DELETE FROM notes WHERE id > 1000")]
            return answers
        return self.same(scenario)

    def test_settings_are_taken_back(self):
        for change in ("SET work_mem = '7MB'", "SET search_path = pg_catalog", "SET ROLE pg_monitor", "RESET work_mem", "RESET ALL",
                       "SELECT set_config('work_mem', '7MB', false)", "SET application_name = 'other'"):
            with self.subTest(change):
                self.batches(["SET work_mem = '5MB'"], [change, FAIL], [FAIL, change], ["SELECT 1", change, FAIL], [change, "SELECT 1"], ["RESET ALL"],
                             ["INSERT INTO notes VALUES (1001, 'x')", change, FAIL], [change, "INSERT INTO notes VALUES (1002, 'x')", FAIL],
                             ["SET work_mem = '6MB'", change], [change, "SELECT 2" if "ROLE" in change else "SELECT count(*) FROM items", "SHOW work_mem", FAIL])

    def test_local(self):
        self.batches(["SET LOCAL work_mem = '7MB'"], ["SET LOCAL work_mem = '7MB'", "SHOW work_mem"], ["SELECT set_config('work_mem', '9MB', true)", "SHOW work_mem"],
                     ["SET LOCAL search_path = pg_catalog", "SELECT count(*) FROM notes"], ["SET work_mem = '3MB'", "SET LOCAL work_mem = '4MB'", "SHOW work_mem"],
                     ["SET LOCAL ROLE pg_monitor", "SELECT current_user", "INSERT INTO notes VALUES (1001, 'x')"])

    def test_modes(self):
        self.batches(["SET TRANSACTION READ ONLY", "INSERT INTO notes VALUES (1001, 'x')"], ["SET transaction_read_only = on", "INSERT INTO notes VALUES (1001, 'x')"],
                     ["SELECT 1", "BEGIN ISOLATION LEVEL SERIALIZABLE", "SELECT 2"], ["ROLLBACK"])

    def test_what_a_batch_begins_and_ends(self):
        insert = "INSERT INTO notes VALUES (1001, 'x')"
        self.batches([insert, "BEGIN", FAIL], ["ROLLBACK"], [insert, "BEGIN"], ["ROLLBACK"], [insert, "ROLLBACK"], [insert, "COMMIT", FAIL], ["DELETE FROM notes WHERE id > 1000"],
                     [insert, "SAVEPOINT a"], [insert, "RELEASE a"], [insert, "COMMIT AND CHAIN"], [insert, "ROLLBACK AND CHAIN"], [insert, "CLOSE nothing"],
                     ["SET work_mem = '3MB'", insert, "ROLLBACK", "SELECT 1"], ["SET work_mem = '3MB'", insert, "COMMIT", "SET work_mem = '4MB'", FAIL],
                     ["SET work_mem = '7MB'", "BEGIN", "SET work_mem = '8MB'"], ["ROLLBACK"], [insert, "SET work_mem = '9MB'", "BEGIN", "COMMIT", FAIL],
                     ["DELETE FROM notes WHERE id > 1000"], ["BEGIN", "SET work_mem = '1MB'", "COMMIT", "SET work_mem = '2MB'", FAIL])

    def test_what_is_no_change(self):
        insert = "INSERT INTO notes VALUES (1001, 'x')"
        self.batches([insert, "", FAIL], [insert, "DEALLOCATE ALL", FAIL], [insert, "DISCARD PLANS", FAIL], [insert, "PREPARE p AS DELETE FROM notes WHERE id = 0", FAIL], ["EXECUTE p"],
                     [insert, "EXECUTE p", FAIL], ["PREPARE i AS INSERT INTO notes VALUES (1002, 'y')"], ["EXECUTE i", FAIL], ["EXECUTE i"], [insert, "DISCARD ALL", "SELECT 1"])

    def test_changes_of_every_shard(self):
        made = "CREATE TABLE made(id int)"
        self.batches([made, FAIL], ["INSERT INTO notes VALUES (1001, 'x')", made, FAIL], [made, "INSERT INTO made VALUES (1)", "SELECT id FROM made"], ["DROP TABLE made", FAIL],
                     ["INSERT INTO words VALUES (7, 'seven')", FAIL], ["SELECT w FROM words WHERE id = 7"], ["TRUNCATE items", FAIL], ["SELECT 1", "TRUNCATE items", "SELECT count(*) FROM items", FAIL],
                     ["INSERT INTO words VALUES (8, 'eight')", "INSERT INTO notes VALUES (1002, 'x')"], ["SELECT w FROM words WHERE id = 8"], ["DELETE FROM words WHERE id = 8"])

    def test_each_knows_what_those_before_have_made(self):
        """Without and with a block of the client's own, on tables of every shard and of one."""
        made = "CREATE TABLE made(id int)"
        self.batches([made, "INSERT INTO made VALUES (1)", "SELECT id FROM made", FAIL], ["BEGIN", made, "INSERT INTO made VALUES (1)", "SELECT id FROM made", "COMMIT"],
                     [made, "SELECT 1"], [made, "ALTER TABLE made ADD v int", "INSERT INTO made VALUES (1, 2)", "SELECT v FROM made"], [made, "DROP TABLE made", "SELECT id FROM made"],
                     ["ALTER TABLE items ADD extra int", "SELECT extra FROM items WHERE id = 1", FAIL], ["SELECT extra FROM items WHERE id = 1"])

    def test_a_simple_query_ends_it(self):
        def scenario(connect):
            client = connect()
            answers = [client.run("SET work_mem = '7MB'").query("SHOW work_mem").read("Z"), client.ask(WORK_MEM)]
            answers += [client.run("SET work_mem = '8MB'").run(FAIL).sync().read(), client.ask(WORK_MEM)]
            return answers
        self.same(scenario)

    def test_listen(self):
        def scenario(connect):
            client = connect()
            answers = [client.run("LISTEN one").run(FAIL).sync().read(), client.ask("NOTIFY one"),
                       client.run("LISTEN two").run("SELECT 1").sync().read(), client.ask("NOTIFY two")]
            return [[m[0] for m in answer] for answer in answers]
        self.same(scenario)


if __name__ == "__main__":
    unittest.main()
