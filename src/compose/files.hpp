#pragma once

#include <memory>
#include <string>

namespace plimsoll::compose {

/// What stands at a path.
struct FoundFile {
  enum class State {
    missing,  ///< nothing there
    file,     ///< `content` is set
    directory,
    refused,  ///< there, but not to be read: a symlink, a submodule, over a limit, outside the repository; see `reason`
  };
  State state = State::missing;
  std::shared_ptr<const std::string> content;
  std::string reason;  ///< why it is refused, as the end of a sentence: `it is a symbolic link`
};

/// How the loader reads files, so that it needs no disk: the caller maps paths to a revision's files, or to a disk.
class Files {
 public:
  virtual ~Files() = default;
  /// What stands at `path`: absolute and clean (no `.`, `..`, `//`), below the project directory or not.
  [[nodiscard]] virtual FoundFile look_up(const std::string& path) const = 0;
};

}  // namespace plimsoll::compose
