#pragma once

#include <string>

#include "controller/cli/command_line.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace plimsoll::controller {

/// One line that says what is wrong with a command line and where help is; exit status 2.
[[nodiscard]] ParsedCommandLine usage_error(const CLI::App& app, const CLI::ParseError& error);

/// The help that `--help` asked for: of the command that was given, or of the program.
[[nodiscard]] ParsedCommandLine help_asked(const CLI::App& app);

/// The help of a command by name, an unknown one being a usage error; of the program when it is empty.
[[nodiscard]] ParsedCommandLine help_on(const CLI::App& app, const std::string& command);

}  // namespace plimsoll::controller
