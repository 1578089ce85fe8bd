#pragma once

#include <string>
#include <vector>

namespace plimsoll {

/// How bad a diagnostic is. Only `error` keeps an app from being deployed.
enum class Severity { error, warning, notice };

/// Where something stands in a file of the manifest repository. Lines and columns count from 1; 0 is unknown.
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;
  auto operator<=>(const SourcePosition&) const = default;
};

/// One finding in a file: what is wrong, where, and what mends it. Never holds a secret's value.
struct Diagnostic {
  Severity severity = Severity::error;
  SourcePosition where;
  /// Path in the document, such as `services.api.ports[0]`; empty for the whole file.
  std::string path;
  /// What is wrong and why, without final full stop.
  std::string message;
  /// What to do about it, as an imperative; may be empty.
  std::string mend;
  auto operator<=>(const Diagnostic&) const = default;
};

using Diagnostics = std::vector<Diagnostic>;

/// True when any of them is an error.
[[nodiscard]] bool has_errors(const Diagnostics& diagnostics);

/// `file:line:column: error: path: message; mend`. Unknown parts are left out.
[[nodiscard]] std::string to_string(const Diagnostic& diagnostic);

}  // namespace plimsoll
