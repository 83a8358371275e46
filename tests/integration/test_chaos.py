#!/usr/bin/env python3
"""A short run of chaos.py, with a fixed seed; PGSHOAL_CHAOS_SECONDS makes it longer. See there what is checked."""

import os
import unittest

import chaos


class ChaosTest(unittest.TestCase):
    def test_short(self):
        seconds = os.environ.get("PGSHOAL_CHAOS_SECONDS", "20")
        self.assertEqual(chaos.main(["--seconds", seconds, "--seed", "7", "--clients", "8"]), 0)


if __name__ == "__main__":
    unittest.main()
