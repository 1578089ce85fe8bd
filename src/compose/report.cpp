#include "compose/report.hpp"

#include <algorithm>
#include <tuple>

namespace plimsoll::compose {

Diagnostics Report::take() {
  std::sort(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.where, a.path, a.severity, a.message) < std::tie(b.where, b.path, b.severity, b.message);
  });
  diagnostics_.erase(std::unique(diagnostics_.begin(), diagnostics_.end()), diagnostics_.end());
  return std::move(diagnostics_);
}

}  // namespace plimsoll::compose
