#include "adapters/docker/repository_archive.hpp"

#include <charconv>
#include <chrono>
#include <map>
#include <set>

#include "adapters/docker/engine_error.hpp"
#include "adapters/docker/tar_writer.hpp"

namespace plimsoll::adapters {
namespace {

constexpr std::size_t kBlock = 512;

std::string bytes_of(const RepositoryFile& file, const SecretTable* secrets) {
  if (!file.content) return {};
  return secrets != nullptr && has_secret_token(*file.content) ? expand_secrets(*file.content, *secrets)
                                                               : *file.content;
}

/// Directories that a tree of files needs, in the order in which they must be made.
std::set<std::string> directories_of(const Mount& mount) {
  std::set<std::string> directories;
  for (const auto& file : mount.files)
    for (auto slash = file.path.find('/'); slash != std::string::npos; slash = file.path.find('/', slash + 1))
      directories.insert(file.path.substr(0, slash));
  return directories;
}

std::string tree_archive(const Mount& mount, const SecretTable* secrets, std::int64_t modified) {
  TarWriter tar(modified);
  for (const auto& directory : directories_of(mount)) tar.add_directory(directory);
  for (const auto& file : mount.files)
    tar.add_file(file.path, bytes_of(file, secrets), {file.mode, file.uid, file.gid});
  return tar.finish();
}

std::string archive_path(const std::string& id, const Query& query) {
  return "/containers/" + percent_encoded(id) + "/archive" + query_text(query);
}

}  // namespace

std::int64_t copied_now() { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); }

Result<void> copy_repository_files(EngineApi& api, const FileCopy& copy, const SecretTable* secrets,
                                   const ports::Call& call) {
  const std::int64_t now = copied_now();
  std::map<std::string, TarWriter> singles;  // by the directory that they go through
  for (const auto& mount : copy.spec.mounts) {
    if (mount.type != Mount::Type::repository || (copy.wanted && !copy.wanted(mount.target))) continue;
    if (is_single_file(mount)) {
      const auto& file = mount.files.front();
      const FileRoute route = route_of(mount, copy.spec, copy.around);
      singles.try_emplace(route.through, now)
          .first->second.add_file(route.path, bytes_of(file, secrets), {file.mode, file.uid, file.gid});
    } else if (auto put = put_archive(api, copy.id, mount.target, tree_archive(mount, secrets, now), call); !put) {
      return put;
    }
  }
  for (auto& [directory, tar] : singles)
    if (auto put = put_archive(api, copy.id, directory, tar.finish(), call); !put) return put;
  return {};
}

Result<void> put_archive(EngineApi& api, const std::string& id, const std::string& path, std::string archive,
                         const ports::Call& call) {
  const auto response = api.send({.method = "PUT",
                                  .path = archive_path(id, {{"path", path}, {"noOverwriteDirNonDir", "1"}}),
                                  .body = std::move(archive),
                                  .content_type = "application/x-tar"},
                                 call);
  if (!response) return response.error();
  if (response->ok()) return {};
  const std::string what = "copy repository files to " + path;
  if (engine_message(*response).find("marked read-only") == std::string::npos) return engine_error(what, *response);
  return Error{ErrorKind::rejected,
               what + ": the engine writes nothing there (" + shown_message(*response) +
                   "); when the image has a symbolic link on the way, name the path that it leads to"};
}

Result<std::optional<std::string>> get_archive(EngineApi& api, const std::string& id, const std::string& path,
                                               std::size_t limit, const ports::Call& call) {
  auto response = api.send({.path = archive_path(id, {{"path", path}}), .body_limit = limit}, call);
  if (!response) return std::move(response).error();
  if (response->status == 404) return std::optional<std::string>();
  if (!response->ok()) {
    return Error{ErrorKind::rejected,
                 "read " + path + " of container " + id.substr(0, 12) + ": " + shown_message(*response)};
  }
  return std::optional<std::string>(std::move(response->body));
}

std::optional<std::string> first_file_of(std::string_view archive) {
  constexpr std::size_t kSizeAt = 124, kSizeBytes = 11, kTypeAt = 156;
  while (archive.size() >= kBlock) {
    std::size_t size = 0;
    const char* const digits = archive.data() + kSizeAt;
    if (std::from_chars(digits, digits + kSizeBytes, size, 8).ec != std::errc()) return std::nullopt;
    const char type = archive[kTypeAt];
    const std::string_view rest = archive.substr(kBlock);
    if (size > rest.size()) return std::nullopt;
    if (type == '0' || type == '\0') return std::string(rest.substr(0, size));
    archive = rest.substr(std::min(rest.size(), (size + kBlock - 1) / kBlock * kBlock));
  }
  return std::nullopt;
}

}  // namespace plimsoll::adapters
