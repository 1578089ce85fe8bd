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

  [[nodiscard]] bool has_errors() const { return plimsoll::has_errors(diagnostics_); }
  [[nodiscard]] const Diagnostics& all() const noexcept { return diagnostics_; }
  /// What was found, by position, without repetitions.
  [[nodiscard]] Diagnostics take_sorted();

 private:
  Diagnostics diagnostics_;
};

/// Sorts by position and removes repetitions.
void sort_unique(Diagnostics& diagnostics);

/// Where an entry's value stands; of a null, where its key does (the parser knows no place for nothing).
[[nodiscard]] SourcePosition value_position(const compose::Node::Entry& entry);

}  // namespace plimsoll::manifest
