#pragma once

#include <map>
#include <memory>
#include <string>

#include "compose/files.hpp"

namespace plimsoll::controller {

/// The files of this machine, for `compose-config`. Follows symbolic links, as Compose does; refuses files over 1 MiB
/// and whatever is neither file nor directory. Thread-safe.
class LocalComposeFiles final : public compose::Files {
 public:
  /// `given` are contents that stand in for files, by path.
  explicit LocalComposeFiles(std::map<std::string, std::shared_ptr<const std::string>> given = {})
      : given_(std::move(given)) {}
  [[nodiscard]] compose::FoundFile look_up(const std::string& path) const override;

 private:
  std::map<std::string, std::shared_ptr<const std::string>> given_;
};

}  // namespace plimsoll::controller
