#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests.
#
# usage: tests/run.sh [--ci] [--no-install]
#   --ci          after the plain build also AddressSanitizer with UndefinedBehaviorSanitizer (all tests),
#                 ThreadSanitizer (the tests that have threads) and a short run of every fuzzer
#   --no-install  leaves packages alone
#
# Exit code 0 when everything passed. The last lines are ctest's own summaries.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source packaging/debian-packages.sh

ci=no
install=yes
for argument in "$@"; do
  case $argument in
    --ci) ci=yes ;;
    --no-install) install=no ;;
    *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 2 ;;
  esac
done

fuzz_runs=20000    # inputs for each fuzzer
fuzz_seconds=60    # and never longer than this
jobs=$(build_jobs)
logs=build/logs
failed=()

step() { printf '\n== %s (%s)\n' "$1" "$(date +%T)"; }

configure() { # PRESET
  cmake --preset "$1" >"$logs/configure-$1.log" || { cat "$logs/configure-$1.log"; return 1; }
}

# Of a test that fails only what failed is printed, not the hundred cases that passed before it.
run_tests() { # PRESET [ctest arguments]
  local preset=$1
  shift
  GTEST_BRIEF=1 ctest --test-dir "build/$preset" --no-tests=error -j2 --output-on-failure --timeout 900 "$@" 2>&1 |
    tee "$logs/ctest-$preset.log" || failed+=("tests of $preset")
}

whole_suite() { # PRESET
  step "$1: build"
  configure "$1"
  cmake --build "build/$1" -j "$jobs"
  step "$1: test"
  run_tests "$1"
}

# Builds only the programs behind the tests labelled `threads`: a test's target has the test's name.
thread_tests() {
  step "tsan: build and test"
  configure tsan
  local names
  names=$(ctest --test-dir build/tsan -N -L threads | sed -n 's/^ *Test *#[0-9]*: //p')
  if [ -z "$names" ]; then
    echo "no test is labelled threads"
    return
  fi
  # shellcheck disable=SC2086
  cmake --build build/tsan -j "$jobs" --target $names
  run_tests tsan -L threads
}

# What was found and the input that found it, in one line: CI's files are gone when somebody reads of it.
fuzz_failure() { # NAME
  grep '^SUMMARY:' "$logs/$1.log" | tr '\n' ' '
  cat "$logs/$1"-* | base64 -w 0 | head -c 4000
}

fuzzers() {
  step "fuzz: build and run"
  configure fuzz
  local names name corpus log
  names=$(cmake --build build/fuzz --target help | grep -oE '^fuzz_[a-z0-9_]+' | sort -u || true)
  if [ -z "$names" ]; then
    echo "there are no fuzzers"
    return
  fi
  # shellcheck disable=SC2086
  cmake --build build/fuzz -j "$jobs" --target $names
  for name in $names; do
    echo "-- $name"
    corpus=build/fuzz/corpus/$name
    log=$logs/$name.log
    mkdir -p "$corpus"
    "build/fuzz/bin/$name" -seed=1 -runs=$fuzz_runs -max_total_time=$fuzz_seconds -verbosity=0 -print_final_stats=1 \
      -artifact_prefix="$logs/$name-" "$corpus" >"$log" 2>&1 || failed+=("$name: $(fuzz_failure "$name")")
    grep '^stat::' "$log" || true
  done
}

if [ $install = yes ]; then
  needed=("${packages_build[@]}" "${packages_postgres[@]}" "${packages_test[@]}")
  [ $ci = yes ] && needed+=("${packages_ci[@]}")
  install_packages "${needed[@]}"
  install_packages "${packages_clients[@]}" || echo "The tests of those clients are skipped." >&2
fi
mkdir -p "$logs"
rm -f "$logs"/ctest-*.log

whole_suite dev
if [ $ci = yes ]; then
  fuzzers
  thread_tests
  whole_suite asan
fi

step "summary"
for log in "$logs"/ctest-*.log; do
  echo "-- $(basename "$log" .log)"
  sed -n '/% tests passed/,$p' "$log"
done
if [ ${#failed[@]} -gt 0 ]; then
  printf 'FAILED: %s\n' "${failed[@]}"
  exit 1
fi
