#include "adapters/secret_files.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "adapters/small_file.hpp"

namespace plimsoll::adapters {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// `^[A-Za-z_][A-Za-z0-9_]*$`: the name of a variable, and nothing that leaves the directory.
bool is_secret_name(std::string_view name) {
  if (name.empty() || is_digit(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

bool is_environment_name(std::string_view name) {
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; };
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace

Result<Secret> SecretFiles::read(const std::string& environment, const std::string& name) {
  if (!is_environment_name(environment)) {
    return Error{ErrorKind::rejected, "environment name '" + environment +
                                          "' cannot be a directory of secrets; use "
                                          "letters, digits, '-', '_' and '.'"};
  }
  if (!is_secret_name(name)) {
    return Error{ErrorKind::rejected, "'" + name +
                                          "' cannot name a secret; use letters, digits and '_', not starting "
                                          "with a digit"};
  }
  const std::string path = secrets_dir_ + "/" + environment + "/" + name;
  auto content = read_small_file(path, kMaxBytes, /* follow_symlink= */ false);
  if (!content) {
    if (content.error().kind != ErrorKind::missing) {
      return Error{content.error().kind, "secret " + name + ": " + content.error().message +
                                             "; put a file there that the controller may read"};
    }
    return Error{ErrorKind::rejected, "secret " + name + " has no value; create the file " + path};
  }
  if (!content->empty() && content->back() == '\n') {
    content->pop_back();
    if (!content->empty() && content->back() == '\r') content->pop_back();
  }
  return Secret(std::move(*content));
}

std::vector<Secret> SecretFiles::all(const std::string& environment) {
  std::vector<Secret> found;
  if (!is_environment_name(environment)) return found;
  std::error_code failed;
  std::filesystem::directory_iterator entry(secrets_dir_ + "/" + environment, failed);
  for (; !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    if (auto secret = read(environment, entry->path().filename().string())) found.push_back(std::move(*secret));
  }
  return found;
}

}  // namespace plimsoll::adapters
