#include "router/main/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "base/status.hpp"

namespace pgshoal::main {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

absl::Status SystemError(const std::string& what) {
  return SqlStatus(sqlstate::kSystemError, fmt::format("{}: {}", what, std::strerror(errno)));
}

std::vector<char*> PointersTo(const std::vector<std::string>& argv) {
  std::vector<char*> pointers;
  for (const std::string& arg : argv) pointers.push_back(const_cast<char*>(arg.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Runs in a forked child. False when the identity could not be taken on.
bool Become(const ProcessOwner& owner) {
  if (geteuid() == owner.uid) return true;
  return setgroups(1, &owner.gid) == 0 && setgid(owner.gid) == 0 && setuid(owner.uid) == 0;
}

void UnblockSignals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Runs in a forked child: everything between fork and exec.
[[noreturn]] void ExecChild(const ChildOptions& options, char* const* argv, int log, pid_t parent) {
  setpgid(0, 0);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  if (!Become(options.owner)) {
    dprintf(STDERR_FILENO, "cannot become user %s: %s\n", options.owner.name.c_str(), std::strerror(errno));
    _exit(126);
  }
  // The kernel forgets the death signal when the identity changes, hence here; and a parent that died before this
  // line would never send it.
  if (options.death_signal != 0) {
    prctl(PR_SET_PDEATHSIG, options.death_signal);
    if (getppid() != parent) _exit(126);
  }
  UnblockSignals();
  if (chdir("/") != 0) _exit(126);
  umask(077);
  execvp(argv[0], argv);
  dprintf(STDERR_FILENO, "cannot run %s: %s\n", argv[0], std::strerror(errno));
  _exit(127);
}

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGQUIT);
  return signals;
}

// Reads a pipe to its end.
std::string Drain(int fd) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n > 0) text.append(buffer, static_cast<std::size_t>(n));
    if (n == 0 || (n < 0 && errno != EINTR)) return text;
  }
}

int Reap(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

absl::StatusOr<ProcessOwner> UnprivilegedOwner() {
  if (geteuid() != 0) {
    const passwd* self = getpwuid(geteuid());
    return ProcessOwner{geteuid(), getegid(), self != nullptr ? self->pw_name : fmt::format("#{}", geteuid())};
  }
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* entry = getpwnam(name); entry != nullptr && entry->pw_uid != 0) {
      return ProcessOwner{entry->pw_uid, entry->pw_gid, name};
    }
  }
  return SqlStatus(sqlstate::kSystemError,
                   "PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody");
}

absl::StatusOr<pid_t> StartChild(const ChildOptions& options) {
  const int log = open(options.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return SystemError(options.log_file);
  const std::vector<char*> argv = PointersTo(options.argv);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) ExecChild(options, argv.data(), log, parent);
  close(log);
  if (pid < 0) return SystemError("fork");
  return pid;
}

std::optional<int> WaitForChild(pid_t pid, milliseconds timeout) {
  const auto end = Clock::now() + timeout;
  for (;;) {
    int status = 0;
    const pid_t got = waitpid(pid, &status, WNOHANG);
    if (got == pid) return status;
    if (got < 0 && errno != EINTR) return 0;
    if (Clock::now() >= end) return std::nullopt;
    std::this_thread::sleep_for(milliseconds(10));
  }
}

std::string DescribeExit(int wait_status) {
  if (WIFEXITED(wait_status)) return fmt::format("exited with status {}", WEXITSTATUS(wait_status));
  return fmt::format("was ended by signal {}", WTERMSIG(wait_status));
}

std::optional<std::string> OutputOf(const std::vector<std::string>& argv) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return std::nullopt;
  const std::vector<char*> pointers = PointersTo(argv);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(fds[1], STDOUT_FILENO);
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    execvp(pointers[0], pointers.data());
    _exit(127);
  }
  close(fds[1]);
  std::string text = pid > 0 ? Drain(fds[0]) : std::string();
  close(fds[0]);
  if (pid < 0 || Reap(pid) != 0) return std::nullopt;
  return text;
}

absl::StatusOr<std::string> AskAs(const ProcessOwner& owner, std::string (*what)(const std::string&),
                                  const std::string& argument) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return SystemError("pipe");
  const pid_t pid = fork();
  if (pid == 0) {
    const std::string answer = Become(owner) ? what(argument) : fmt::format("cannot become user {}", owner.name);
    const bool written = write(fds[1], answer.data(), answer.size()) == static_cast<ssize_t>(answer.size());
    _exit(written ? 0 : 1);
  }
  close(fds[1]);
  std::string text = pid > 0 ? Drain(fds[0]) : std::string();
  close(fds[0]);
  if (pid < 0) return SystemError("fork");
  if (Reap(pid) != 0) return SqlStatus(sqlstate::kSystemError, fmt::format("a check as user {} failed", owner.name));
  return text;
}

void HoldStopSignals() {
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  signal(SIGQUIT, SIG_DFL);
  const sigset_t signals = StopSignals();
  sigprocmask(SIG_BLOCK, &signals, nullptr);
}

bool InterruptedWithin(milliseconds time) {
  static bool interrupted = false;
  if (interrupted) return true;
  const sigset_t signals = StopSignals();
  const timespec limit{time.count() / 1000, (time.count() % 1000) * 1'000'000};
  interrupted = sigtimedwait(&signals, nullptr, &limit) > 0;
  return interrupted;
}

absl::Status InterruptedStatus() {
  return SqlStatus(sqlstate::kQueryCanceled, "interrupted");
}

}  // namespace pgshoal::main
