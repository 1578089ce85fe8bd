#pragma once

#include "model/diagnostic.hpp"
#include "model/repository_files.hpp"

namespace plimsoll::manifest {

/// Every finding in a tree of manifests, by position, without repetitions: `plimsoll validate DIR`. Offline: secrets
/// that are listed count as present. Never holds a secret's value.
[[nodiscard]] Diagnostics validate(const RepositoryFiles& files);

}  // namespace plimsoll::manifest
