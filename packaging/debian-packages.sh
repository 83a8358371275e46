# Sourced by scripts: the Debian 12 packages that pgshoal needs, and how to get them.
# shellcheck shell=bash

# To build and to run.
packages_build=(
  g++ cmake ninja-build pkgconf
  libabsl-dev libboost1.81-dev libcli11-dev libfmt-dev libicu-dev libpq-dev libpqxx-dev libspdlog-dev libssl-dev
  libtomlplusplus-dev liburing-dev nlohmann-json3-dev
)
# What `pgshoal dev` starts; psql and pgbench come along.
packages_postgres=(postgresql)
# For the tests and benchmarks. ccache makes the second build quick.
packages_test=(ccache libgtest-dev libgmock-dev libbenchmark-dev libpg-query-dev openssl pgbouncer python3
               python3-psycopg2 python3-asyncpg python3-sqlalchemy)
# Clients whose tests are skipped where they are missing.
packages_clients=(python3-django libpostgresql-jdbc-java)
command -v javac >/dev/null || packages_clients+=(default-jdk-headless)
# For the fuzzing and ThreadSanitizer builds of continuous integration.
packages_ci=(clang-16 libclang-rt-16-dev)

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# install_packages NAME…: installs those that are missing, as root or through sudo. Returns 1, having said what is
# missing, when it cannot.
install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    echo "This is not a Debian system: nothing is installed. The Debian 12 packages needed: $*" >&2
    return 0
  fi
  local missing=() name
  for name in "$@"; do is_installed "$name" || missing+=("$name"); done
  [ ${#missing[@]} -eq 0 ] && return 0

  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -v; then
      echo "Missing packages: ${missing[*]}" >&2
      echo "They cannot be installed: you are not root and sudo does not let you. Ask for:" >&2
      echo "  apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Installing packages: ${missing[*]}" >&2
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends)
  "${as_root[@]}" "${apt[@]}" update >&2 || true
  if ! "${as_root[@]}" "${apt[@]}" install "${missing[@]}" >&2; then
    echo "Missing packages that apt-get could not install (its reason stands above): ${missing[*]}" >&2
    return 1
  fi
}

# How many compilers to run at once: one for each processor, as long as each has 1.5 GB of memory.
build_jobs() {
  local processors memory
  processors=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
  [ "$memory" -lt 1 ] && memory=1
  echo $((processors < memory ? processors : memory))
}
