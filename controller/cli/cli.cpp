#include "controller/cli/cli.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string_view>
#include <thread>

#include "adapters/git/git_fetch_child.hpp"

namespace plimsoll::controller {
namespace {

std::string environment_text(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

int terminal_width() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace

int run_cli(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  if (!arguments.empty() && arguments.front() == adapters::kGitFetchCommand) return adapters::git_fetch_main();
  CliContext context{.out = std::cout, .err = std::cerr};
  context.out_terminal = ::isatty(STDOUT_FILENO) == 1;
  context.err_terminal = ::isatty(STDERR_FILENO) == 1;
  context.colour = context.out_terminal && environment_text("NO_COLOR").empty() && environment_text("TERM") != "dumb";
  context.width = terminal_width();
  context.default_server = environment_text("PLIMSOLL_SERVER");
  context.pause = [](std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);
    return true;
  };
  context.run_controller = run_controller;
  context.in = &std::cin;
  return run_command_line(arguments, context);
}

}  // namespace plimsoll::controller
