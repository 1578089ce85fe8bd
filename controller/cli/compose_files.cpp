#include "controller/cli/compose_files.hpp"

#include <filesystem>

#include "controller/cli/local_files.hpp"

namespace plimsoll::controller {

compose::FoundFile LocalComposeFiles::look_up(const std::string& path) const {
  using State = compose::FoundFile::State;
  if (const auto found = given_.find(path); found != given_.end())
    return {.state = State::file, .content = found->second, .reason = ""};
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (status.type() == std::filesystem::file_type::not_found) return {};
  if (std::filesystem::is_directory(status)) return {.state = State::directory, .content = nullptr, .reason = ""};
  auto bytes = read_local_file(path);
  if (!bytes)
    return {.state = State::refused, .content = nullptr, .reason = "it cannot be read: " + bytes.error().message};
  return {.state = State::file, .content = std::make_shared<const std::string>(std::move(*bytes)), .reason = ""};
}

}  // namespace plimsoll::controller
