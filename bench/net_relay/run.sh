#!/bin/bash
# CPU per relayed query: net_relay with both backends against PgBouncer, in alternating rounds of `pgbench -S`.
#   run.sh BIN_DIR [ROUNDS] [SECONDS] [PGBENCH OPTIONS…]
# Starts a PostgreSQL of its own in a temporary directory and stops it at the end. Prints microseconds of the relay's
# user and system time per query, each round and the medians.
set -u
bin=${1:?directory of net_relay}; rounds=${2:-3}; seconds=${3:-8}; shift; shift $(( $# < 2 ? $# : 2 ))
pg=$(pg_config --bindir 2>/dev/null || true)
for d in "$pg" /usr/lib/postgresql/*/bin; do [ -x "$d/initdb" ] && pg=$d; done
dir=$(mktemp -d /tmp/pgshoal-bench-XXXXXX); chmod 755 "$dir"
as=(); if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=postgres --regid=postgres --clear-groups); chown postgres "$dir"; fi
port=${BENCH_PORT:-17432}
pids=()
cleanup() {
  for p in "${pids[@]}"; do kill "$p" 2>/dev/null; done
  "${as[@]}" "$pg/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1
  rm -rf "$dir"
}
trap cleanup EXIT
cd "$dir" || exit 1
"${as[@]}" "$pg/initdb" -D "$dir/data" -U bench -A trust >/dev/null || exit 1
"${as[@]}" "$pg/pg_ctl" -D "$dir/data" -w -l "$dir/log" \
  -o "-p $port -k $dir -c listen_addresses=127.0.0.1 -c fsync=off" start >/dev/null || exit 1
"$pg/pgbench" -h 127.0.0.1 -p "$port" -U bench -i -s 5 -q postgres >/dev/null 2>&1 || exit 1

cat > pgbouncer.ini <<EOF
[databases]
* = host=127.0.0.1 port=$port
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $((port + 1))
unix_socket_dir =
auth_type = any
pool_mode = session
max_client_conn = 1000
default_pool_size = 100
log_connections = 0
log_disconnections = 0
ignore_startup_parameters = extra_float_digits
EOF
sed -i "s/^\* = .*/* = host=127.0.0.1 port=$port user=bench/" pgbouncer.ini
"${as[@]}" pgbouncer -q pgbouncer.ini & bouncer=$!; pids+=($bouncer)
"$bin/net_relay" --backend epoll --listen $((port + 2)) --target "127.0.0.1:$port" >epoll.out & epoll=$!; pids+=($epoll)
"$bin/net_relay" --backend io_uring --listen $((port + 3)) --target "127.0.0.1:$port" >uring.out & uring=$!; pids+=($uring)
sleep 1

ticks() { awk '{print $14+$15}' "/proc/$1/stat"; }
measure() {  # name pid port
  local before after n
  before=$(ticks "$2")
  n=$("$pg/pgbench" -h 127.0.0.1 -p "$3" -U bench -n -S -c 16 -j 1 -T "$seconds" "${options[@]}" postgres 2>pgbench.err |
    awk '/actually processed/ {print $6}')
  after=$(ticks "$2")
  echo "$1 $(awk -v t=$((after - before)) -v n="${n:-0}" -v s="$seconds" -v hz="$(getconf CLK_TCK)" \
    'BEGIN {if (n == 0) print "failed"; else printf "%.2f us/query, %d queries/s\n", t / hz * 1e6 / n, n / s}')"
}
options=("$@")
for ((r = 1; r <= rounds; r++)); do
  measure pgbouncer $bouncer $((port + 1))
  measure epoll $epoll $((port + 2))
  measure io_uring $uring $((port + 3))
done | tee rounds.out
for name in pgbouncer epoll io_uring; do
  awk -v n=$name '$1 == n {print $2}' rounds.out | sort -n | awk -v n=$name '{v[NR]=$1} END {print "median", n, v[int((NR+1)/2)], "us/query"}'
done
kill $epoll $uring; sleep 0.3; echo "epoll: $(tail -1 epoll.out)"; echo "io_uring: $(tail -1 uring.out)"
