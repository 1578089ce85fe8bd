#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace plimsoll {

/// The canonical form of a service (or network, or volume): every field that was set, by its path
/// (`environment.TZ`, `ports[0]`, `healthcheck.interval`), as text. Sorted by nature, so equal things have equal forms.
/// Defaults are left out, so that a release of Plimsoll that knows a new key changes no existing form.
/// Secrets stand in it as tokens.
using Fields = std::map<std::string, std::string>;

/// One field in which two canonical forms differ; a side that lacks it is empty.
struct FieldChange {
  std::string path;
  std::optional<std::string> before;
  std::optional<std::string> after;
  bool operator==(const FieldChange&) const = default;
};

/// What differs between two canonical forms, in path order.
[[nodiscard]] std::vector<FieldChange> diff_fields(const Fields& before, const Fields& after);

/// `path: before → after`, secrets masked, an absent side shown as `(unset)`; `secret changed` when only tokens differ.
[[nodiscard]] std::string to_string(const FieldChange& change);

}  // namespace plimsoll
