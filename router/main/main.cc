#include "router/main/commands.hpp"
#include "router/main/options.hpp"

namespace {

struct Runner {
  int operator()(const pgshoal::main::DevOptions& options) const { return pgshoal::main::RunDevCommand(options); }
  int operator()(const pgshoal::main::RunOptions& options) const { return pgshoal::main::RunRunCommand(options); }
  int operator()(int exit_code) const { return exit_code; }
};

}  // namespace

int main(int argc, char** argv) {
  return std::visit(Runner{}, pgshoal::main::ParseCommandLine(argc, argv));
}
