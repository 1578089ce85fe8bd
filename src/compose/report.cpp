#include "compose/report.hpp"

#include <algorithm>
#include <tuple>

#include "model/secret.hpp"

namespace plimsoll::compose {

void Report::add(Diagnostic diagnostic) {
  for (std::string* text : {&diagnostic.path, &diagnostic.message, &diagnostic.mend})
    if (has_secret_token(*text)) *text = mask_secrets(*text);
  diagnostics_.push_back(std::move(diagnostic));
}

Diagnostics Report::take() {
  std::sort(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.where, a.path, a.severity, a.message) < std::tie(b.where, b.path, b.severity, b.message);
  });
  diagnostics_.erase(std::unique(diagnostics_.begin(), diagnostics_.end()), diagnostics_.end());
  return std::move(diagnostics_);
}

}  // namespace plimsoll::compose
