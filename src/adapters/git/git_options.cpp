#include "adapters/git/git_options.hpp"

#include <algorithm>

#include "adapters/small_file.hpp"

namespace plimsoll::adapters {
namespace {

Error rejected(std::string message) { return {ErrorKind::rejected, std::move(message)}; }

/// "manifests/" and "./manifests" are "manifests"; "." and "" are the root.
Result<std::string> normalised_path(const std::string& path) {
  std::string out;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == ".." || part == ".git") return rejected("source.path: '" + part + "' is not allowed in it");
    out += (out.empty() ? "" : "/") + part;
  }
  if (!path.empty() && path.front() == '/')
    return rejected("source.path: is relative to the repository; take the leading '/' away");
  return out;
}

Result<void> check_credentials(const GitOptions& options, const SourceUrl& url) {
  const bool has_password = !options.password_file.empty();
  if (url.scheme == SourceUrl::Scheme::ssh) {
    if (options.known_hosts_file.empty())
      return rejected(
          "source.credentials.known_hosts_file: mandatory for an ssh source; fill a file with "
          "`ssh-keyscan -t ed25519 " +
          url.host + "`, compare the fingerprint and name it here");
    if (options.ssh_key_file.empty()) return rejected("source.credentials.ssh_key_file: mandatory for an ssh source");
    if (has_password)
      return rejected("source.credentials.password_file: is for https; an ssh source uses ssh_key_file");
    return {};
  }
  if (!options.ssh_key_file.empty())
    return rejected("source.credentials.ssh_key_file: is for ssh sources; this one is not");
  if (url.scheme == SourceUrl::Scheme::file && has_password)
    return rejected("source.credentials.password_file: a file source takes no credentials");
  return {};
}

}  // namespace

Result<CheckedGitOptions> check_git_options(GitOptions options) {
  auto url = validate_source_url(options.url);
  if (!url) return url.error();
  if (auto branch = validate_branch(options.branch); !branch) return branch.error();
  auto path = normalised_path(options.path);
  if (!path) return path.error();
  options.path = std::move(*path);
  if (auto credentials = check_credentials(options, *url); !credentials) return credentials.error();
  if (options.mirror_dir.empty() || options.mirror_dir.front() != '/')
    return rejected("git mirror directory: must be an absolute path");
  return CheckedGitOptions{std::move(options), std::move(*url)};
}

Result<std::optional<Secret>> git_password(const GitOptions& options) {
  if (options.password_file.empty()) return std::optional<Secret>{};
  constexpr std::size_t kMaxPasswordBytes = 64U << 10U;
  auto content = read_small_file(options.password_file, kMaxPasswordBytes, true);
  if (!content) return Error{ErrorKind::unauthorized, "credentials.password_file: " + content.error().message};
  std::string& value = *content;
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
  if (value.empty() || value.find_first_of(std::string("\n\r\0", 3)) != std::string::npos)
    return Error{ErrorKind::unauthorized,
                 "credentials.password_file " + options.password_file + " must hold one line with the password"};
  return std::optional<Secret>(Secret(std::move(value)));
}

}  // namespace plimsoll::adapters
