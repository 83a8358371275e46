"""A change of the shard map reaches a running router, and no client is dropped."""

import signal
import subprocess
import time
import unittest

import harness


class MapChangeTest(harness.RouterTestCase):
    def shoalctl(self, *arguments):
        url = f"postgresql://{harness.USER}@127.0.0.1:{self.dev.port}/{harness.DATABASE}"
        done = subprocess.run([str(harness.bin_dir() / "shoalctl"), "--url", url, *arguments],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_declared_while_it_runs(self):
        epoch = self.dev.map()["epoch"]
        # Declared before it exists, and placed when it is created, by a client that was there all the time.
        self.shoalctl("table", "shard", "later", "--key", "id")
        self.assertEqual(self.dev.map()["epoch"], epoch + 1)
        self.both("CREATE TABLE later(id int PRIMARY KEY, v text)")
        for key in range(40):
            self.both("INSERT INTO later VALUES (%s, 'x')", (key,))
        self.both("SELECT count(*), sum(id) FROM later")
        counts = self.assert_rows_lie_right("later", "id", "hashint4extended")
        self.assertEqual(sum(counts), 40)
        self.assertGreater(min(counts), 0)
        self.assertIn("shard", self.shoalctl("where", "later", "3"))

    def test_reload_and_sighup_keep_clients(self):
        pid = self.ask("SELECT pg_backend_pid() > 0")
        map_file = self.dev.directory / "map.toml"
        text = map_file.read_text() + harness.reference_table("everywhere")
        map_file.write_text(text)
        self.shoalctl("reload")
        self.both("CREATE TABLE everywhere(id int)")
        self.both("INSERT INTO everywhere VALUES (1), (2)")
        self.assertEqual(self.on_shards("SELECT count(*) FROM everywhere"), [[(2,)]] * self.SHARDS)
        map_file.write_text(text + harness.reference_table("everywhere_too"))
        self.dev.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 20
        while "everywhere_too" not in self.shoalctl("map", "show"):
            self.assertLess(time.monotonic(), end, "SIGHUP was not heeded")
            time.sleep(0.1)
        self.assertEqual(self.ask("SELECT pg_backend_pid() > 0"), pid)


if __name__ == "__main__":
    unittest.main()
