#!/usr/bin/python3
"""What one query costs through pgshoal, through PgBouncer and directly: CPU per query and throughput.

Starts four servers with `pgshoal dev`, a router of its own before them and PgBouncer before the first of them, and loads
pgbench's tables into the shards (sharded by aid) and, whole, into another database of that same server, which PgBouncer
and the direct connection use. Then `pgbench -S` runs against the three in alternating rounds. Both poolers reach the
servers in the same way, over TCP or by unix sockets. CPU is user + system time of the router or pooler from /proc,
divided by the queries of the round; ratios are medians of the rounds' own ratios.

usage: bench/relay/relay.py --bin build/release/bin [--seconds 10] [--rounds 3] [--clients 16] [--modes simple,extended,prepared]
                            [--io auto|io_uring|epoll] [--servers tcp|unix] [--scale 10] [--threads 1] [--system-calls]

Prepared statements need PgBouncer 1.21 in transaction pooling; before that it is measured in session pooling, which
spares it the search for a server connection, while pgshoal pools by transaction.

With --system-calls, one more round in each mode runs under strace, which counts the system calls per query by name; it
slows everything down, so that more happens in each call than without it.
"""

import argparse
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib

PGBOUNCER = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
MAP = "[[table]]\nname = 'pgbench_accounts'\nkey = ['aid']\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_seconds(pid):
    """User and system time of a process with its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return int(fields[11]) / ticks, int(fields[12]) / ticks


def pgbench(arguments, port, database):
    command = ["pgbench", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", *arguments, database]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}")
    return done.stdout


class Target:
    def __init__(self, name, port, database, pid):
        self.name, self.port, self.database, self.pid = name, port, database, pid

    def round(self, mode, options):
        """(queries a second, microseconds of user CPU a query, of system CPU); no CPU for the direct connection."""
        before = cpu_seconds(self.pid) if self.pid else None
        out = pgbench(["-n", "-S", "-M", mode, "-c", str(options.clients), "-j", "2", "-T", str(options.seconds)],
                      self.port, self.database)
        after = cpu_seconds(self.pid) if self.pid else None
        queries = int(re.search(r"actually processed: (\d+)", out).group(1))
        tps = float(re.search(r"tps = ([\d.]+)", out).group(1))
        if not self.pid:
            return tps, None, None
        return tps, (after[0] - before[0]) / queries * 1e6, (after[1] - before[1]) / queries * 1e6


def first_server(directory):
    """The first server of a `pgshoal dev` in this directory, as its map tells: host (a directory of sockets), port and more."""
    return tomllib.loads((directory / "map.toml").read_text())["shard"][0]


def wait_for(port):
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nobody listens on port {port}")


def psql(port, database, sql):
    subprocess.run(["psql", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-qc", sql, database], check=True)


def system_calls(target, mode, options):
    """{name: calls a query} of a router or pooler, from strace."""
    with tempfile.NamedTemporaryFile() as table:
        tracer = subprocess.Popen(["strace", "-f", "-c", "-S", "calls", "-U", "calls,name", "-o", table.name, "-p",
                                   str(target.pid)], stderr=subprocess.DEVNULL)
        time.sleep(1)
        out = pgbench(["-n", "-S", "-M", mode, "-c", str(options.clients), "-j", "2", "-T", str(options.seconds)],
                      target.port, target.database)
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        queries = int(re.search(r"actually processed: (\d+)", out).group(1))
        calls = {}
        for line in pathlib.Path(table.name).read_text().splitlines():
            fields = line.split()
            if len(fields) == 2 and fields[0].isdigit() and fields[1] != "total":
                calls[fields[1]] = int(fields[0]) / queries
        return calls


def start_router(root, options):
    """`pgshoal run` before the servers of the `pgshoal dev` in root, which it reaches as the options say."""
    directory, port = root / "router", free_port()
    directory.mkdir()
    shard_map = (root / "dev" / "map.toml").read_text()
    if options.servers == "tcp":
        shard_map = re.sub(r"(?m)^host = .*$", "host = '127.0.0.1'", shard_map)
    (directory / "map.toml").write_text(shard_map)
    (directory / "pgshoal.toml").write_text(
        f"port = {port}\nmap_file = 'map.toml'\ncontrol_user = 'postgres'\nworker_threads = {options.threads}\n"
        f"io = '{options.io}'\nlog_connections = false\nlog_disconnections = false\n")
    process = subprocess.Popen([str(pathlib.Path(options.bin) / "pgshoal"), "run", "--config", str(directory / "pgshoal.toml")],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(port)
    return process, port


def start_pgbouncer(root, host, server_port, max_clients=1000, pool_mode="transaction"):
    port = free_port()
    root.mkdir()
    (root / "users.txt").write_text('"postgres" ""\n')
    (root / "pgbouncer.ini").write_text(
        f"[databases]\nbench = host={host} port={server_port} dbname=whole\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = trust\n"
        f"auth_file = {root}/users.txt\npool_mode = {pool_mode}\ndefault_pool_size = 20\nmax_client_conn = {max_clients}\n"
        f"unix_socket_dir =\nlog_connections = 0\nlog_disconnections = 0\nlogfile = {root}/pgbouncer.log\n")
    identity = {}
    if os.geteuid() == 0:
        entry = pwd.getpwnam("postgres")
        identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        for path in (root, *root.iterdir()):
            os.chown(path, entry.pw_uid, entry.pw_gid)
    process = subprocess.Popen([PGBOUNCER, "-q", str(root / "pgbouncer.ini")],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **identity)
    wait_for(port)
    return process, port


def knows_prepared_statements():
    """Whether this PgBouncer has prepared statements in transaction pooling (1.21)."""
    version = subprocess.run([PGBOUNCER, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return tuple(int(part) for part in re.search(r"(\d+)\.(\d+)", version).groups()) >= (1, 21)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--scale", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--io", default="auto")
    parser.add_argument("--servers", choices=("tcp", "unix"), default="tcp")
    parser.add_argument("--modes", default="simple,extended,prepared")
    parser.add_argument("--system-calls", action="store_true")
    options = parser.parse_args()

    root = pathlib.Path(tempfile.mkdtemp(prefix="pgshoal-bench-"))
    root.chmod(0o755)
    (root / "map.toml").write_text(MAP)
    port = free_port()
    dev = subprocess.Popen(
        [str(pathlib.Path(options.bin) / "pgshoal"), "dev", "--shards", "4", "--dir", str(root / "dev"), "--port",
         str(port), "--database", "bench", "--user", "postgres", "--map", str(root / "map.toml"), "--threads", "1",
         "--postgres-set", "fsync=off"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    processes = [dev]
    try:
        if not dev.stdout.readline().startswith("ready:"):
            sys.exit("pgshoal dev did not start")
        pgbench(["-i", "-q", "-s", str(options.scale)], port, "bench")
        # The same rows, whole, for the others: a second database on the first server.
        server = first_server(root / "dev")
        psql(server["port"], "postgres", "CREATE DATABASE whole")
        pgbench(["-i", "-q", "-s", str(options.scale)], server["port"], "whole")
        host = "127.0.0.1" if options.servers == "tcp" else server["host"]
        started = {"pgshoal": start_router(root, options)}
        for pool_mode in ("transaction", "session"):
            started[pool_mode] = start_pgbouncer(root / f"pgbouncer-{pool_mode}", host, server["port"], pool_mode=pool_mode)
        processes += [process for process, _ in started.values()]
        targets = {name: Target(name if name == "pgshoal" else "pgbouncer", port, "bench", process.pid)
                   for name, (process, port) in started.items()}
        direct = Target("direct", server["port"], "whole", None)
        pooled = "transaction" if knows_prepared_statements() else "session"
        print(f"pgbench -S, scale {options.scale}, {options.clients} clients, {options.rounds} rounds of "
              f"{options.seconds} s, io {options.io}, servers by {options.servers}, {options.threads} worker thread(s)")
        print(f"{'mode':10} {'target':10} {'tps':>9} {'user µs':>8} {'sys µs':>8} {'CPU µs':>8} {'ratio':>6}")
        for mode in options.modes.split(","):
            usable = [targets["pgshoal"], targets[pooled if mode == "prepared" else "transaction"], direct]
            results = {t.name: [] for t in usable}
            for _ in range(options.rounds):
                for target in usable:
                    results[target.name].append(target.round(mode, options))
            base = [sum(r[1:]) for r in results["pgbouncer"]]
            for target in usable:
                rounds = results[target.name]
                tps = statistics.median(r[0] for r in rounds)
                if target.pid is None:
                    print(f"{mode:10} {target.name:10} {tps:9.0f}")
                    continue
                user, system = (statistics.median(r[i] for r in rounds) for i in (1, 2))
                ratio = ""
                if target.name != "pgbouncer":
                    ratio = f"{statistics.median(sum(r[1:]) / b for r, b in zip(rounds, base)):6.3f}"
                print(f"{mode:10} {target.name:10} {tps:9.0f} {user:8.2f} {system:8.2f} {user + system:8.2f} {ratio}",
                      flush=True)
            for target in usable:
                if options.system_calls and target.pid is not None:
                    calls = system_calls(target, mode, options)
                    text = ", ".join(f"{name} {count:.2f}" for name, count in calls.items() if count >= 0.005)
                    print(f"{mode:10} {target.name:10} system calls a query: {sum(calls.values()):.2f}: {text}", flush=True)
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
