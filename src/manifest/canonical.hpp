#pragma once

#include <string>

#include "model/desired_state.hpp"
#include "model/fields.hpp"
#include "model/service_spec.hpp"

namespace plimsoll::manifest {

/// The canonical form of a service: each field that is set and makes a difference to its container, under a stable
/// name. Defaults are left out, so a release of Plimsoll that learns a new key changes no existing form.
/// Lists whose order means nothing are sorted. Left out on purpose: the service's name (its identity), `pull_policy`
/// and `follow_tag` (they decide when to look for an image, not what the container is), and the source of repository
/// files (their digest stands for them).
///
/// Names: `image`, `command[0]` (`command` = `[]` for an explicitly empty list), `environment.NAME`,
/// `environment_unset.NAME` (the image's value is taken away), `labels.NAME`, `ports[0]`, `expose[0]`,
/// `mounts.<target>.type`, `networks.<engine name>.aliases[0]`, `healthcheck.interval`, `resources.memory`, ...
[[nodiscard]] Fields canonical_fields(const ServiceSpec& spec);

/// The canonical form of a network that we create. Labels of ours are not part of it.
[[nodiscard]] Fields canonical_fields(const NetworkSpec& network);

/// `v1:` and the SHA-256 over a length-prefixed serialisation of the fields: equal forms have equal digests, on every
/// machine and in every release that writes `v1`.
[[nodiscard]] std::string spec_digest(const Fields& fields);

/// Digest over paths, modes, owners and contents of a repository mount's files, 64 hex digits. Contents
/// count as they stand, with secrets as tokens.
[[nodiscard]] std::string files_digest(const std::vector<RepositoryFile>& files);

}  // namespace plimsoll::manifest
