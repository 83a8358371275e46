#pragma once
// Child processes of `pgshoal dev`: programs of PostgreSQL run as an unprivileged user.
//
// A child has a process group of its own, so that Ctrl-C at the terminal reaches pgshoal alone, and gets a signal when
// the thread that started it dies. Everything here blocks and belongs to the main thread, before any other one exists.

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace pgshoal::main {

// Whom a child runs as.
struct ProcessOwner {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;

  friend bool operator==(const ProcessOwner&, const ProcessOwner&) = default;
};

// The caller itself, or for root, as which PostgreSQL refuses to run, the user `postgres` or else `nobody`.
[[nodiscard]] absl::StatusOr<ProcessOwner> UnprivilegedOwner();

struct ChildOptions {
  std::vector<std::string> argv;  // argv[0] is the program's path, or a name to be found in PATH
  ProcessOwner owner;
  std::string log_file;  // stdout and stderr are appended to it
  int death_signal = 0;  // sent to the child when pgshoal dies; 0: none
};

// Starts the child; its working directory is "/", its standard input /dev/null, no signal is blocked.
[[nodiscard]] absl::StatusOr<pid_t> StartChild(const ChildOptions& options);

// How the child ended, as waitpid says, if it has ended within `timeout` (zero: look once).
// REQUIRES: pid is a child of this process that has not been waited for.
[[nodiscard]] std::optional<int> WaitForChild(pid_t pid, std::chrono::milliseconds timeout);

// "exited with status 1", "was ended by signal 9".
[[nodiscard]] std::string DescribeExit(int wait_status);

// Standard output of a short-lived program, run as the caller; nullopt when it cannot be run or fails.
[[nodiscard]] std::optional<std::string> OutputOf(const std::vector<std::string>& argv);

// Calls `what` in a child process that has become `owner`; the text it returns comes back (empty: all is well).
// For questions such as "can this user reach this directory?".
[[nodiscard]] absl::StatusOr<std::string> AskAs(const ProcessOwner& owner, std::string (*what)(const std::string&),
                                                const std::string& argument);

// Blocks SIGINT and SIGTERM in this thread and those it starts, so that they can be waited for, also where the caller's
// parent had them ignored (as shells do for what runs in the background).
void HoldStopSignals();

// Sleeps for `time`, or until SIGINT or SIGTERM comes. One that came is kept in mind: from then on every call returns
// true at once.
// REQUIRES: HoldStopSignals was called, and nobody else waits for these signals yet.
[[nodiscard]] bool InterruptedWithin(std::chrono::milliseconds time);
[[nodiscard]] inline bool Interrupted() {
  return InterruptedWithin(std::chrono::milliseconds(0));
}
[[nodiscard]] absl::Status InterruptedStatus();  // 57014

}  // namespace pgshoal::main
