#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/docker/engine_api.hpp"
#include "adapters/docker/file_routes.hpp"
#include "model/secret.hpp"
#include "model/service_spec.hpp"

namespace plimsoll::adapters {

/// Which files go into which container.
struct FileCopy {
  const std::string& id;  ///< of a container, running or not
  const ServiceSpec& spec;
  FileSurroundings around{};
  std::function<bool(const std::string& target)> wanted{};  ///< by the mount's target; empty: all
};

/// Copies the repository files of the spec's mounts into the container. Secrets stand in them only on the wire:
/// `secrets` has the values for tokens, and may be null.
Result<void> copy_repository_files(EngineApi& api, const FileCopy& copy, const SecretTable* secrets,
                                   const ports::Call& call);

/// Extracts a tar archive below `path` of the container.
Result<void> put_archive(EngineApi& api, const std::string& id, const std::string& path, std::string archive,
                         const ports::Call& call);

/// `path` of the container as a tar archive whose entries begin with its last name; absent when there is no such path.
/// `rejected` when it is over `limit` bytes or the engine refuses to read it, as for links in a circle.
Result<std::optional<std::string>> get_archive(EngineApi& api, const std::string& id, const std::string& path,
                                               std::size_t limit, const ports::Call& call);

/// The content of the first regular file of an archive; absent when there is none, or it is no archive.
[[nodiscard]] std::optional<std::string> first_file_of(std::string_view archive);

/// Seconds of the wall clock for what is copied now: a web server derives validators from the time of a file, so it
/// must not be the same for every content.
[[nodiscard]] std::int64_t copied_now();

}  // namespace plimsoll::adapters
