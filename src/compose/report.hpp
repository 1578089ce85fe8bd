#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "compose/node.hpp"
#include "model/diagnostic.hpp"

namespace plimsoll::compose {

/// Collects the findings of one load. Secret tokens in a message or path (a key may hold one) are masked here. Every
/// step adds to it and goes on, so that all errors come at once.
class Report {
 public:
  void error(const Place& where, std::string path, std::string message, std::string mend) {
    add(Severity::error, where, std::move(path), std::move(message), std::move(mend));
  }
  void warning(const Place& where, std::string path, std::string message, std::string mend) {
    add(Severity::warning, where, std::move(path), std::move(message), std::move(mend));
  }
  void notice(const Place& where, std::string path, std::string message, std::string mend) {
    add(Severity::notice, where, std::move(path), std::move(message), std::move(mend));
  }
  void add(Diagnostic diagnostic);
  void add(Severity severity, const Place& where, std::string path, std::string message, std::string mend) {
    add({severity, where.position(), std::move(path), std::move(message), std::move(mend)});
  }
  void add_all(const Diagnostics& more) { diagnostics_.insert(diagnostics_.end(), more.begin(), more.end()); }
  [[nodiscard]] bool failed() const { return has_errors(diagnostics_); }
  [[nodiscard]] const Diagnostics& diagnostics() const noexcept { return diagnostics_; }
  /// Sorted by position, without repetitions.
  [[nodiscard]] Diagnostics take();

 private:
  Diagnostics diagnostics_;
};

}  // namespace plimsoll::compose
