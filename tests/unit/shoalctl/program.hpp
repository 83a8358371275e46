#pragma once
// Running shoalctl as a user does.

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace pgshoal::shoalctl {

struct Outcome {
  int code = -1;
  std::string out;  // both streams
};

// `arguments` as a shell reads them.
inline Outcome RunProgram(const std::string& arguments) {
  Outcome outcome;
  FILE* pipe = popen(fmt::format("{} {} 2>&1", SHOALCTL, arguments).c_str(), "r");
  std::array<char, 4096> buffer;
  while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) outcome.out.append(buffer.data(), got);
  const int status = pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

// The first line.
inline nlohmann::json ParseJson(const Outcome& outcome) {
  return nlohmann::json::parse(outcome.out.substr(0, outcome.out.find('\n')), nullptr, false);
}

}  // namespace pgshoal::shoalctl
