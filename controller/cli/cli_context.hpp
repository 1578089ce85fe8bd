#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <string>

#include "controller/run.hpp"

namespace plimsoll::controller {

/// Exit statuses of the command line.
namespace exit_status {
inline constexpr int kOk = 0;
inline constexpr int kDifferences = 1;  ///< `diff` found some
inline constexpr int kFailed = 1;       ///< `sync --wait`: the operation failed; `validate`: there are errors
inline constexpr int kDiffError = 2;    ///< `diff` could not compare
inline constexpr int kError = 20;       ///< everything else
}  // namespace exit_status

/// The world as the command line sees it; tests give it another one.
struct CliContext {
  std::ostream& out;  ///< data
  std::ostream& err;  ///< progress, hints, errors
  bool out_terminal = false;
  bool err_terminal = false;
  bool colour = false;  ///< on `out`
  int width = 80;       ///< columns of the terminal
  std::string default_socket = "/run/plimsoll/plimsoll.sock";
  std::string default_server;  ///< `PLIMSOLL_SERVER`
  /// Waits before the next look at something that changes; false: look no more.
  std::function<bool(std::chrono::milliseconds)> pause;
  std::function<int(const RunOptions&)> run_controller;
  std::istream* in = nullptr;  ///< standard input; may be absent
};

/// Writes `plimsoll: <message>` as one line to `err` and returns `status`.
int fail(const CliContext& context, const std::string& message, int status = exit_status::kError);

}  // namespace plimsoll::controller
