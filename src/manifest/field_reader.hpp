#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compose/node.hpp"
#include "manifest/findings.hpp"
#include "model/instant.hpp"

namespace plimsoll::manifest {

/// Reads the keys of one mapping of a resolved Compose tree into values. What does not fit becomes an error at its
/// position, and the default is returned: all errors come out in one go. Keeps references: use it on the stack.
class FieldReader {
 public:
  FieldReader(const compose::Node& node, std::string path, Findings& findings)
      : node_(&node), path_(std::move(path)), findings_(&findings) {}

  /// The value at `key`; null pointer when absent or null.
  [[nodiscard]] const compose::Node* get(std::string_view key) const;
  /// A reader of the mapping at `key`, or of an empty one.
  [[nodiscard]] FieldReader at(std::string_view key) const;
  [[nodiscard]] const compose::Node& node() const noexcept { return *node_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string path_of(std::string_view key) const { return compose::child_path(path_, key); }
  [[nodiscard]] SourcePosition position_of(std::string_view key) const;
  [[nodiscard]] Findings& findings() const noexcept { return *findings_; }

  [[nodiscard]] std::string text(std::string_view key) const;
  [[nodiscard]] bool flag(std::string_view key, bool default_value = false) const;
  [[nodiscard]] std::optional<bool> optional_flag(std::string_view key) const;
  /// A whole number, written as number or text, within the bounds.
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view key, std::int64_t min, std::int64_t max) const;
  [[nodiscard]] std::optional<int> small(std::string_view key, int min, int max) const;
  /// A number such as `0.5`, not negative.
  [[nodiscard]] std::optional<double> decimal(std::string_view key) const;
  [[nodiscard]] std::optional<std::int64_t> bytes(std::string_view key) const;
  /// Not negative, at most `kMaxDuration`.
  [[nodiscard]] std::optional<Millis> duration(std::string_view key) const;
  /// A list of texts; a single text is a list of one.
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
  /// Like `texts`, with absent and empty told apart.
  [[nodiscard]] std::optional<std::vector<std::string>> optional_texts(std::string_view key) const;
  /// A mapping to texts, or a list of `KEY=VALUE`. A key without value maps to nothing.
  [[nodiscard]] std::map<std::string, std::optional<std::string>> optional_map(std::string_view key) const;
  /// `optional_map` with nothing read as empty text.
  [[nodiscard]] std::map<std::string, std::string> text_map(std::string_view key) const;

  void error(std::string_view key, std::string message, std::string mend = {}) const;
  void warning(std::string_view key, std::string message, std::string mend = {}) const;
  void notice(std::string_view key, std::string message, std::string mend = {}) const;

 private:
  void wrong_kind(std::string_view key, std::string_view wanted) const;

  const compose::Node* node_;
  std::string path_;
  Findings* findings_;
};

}  // namespace plimsoll::manifest
