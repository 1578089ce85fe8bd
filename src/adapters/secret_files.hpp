#pragma once

#include <string>
#include <utility>

#include "ports/secret_source.hpp"

namespace plimsoll::adapters {

/// Secrets as files, `<secrets_dir>/<environment>/<NAME>` (the convention of systemd credentials and Docker
/// secrets). One newline at the end is taken off. Thread-safe.
///
/// `rejected` when the name or the environment is not one that can be a file there, the file is absent, unreadable, not
/// a regular file, a symbolic link or larger than 1 MiB: the message names the path, never the content.
class SecretFiles final : public ports::SecretSource {
 public:
  static constexpr std::size_t kMaxBytes = 1U << 20U;
  explicit SecretFiles(std::string secrets_dir) : secrets_dir_(std::move(secrets_dir)) {}
  Result<Secret> read(const std::string& environment, const std::string& name) override;
  std::vector<Secret> all(const std::string& environment) override;

 private:
  std::string secrets_dir_;
};

}  // namespace plimsoll::adapters
