#include "controller/cli/local_files.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace plimsoll::controller {
namespace {

namespace fs = std::filesystem;

Error unreadable(const std::string& path, const std::string& cause) {
  return Error{ErrorKind::rejected, "cannot read " + path + ": " + cause + "; check the path and its permissions"};
}

Result<std::string> bytes_of(const fs::path& path) {
  std::error_code failed;
  if (!fs::is_regular_file(path, failed)) {
    return unreadable(path.string(), failed ? failed.message() : "not a regular file");
  }
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream) return unreadable(path.string(), std::error_code(errno, std::generic_category()).message());
  return bytes;
}

bool executable(const fs::file_status& status) {
  return (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
}

Result<RepositoryEntry> entry_of(const fs::directory_entry& found) {
  RepositoryEntry entry;
  if (found.is_symlink()) {
    entry.kind = RepositoryEntry::Kind::symlink;
    return entry;
  }
  if (executable(found.status())) entry.kind = RepositoryEntry::Kind::executable;
  if (found.file_size() > kMaxFileBytes) return entry;
  auto bytes = bytes_of(found.path());
  if (!bytes) return bytes.error();
  entry.content = std::make_shared<const std::string>(std::move(*bytes));
  return entry;
}

Result<RepositoryFiles> walk(const fs::path& root) {
  RepositoryFiles files;
  std::size_t total = 0;
  for (auto place = fs::recursive_directory_iterator(root); place != fs::recursive_directory_iterator(); ++place) {
    if (place->path().filename() == ".git") {
      if (place->is_directory() && !place->is_symlink()) place.disable_recursion_pending();
      continue;
    }
    if (!place->is_symlink() && place->is_directory()) continue;
    if (!place->is_symlink() && !place->is_regular_file())
      return unreadable(place->path().string(), "not a regular file");
    auto entry = entry_of(*place);
    if (!entry) return entry.error();
    total += entry->content ? entry->content->size() : 0;
    files.emplace(place->path().lexically_relative(root).string(), std::move(*entry));
    if (files.size() > kMaxRevisionFiles || total > kMaxRevisionBytes) {
      return Error{ErrorKind::rejected,
                   root.string() + ": more than 10,000 files or 10 MiB; name a manifest directory"};
    }
  }
  return files;
}

}  // namespace

Result<std::string> read_local_file(const std::string& path) {
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  if (!failed && size > kMaxFileBytes) return unreadable(path, "larger than 1 MiB");
  return bytes_of(path);
}

Result<RepositoryFiles> read_local_files(const std::string& directory) {
  std::error_code failed;
  const fs::path root = fs::canonical(directory, failed);
  if (failed) return unreadable(directory, failed.message());
  if (!fs::is_directory(root)) return unreadable(directory, "not a directory");
  try {
    return walk(root);
  } catch (const fs::filesystem_error& error) {
    return unreadable(error.path1().string(), error.code().message());
  }
}

std::optional<Diagnostic> not_a_manifest_directory(const RepositoryFiles& files, const std::string& directory) {
  if (files.contains("instances.yaml")) return std::nullopt;
  const std::string below = (fs::path(directory) / "manifests").string();
  const bool is_below = files.contains("manifests/instances.yaml");
  return Diagnostic{Severity::error,
                    {"instances.yaml"},
                    "",
                    "the file is missing",
                    is_below ? "did you mean " + below + "?" : "add it"};
}

}  // namespace plimsoll::controller
