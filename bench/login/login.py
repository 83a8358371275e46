#!/usr/bin/python3
"""Logins per second and CPU per login through pgshoal and PgBouncer, by trust and by SCRAM, in alternating rounds.

Starts one server (`pgshoal dev` with one shard), `pgshoal run` and PgBouncer before it, each with one thread, and lets
`pgbench -C` connect, log in and leave again without asking anything. CPU is user + system time from /proc; ratios are
medians of the rounds' own ratios.

usage: bench/login/login.py --bin build/release/bin [--seconds 5] [--rounds 5] [--clients 8] [--methods trust,scram]
                            [--io auto|io_uring|epoll] [--iterations 4096]

With few --iterations a SCRAM login costs the client hardly more than the router, as whom one measures then.
"""

import argparse
import base64
import hashlib
import hmac
import os
import pathlib
import pwd
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "relay"))
import relay  # noqa: E402

PASSWORD = "open sesame"


def verifier(iterations=4096):
    salt, b64 = os.urandom(16), lambda data: base64.b64encode(data).decode()
    salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    return f"SCRAM-SHA-256${iterations}:{b64(salt)}${b64(stored)}:{b64(hmac.digest(salted, b'Server Key', 'sha256'))}"


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start_router(root, options, method, server):
    directory, port = root / f"router-{method}", relay.free_port()
    directory.mkdir()
    shutil.copy(root / "dev" / "map.toml", directory / "map.toml")
    auth = {"trust": "trust", "scram": "scram-sha-256"}[method]
    (directory / "pgshoal.toml").write_text(
        f"port = {port}\nmap_file = 'map.toml'\ncontrol_user = 'postgres'\nworker_threads = 1\nio = '{options.io}'\n"
        f"auth = '{auth}'\nauth_file = '{root}/users.txt'\nlog_connections = false\nlog_disconnections = false\n")
    command = [str(pathlib.Path(options.bin) / "pgshoal"), "run", "--config", str(directory / "pgshoal.toml")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    relay.wait_for(port)
    return process, port


def start_pgbouncer(root, options, method, server):
    directory, port = root / f"bouncer-{method}", relay.free_port()
    directory.mkdir()
    shutil.copy(root / "users.txt", directory / "users.txt")
    auth = {"trust": "trust", "scram": "scram-sha-256"}[method]
    (directory / "pgbouncer.ini").write_text(
        f"[databases]\nbench = host={server['host']} port={server['port']}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = {auth}\nauth_file = {directory}/users.txt\n"
        f"pool_mode = transaction\nmax_client_conn = 1000\nunix_socket_dir =\nlog_connections = 0\nlog_disconnections = 0\n"
        f"logfile = {directory}/log\n")
    identity = {}
    if os.geteuid() == 0:
        entry = pwd.getpwnam("postgres")
        identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        for path in (directory, *directory.iterdir()):
            os.chown(path, entry.pw_uid, entry.pw_gid)
    process = subprocess.Popen([shutil.which("pgbouncer") or "/usr/sbin/pgbouncer", "-q", str(directory / "pgbouncer.ini")],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **identity)
    relay.wait_for(port)
    return process, port


def measure(process, port, options, script):
    """(logins a second, microseconds of CPU a login)."""
    before = cpu_seconds(process.pid)
    command = ["pgbench", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-n", "-C", "-f", str(script), "-c",
               str(options.clients), "-j", "2", "-T", str(options.seconds), "bench"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          env={**os.environ, "PGPASSWORD": PASSWORD})
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}")
    logins = int(re.search(r"actually processed: (\d+)", done.stdout).group(1))
    rate = float(re.search(r"tps = ([\d.]+)", done.stdout).group(1))
    return rate, (cpu_seconds(process.pid) - before) / logins * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--io", default="auto")
    parser.add_argument("--iterations", type=int, default=4096)
    parser.add_argument("--methods", default="trust,scram")
    options = parser.parse_args()

    root = pathlib.Path(tempfile.mkdtemp(prefix="pgshoal-bench-"))
    root.chmod(0o755)
    script = root / "nothing.sql"
    script.write_text("\\set nothing 0\n")
    (root / "users.txt").write_text(f'"postgres" "{verifier(options.iterations)}"\n')
    dev = subprocess.Popen([str(pathlib.Path(options.bin) / "pgshoal"), "dev", "--shards", "1", "--dir", str(root / "dev"),
                            "--port", str(relay.free_port()), "--database", "bench", "--user", "postgres", "--threads", "1"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    processes = [dev]
    try:
        if not dev.stdout.readline().startswith("ready:"):
            sys.exit("pgshoal dev did not start")
        server = tomllib.loads((root / "dev" / "map.toml").read_text())["shard"][0]
        for method in options.methods.split(","):
            started = {"pgshoal": start_router(root, options, method, server),
                       "pgbouncer": start_pgbouncer(root, options, method, server)}
            processes += [process for process, _ in started.values()]
            for process, port in started.values():
                measure(process, port, argparse.Namespace(clients=options.clients, seconds=1), script)
            rounds = []
            for number in range(options.rounds):
                names = list(started) if number % 2 == 0 else list(started)[::-1]
                rounds.append({name: measure(*started[name], options, script) for name in names})
            for name in started:
                rates, cpu = zip(*(one[name] for one in rounds))
                print(f"{method:6} {name:10} {statistics.median(rates):8.0f} logins/s {statistics.median(cpu):7.1f} us CPU a login")
            ratio = [statistics.median(one["pgshoal"][i] / one["pgbouncer"][i] for one in rounds) for i in (0, 1)]
            print(f"{method:6} pgshoal / pgbouncer: logins/s {ratio[0]:.2f}, CPU a login {ratio[1]:.2f}", flush=True)
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(timeout=60)
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
