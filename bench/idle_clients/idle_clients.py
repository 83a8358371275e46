#!/usr/bin/python3
"""What an idle client costs: resident memory of pgshoal and of PgBouncer, for each of ten thousand clients.

Starts `pgshoal dev` for four servers, and in front of them, one after another, `pgshoal run` over io_uring, over epoll,
and PgBouncer (transaction pooling over the first server), all with trust. Memory is what /proc/PID/smaps_rollup says,
over that of the same process before its first client: once all clients have logged in, once each has then run one
statement by a simple query, and once each has run one by the extended protocol.

usage: bench/idle_clients/idle_clients.py --bin build/release/bin [--clients 10000] [--targets io_uring,epoll,pgbouncer]
"""

import argparse
import pathlib
import resource
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "relay"))
import relay  # noqa: E402

AT_ONCE = 100  # clients that wait for an answer at the same time


def message(kind, body=b""):
    return kind + struct.pack("!i", len(body) + 4) + body


def startup(database):
    body = struct.pack("!i", 3 << 16) + b"user\0postgres\0database\0" + database.encode() + b"\0\0"
    return struct.pack("!i", len(body) + 4) + body


def simple(number):
    return message(b"Q", f"SELECT v FROM items WHERE id = {number}\0".encode())


def extended(number):
    value = str(number).encode()
    bind = b"\0\0" + struct.pack("!hh", 0, 1) + struct.pack("!i", len(value)) + value + struct.pack("!h", 0)
    return (message(b"P", b"\0SELECT v FROM items WHERE id = $1\0\0\0") + message(b"B", bind) +
            message(b"E", b"\0" + struct.pack("!i", 0)) + message(b"S"))


def ask(clients, request):
    """Sends each client's request and waits for all answers, so many at a time."""
    waiting = selectors.DefaultSelector()
    answers = {}
    for number, client in enumerate(clients):
        client.sendall(request(number))
        answers[client] = b""
        waiting.register(client, selectors.EVENT_READ)
        while len(answers) >= AT_ONCE or (answers and number + 1 == len(clients)):
            for key, _ in waiting.select(30) or sys.exit("no answer in 30 s"):
                sock = key.fileobj
                data = sock.recv(65536) or sys.exit(f"closed: {answers[sock]}")
                answers[sock] += data
                if answers[sock][-6:-1] == b"Z\0\0\0\x05":
                    if b"ERROR" in answers[sock]:
                        sys.exit(f"refused: {answers[sock]}")
                    waiting.unregister(sock)
                    del answers[sock]


def memory(pid):
    fields = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split()[:2]
        fields[name] = int(value) * 1024
    return fields["Rss:"], fields["Pss:"]


def measure(name, pid, port, database, count):
    time.sleep(1)
    empty = memory(pid)
    cells = []
    clients = []
    for number in range(count):
        client = socket.create_connection(("127.0.0.1", port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        clients.append(client)
        if len(clients) % AT_ONCE == 0 or len(clients) == count:
            begin = (len(clients) - 1) // AT_ONCE * AT_ONCE
            ask(clients[begin:], lambda _: startup(database))
    for request in (None, simple, extended):
        if request is not None:
            ask(clients, request)
        time.sleep(1)
        now = memory(pid)
        cells += [(now[0] - empty[0]) / count, (now[1] - empty[1]) / count]
    print(f"{name:10} {empty[0] / 1e6:9.1f} " + " ".join(f"{cell:9.0f}" for cell in cells), flush=True)
    for client in clients:
        client.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--targets", default="io_uring,epoll,pgbouncer")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < options.clients + 200:
        sys.exit(f"{options.clients} clients need more than {hard} open files")

    root = pathlib.Path(tempfile.mkdtemp(prefix="pgshoal-bench-"))
    root.chmod(0o755)
    (root / "tables.toml").write_text("[[table]]\nname = 'items'\nkey = ['id']\n")
    program = str(pathlib.Path(options.bin) / "pgshoal")
    port = relay.free_port()
    dev = subprocess.Popen(
        [program, "dev", "--shards", "4", "--dir", str(root / "dev"), "--port", str(port), "--database", "bench",
         "--user", "postgres", "--map", str(root / "tables.toml"), "--postgres-set", "fsync=off"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    started = []
    try:
        if not dev.stdout.readline().startswith("ready:"):
            sys.exit("pgshoal dev did not start")
        shutil.copy(root / "dev" / "map.toml", root / "map.toml")
        server = relay.first_server(root / "dev")
        for target_port, database in ((port, "bench"), (server["port"], "postgres")):
            if database == "postgres":
                relay.psql(target_port, "postgres", "CREATE DATABASE whole")
                database = "whole"
            relay.psql(target_port, database, "CREATE TABLE items(id int PRIMARY KEY, v text)")
        print(f"{options.clients} clients, {options.threads} worker thread(s); bytes for each client, Rss and Pss")
        print(f"{'':10} {'empty MB':>9} {'login':>19} {'simple query':>19} {'extended query':>19}")
        for target in options.targets.split(","):
            if target == "pgbouncer":
                process, target_port = relay.start_pgbouncer(root / "pgbouncer", server["host"], server["port"],
                                                             options.clients + 100)
                started.append(process)
                measure(target, process.pid, target_port, "bench", options.clients)
                continue
            target_port = relay.free_port()
            (root / "pgshoal.toml").write_text(
                f"port = {target_port}\nmap_file = 'map.toml'\ncontrol_user = 'postgres'\nio = '{target}'\n"
                f"max_client_conn = {options.clients + 100}\nworker_threads = {options.threads}\n")
            with open(root / "log", "w") as log:
                process = subprocess.Popen([program, "run", "--config", str(root / "pgshoal.toml")], stdout=log,
                                           stderr=log)
            started.append(process)
            while "accepting connections" not in (root / "log").read_text():
                if process.poll() is not None:
                    sys.exit((root / "log").read_text())
                time.sleep(0.05)
            measure(target, process.pid, target_port, "bench", options.clients)
            process.send_signal(signal.SIGINT)
            process.wait()
    finally:
        for process in started + [dev]:
            process.terminate()
            process.wait()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
