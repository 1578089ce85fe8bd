#pragma once

#include <string>

#include "manifest/app_loader.hpp"

namespace plimsoll::manifest {

/// Digest over everything that a target depends on: environment's entry, instance, secrets' keyed digests, defaults,
/// and object ids of files: those of the app's directory and the files that it names, or with `whole_tree` all of them.
[[nodiscard]] std::string app_key(const AppInput& input, bool whole_tree);

/// True when some text of the app could lead to a path outside its directory (`..`), so that only the whole tree is a
/// safe key. May be true without need; never false wrongly.
[[nodiscard]] bool looks_outside(const AppInput& input);

}  // namespace plimsoll::manifest
