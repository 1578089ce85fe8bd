#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace plimsoll::manifest {

/// True for a name of an environment, app or instance: `^[a-z0-9][a-z0-9_-]*$`, at most 63 characters. Such a name is
/// safe in Compose project names, container names and labels.
[[nodiscard]] bool is_name(std::string_view text) noexcept;

/// True for a name that interpolation can use: `^[A-Za-z_][A-Za-z0-9_]*$`.
[[nodiscard]] bool is_variable_name(std::string_view text) noexcept;

/// `path` without `.`, `..` and doubled slashes, relative to its root; empty for the root itself. Nothing when it
/// leaves the root. A leading slash means the root.
[[nodiscard]] std::optional<std::string> normal_path(std::string_view path);

/// `directory/path`, with either left out when empty.
[[nodiscard]] std::string join_path(std::string_view directory, std::string_view path);

/// The part before the last slash; empty when there is none.
[[nodiscard]] std::string_view parent_path(std::string_view path) noexcept;

}  // namespace plimsoll::manifest
