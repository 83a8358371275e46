#!/usr/bin/env python3
"""`pgshoal dev`: its ready line, what survives, what it refuses, how it ends."""

import os
import pathlib
import signal
import subprocess
import time
import unittest

import harness


def servers_in(directory):
    """Process ids of the PostgreSQL servers that work in a data directory below `directory`."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if str(directory) in str((entry / "cwd").readlink()):
                found.append(entry.name)
        except OSError:
            pass  # it has ended meanwhile, or is not ours to look at
    return found


class DevTest(unittest.TestCase):
    def setUp(self):
        self.dev = harness.Dev(shards=2, map_text=harness.column_rule("id"))
        self.addCleanup(self.dev.stop)

    def refused(self, *arguments):
        run = subprocess.run(self.dev.command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             timeout=120)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertEqual(run.stdout, "")
        return run.stderr

    def execute(self, sql):
        connection = self.dev.connect()
        try:
            return harness.Answer(connection, sql)
        finally:
            connection.close()

    def fill(self):
        self.assertIsNone(self.execute("CREATE TABLE t(id int PRIMARY KEY)").error)
        for number in range(20):
            self.assertIsNone(self.execute(f"INSERT INTO t VALUES ({number})").error)

    def count(self):
        return self.execute("SELECT count(*) FROM t").rows

    def test_ready_line_and_orderly_end(self):
        for stop_signal in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            line = self.dev.start()
            self.assertEqual(line, f"ready: postgresql://postgres@127.0.0.1:{self.dev.port}/app")
            self.assertEqual(self.execute("SELECT 1").rows, [(1,)])
            self.assertEqual(len(self.dev.map()["shard"]), 2)
            self.assertEqual(self.dev.stop(stop_signal), (0, ""))
            self.assertEqual(servers_in(self.dev.directory), [])

    def test_data_survives_a_restart(self):
        self.dev.start()
        self.fill()
        epoch = self.dev.map()["epoch"]
        self.dev.stop()
        self.dev.start()
        self.assertEqual(self.count(), [(20,)])
        self.assertEqual(self.dev.map()["epoch"], epoch)

    def test_a_killed_one_leaves_nothing_in_the_way(self):
        self.dev.start()
        self.fill()
        self.dev.stop(signal.SIGKILL)
        self.dev.start()
        self.assertEqual(self.count(), [(20,)])

    def test_servers_end_when_it_is_killed(self):
        self.dev.start()
        self.dev.stop(signal.SIGKILL)
        end = time.monotonic() + 30
        while servers_in(self.dev.directory) and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(servers_in(self.dev.directory), [])

    def as_owner(self, path):
        """Arguments for subprocess to run as the user whom the servers run as."""
        owner = path.stat()
        return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def test_server_that_dies_is_reaped_and_told_of(self):
        self.dev.start()
        self.addCleanup(self.dev.stop)
        pid = int((self.dev.directory / "shard0" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 30
        while os.path.exists(f"/proc/{pid}"):
            self.assertLess(time.monotonic(), end, "a dead server is still in the list of processes")
            time.sleep(0.05)
        self.assertEqual(self.dev.stop()[0], 0)
        self.assertIn("shard0 was ended by signal 9", self.dev.stderr())

    def test_check_reads_the_files_only(self):
        self.dev.start()
        self.addCleanup(self.dev.stop)
        for text, code, said in (("", 0, ""), ("port = 'x'\n", 1, "pgshoal.toml:2: port is an integer")):
            file = self.dev.root / "pgshoal.toml"
            file.write_text(f"map_file = '{self.dev.directory}/map.toml'\n" + text)
            done = subprocess.run([str(harness.bin_dir() / "pgshoal"), "run", "--check", "--config", str(file)],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(said, done.stderr)

    def test_server_left_running_is_ended(self):
        self.dev.start()
        self.fill()
        self.dev.stop()
        data = self.dev.directory / "shard0"
        left = subprocess.Popen([harness.postgres_program("postgres"), "-D", str(data), "-c", "listen_addresses=",
                                 "-c", "unix_socket_directories="], cwd="/", stderr=subprocess.DEVNULL,
                                **self.as_owner(data))
        self.addCleanup(left.wait)
        self.addCleanup(left.kill)
        while not (data / "postmaster.pid").exists():
            time.sleep(0.02)
        self.dev.start()
        self.assertIsNotNone(left.wait(timeout=30))
        self.assertEqual(self.count(), [(20,)])

    def test_lock_file_with_the_number_of_another_process(self):
        self.dev.start()
        self.dev.stop()
        data = self.dev.directory / "shard1"
        stranger = subprocess.Popen(["sleep", "600"], **self.as_owner(data))
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n1\n5432\n\n\n\nready   \n")
        self.dev.start()
        self.assertEqual(self.execute("SELECT 1").rows, [(1,)])
        self.assertIsNone(stranger.poll())

    def test_path_too_long_for_a_socket(self):
        self.dev.directory = self.dev.root / ("long" * 30) / "dev"
        self.dev.start()
        self.assertEqual(self.execute("SELECT 1").rows, [(1,)])
        sockets = pathlib.Path(self.dev.map()["shard"][0]["host"])
        self.assertTrue(sockets.is_dir())
        self.dev.stop()
        self.assertFalse(sockets.exists())

    def test_stopped_while_starting(self):
        process = subprocess.Popen(self.dev.command("--shards", "2"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(servers_in(self.dev.directory), [])
        self.dev.start()

    def test_second_start_is_refused(self):
        self.dev.start()
        self.assertIn("is using", self.refused())
        self.assertEqual(self.execute("SELECT 1").rows, [(1,)])

    def test_other_number_of_shards_is_refused(self):
        self.dev.start()
        self.dev.stop()
        self.assertIn("was made with shards 2, not 3", self.refused("--shards", "3"))

    def test_fresh_throws_data_away(self):
        self.dev.start()
        self.fill()
        self.dev.stop()
        self.dev.start("--fresh", "--shards", "3")
        self.assertEqual(self.execute("SELECT * FROM t").error[0], "42P01")
        self.assertEqual(len(self.dev.map()["shard"]), 3)

    def test_foreign_directory_is_left_alone(self):
        self.dev.directory.mkdir()
        stranger = self.dev.directory / "letter"
        stranger.write_text("dear")
        self.assertIn("was not made by pgshoal dev", self.refused("--fresh"))
        self.assertEqual([p.name for p in self.dev.directory.iterdir()], ["letter"])

    def test_settings_reach_every_server(self):
        self.dev.start("--postgres-set", "work_mem=7MB")
        for connection in self.dev.connect_shards():
            rows = harness.Answer(connection, "SELECT current_setting('work_mem'), current_setting('wal_level'), "
                                              "current_setting('max_prepared_transactions')::int > 0").rows
            self.assertEqual(rows, [("7MB", "logical", True)])
            connection.close()

    def test_server_that_does_not_start_shows_its_log(self):
        self.assertIn("unrecognized configuration parameter", self.refused("--postgres-set", "no_such_thing=1"))
        self.assertEqual(servers_in(self.dev.directory), [])

    def test_other_tables_for_a_directory_in_use_are_refused(self):
        self.dev.start()
        self.dev.stop()
        other = self.dev.root / "other.toml"
        other.write_text(harness.column_rule("tenant"))
        self.dev.arguments = ["--map", str(other)]
        self.assertIn("other.toml", self.refused())


if __name__ == "__main__":
    unittest.main()
