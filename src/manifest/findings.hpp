#pragma once

#include <string>
#include <utility>

#include "compose/node.hpp"
#include "model/diagnostic.hpp"

namespace plimsoll::manifest {

/// Collects the diagnostics of one file or app, so that all of them are reported at once. Secrets are masked on the
/// way in: whatever a reader quotes from a manifest can hold a token.
class Findings {
 public:
  /// Keeps the first `limit` errors, and as many warnings.
  explicit Findings(std::size_t limit = kMaxDiagnostics) : found_(limit) {}

  void error(const SourcePosition& where, std::string path, std::string message, std::string mend = {}) {
    add({Severity::error, where, std::move(path), std::move(message), std::move(mend)});
  }
  void warning(const SourcePosition& where, std::string path, std::string message, std::string mend = {}) {
    add({Severity::warning, where, std::move(path), std::move(message), std::move(mend)});
  }
  void notice(const SourcePosition& where, std::string path, std::string message, std::string mend = {}) {
    add({Severity::notice, where, std::move(path), std::move(message), std::move(mend)});
  }
  /// Adds one diagnostic, masked.
  void add(Diagnostic diagnostic);
  /// Adds many, masked.
  void add_all(const Diagnostics& diagnostics);

  [[nodiscard]] bool has_errors() const noexcept { return found_.has_errors(); }
  /// True when no further error is kept: looking for one is in vain.
  [[nodiscard]] bool is_full() const noexcept { return found_.is_full(); }
  [[nodiscard]] const Diagnostics& all() const noexcept { return found_.all(); }
  /// What was found, by position, without repetitions.
  [[nodiscard]] Diagnostics take_sorted();

 private:
  DiagnosticCollector found_;
};

/// Sorts by position and removes repetitions.
void sort_unique(Diagnostics& diagnostics);

/// Where an entry's value stands; of a null, where its key does (the parser knows no place for nothing).
[[nodiscard]] SourcePosition value_position(const compose::Node::Entry& entry);

}  // namespace plimsoll::manifest
