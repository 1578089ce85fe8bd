#pragma once

#include <map>
#include <memory>
#include <string>

#include "model/limits.hpp"

namespace plimsoll {

/// One entry of a revision's tree.
struct RepositoryEntry {
  enum class Kind { file, executable, symlink, submodule };
  Kind kind = Kind::file;
  std::string object_id;                       ///< git object id (hex); equal ids are equal bytes
  std::shared_ptr<const std::string> content;  ///< null for symlinks and submodules, and for files over the limit
};

/// The files below the manifest directory of one revision, by path relative to it (`apps/backend/compose.yaml`).
/// A value: pure code reads it, adapters make it.
using RepositoryFiles = std::map<std::string, RepositoryEntry, std::less<>>;

}  // namespace plimsoll
