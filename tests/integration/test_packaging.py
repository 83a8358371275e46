"""What is installed besides the programs: the systemd units, and the sample of the settings."""

import pathlib
import re
import shutil
import subprocess
import unittest

import harness

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
MAP = "database = 'app'\nhome = 'a'\n[[shard]]\nname = 'a'\nhost = '127.0.0.1'\nport = 5432\nslots = ['0-4095']\n"


def check(settings):
    return subprocess.run([str(harness.bin_dir() / "pgshoal"), "run", "--check", "--config", str(settings)],
                          capture_output=True, text=True, check=False)


class SampleTest(unittest.TestCase):
    def setUp(self):
        self.directory = harness.temporary_directory()
        (self.directory / "map.toml").write_text(MAP)

    def test_sample_is_in_order(self):
        shutil.copy(PACKAGING / "pgshoal.toml.sample", self.directory / "pgshoal.toml")
        done = check(self.directory / "pgshoal.toml")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_lines_that_are_examples_are_settings(self):
        lines = re.sub(r"(?m)^#(?=[a-z_]+ = )", "", (PACKAGING / "pgshoal.toml.sample").read_text())
        (self.directory / "pgshoal.toml").write_text(lines)
        done = check(self.directory / "pgshoal.toml")
        # Every name and value is good: only the files are missing.
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "users.txt")
        self.assertNotRegex(done.stderr, "pgshoal.toml:")

    def test_values_are_the_defaults(self):
        defaults = {name: value for name, value in
                    re.findall(r"(?m)^\| `(\w+)` \|.*?\| `(.*?)` \| (?:yes|no) \|",
                               subprocess.run([str(harness.bin_dir() / "pgshoal"), "run", "--print-settings"],
                                              capture_output=True, text=True, check=True).stdout)}
        sample = dict(re.findall(r"(?m)^#([a-z_]+) = (.*)$", (PACKAGING / "pgshoal.toml.sample").read_text()))
        for name in ("listen_addresses", "port", "server_tls_sslmode", "pool_mode", "default_pool_size",
                     "max_client_conn", "stats_users", "log_min_duration_statement"):
            self.assertEqual(sample[name], defaults[name], name)


class UnitsTest(unittest.TestCase):
    def test_systemd_has_nothing_against_them(self):
        program = shutil.which("systemd-analyze")
        if program is None:
            self.skipTest("systemd-analyze is not installed")
        directory = harness.temporary_directory()
        values = {"CMAKE_INSTALL_FULL_BINDIR": str(harness.bin_dir()), "CMAKE_INSTALL_FULL_SYSCONFDIR": str(directory),
                  "CMAKE_INSTALL_FULL_DOCDIR": str(directory)}
        text = (PACKAGING / "systemd" / "pgshoal.service.in").read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        self.assertNotIn("@", text)
        (directory / "pgshoal.service").write_text(text)
        shutil.copy(PACKAGING / "systemd" / "pgshoal.socket", directory)
        done = subprocess.run([program, "verify", str(directory / "pgshoal.service"), str(directory / "pgshoal.socket")],
                              capture_output=True, text=True, check=False)
        about_ours = [line for line in done.stderr.splitlines() if "pgshoal" in line]
        self.assertEqual(about_ours, [], done.stderr)


if __name__ == "__main__":
    unittest.main()
