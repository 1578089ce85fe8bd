#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compose/files.hpp"
#include "model/repository_files.hpp"

namespace plimsoll::manifest {

/// Where the Compose loader believes the manifest directory to be. No host has it, so a resolved path below it is one
/// of the repository, and a relative path that leaves the repository resolves to one that is not below it.
inline constexpr std::string_view kRepositoryRoot = "/__repository__";

/// The path in the repository (empty for its root) that a resolved one stands for; nothing when it is outside.
[[nodiscard]] std::optional<std::string> repository_path(std::string_view resolved);

/// The same as a path for the Compose loader.
[[nodiscard]] std::string loader_path(std::string_view path);

/// A revision's files as the Compose loader reads them. Refers to them. Refuses symlinks, submodules, files over the
/// limit, and everything outside the manifest directory: nothing is read from the controller's disk.
class RepositoryView final : public compose::Files {
 public:
  explicit RepositoryView(const RepositoryFiles& files) : files_(files) {}
  [[nodiscard]] compose::FoundFile look_up(const std::string& path) const override;

 private:
  const RepositoryFiles& files_;
};

}  // namespace plimsoll::manifest
