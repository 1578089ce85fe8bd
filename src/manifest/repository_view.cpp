#include "manifest/repository_view.hpp"

#include "manifest/repository_mount.hpp"

namespace plimsoll::manifest {

using compose::FoundFile;

std::optional<std::string> repository_path(std::string_view resolved) {
  if (!resolved.starts_with(kRepositoryRoot)) return std::nullopt;
  resolved.remove_prefix(kRepositoryRoot.size());
  if (resolved.empty()) return std::string();
  if (resolved.front() != '/') return std::nullopt;
  return std::string(resolved.substr(1));
}

std::string loader_path(std::string_view path) {
  return std::string(kRepositoryRoot) + (path.empty() ? "" : "/") + std::string(path);
}

FoundFile RepositoryView::look_up(const std::string& path) const {
  const auto inside = repository_path(path);
  if (!inside) return {FoundFile::State::refused, nullptr, "it is outside the manifest directory"};
  if (const auto* link = link_on(files_, *inside)) {
    return {FoundFile::State::refused, nullptr,
            link->second.kind == RepositoryEntry::Kind::symlink ? "it is a symbolic link" : "it is a submodule"};
  }
  const auto found = files_.find(*inside);
  if (found != files_.end()) {
    if (!found->second.content) return {FoundFile::State::refused, nullptr, "it is larger than 1 MiB"};
    return {FoundFile::State::file, found->second.content, ""};
  }
  return {
      kind_of(files_, *inside) == RepositoryPathKind::absent ? FoundFile::State::missing : FoundFile::State::directory,
      nullptr, ""};
}

}  // namespace plimsoll::manifest
