#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "controller/cli/cli_context.hpp"

namespace plimsoll::controller {

/// Shows how an operation goes, on `err`: on a terminal one line a target, redrawn in place with the bytes pulled;
/// elsewhere a plain line whenever what a target does changes (bytes left out).
class SyncProgress {
 public:
  explicit SyncProgress(const CliContext& context) : context_(context) {}

  /// `operation` as the API shows it.
  void show(const boost::json::value& operation);

 private:
  void redraw(const std::vector<std::string>& lines);
  void print_changed(const std::vector<std::string>& lines);

  const CliContext& context_;
  std::vector<std::string> shown_;
};

/// `12.3 MiB`
[[nodiscard]] std::string bytes_text(std::int64_t bytes);

}  // namespace plimsoll::controller
