#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "compose/expansion.hpp"
#include "compose/node.hpp"
#include "model/diagnostic.hpp"

namespace plimsoll::compose {

/// What one load found, and what it cost so far. Secret tokens in a message or path (a key may hold one) are masked
/// here. Every step adds to it and goes on, so that all errors come at once, up to the limits.
class Report {
 public:
  explicit Report(std::stop_token stop = {}, std::size_t allowed_weight = kMaxAppWeight)
      : expansion_(std::move(stop), allowed_weight) {}

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
  void add_all(const Diagnostics& more) {
    for (const Diagnostic& one : more) add(one);
  }
  [[nodiscard]] bool failed() const noexcept { return found_.has_errors(); }
  /// Where every step counts what it makes more than it was given.
  [[nodiscard]] Expansion& expansion() noexcept { return expansion_; }
  /// Sorted by position, without repetitions.
  [[nodiscard]] Diagnostics take();

 private:
  DiagnosticCollector found_;
  Expansion expansion_;
};

}  // namespace plimsoll::compose
