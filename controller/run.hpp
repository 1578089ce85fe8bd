#pragma once

#include <string>

namespace plimsoll::controller {

/// What `plimsoll run` was told.
struct RunOptions {
  std::string config_file;
  bool once = false;                ///< one full pass over everything, then exit
  std::string log_format = "text";  ///< text or json
  std::string log_level = "info";   ///< debug, info, warn or error
};

/// Runs the controller until a signal ends it (or, with `once`, until one full pass is done). Returns the exit status:
/// 0 after a signal, or when `once` found all Synced and Healthy; a signal that ends `once` is no such end.
int run_controller(const RunOptions& options);

}  // namespace plimsoll::controller
