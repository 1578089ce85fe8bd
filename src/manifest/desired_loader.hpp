#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "manifest/app_cache.hpp"
#include "manifest/conversion_context.hpp"
#include "model/desired_state.hpp"
#include "model/repository_files.hpp"
#include "model/result.hpp"
#include "model/secret.hpp"

namespace plimsoll::manifest {

/// The value of a secret of an environment; the error names where it was looked for.
using SecretLookup = std::function<Result<Secret>(const std::string& environment, const std::string& name)>;

/// What a load needs besides the files.
struct LoadContext {
  /// Empty offline (`validate`, `render`): every listed secret then is a placeholder without value.
  SecretLookup read_secret;
  /// Keys the digests in secret tokens, so that nobody can guess a value from one. Must stay the same between runs: a
  /// new key changes the spec of every service with a secret.
  std::string token_key;
  /// May be null.
  AppCache* cache = nullptr;
  /// Ends the load within a moment. What `load_desired` returns then is to be thrown away.
  std::stop_token stop = {};
};

/// Loads a revision: every app on its own, so a broken one is in `broken` and the others are complete. Every error of
/// the tree comes out at once, each with position and mend, up to the limits of model/limits.hpp. Apps that weigh more
/// together than `kMaxRevisionWeight` are broken, but for those that weigh no more than an equal share of it, and for
/// as many others as there is room for, the smallest files first. Pure, apart from the calls to `read_secret`. An app
/// whose content is what the cache has keeps the revision that it first came with.
[[nodiscard]] DesiredState load_desired(const RepositoryFiles& files, const Revision& revision,
                                        const LoadContext& context);

/// True when both ask for the same: same targets with the same content, sync policy and revision, same instances and
/// policies of environments, same broken apps and diagnostics. The revision of the whole may differ.
[[nodiscard]] bool same_targets(const DesiredState& left, const DesiredState& right);

}  // namespace plimsoll::manifest
