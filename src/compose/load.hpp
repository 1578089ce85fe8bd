#pragma once

#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "compose/files.hpp"
#include "compose/node.hpp"
#include "compose/variables.hpp"
#include "model/diagnostic.hpp"
#include "model/limits.hpp"

namespace plimsoll::compose {

/// What to load and how.
struct LoadOptions {
  /// Compose files in order, later ones merge over earlier ones; absolute, or relative to `project_directory`. Override
  /// files are never loaded by themselves.
  std::vector<std::string> files;
  /// Empty: the last `name:` of the files, else the directory's base name.
  std::string project_name;
  /// Absolute. Relative paths in the files are below it. It may be virtual: a caller that reads from a repository
  /// passes, say,
  /// `/__repo__/apps/backend` and tells paths of the repository from paths of the host by
  /// `Node::was_relative_path` (bind sources, `file:` of configs and secrets) and then by that prefix.
  std::string project_directory;
  /// Interpolation variables. They win over env files. Values may hold secret tokens.
  Variables variables;
  /// dotenv files with more variables, later ones win; they must exist. Empty: `.env` of the project directory, if
  /// there.
  std::vector<std::string> env_files;
  /// Active profiles; `*` is all. Empty: the variable COMPOSE_PROFILES, if set.
  std::vector<std::string> profiles;
  /// An unset variable without default is an error (Plimsoll) or a warning and the empty text (Compose).
  bool unset_is_error = true;
  /// What Compose drops silently (text after an unquoted shell metacharacter of a command, unknown volume options) is
  /// an error (Plimsoll) or dropped (Compose).
  bool strict = true;
  /// A service needs `image` (or `build`, `provider`). False when the caller knows images from elsewhere.
  bool image_required = true;
  /// What `~` stands for in paths; empty: a path with `~` is an error when `strict`, else it stays as it is.
  std::string home_directory;
  /// Ends the load early, with errors: nobody waits for it.
  std::stop_token stop = {};
  /// How much the project may weigh (model/limits.hpp), at most `kMaxAppWeight`.
  std::size_t allowed_weight = kMaxAppWeight;
  /// Prefix that is taken off paths in diagnostics, such as `/__repo__/`.
  std::string shown_without;
};

/// The result of a load.
struct LoadedProject {
  /// The resolved project in the shape of `docker compose config --format json` (absent keys are absent; `command` and
  /// `entrypoint` are null when not set). Every node knows where it was written. Absent when there are errors.
  std::optional<Node> project;
  /// With errors: what could be read all the same, good for finding further errors and for nothing else.
  std::optional<Node> partial;
  /// All findings, sorted by place.
  Diagnostics diagnostics;
  /// The variables that interpolation used: options, env files and COMPOSE_PROJECT_NAME. `environment:` of configs
  /// and secrets names one of them.
  Variables variables;
  /// What it weighs, by all that loading it made (model/limits.hpp).
  std::size_t weight = 0;
  /// True when it weighs more than was allowed: that alone ended the load, and is the last of the errors.
  bool too_heavy = false;
  /// Services that profiles switched off: not in `project`, but known.
  std::set<std::string> disabled_services;
};

/// Loads a project as Docker Compose 2.40 does: parse, interpolate, include, reset, extend, merge, canonical forms,
/// defaults, schema, normalisation, profiles, consistency, env files (Compose Specification). Pure: all reading goes
/// through `files`, nothing is taken from the process environment. Reports all errors at once where it can; a limit of
/// model/limits.hpp that is passed is one error and ends the load.
[[nodiscard]] LoadedProject load_project(const Files& files, const LoadOptions& options);

/// The project as `docker compose config --format json` prints it: keys sorted, `$` doubled, devices of
/// `blkio_config` with the keys `Path`, `Weight` and `Rate`.
[[nodiscard]] std::string to_config_json(const Node& project);

/// The same as YAML.
[[nodiscard]] std::string to_config_yaml(const Node& project);

}  // namespace plimsoll::compose
