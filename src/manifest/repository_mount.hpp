#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manifest/field_reader.hpp"
#include "model/repository_files.hpp"
#include "model/service_spec.hpp"

namespace plimsoll::manifest {

/// The symlink or submodule that `path` is, or lies below; null pointer when there is none. What is below one is not in
/// the tree, so it would otherwise look absent.
[[nodiscard]] const RepositoryFiles::value_type* link_on(const RepositoryFiles& files, std::string_view path);

/// What a path is in a revision.
enum class RepositoryPathKind {
  absent,
  file,
  directory,
  /// A directory that holds nothing but `.gitkeep`, `.keep` or `.gitignore`: a place for data, kept in git by a common
  /// trick. Its data belongs on the host; as repository files it would be lost with each new container.
  empty_directory,
};
[[nodiscard]] RepositoryPathKind kind_of(const RepositoryFiles& files, const std::string& path);

/// The files below `path` (or that one file), sorted, executables with mode 0755. Symlinks, submodules and files over
/// the limit are errors at `key` of `reader`.
[[nodiscard]] std::vector<RepositoryFile> collect_files(const RepositoryFiles& files, const std::string& path,
                                                        const FieldReader& reader, std::string_view key);

}  // namespace plimsoll::manifest
