#pragma once
// A throw-away PostgreSQL cluster on a unix socket, for the tests of this directory.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace pgshoal::catalog {

class ScratchServer {
 public:
  ScratchServer() {
    std::string pattern = "/tmp/pgshoal_catalog_XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) return;
    dir_ = pattern;
    if (geteuid() == 0) {
      Run("chown postgres " + dir_);
      as_ = "setpriv --reuid=postgres --regid=postgres --clear-groups ";
    }
    for (const char* version : {"17", "16", "15", "14"}) {
      std::string bin = std::string("/usr/lib/postgresql/") + version + "/bin/";
      if (std::filesystem::exists(bin + "initdb")) {
        bin_ = bin;
        break;
      }
    }
    running_ = !bin_.empty() &&
               Run(as_ + bin_ + "initdb -D " + dir_ + "/data -A trust -U postgres -N --locale=C.UTF-8 -E UTF8") &&
               Run(as_ + bin_ + "pg_ctl -D " + dir_ + "/data -l " + dir_ + "/log -w -o \"-k " + dir_ +
                   " -c listen_addresses='' -c fsync=off\" start");
  }
  ScratchServer(const ScratchServer&) = delete;
  ScratchServer& operator=(const ScratchServer&) = delete;
  ~ScratchServer() {
    if (running_) Run(as_ + bin_ + "pg_ctl -D " + dir_ + "/data -m immediate stop");
    if (!dir_.empty()) std::filesystem::remove_all(dir_);
  }

  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] std::string conninfo() const { return "host=" + dir_ + " user=postgres dbname=postgres"; }

 private:
  static bool Run(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }

  std::string dir_, bin_, as_;
  bool running_ = false;
};

}  // namespace pgshoal::catalog
