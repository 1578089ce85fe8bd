#pragma once

#include <map>
#include <memory>
#include <string>

#include "manifest/desired_loader.hpp"
#include "manifest/environment.hpp"
#include "manifest/findings.hpp"
#include "model/desired_state.hpp"

namespace plimsoll::manifest {

class RevisionFacts;

/// The secrets of one app, read once for all its instances.
struct AppSecrets {
  std::map<std::string, std::string> tokens;  ///< by name: what interpolation sees
  std::shared_ptr<const SecretTable> values;  ///< by token; null when there is none
};

/// Reads the secrets that an app lists. One that cannot be read is an error that names where it was looked for. Without
/// `read_secret`, each is a placeholder token.
[[nodiscard]] AppSecrets read_secrets(const EnvironmentFile& environment, const AppEntry& app,
                                      const LoadContext& context, Findings& findings);

/// What one target is made of. References must outlive the call.
struct AppInput {
  const EnvironmentFile& environment;
  const AppEntry& app;
  const InstanceSpec& instance;
  const RepositoryFiles& files;
  const AppSecrets& secrets;
  const LoadContext& context;
  RevisionFacts& facts;
};

/// A target, or what is wrong with it; warnings either way.
struct AppOutcome {
  std::shared_ptr<const DesiredTarget> target;  ///< null when there are errors
  Findings findings;
  std::size_t weight = 0;  ///< what the load cost, now or when it came into the cache (model/limits.hpp)
  bool too_heavy = false;  ///< it weighs more than was allowed
};

/// Loads one app for one instance: variables, Compose files, conversion. Out of the cache when nothing that it depends
/// on has changed. `revision` goes to content that is new. Once a stop is asked for, the outcome means
/// nothing.
[[nodiscard]] AppOutcome load_target(const AppInput& input, const Revision& revision, std::size_t allowed_weight);

}  // namespace plimsoll::manifest
