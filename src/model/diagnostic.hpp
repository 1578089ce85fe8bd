#pragma once

#include <string>
#include <vector>

#include "model/limits.hpp"

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

/// Collects findings under a limit: the first errors, and as many warnings and notices. One more of each says that
/// there are others, which are dropped; messages are cut to `kMaxDiagnosticBytes`. What is wrong ten thousand times
/// then costs little in whatever handles it.
class DiagnosticCollector {
 public:
  explicit DiagnosticCollector(std::size_t limit = kMaxDiagnostics) : limit_(limit) {}
  void add(Diagnostic diagnostic);
  [[nodiscard]] bool has_errors() const noexcept { return errors_ > 0; }
  /// True when no further error is kept: looking for one is in vain.
  [[nodiscard]] bool is_full() const noexcept { return errors_ > limit_; }
  [[nodiscard]] const Diagnostics& all() const noexcept { return kept_; }
  /// What was kept, in order of adding; leaves nothing.
  [[nodiscard]] Diagnostics take();

 private:
  std::size_t limit_;
  std::size_t errors_ = 0;
  std::size_t others_ = 0;
  Diagnostics kept_;
};

/// `file:line:column: error: path: message; mend`. Unknown parts are left out.
[[nodiscard]] std::string to_string(const Diagnostic& diagnostic);

}  // namespace plimsoll
