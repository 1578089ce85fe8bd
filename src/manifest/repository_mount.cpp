#include "manifest/repository_mount.hpp"

#include <algorithm>

#include "manifest/names.hpp"

namespace plimsoll::manifest {
namespace {

constexpr int kFileMode = 0644;
constexpr int kExecutableMode = 0755;

bool is_placeholder(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  return name == ".gitkeep" || name == ".keep" || name == ".gitignore";
}

std::string below(const std::string& path) { return path.empty() ? path : path + "/"; }

void add_file(const std::string& path, const RepositoryEntry& entry, std::string relative, const FieldReader& reader,
              std::string_view key, std::vector<RepositoryFile>& out) {
  using Kind = RepositoryEntry::Kind;
  if (entry.kind == Kind::symlink || entry.kind == Kind::submodule) {
    reader.error(key,
                 path + (entry.kind == Kind::symlink ? " is a symlink" : " is a submodule") + ", which is not followed",
                 "put the file itself there");
  } else if (!entry.content) {
    reader.error(key, path + " is larger than 1 MiB", "put it into the image or a volume");
  } else {
    out.push_back({std::move(relative), entry.content, entry.kind == Kind::executable ? kExecutableMode : kFileMode});
  }
}

}  // namespace

const RepositoryFiles::value_type* link_on(const RepositoryFiles& files, std::string_view path) {
  while (!path.empty()) {
    const auto found = files.find(path);
    if (found != files.end() && found->second.kind != RepositoryEntry::Kind::file &&
        found->second.kind != RepositoryEntry::Kind::executable) {
      return &*found;
    }
    path = parent_path(path);
  }
  return nullptr;
}

RepositoryPathKind kind_of(const RepositoryFiles& files, const std::string& path) {
  if (files.contains(path) || link_on(files, path) != nullptr) return RepositoryPathKind::file;
  const std::string prefix = below(path);
  bool any = false;
  for (auto file = files.lower_bound(prefix); file != files.end() && file->first.starts_with(prefix); ++file) {
    if (!is_placeholder(file->first)) return RepositoryPathKind::directory;
    any = true;
  }
  return any ? RepositoryPathKind::empty_directory : RepositoryPathKind::absent;
}

std::vector<RepositoryFile> collect_files(const RepositoryFiles& files, const std::string& path,
                                          const FieldReader& reader, std::string_view key) {
  std::vector<RepositoryFile> out;
  if (const auto* link = link_on(files, path)) {
    add_file(link->first, link->second, "", reader, key, out);
    return out;
  }
  if (const auto found = files.find(path); found != files.end()) {
    add_file(path, found->second, "", reader, key, out);
    return out;
  }
  const std::string prefix = below(path);
  for (auto file = files.lower_bound(prefix); file != files.end() && file->first.starts_with(prefix); ++file) {
    add_file(file->first, file->second, file->first.substr(prefix.size()), reader, key, out);
  }
  return out;
}

}  // namespace plimsoll::manifest
