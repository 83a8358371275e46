#!/usr/bin/env bash
# A web shop on four PostgreSQL servers behind one connection string.
#
# Installs what is missing, builds pgshoal, starts `pgshoal dev` with four servers, makes a small web shop sharded by
# customer, runs a few queries and shows which shards answered them; then it stays, for you to connect.
#
# usage: examples/quickstart.sh [--no-wait] [--no-install] [--port PORT] [--dir DIR]
#   --no-wait     stops everything after the queries; exit code 0 when all went well
#   --no-install  leaves packages alone
#   --port PORT   for clients; 6432
#   --dir DIR     for the servers' data, made anew each time; /var/tmp/pgshoal-quickstart-USER
set -euo pipefail
start_dir=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source packaging/debian-packages.sh

usage() { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 2; }

wait=yes
install=yes
port=6432
dir=/var/tmp/pgshoal-quickstart-$(id -un)
while [ $# -gt 0 ]; do
  case $1 in
    --no-wait) wait=no ;;
    --no-install) install=no ;;
    --port) port=${2:?--port needs a number}; shift ;;
    --dir) dir=${2:?--dir needs a directory}; shift ;;
    *) usage ;;
  esac
  shift
done

[[ $dir == /* ]] || dir=$start_dir/$dir

bin=build/release/bin
shop=examples/web-shop
user=shop
database=shop
work=$(mktemp -d)
pgshoal=

finish() {
  if [ -n "$pgshoal" ]; then
    kill -TERM "$pgshoal" 2>/dev/null || true
    wait "$pgshoal" || true
  fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

bold='' plain=''
if [ -t 1 ]; then bold=$'\033[1m' plain=$'\033[0m'; fi
say() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
sql() { psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U "$user" -d "$database" "$@"; }

build() {
  say "Building pgshoal"
  cmake --preset release -DPGSHOAL_BENCH=OFF >"$work/configure" || { cat "$work/configure"; exit 1; }
  cmake --build build/release -j "$(build_jobs)" --target pgshoal shoalctl
}

start() {
  say "Starting four PostgreSQL servers and the router"
  "$bin/pgshoal" dev --shards 4 --dir "$dir" --port "$port" --user "$user" --database "$database" \
    --map "$shop/map.toml" --fresh >"$work/ready" &
  pgshoal=$!
  until grep -q '^ready: ' "$work/ready"; do
    if ! kill -0 "$pgshoal" 2>/dev/null; then
      pgshoal=
      echo "pgshoal did not start; its reason stands above." >&2
      exit 1
    fi
    sleep 0.1
  done
}

# 1000 customers with 3 orders of 3 items each.
load() {
  say "Creating the web shop (map: $shop/map.toml, tables: $shop/schema.sql) and loading it"
  sql -f "$shop/schema.sql"
  awk -v work="$work" 'BEGIN {
    split("AT BR CH DE FR IN JP KE", country, " ")
    for (i = 1; i <= 8; ++i) print country[i] ",Country of " country[i] > work "/countries"
    for (p = 1; p <= 50; ++p) printf "%d,Product %d,%d.%02d\n", p, p, p, p * 7 % 100 > work "/products"
    for (c = 1; c <= 1000; ++c) {
      printf "%d,Customer %d,%s,2024-%02d-%02d\n", c, c, country[c % 8 + 1], c % 12 + 1, c % 28 + 1 > work "/customers"
      for (o = 1; o <= 3; ++o) {
        id = c * 10 + o; total = 0
        for (i = 1; i <= 3; ++i) {
          product = (c + o * 5 + i * 11) % 50 + 1
          quantity = (c + i) % 4 + 1
          total += quantity * (product * 100 + product * 7 % 100)
          printf "%d,%d,%d,%d\n", c, id, product, quantity > work "/order_items"
        }
        printf "%d,%d,2025-%02d-%02d 12:00+00,%d.%02d\n", c, id, (c + o) % 12 + 1, (c * o) % 28 + 1, total / 100, total % 100 > work "/orders"
      }
    }
  }'
  local table
  for table in countries products customers orders order_items; do
    sql -c "\\copy $table FROM '$work/$table' (FORMAT csv)"
    printf '%-12s %6d rows\n' "$table" "$(sql -At -c "SELECT count(*) FROM $table")"
  done
}

count_on_each_shard() {
  say "What each server holds, asked directly"
  local shard host shard_port
  while read -r shard host shard_port; do
    printf '%s (port %s): ' "$shard" "$shard_port"
    psql -X -q -At -F ' ' -h "$host" -p "$shard_port" -U "$user" -d "$database" -c \
      "SELECT (SELECT count(*) FROM customers), 'customers,', (SELECT count(*) FROM orders), 'orders,',
              (SELECT count(*) FROM order_items), 'items,', (SELECT count(*) FROM products), 'products'"
  done < <(awk -F ' = ' '/^name = "shard/ { gsub(/"/, ""); name = $2 } /^host/ { gsub(/"/, ""); host = $2 }
                         /^port/ { print name, host, $2 }' "$dir/map.toml")
}

# Shows a query, which shards answer it and why, and its result.
show() {
  printf '\n%s%s%s\n' "$bold" "$1" "$plain"
  "$bin/shoalctl" --url "postgresql://$user@127.0.0.1:$port/$database" explain "$1"
  sql -c "$1"
}

queries() {
  say "Where one customer lives"
  "$bin/shoalctl" --url "postgresql://$user@127.0.0.1:$port/$database" where customers 42
  say "Queries"
  show "SELECT c.name, o.order_id, o.total FROM customers c JOIN orders o USING (customer_id) WHERE customer_id = 42 ORDER BY order_id"
  show "SELECT count(*), sum(total), avg(total) FROM orders"
  show "SELECT country, count(*) FROM customers GROUP BY country ORDER BY country"
  show "SELECT customer_id, order_id, total FROM orders ORDER BY total DESC, customer_id LIMIT 5"
}

if [ $install = yes ]; then install_packages "${packages_build[@]}" "${packages_postgres[@]}"; fi
build
start
load
count_on_each_shard
queries

if [ $wait = yes ]; then
  say "It is yours: psql postgresql://$user@127.0.0.1:$port/$database   (Ctrl-C stops everything)"
  wait "$pgshoal"
fi
