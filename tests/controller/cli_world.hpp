#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "controller/cli/cli.hpp"
#include "controller/fake_control.hpp"
#include "controller/http/api_handlers.hpp"
#include "controller/running_server.hpp"

namespace plimsoll::controller {

/// The command line against a real server on a unix socket, behind it a fake control loop.
struct World {
  World() { add_api_routes(router, control, metrics); }

  struct Outcome {
    int status;
    std::string out, err;
  };
  Outcome run(std::vector<std::string> arguments, bool terminal = false) {
    std::ostringstream out;
    std::ostringstream err;
    CliContext context{.out = out, .err = err, .out_terminal = terminal, .err_terminal = terminal};
    context.default_socket = server.socket_path();
    context.pause = [this](std::chrono::milliseconds) { return pause(); };
    const int status = run_command_line(std::move(arguments), context);
    return {status, out.str(), err.str()};
  }

  FakeControl control;
  Metrics metrics{"1"};
  Router router{{}};
  RunningServer server{router};
  std::function<bool()> pause = [] { return true; };
};

}  // namespace plimsoll::controller
