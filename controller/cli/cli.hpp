#pragma once

#include <string>
#include <vector>

#include "controller/cli/cli_context.hpp"

namespace plimsoll::controller {

/// The whole program: the terminal, the environment, and `run_command_line`. With `git-fetch` as first argument it is
/// the child that talks to git servers and nothing else.
int run_cli(int argc, char** argv);

/// Understands and executes `arguments` (program name left out) in `context`; returns the exit status.
int run_command_line(std::vector<std::string> arguments, const CliContext& context);

}  // namespace plimsoll::controller
