#include "model/diagnostic.hpp"

#include <algorithm>
#include <utility>

namespace plimsoll {
namespace {

void cut(std::string& text) {
  if (text.size() <= kMaxDiagnosticBytes) return;
  std::size_t end = kMaxDiagnosticBytes;
  const auto inside_character = [&text](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80;
  };
  while (end > 0 && inside_character(end)) --end;
  text.resize(end);
  text += "...";
}

/// Stands for all that come after it. Adding it to another full list changes nothing.
Diagnostic others_of(const Diagnostic& first) {
  const bool error = first.severity == Severity::error;
  return {error ? Severity::error : Severity::notice, first.where, "",
          error ? "there are more errors, which are not shown" : "there are more warnings, which are not shown",
          error ? "mend those that are shown first" : ""};
}

}  // namespace

void DiagnosticCollector::add(Diagnostic diagnostic) {
  std::size_t& count = diagnostic.severity == Severity::error ? errors_ : others_;
  if (count > limit_) return;
  if (count++ == limit_) diagnostic = others_of(diagnostic);
  for (std::string* text : {&diagnostic.path, &diagnostic.message, &diagnostic.mend}) cut(*text);
  kept_.push_back(std::move(diagnostic));
}

Diagnostics DiagnosticCollector::take() {
  errors_ = others_ = 0;
  return std::exchange(kept_, {});
}

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
