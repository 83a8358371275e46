#!/usr/bin/env python3
"""Instructions per statement, counted by valgrind's callgrind: `instructions.py BENCH_PARSER [FILE]`.

BENCH_PARSER is the built program, best of a release build. Prints the six named statements, and FILE's (JSON lines
with a member "sql") when given. Each figure is the difference of two runs, so that starting up does not count.
"""
import os
import re
import subprocess
import sys
import tempfile

NAMES = ["pgbench_select", "pgbench_update", "orm_select", "tpch_q1", "tpch_q5", "insert_100"]
WHO = ["ours", "normalize", "key", "theirs"]


def run(program, who, what, rounds):
    """Instructions of one run, and how many statements it had."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, program, who, what, str(rounds)],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(done.stdout + done.stderr)
        return int(re.search(r"Collected : (\d+)", done.stderr)[1]), int(done.stdout.split()[0])


def per_statement(program, who, what, rounds):
    few, statements = run(program, who, what, 1)
    many, _ = run(program, who, what, 1 + rounds)
    return (many - few) / rounds / statements


def main():
    program, files = sys.argv[1], sys.argv[2:]
    print(f"{'instructions':16}" + "".join(f"{who:>12}" for who in WHO) + "".join(f"{who:>12}" for who in WHO[:-1]))
    for what in NAMES + files:
        counts = [per_statement(program, who, what, 20 if what in NAMES else 1) for who in WHO]
        row = "".join(f"{count:12.0f}" for count in counts) + "".join(f"{count / counts[-1]:12.3f}" for count in counts[:-1])
        print(f"{what if what in NAMES else 'file':16}" + row, flush=True)


if __name__ == "__main__":
    main()
