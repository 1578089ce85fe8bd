#pragma once

#include <optional>
#include <string>

#include "model/diagnostic.hpp"
#include "model/repository_files.hpp"
#include "model/result.hpp"

namespace plimsoll::controller {

/// The files below `directory` as a revision's tree would have them, for commands that work without git. `.git` is left
/// out; a symbolic link is an entry of that kind and is not followed; a file over the limit has no content. `rejected`
/// when the directory cannot be read, or holds more files or bytes than a revision may.
Result<RepositoryFiles> read_local_files(const std::string& directory);

/// What is wrong with `files` of `directory` as a whole: without `instances.yaml` it is no manifest directory, and
/// every app would say so again. The mend names `directory/manifests` when that is one.
[[nodiscard]] std::optional<Diagnostic> not_a_manifest_directory(const RepositoryFiles& files,
                                                                 const std::string& directory);

/// One file's bytes; `rejected` when it cannot be read or is over `kMaxFileBytes`.
Result<std::string> read_local_file(const std::string& path);

}  // namespace plimsoll::controller
