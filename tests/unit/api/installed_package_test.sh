#!/usr/bin/env bash
# Installs a finished build into a temporary prefix, then builds and runs examples/embed against nothing but that.
#
# usage: installed_package_test.sh SOURCE_DIR BUILD_DIR CXX
set -euo pipefail
source_dir=$1
build_dir=$2
compiler=$3

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/prefix

cmake --install "$build_dir" --prefix "$prefix" >"$scratch/log" || { cat "$scratch/log"; exit 1; }
for file in bin/pgshoal bin/shoalctl include/pgshoal/router/api/engine.hpp lib/cmake/pgshoal/pgshoalConfig.cmake \
    lib/systemd/system/pgshoal.service lib/systemd/system/pgshoal.socket etc/pgshoal/pgshoal.toml.sample \
    share/doc/pgshoal/operations.md; do
  [ -f "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done
"$prefix/bin/pgshoal" --help >/dev/null
"$prefix/bin/shoalctl" --help >/dev/null
if grep -rn -F -e "$source_dir/" -e "$build_dir/" "$prefix/lib/cmake"; then
  echo "the package names directories of the build"
  exit 1
fi

# A copy: nothing may be found by way of the repository.
cp -r "$source_dir/examples/embed" "$scratch/embed"
cmake -S "$scratch/embed" -B "$scratch/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$compiler" \
  >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
cmake --build "$scratch/build" >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
"$scratch/build/embed" "$scratch/embed/map.toml" "$scratch/embed/schema.sql" >"$scratch/out"

# hashint8extended(42, 0) & 4095 is 3784, a slot of west.
while IFS= read -r line; do
  grep -q -x -F -e "$line" "$scratch/out" || { echo "missing from the output: $line"; cat "$scratch/out"; exit 1; }
done <<'LINES'
printed: SELECT name FROM customers WHERE customer_id = 7
routed: SELECT by relay: west
routed: INSERT by relay: south
routed: SELECT by stream: north east south west
routed: SELECT by relay: north
routed: CREATE INDEX by everywhere: north east south west
routed: SELECT by refuse:
error: syntax error at or near "customers" (42601) at character 21
LINES
echo "the installed package works"
