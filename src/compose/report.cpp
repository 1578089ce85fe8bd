#include "compose/report.hpp"

#include <algorithm>
#include <tuple>

#include "model/secret.hpp"

namespace plimsoll::compose {

void Report::add(Diagnostic diagnostic) {
  for (std::string* text : {&diagnostic.path, &diagnostic.message, &diagnostic.mend})
    if (has_secret_token(*text)) *text = mask_secrets(*text);
  found_.add(std::move(diagnostic));
}

Diagnostics Report::take() {
  Diagnostics found = found_.take();
  std::sort(found.begin(), found.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.where, a.path, a.severity, a.message) < std::tie(b.where, b.path, b.severity, b.message);
  });
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace plimsoll::compose
