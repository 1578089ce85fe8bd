#include "model/diagnostic.hpp"

#include <algorithm>

namespace plimsoll {

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& one) { return one.severity == Severity::error; });
}

std::string to_string(const Diagnostic& diagnostic) {
  std::string text = diagnostic.where.file;
  if (diagnostic.where.line > 0) {
    text += ':' + std::to_string(diagnostic.where.line);
    if (diagnostic.where.column > 0) text += ':' + std::to_string(diagnostic.where.column);
  }
  if (!text.empty()) text += ": ";
  switch (diagnostic.severity) {
    case Severity::error: text += "error: "; break;
    case Severity::warning: text += "warning: "; break;
    case Severity::notice: text += "notice: "; break;
  }
  if (!diagnostic.path.empty()) text += diagnostic.path + ": ";
  text += diagnostic.message;
  if (!diagnostic.mend.empty()) text += "; " + diagnostic.mend;
  return text;
}

}  // namespace plimsoll
